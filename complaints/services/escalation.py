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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from complaints.models import Case, CaseEntry, EscalationStep, Pause
from complaints.policies import AFTER
from complaints.selectors.relations import Relations
from complaints.services.happenings import happening
from complaints.services.log import entry
from complaints.services.moves import make_move
from complaints.services.urges import tell_late
from complaints.states import OPEN, WAITING
from core.bulk import copy_rows
from core.faults import fault_point
from core.notices import Happening, Letter, announce, notify_each
from customers.models import Customer
from regions.models import OrgUnit

BATCH = 2000  # limits taken in one transaction
SINGLY = 5  # cases of one batch that somebody is told of one by one

# What is held is the step and its case, and only columns are read: at twenty thousand cases model
# instances of everything beside them would cost more than all statements together.
_HOLD = """
SELECT s.id, s.case_id, s.deadline_id, d.kind, s.at, s.relation, s.side, s.amount, s.unit_of_time
FROM complaints_escalationstep s
JOIN complaints_case c ON c.id = s.case_id
JOIN complaints_deadline d ON d.id = s.deadline_id
WHERE s.taken_at IS NULL AND s.at <= %s AND s.deadline_id = ANY(%s)
ORDER BY s.at, s.id
FOR NO KEY UPDATE OF s, c SKIP LOCKED"""


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


@dataclass(slots=True)
class _Step:
    """A step that is due and held; `told` and `passed_over` say whom it reached."""

    pk: int
    case_id: int
    deadline_id: int
    limit: str
    at: datetime
    relation: str
    side: str
    amount: Decimal
    unit_of_time: str
    told: list[int] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def _hold(limits: Sequence[int], now: datetime) -> list[_Step]:
    """The steps of these limits that are due, for this run alone, in order of time."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [now, list(limits)])
        return [_Step(*row) for row in cursor.fetchall()]


def _cases_of(steps: Iterable[_Step]) -> dict[int, Case]:
    """The open cases of held steps with whom `Relations` asks for. They are read after they were
    locked, so they show what a mover left who held them before."""
    cases = Case.objects.filter(pk__in={step.case_id for step in steps}, state__in=OPEN)
    found = cases.only(
        *("number", "state", "unit", "city", "region", "handler", "customer")
    ).in_bulk()
    units = OrgUnit.objects.only("code", "name", "path").in_bulk(
        {one.unit_id for one in found.values()}
    )
    people = User.objects.only("state")
    handlers = people.in_bulk({one.handler_id for one in found.values() if one.handler_id})
    customers = (
        Customer.objects.filter(pk__in={one.customer_id for one in found.values()})
        .exclude(contact_leader=None, specialist=None)
        .only("contact_leader__state", "specialist__state")
        .select_related("contact_leader", "specialist")
        .in_bulk()
    )
    for one in found.values():
        one.unit = units[one.unit_id]
        one.handler = handlers.get(one.handler_id or 0)
        # Whoever has neither a leader nor a specialist leads nowhere: he need not be read.
        one.customer = customers.get(one.customer_id or 0)
    return found


@transaction.atomic
def _take_batch(limits: Sequence[int], now: datetime, done: Escalated) -> None:
    steps = _hold(limits, now)
    fault_point("escalation.held")
    last = {step.deadline_id: step.at for step in steps}  # in order of time, so the latest stays
    cases = _cases_of(step for step in steps if last[step.deadline_id] == step.at)
    relations = Relations(now)
    before = _told_before(steps)
    letters: dict[int, list[tuple[_Step, Case]]] = defaultdict(list)
    entries: list[CaseEntry] = []
    for step in steps:
        case = cases.get(step.case_id)
        if case is None or last[step.deadline_id] != step.at:
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
    _write_entries(entries)
    fault_point("escalation.before_notices")
    done.told += _tell(letters)
    announce(*_overdue(steps, cases, last))
    done.steps += len(steps)


def _overdue(
    steps: Sequence[_Step], cases: dict[int, Case], last: dict[int, datetime]
) -> Iterator[Happening]:
    """What other systems hear: each limit that has passed, once."""
    for step in steps:
        case = cases.get(step.case_id)
        if case is not None and step.side == AFTER and last[step.deadline_id] == step.at:
            yield happening("case.overdue", case, f"limit:{step.deadline_id}", limit=step.limit)


def _write_taken(steps: Sequence[_Step], now: datetime) -> None:
    """Mark the steps as taken, with whom they told: two statements for all of them."""
    told = [
        {"id": step.pk, "told": step.told, "passed": step.passed_over}
        for step in steps
        if step.told or step.passed_over
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE complaints_escalationstep SET taken_at = %s WHERE id = ANY(%s)",
            [now, [step.pk for step in steps]],
        )
        cursor.execute(
            """UPDATE complaints_escalationstep s SET told = v.told, passed_over = v.passed
               FROM jsonb_to_recordset(%s) AS v(id bigint, told jsonb, passed jsonb)
               WHERE s.id = v.id""",
            [json.dumps(told)],
        )


def _told_before(steps: Sequence[_Step]) -> dict[int, set[str]]:
    """Key of a limit → the relations that its earlier steps told."""
    found: dict[int, set[str]] = defaultdict(set)
    limits = {step.deadline_id for step in steps}
    taken = EscalationStep.objects.filter(deadline__in=limits, taken_at__isnull=False)
    for limit, relation in taken.exclude(told=[]).values_list("deadline_id", "relation"):
        found[limit].add(relation)
    return found


def _write_entries(entries: Sequence[CaseEntry]) -> None:
    """The lines of the log in one COPY."""
    with connection.cursor() as cursor:
        copy_rows(
            cursor,
            "complaints_caseentry",
            "case_id kind at from_state to_state text facts internal",
            [
                (one.case_id, one.kind, one.at, "", "", "", json.dumps(one.facts), one.internal)
                for one in entries
            ],
        )


def _entry(step: _Step, case: Case, now: datetime, told_before: Sequence[str]) -> CaseEntry:
    """The line in the log of the case: which step, and who is told."""
    return entry(
        case,
        "escalated",
        by=None,
        at=now,
        relation=step.relation,
        limit=step.limit,
        side=step.side,
        amount=str(step.amount),
        unit_of_time=step.unit_of_time,
        told=step.told,
        passed_over=step.passed_over,
        told_before=list(told_before),
    )


def _tell(letters: dict[int, list[tuple[_Step, Case]]]) -> int:
    """One notice a step, or one with their number for whom many climb to. Returns how many."""
    few, many = [], []
    for person, due in letters.items():
        if len(due) > SINGLY:
            many.append(_letter_for_many(person, due))
        else:
            few += [_letter(person, step, case) for step, case in due]
    return notify_each("complaints.escalated", few) + notify_each("complaints.escalated_many", many)


def _letter(person: int, step: _Step, case: Case) -> Letter:
    return Letter(
        person,
        f"escalation:{step.pk}:{person}",
        case.get_absolute_url(),
        {
            "number": case.number,
            "unit": case.unit.name,
            "limit": step.limit,
            "side": step.side,
        },
    )


def _letter_for_many(person: int, due: Sequence[tuple[_Step, Case]]) -> Letter:
    return Letter(
        person,
        f"escalated:{due[0][0].pk}:{person}",
        reverse("complaints:overdue"),
        {"count": len({case.pk for _step, case in due})},
    )
