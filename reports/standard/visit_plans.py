"""Visit plans and attendance of those who look after customers, collected for the archive post;
what it says of them is the written part of the report (ACT-06)."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Post, User
from compliance.models import Absence, AbsenceKind, LogInDay
from customers.models import Activity, ActivityKind, ActivityState
from regions.models import OrgUnit
from reports.metrics.definitions import SEE_CUSTOMERS
from reports.metrics.registry import midnight
from reports.standard.base import MOST_ROWS, Column, Found, Question, Standard, Table

LOG_INS, ABSENCES = "compliance.view_log_ins", "compliance.view_absence"
AHEAD = Q(created_at__date__lt=TruncDate("at"))  # noted before the day of the visit
PEOPLE = Table(
    "people",
    gettext_lazy("Visits and attendance"),
    (
        Column("name", gettext_lazy("Name"), width=14),
        Column("number", gettext_lazy("Employee number"), "id", 14),
        Column("unit", gettext_lazy("Unit"), width=20),
        Column("planned", pgettext_lazy("visits", "Planned"), "integer"),
        Column("held", pgettext_lazy("visits", "Of them held"), "integer"),
        Column("dropped", pgettext_lazy("visits", "Cancelled"), "integer"),
        Column("open", pgettext_lazy("visits", "Past and open"), "integer"),
        Column("unplanned", pgettext_lazy("visits", "Held without a plan"), "integer"),
        Column("trips", gettext_lazy("Days on trips"), "integer"),
        Column("leave", gettext_lazy("Days of leave"), "integer"),
        Column("expected", gettext_lazy("Days expected"), "integer"),
        Column("met", gettext_lazy("Days met"), "integer"),
    ),
    gettext_lazy(
        "Whoever visited somebody in the period, or keeps customers in the branch. A visit is"
        " planned when it was noted before its day."
    ),
)
PLANS = Table(
    "plans",
    gettext_lazy("Visit plans"),
    (
        Column("at", pgettext_lazy("visit", "When"), "datetime"),
        Column("name", gettext_lazy("Name"), width=14),
        Column("customer", gettext_lazy("Customer"), width=28),
        Column("unit", gettext_lazy("Unit"), width=20),
        Column("state", gettext_lazy("State"), width=12),
        Column("content", gettext_lazy("Content"), width=40),
        Column("result", pgettext_lazy("visit", "Outcome"), width=40),
    ),
)
FACTS = (
    Column("planned", gettext_lazy("Visits planned"), "integer"),
    Column("held", gettext_lazy("Planned visits held"), "integer"),
    Column("open", gettext_lazy("Planned visits past and open"), "integer"),
    Column("unplanned", gettext_lazy("Visits without a plan"), "integer"),
)


@dataclass(slots=True)
class Visits:
    """The visits of a person in a period."""

    planned: int = 0
    held: int = 0
    dropped: int = 0
    open: int = 0
    unplanned: int = 0


def visits_asked(asked: Question) -> Any:
    """The visits of a branch in a period, done, cancelled or still to come."""
    rows = Activity.objects.visible_to(asked.reach(SEE_CUSTOMERS))
    return rows.filter(
        kind=ActivityKind.VISIT, at__gte=midnight(asked.first), at__lt=midnight(asked.after)
    )


def visits_by_person(asked: Question) -> dict[int, Visits]:
    """Person → visits. A planned one of a day that is over, and neither held nor cancelled, is
    open."""
    today = midnight(asked.period.today)
    counts = visits_asked(asked).order_by().values_list("by")
    rows = counts.annotate(
        planned=Count("pk", AHEAD),
        held=Count("pk", AHEAD & Q(state=ActivityState.DONE)),
        dropped=Count("pk", AHEAD & Q(state=ActivityState.CANCELLED)),
        late=Count("pk", AHEAD & Q(state=ActivityState.PLANNED, at__lt=today)),
        unplanned=Count("pk", ~AHEAD & Q(state=ActivityState.DONE)),
    )
    return {key: Visits(*numbers) for key, *numbers in rows}


def days_away(asked: Question) -> dict[tuple[int, str], int]:
    """(person, kind of absence) → days of the period on approved trips or leave."""
    rows = Absence.objects.visible_to(asked.reach(ABSENCES)).approved()
    found: dict[tuple[int, str], set[dt.date]] = defaultdict(set)
    for row in rows.within(asked.first, asked.last):
        first, last = max(row.first_day, asked.first), min(row.last_day, asked.last)
        for number in range((last - first).days + 1):
            found[row.person_id, row.kind].add(first + dt.timedelta(days=number))
    return {key: len(days) for key, days in found.items()}


def days_expected(asked: Question) -> dict[int, tuple[int, int]]:
    """Person → days on which a log-in was expected, and those with one."""
    rows = LogInDay.objects.visible_to(asked.reach(LOG_INS))
    rows = rows.filter(day__range=(asked.first, asked.last), reason__in=("met", "missed"))
    counts = rows.order_by().values_list("person")
    return {
        key: (expected, met)
        for key, expected, met in counts.annotate(
            expected=Count("day"), met=Count("day", Q(reason="met"))
        )
    }


def _people(asked: Question, visits: dict[int, Visits]) -> list[User]:
    units = OrgUnit.objects.visible_to(asked.reach(SEE_CUSTOMERS))
    keepers = Post.objects.on(asked.last).filter(function__keeps_customers=True, unit__in=units)
    keys = set(keepers.values_list("user", flat=True)) if asked.may(LOG_INS) else set()
    rows = User.objects.filter(pk__in=keys | set(visits)).select_related("unit")
    return list(rows.order_by(F("unit__path").asc(nulls_last=True), "employee_no"))


def _read(asked: Question) -> Found:
    found, visits = Found(), visits_by_person(asked)
    away, expected = days_away(asked), days_expected(asked)
    lines = []
    for one in _people(asked, visits):
        mine = visits.get(one.pk, Visits())
        days = expected.get(one.pk, (None, None))
        trips, leave = (
            away.get((one.pk, kind), 0) if asked.may(ABSENCES) else None
            for kind in (AbsenceKind.TRIP, AbsenceKind.LEAVE)
        )
        counts = (mine.planned, mine.held, mine.dropped, mine.open, mine.unplanned)
        place = one.unit.name if one.unit else None
        lines.append((one.name, one.employee_no, place, *counts, trips, leave, *days))
    found.put("people", lines)
    for column in FACTS:
        found.facts[column.key] = sum(getattr(one, column.key) for one in visits.values())
    if not asked.may(LOG_INS):
        found.notes.append(_("Attendance is shown to those who may see log-ins alone."))
    _put_plans(asked, found)
    return found


def _put_plans(asked: Question, found: Found) -> None:
    rows = visits_asked(asked).filter(AHEAD).select_related("by", "customer", "unit")
    plans = list(rows.order_by("at", "pk")[: MOST_ROWS + 1])
    found.put(
        "plans",
        [
            (
                *(one.at, one.by.name, one.customer.name, one.unit.name),
                *(str(one.get_state_display()), one.content, one.result or None),
            )
            for one in plans
        ],
        [one.customer.get_absolute_url() for one in plans],
    )


REPORT = Standard(
    key="visit-plans",
    title=gettext_lazy("Visit plans and attendance"),
    sentence=gettext_lazy(
        "Which visits were planned and held by whom, and who was there; what the archive post found"
        " stands in the written analysis."
    ),
    source=gettext_lazy("Company rules on customer relationships, Art 5(5)"),
    right=SEE_CUSTOMERS,
    taking="customers.export_customer",
    facts=FACTS,
    tables=(PEOPLE, PLANS),
    read=_read,
    written=True,
    periods=("month", "quarter", "year"),
)
