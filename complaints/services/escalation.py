"""Taking the steps of the ladder whose time has come: each once and only once.

The instants are stored (complaints.services.clocks), so a run is one look at a partial index.
Rows are locked and skipped when another run holds them; `taken_at` is written in the transaction
of the notices. Two runs at once, a second run and a killed one therefore change nothing twice.

After a gap several steps of one limit may be due at once: only the last is told, those before it
are marked taken without anybody told. Somebody to whom many cases climb in one run gets one
notice with their number.
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
from complaints.states import OPEN, WAITING
from core.faults import fault_point
from core.notices import notify

BATCH = 500
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

    def as_json(self) -> dict[str, int]:
        """Plain numbers for the command."""
        return {
            "steps": self.steps,
            "cases": len(self.cases),
            "told": self.told,
            "superseded": self.superseded,
            "resumed": self.resumed,
            "nobody": self.nobody,
        }


def escalate(now: datetime | None = None) -> Escalated:
    """Let pauses that ran out end, then take every step that is due at `now`."""
    now = now or timezone.now()
    done = Escalated(resumed=end_pauses(now))
    while _take_batch(now, done):
        pass
    return done


def end_pauses(now: datetime) -> int:
    """Cases whose pause has reached its limit go on by themselves. Returns how many."""
    ran_out = Case.objects.filter(
        state__in=WAITING,
        pk__in=Pause.objects.filter(ended_at=None, limit_at__lte=now).values("case"),
    )
    count = 0
    for case in list(ran_out):
        with transaction.atomic():
            held = Case.objects.select_for_update().get(pk=case.pk)
            if held.state in WAITING:
                make_move(held, "resume", by=None)
                count += 1
    return count


@transaction.atomic
def _take_batch(now: datetime, done: Escalated) -> bool:
    steps = list(
        EscalationStep.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("deadline")
        .filter(taken_at=None, at__lte=now)
        .order_by("at", "id")[:BATCH]
    )
    if not steps:
        return False
    cases = Case.objects.select_related("unit", "handler", "customer").in_bulk(
        {step.case_id for step in steps}
    )
    last = {step.deadline_id: step for step in steps}  # in order of time, so the latest stays
    relations = Relations(timezone.localdate(now))
    letters: dict[int, list[tuple[EscalationStep, Case]]] = defaultdict(list)
    for step in steps:
        case = cases[step.case_id]
        step.taken_at = now
        if case.state not in OPEN or last[step.deadline_id] is not step:
            done.superseded += 1
            continue
        found = relations.addressee(case, step.relation)
        _note(step, case, found, now, done)
        for person in found.people:
            letters[person].append((step, case))
    EscalationStep.objects.bulk_update(steps, ["taken_at", "told", "passed_over"], batch_size=BATCH)
    fault_point("escalation.before_notices")
    done.told += sum(_tell(person, due, now) for person, due in letters.items())
    done.steps += len(steps)
    return True


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
