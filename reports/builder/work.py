"""Schedules as work that people hold: registered for the hand-over of accounts (ACC-16).

A schedule lies where its owner works: it has no unit of its own, so the columns by which a
hand-over is cut to somebody's reach are worked out. A schedule without its report would be of no
use to its new owner: the report follows, or a copy of it where it already belongs to another.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, User
from accounts.scopes import compute_scope
from reports.builder.sending import plan_next
from reports.models import ReportSchedule, SavedReport

KEY, BUILD = "reports.schedule", "reports.build_report"
LEVELS = {
    "region_id": 3,
    "city_id": 4,
    "project_id": 5,
}  # place in "/1/5/17/40/" cut at the slashes
NAME = 80


def _placed(rows: QuerySet[ReportSchedule]) -> QuerySet[Any]:
    """Rows with the unit of their owner, and what lies above it, as if they were columns."""
    path = F("owner__unit__path")
    parts = {
        name: Cast(
            NullIf(Func(path, Value("/"), Value(place), function="split_part"), Value("")),
            IntegerField(),
        )
        for name, place in LEVELS.items()
    }
    return rows.annotate(unit_id=F("owner__unit_id"), **parts)


def live_schedules() -> QuerySet[Any]:
    """Schedules that are switched on."""
    return _placed(ReportSchedule.objects.filter(is_active=True))


def takers(people: Collection[User], units: Collection[int], by: Any = None) -> dict[int, set[int]]:
    """Whoever may build reports can send one, wherever he works."""
    return {
        person.pk: set(units)
        if person.is_active and not compute_scope(person, BUILD).nothing
        else set()
        for person in people
    }


handover.register(
    handover.Work(
        key=KEY,
        title=_("Scheduled reports"),
        rows=live_schedules,
        holder="owner",
        takers=takers,
        right="accounts.hand_over_work",
        list_url="/reports/schedules/",
        placed=_placed,
    )
)


@handover.when_carried_out
def reports_follow(hand_over: HandOver) -> None:
    """The reports of schedules that have a new owner, and the next time by his calendar."""
    _settle(hand_over)


@handover.when_undone
def reports_return(hand_over: HandOver) -> None:
    """The same on the way back."""
    _settle(hand_over)


def _settle(hand_over: HandOver) -> None:
    keys = hand_over.items.filter(kind=KEY).values("record_id")
    rows = ReportSchedule.objects.filter(pk__in=keys).select_related("owner__unit", "report")
    moved: set[int] = set()
    now = timezone.now()
    for row in rows.order_by("pk"):
        if row.report is not None and row.report.owner_id != row.owner_id:
            row.report = _report_for(row.report, row.owner, moved)
        plan_next(row, now)
        row.save(update_fields=["report", "next_at"])


def _report_for(report: SavedReport, owner: User, moved: set[int]) -> SavedReport:
    """The report as the owner's own; one that went to somebody else already is copied."""
    if report.pk in moved:
        report.pk = None
        report._state.adding = True
    report.owner, report.name = owner, _free_name(report.name, owner)
    report.save()
    moved.add(report.pk)
    return report


def _free_name(name: str, owner: User) -> str:
    """The name, with a number behind it where the owner has a report of this name."""
    taken = set(SavedReport.objects.filter(owner=owner).values_list("name", flat=True))
    number, found = 1, name
    while found in taken:
        number += 1
        tail = f" ({number})"
        found = f"{name[: NAME - len(tail)]}{tail}"
    return found
