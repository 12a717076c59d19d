"""Taking the steps of the ladder whose time has come: each once and only once.

The instants are stored (complaints.services.clocks), so a run is one look at a partial index.
Steps are locked together with their case and skipped when another run or a mover holds either;
`taken_at` is written in the transaction of the notices. Two runs at once, a second run and a
killed one therefore change nothing twice, and nobody is told of a case that is moved meanwhile:
what is skipped comes in the next minute.

After a gap several steps of one limit may be due at once: only the last is told, those before it
are marked taken without anybody told. Steps of one limit are never parted between two batches.
Somebody to whom many cases climb in one run gets one notice with their number.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from complaints.models import Case, CaseEntry, EscalationStep, Pause
from complaints.selectors.relations import Relations
from complaints.services.log import entry
from complaints.services.moves import make_move
from complaints.services.urges import tell_late
from complaints.states import OPEN, WAITING
from core.faults import fault_point
from core.notices import Letter, notify_each

BATCH = 2000  # limits taken in one transaction
SINGLY = 5  # cases of one batch that somebody is told of one by one


@dataclass
class Escalated:
    """What one run did."""

    steps: int = 0
    cases: set[int] = field(default_factory=set)
    told: int = 0
    superseded: int = 0
    resumed: int = 0
    nobody: int = 0
    urges_late: int = 0

    def as_json(self) -> dict[str, int]:
        """Plain numbers for the command."""
        return {
            "steps": self.steps,
            "cases": len(self.cases),
            "told": self.told,
            "superseded": self.superseded,
            "resumed": self.resumed,
            "nobody": self.nobody,
            "urges_late": self.urges_late,
        }


def escalate(now: datetime | None = None) -> Escalated:
    """Let pauses that ran out end, tell of urges that nobody answered in time, then take every step
    that is due at `now`."""
    now = now or timezone.now()
    done = Escalated(resumed=end_pauses(now), urges_late=tell_late(now))
    last = 0
    while limits := _due_limits(now, last):
        _take_batch(limits, now, done)
        last = limits[-1]
    return done


def end_pauses(now: datetime) -> int:
    """Cases whose pause has reached its limit go on by themselves. Returns how many."""
    ran_out = Pause.objects.filter(ended_at=None, limit_at__lte=now, case__state__in=WAITING)
    count = 0
    for case in list(ran_out.values_list("case", flat=True)):
        with transaction.atomic():
            held = Case.objects.select_for_update().get(pk=case)
            # Somebody may have gone on meanwhile, or even begun another pause.
            if ran_out.filter(case=held).exists():
                make_move(held, "resume", by=None, at=now)
                count += 1
    return count


def _due_limits(now: datetime, after: int) -> list[int]:
    """The next limits that have a step due, by key."""
    due = EscalationStep.objects.filter(taken_at=None, at__lte=now, deadline__gt=after)
    keys = due.order_by("deadline_id").values_list("deadline_id", flat=True).distinct()
    return list(keys[:BATCH])


def _hold(limits: Sequence[int], now: datetime) -> list[EscalationStep]:
    """The steps of these limits that are due, with their cases, for this run alone. Read after
    they are locked: a case that got another handler just before would seem to have none."""
    bare = EscalationStep.objects.select_for_update(
        of=("self", "case"), skip_locked=True, no_key=True
    )
    due = bare.filter(taken_at=None, at__lte=now, deadline__in=limits).order_by("at", "id")
    locked = due.select_related("case").only("deadline", "case__number")
    return list(
        EscalationStep.objects.filter(pk__in=[step.pk for step in locked])
        .select_related(
            "deadline",
            "case__unit",
            "case__handler",
            "case__customer__contact_leader",
            "case__customer__specialist",
        )
        .order_by("at", "id")
    )


@transaction.atomic
def _take_batch(limits: Sequence[int], now: datetime, done: Escalated) -> None:
    steps = _hold(limits, now)
    fault_point("escalation.held")
    last = {step.deadline_id: step.at for step in steps}  # in order of time, so the latest stays
    relations = Relations(now)
    before = _told_before(steps)
    letters: dict[int, list[tuple[EscalationStep, Case]]] = defaultdict(list)
    entries: list[CaseEntry] = []
    for step in steps:
        case = step.case
        if case.state not in OPEN or last[step.deadline_id] != step.at:
            done.superseded += 1
            continue
        found = relations.addressee(case, step.relation, before[step.deadline_id])
        step.told, step.passed_over = list(found.people), list(found.passed_over)
        before[step.deadline_id].add(step.relation)
        entries.append(_entry(step, case, now, found.told_before))
        done.cases.add(case.pk)
        done.nobody += not found.people
        for person in found.people:
            letters[person].append((step, case))
    _write_taken(steps, now)
    CaseEntry.objects.bulk_create(entries, batch_size=BATCH)
    fault_point("escalation.before_notices")
    done.told += _tell(letters)
    done.steps += len(steps)


def _write_taken(steps: Sequence[EscalationStep], now: datetime) -> None:
    """Mark the steps as taken, with whom they told: one statement for all of them."""
    rows = [(step.pk, json.dumps(step.told), json.dumps(step.passed_over)) for step in steps]
    keys, told, passed = zip(*rows, strict=True) if rows else ((), (), ())
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE complaints_escalationstep s
               SET taken_at = %s, told = v.told::jsonb, passed_over = v.passed::jsonb
               FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, told, passed)
               WHERE s.id = v.id""",
            [now, list(keys), list(told), list(passed)],
        )


def _told_before(steps: Sequence[EscalationStep]) -> dict[int, set[str]]:
    """Key of a limit → the relations that its earlier steps told."""
    found: dict[int, set[str]] = defaultdict(set)
    limits = {step.deadline_id for step in steps}
    taken = EscalationStep.objects.filter(deadline__in=limits, taken_at__isnull=False)
    for limit, relation in taken.exclude(told=[]).values_list("deadline_id", "relation"):
        found[limit].add(relation)
    return found


def _entry(
    step: EscalationStep, case: Case, now: datetime, told_before: Sequence[str]
) -> CaseEntry:
    """The line in the log of the case: which step, and who is told."""
    return entry(
        case,
        "escalated",
        by=None,
        at=now,
        relation=step.relation,
        limit=step.deadline.kind,
        side=step.side,
        amount=str(step.amount),
        unit_of_time=step.unit_of_time,
        told=step.told,
        passed_over=step.passed_over,
        told_before=list(told_before),
    )


def _tell(letters: dict[int, list[tuple[EscalationStep, Case]]]) -> int:
    """One notice a step, or one with their number for whom many climb to. Returns how many."""
    few, many = [], []
    for person, due in letters.items():
        if len(due) > SINGLY:
            many.append(_letter_for_many(person, due))
        else:
            few += [_letter(person, step, case) for step, case in due]
    return notify_each("complaints.escalated", few) + notify_each("complaints.escalated_many", many)


def _letter(person: int, step: EscalationStep, case: Case) -> Letter:
    return Letter(
        person,
        f"escalation:{step.pk}:{person}",
        case.get_absolute_url(),
        {
            "number": case.number,
            "unit": case.unit.name,
            "limit": step.deadline.kind,
            "side": step.side,
        },
    )


def _letter_for_many(person: int, due: Sequence[tuple[EscalationStep, Case]]) -> Letter:
    return Letter(
        person,
        f"escalated:{due[0][0].pk}:{person}",
        reverse("complaints:overdue"),
        {"count": len({case.pk for _step, case in due})},
    )
