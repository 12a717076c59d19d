"""Who is assessed for a year, by what facts, and who sees it (KPI-01, KPI-03, ORG-17)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Lead
from django.utils import timezone

from accounts.models import User
from complaints.models import Case
from complaints.selectors.timeliness import verdicts
from compliance.models import (
    AssessedRole,
    Assessment,
    Charge,
    Decision,
    MonthlySummary,
    Nomination,
)
from compliance.models.rounds import RUN, VIEW
from compliance.selectors.owed import LEADER, SPECIALIST, Held, met_in, strategic
from compliance.selectors.reach import whole_units
from core.scope import scope_of
from customers.models import STRATEGIC, Customer

ROLES = {SPECIALIST: str(AssessedRole.SPECIALIST), LEADER: str(AssessedRole.LEADER)}
DAY = dt.timedelta(days=1)


def held_in(year: int, today: dt.date | None = None) -> list[Held]:
    """Who ran which customer of the list in a year, up to `today`, in whatever unit.

    Today's pair counts from the days of its charge. Those before it are read from the history of
    the customer; whoever was replaced on the day of his appointment ran nobody, and whoever came
    back is taken to have stayed. Of a customer who has left the list that is known where he was
    nominated for it or summed up.
    """
    start, end = _year(year, today)
    found: dict[tuple[int, int, str], tuple[dt.date, dt.date]] = {}
    for key, first, last in [*_now(), *_before()]:
        known = found.get(key, (first, last))
        found[key] = min(first, known[0]), max(last, known[1])
    return [
        Held(customer, person, role, first, min(last, end))
        for (customer, person, role), (first, last) in sorted(found.items())
        if first <= end and last >= start
    ]


def _year(year: int, today: dt.date | None) -> tuple[dt.date, dt.date]:
    day = today or timezone.localdate()
    return dt.date(year, 1, 1), min(dt.date(year, 12, 31), day)


Run = tuple[tuple[int, int, str], dt.date, dt.date]


def _now() -> list[Run]:
    """The pairs of today; without a charge since the customer was entered."""
    customers = strategic().order_by()
    charges = {row.customer_id: row for row in Charge.objects.filter(customer__in=customers)}
    found: list[Run] = []
    for one in customers:
        charge = charges.get(one.pk)
        entered = timezone.localdate(one.created_at)
        for role, person, since in (
            (SPECIALIST, one.specialist_id, charge and charge.specialist_since),
            (LEADER, one.contact_leader_id, charge and charge.leader_since),
        ):
            if person is not None:
                found.append(((one.pk, person, role), since or entered, dt.date.max))
    return found


def _before() -> list[Run]:
    """The pairs that the history of customers tells of, without today's."""
    accepted = Nomination.objects.filter(decision=Decision.ACCEPTED).values("customer")
    summed = MonthlySummary.objects.values("customer")
    listed = Customer.objects.filter(
        Q(level=STRATEGIC) | Q(pk__in=accepted) | Q(pk__in=summed)
    ).values("pk")
    events: Any = Customer.pgh_event_model  # type: ignore[attr-defined]
    rows = events.objects.filter(pgh_obj__in=listed).annotate(
        until=Window(
            Lead("pgh_created_at"),
            partition_by="pgh_obj_id",
            order_by=[F("pgh_created_at").asc(), F("pgh_id").asc()],
        )
    )
    columns = ("pgh_obj_id", "level", "specialist_id", "contact_leader_id")
    found: list[Run] = []
    for customer, level, specialist, leader, at, until in rows.values_list(
        *columns, "pgh_created_at", "until"
    ):
        if level != STRATEGIC or until is None:
            continue
        first, last = timezone.localdate(at), timezone.localdate(until) - DAY
        for role, person in ((SPECIALIST, specialist), (LEADER, leader)):
            if person is not None and first <= last:
                found.append(((customer, person, role), first, last))
    return found


# --- facts --------------------------------------------------------------------------------------


@dataclass
class YearFacts:
    """What is recorded of somebody's year in a role, in customers, contacts, months and cases.

    Contacts and summaries count for periods that have ended; `cases` are those taken in while he
    ran the customer whose limit of resolution can be judged, `in_time` those that kept it.
    """

    customers: int = 0
    owed: int = 0
    done: int = 0
    summaries_due: int = 0
    summaries: int = 0
    cases: int = 0
    in_time: int = 0


