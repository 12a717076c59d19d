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

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from complaints.models import Case, EscalationStep, Pause
from complaints.selectors.relations import Addressee, Relations
from complaints.services.log import log
from complaints.services.moves import make_move
from complaints.services.urges import tell_late
from complaints.states import OPEN, WAITING
from core.faults import fault_point
from core.notices import notify

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
    """The steps of these limits that are due, with their cases, for this run alone."""
    return list(
        EscalationStep.objects.select_for_update(of=("self", "case"), skip_locked=True, no_key=True)
        .select_related(
            "deadline",
            "case__unit",
            "case__handler",
            "case__customer__contact_leader",
            "case__customer__specialist",
        )
        .filter(taken_at=None, at__lte=now, deadline__in=limits)
        .order_by("at", "id")
    )


@transaction.atomic
def _take_batch(limits: Sequence[int], now: datetime, done: Escalated) -> None:
    steps = _hold(limits, now)
    fault_point("escalation.held")
    last = {step.deadline_id: step.at for step in steps}  # in order of time, so the latest stays
    relations = Relations(now)
    letters: dict[int, list[tuple[EscalationStep, Case]]] = defaultdict(list)
    for step in steps:
        case = step.case
        step.taken_at = now
        if case.state not in OPEN or last[step.deadline_id] != step.at:
            done.superseded += 1
            continue
        found = relations.addressee(case, step.relation)
        _note(step, case, found, now, done)
        for person in found.people:
            letters[person].append((step, case))
    EscalationStep.objects.bulk_update(steps, ["taken_at", "told", "passed_over"], batch_size=500)
    fault_point("escalation.before_notices")
    done.told += sum(_tell(person, due, now) for person, due in letters.items())
    done.steps += len(steps)


def _note(
    step: EscalationStep, case: Case, found: Addressee, now: datetime, done: Escalated
) -> None:
    """Write on the step and in the log of the case who is told."""
    step.told, step.passed_over = list(found.people), list(found.passed_over)
    done.cases.add(case.pk)
    done.nobody += not found.people
    log(
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
    )


def _tell(person: int, due: Sequence[tuple[EscalationStep, Case]], now: datetime) -> int:
    if len(due) > SINGLY:
        first = due[0][0]
        return notify(
            [person],
            "complaints.escalated_many",
            key=f"escalated:{first.pk}:{person}",
            url=reverse("complaints:overdue"),
            count=len({case.pk for _step, case in due}),
        )
    return sum(
        notify(
            [person],
            "complaints.escalated",
            key=f"escalation:{step.pk}:{person}",
            url=case.get_absolute_url(),
            number=case.number,
            unit=case.unit.name,
            limit=step.deadline.kind,
            side=step.side,
        )
        for step, case in due
    )
