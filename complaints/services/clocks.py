"""The clocks of cases: limits begin, are met, dropped and worked out anew (CMP-02).

The instant at which a limit is due and the instants of its ladder are stored (`Deadline`,
`EscalationStep`), so that lists sort by them and the escalation is one look at an index. They are
worked out here and nowhere else. Steps that were taken stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from complaints.limits import Still, due_at, ladder_of, limits_of, span_of, step_at, still_of
from complaints.models import Case, Deadline, EscalationStep, LimitKind, Pause
from regions.calendars import WorkTime, worktimes_of
from regions.models import OrgUnit
from regions.policies import one_reading
from regions.policies.types import Span

BEFORE_RESOLUTION = (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION)


def start(case: Case, kinds: Iterable[str], at: datetime) -> None:
    """Begin limits of the case's round at an instant; kinds that it does not have are left out."""
    for kind in kinds:
        if kind in limits_of(case) or kind == LimitKind.COMMITTEE:
            span = span_of(case, kind)
            Deadline.objects.get_or_create(
                case=case,
                kind=kind,
                round=case.round,
                defaults={
                    "starts_at": at,
                    "amount": span.amount,
                    "unit_of_time": span.unit,
                },
            )
    recompute(case)


def meet(case: Case, kind: str, at: datetime) -> None:
    """What a limit asked for is done; the rest of its ladder is no longer needed."""
    running = Deadline.objects.filter(case=case, kind=kind, met_at=None, dropped=False)
    for deadline in running:
        deadline.met_at = at
        deadline.save(update_fields=["met_at"])
        deadline.steps.filter(taken_at=None).delete()
    show_next(case)


def end_pause(case: Case, now: datetime) -> None:
    """The clock goes on, at the latest from the pause's own limit."""
    for pause in Pause.objects.filter(case=case, ended_at=None):
        pause.ended_at = max(min(now, pause.limit_at), pause.started_at)
        pause.save(update_fields=["ended_at"])


def drop(case: Case) -> None:
    """No limit of the case applies any more: it was rejected or merged."""
    running = Deadline.objects.filter(case=case, met_at=None, dropped=False)
    EscalationStep.objects.filter(deadline__in=running, taken_at=None).delete()
    running.update(dropped=True)
    show_next(case)


def pick_up(case: Case) -> None:
    """Limits that were dropped apply again: a merger was taken back."""
    Deadline.objects.filter(case=case, round=case.round, dropped=True).update(dropped=False)
    recompute(case)


def recompute(case: Case) -> None:
    """Work out every running limit of a case and its ladder, from its start, by today's level and
    category and by the rules of the day it came in."""
    recompute_many([case])


def recompute_many(cases: Sequence[Case]) -> None:
    """As `recompute` for many cases, in a fixed number of queries for 500 of them.

    `cases` have level and categories loaded and are locked by the caller.
    """
    pauses: dict[int, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(case__in=cases):
        pauses[pause.case_id].append(pause)
    limits = list(_running(cases).prefetch_related("steps"))
    by_key = {case.pk: case for case in cases}
    work = worktimes_of(OrgUnit.objects.filter(pk__in={case.unit_id for case in cases}))
    plan = _Plan()
    with one_reading():
        for limit in limits:
            case = by_key[limit.case_id]
            clock = work[case.unit_id]
            span = span_of(case, limit.kind)
            limit.amount, limit.unit_of_time = span.amount, span.unit
            limit.due_at = due_at(limit.starts_at, span, clock, still_of(pauses[case.pk]))
            plan.set_ladder(case, limit, clock)
    Deadline.objects.bulk_update(limits, ["amount", "unit_of_time", "due_at"], batch_size=500)
    plan.write()
    running: dict[int, list[Deadline]] = defaultdict(list)
    for limit in limits:
        running[limit.case_id].append(limit)
    for case in cases:
        _repeat(case, running[case.pk])
    Case.objects.bulk_update(cases, ["next_due_at", "next_due_kind"], batch_size=500)


def _running(cases: Sequence[Case]) -> QuerySet[Deadline]:
    return Deadline.objects.filter(case__in=cases, met_at=None, dropped=False)


class _Plan:
    """What becomes of the steps of ladders: new ones, moved ones, and such as fall away.

    A step is known by whom it tells and how far from the limit, not by its place in the ladder:
    rules and levels change, and nobody shall be told the same twice or be left out because
    another step stood in his place.
    """

    def __init__(self) -> None:
        self.fresh: list[EscalationStep] = []
        self.moved: list[EscalationStep] = []
        self.gone: list[int] = []

    def set_ladder(self, case: Case, limit: Deadline, clock: WorkTime) -> None:
        """The steps of a limit at their instants; a step that was taken is not taken again."""
        steps = list(limit.steps.all())
        known = {
            _meaning(step.relation, step.side, step.amount, step.unit_of_time): step
            for step in steps
        }
        place = max((step.position for step in steps), default=-1)
        for row in ladder_of(case, limit.kind):
            span: Span = row["span"]
            at = limit.due_at and step_at(limit.due_at, clock, row["side"], span)
            step = known.pop(_meaning(row["relation"], row["side"], span.amount, span.unit), None)
            if step is None:
                place += 1
                self.fresh.append(_step(limit, place, row, at))
            elif step.taken_at is None and step.at != at:
                step.at = at
                self.moved.append(step)
        self.gone += [step.pk for step in known.values() if step.taken_at is None]

    def write(self) -> None:
        """Write what was planned."""
        EscalationStep.objects.filter(pk__in=self.gone).delete()
        EscalationStep.objects.bulk_create(self.fresh, batch_size=500)
        EscalationStep.objects.bulk_update(self.moved, ["at"], batch_size=500)


def _meaning(relation: str, side: str, amount: Decimal | int, unit: str) -> tuple[Any, ...]:
    return relation, side, Decimal(amount), unit


def _step(deadline: Deadline, position: int, row: dict, at: datetime | None) -> EscalationStep:
    span: Span = row["span"]
    return EscalationStep(
        deadline=deadline,
        case_id=deadline.case_id,
        position=position,
        relation=row["relation"],
        side=row["side"],
        amount=span.amount,
        unit_of_time=span.unit,
        at=at,
    )


def show_next(case: Case) -> None:
    """Repeat the earliest running limit on the case, where lists sort by it."""
    _repeat(case, _running([case]))
    Case.objects.filter(pk=case.pk).update(
        next_due_at=case.next_due_at, next_due_kind=case.next_due_kind
    )


def _repeat(case: Case, running: Iterable[Deadline]) -> None:
    first = min(
        ((limit.due_at, limit.pk, limit.kind) for limit in running if limit.due_at is not None),
        default=(None, 0, ""),
    )
    case.next_due_at, _key, case.next_due_kind = first


def stillness(case: Case) -> list[Still]:
    """The pauses of a case as the clocks see them."""
    return still_of(Pause.objects.filter(case=case))
