"""The clocks of cases: limits begin, are met, dropped and worked out anew (CMP-02).

The instant at which a limit is due and the instants of its ladder are stored (`Deadline`,
`EscalationStep`), so that lists sort by them and the escalation is one look at an index. They are
worked out here and nowhere else. Steps that were taken stay as they are.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from complaints.limits import Still, due_at, ladder_of, limits_of, span_of, step_at, still_of
from complaints.models import Case, Deadline, EscalationStep, LimitKind, Pause
from regions.policies.types import Span

BEFORE_RESOLUTION = (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION)


def start(case: Case, kinds: Iterable[str], at: datetime) -> None:
    """Begin limits of the case's round at an instant; kinds that it does not have are left out."""
    for kind in kinds:
        if kind in limits_of(case):
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
    still = still_of(Pause.objects.filter(case=case))
    for deadline in Deadline.objects.filter(case=case, met_at=None, dropped=False):
        span = span_of(case, deadline.kind)
        deadline.amount, deadline.unit_of_time = span.amount, span.unit
        deadline.due_at = due_at(deadline.starts_at, span, case.unit_id, still)
        deadline.save(update_fields=["amount", "unit_of_time", "due_at"])
        _set_ladder(case, deadline)
    show_next(case)


def _set_ladder(case: Case, deadline: Deadline) -> None:
    """The steps of a limit at their instants; a step that was taken is not taken again."""
    known = {step.position: step for step in deadline.steps.all()}
    rows = ladder_of(case, deadline.kind)
    fresh, moved = [], []
    for position, row in enumerate(rows):
        at = deadline.due_at and step_at(deadline.due_at, case.unit_id, row["side"], row["span"])
        step = known.pop(position, None)
        if step is None:
            fresh.append(_step(deadline, position, row, at))
        elif step.taken_at is None:
            step.relation, step.at = row["relation"], at
            step.side, step.amount, step.unit_of_time = _told(row)
            moved.append(step)
    EscalationStep.objects.bulk_create(fresh)
    EscalationStep.objects.bulk_update(moved, ["relation", "at", "side", "amount", "unit_of_time"])
    gone = [step.pk for step in known.values() if step.taken_at is None]
    EscalationStep.objects.filter(pk__in=gone).delete()


def _step(deadline: Deadline, position: int, row: dict, at: datetime | None) -> EscalationStep:
    side, amount, unit_of_time = _told(row)
    return EscalationStep(
        deadline=deadline,
        case_id=deadline.case_id,
        position=position,
        relation=row["relation"],
        side=side,
        amount=amount,
        unit_of_time=unit_of_time,
        at=at,
    )


def _told(row: dict) -> tuple[str, Decimal | int, str]:
    span: Span = row["span"]
    return row["side"], span.amount, span.unit


def show_next(case: Case) -> None:
    """Repeat the earliest running limit on the case, where lists sort by it."""
    running = Q(met_at=None, dropped=False, due_at__isnull=False)
    first = Deadline.objects.filter(running, case=case).order_by("due_at", "id").first()
    case.next_due_at = first.due_at if first else None
    case.next_due_kind = first.kind if first else ""
    Case.objects.filter(pk=case.pk).update(
        next_due_at=case.next_due_at, next_due_kind=case.next_due_kind
    )


def stillness(case: Case) -> list[Still]:
    """The pauses of a case as the clocks see them."""
    return still_of(Pause.objects.filter(case=case))