def facts_of(
    year: int, people: Iterable[int] | None = None, today: dt.date | None = None
) -> dict[tuple[int, str], YearFacts]:
    """(person, role of AssessedRole) → facts of the year, in a fixed number of queries."""
    day = today or timezone.localdate()
    start, end = _year(year, day)
    held = held_in(year, day)
    if people is not None:
        wanted = set(people)
        held = [one for one in held if one.person in wanted]
    ended = min(end, day - DAY)
    met = met_in(held, start, ended)
    written, cases = _summaries(held, start, ended), _cases(held, start, end)
    found: dict[tuple[int, str], YearFacts] = defaultdict(YearFacts)
    for one in held:
        facts = found[one.person, ROLES[one.role]]
        facts.customers += 1
        owed, done = met[one]
        facts.owed, facts.done = facts.owed + owed, facts.done + done
        if one.role == SPECIALIST:
            due = _months(max(start, one.first), min(ended, one.last))
            facts.summaries_due += len(due)
            facts.summaries += sum((one.customer, one.person, month) in written for month in due)
        for taken_in, kept in cases.get(one.customer, ()):
            if one.first <= taken_in <= one.last:
                facts.cases, facts.in_time = facts.cases + 1, facts.in_time + kept
    return dict(found)


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first days of the whole months between two days, both counted."""
    found, month = [], first if first.day == 1 else _next(first)
    while _next(month) - DAY <= last:
        found.append(month)
        month = _next(month)
    return found


def _next(day: dt.date) -> dt.date:
    return (day.replace(day=1) + 31 * DAY).replace(day=1)


def _summaries(held: list[Held], first: dt.date, last: dt.date) -> set[tuple[int, int, dt.date]]:
    rows = MonthlySummary.objects.filter(
        customer__in={one.customer for one in held}, month__gte=first, month__lte=last
    )
    return set(rows.order_by().values_list("customer", "by", "month"))


def _cases(
    held: list[Held], first: dt.date, last: dt.date
) -> dict[int, list[tuple[dt.date, bool]]]:
    """Customer → day of intake and whether it was resolved in time, of cases that can be judged."""
    rows = Case.objects.filter(
        customer__in={one.customer for one in held},
        taken_in_at__date__gte=first,
        taken_in_at__date__lte=last,
    )
    found: dict[int, list[tuple[dt.date, bool]]] = defaultdict(list)
    if not held:
        return found
    judged = verdicts(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.customer_id, c.taken_in_at, v.kept
            FROM ({judged.sql}) v JOIN complaints_case c ON c.id = v.case_id
            WHERE v.kind = 'resolution' AND v.kept IS NOT NULL""",  # noqa: S608
            judged.params,
        )
        for customer, at, kept in cursor.fetchall():
            found[customer].append((timezone.localdate(at), kept))
    return found


# --- who sees whom ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssessedRow:
    """Somebody of a year in a role: of how many customers, and his assessment where the reader
    may see one."""

    person: User
    role: str
    customers: int
    assessment: Assessment | None


def may_assess(user: Any) -> bool:
    """Whether a reader writes assessments: the committee's office does, for the whole group."""
    return bool(user.has_perm(RUN)) and scope_of(user, RUN).everything


def people_in_reach(user: Any) -> QuerySet[User]:
    """Those of whom a reader may know how they are assessed: people of the units he reaches whole,
    and himself."""
    return User.objects.filter(Q(unit__in=whole_units(user, VIEW)) | Q(pk=user.pk))


def assessments_for(user: Any, year: int) -> QuerySet[Assessment]:
    """The assessments of a year that a reader sees: confirmed ones; the office sees drafts too."""
    rows = Assessment.objects.visible_to(user, RUN if may_assess(user) else VIEW)
    return rows.filter(year=year).select_related("person__unit", "by")


def assessed_in(year: int, user: Any) -> dict[str, list[AssessedRow]]:
    """Role → everybody in reach who had it in a year, the best first, then the unassessed.

    Whose assessment was confirmed in a unit out of reach is left out: he is not unassessed.
    """
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for one in held_in(year):
        counts[one.person, ROLES[one.role]] += 1
    shown = {(row.person_id, row.role): row for row in assessments_for(user, year)}
    done = Assessment.objects.filter(year=year, confirmed_at__isnull=False)
    waiting = counts.keys() - shown.keys() - set(done.values_list("person", "role"))
    reached = people_in_reach(user).filter(pk__in={person for person, _role in waiting})
    people = {person.pk: person for person in reached.select_related("unit")}
    found: dict[str, list[AssessedRow]] = {role: [] for role in AssessedRole.values}
    for (person, role), row in shown.items():
        found[role].append(AssessedRow(row.person, role, counts.get((person, role), 0), row))
    for person, role in waiting:
        if person in people:
            found[role].append(AssessedRow(people[person], role, counts[person, role], None))
    return {role: sorted(rows, key=_best_first) for role, rows in found.items()}


def _best_first(row: AssessedRow) -> tuple[Any, ...]:
    mark = row.assessment.mark if row.assessment else None
    return (mark is None, -(mark or 0), row.person.name, row.person.pk)
