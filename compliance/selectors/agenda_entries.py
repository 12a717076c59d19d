"""Entries of calendars that lie in the apps to the left and in appointments and tasks (CAL-02)."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Approval, Task, TaskState
from complaints.models import Case, LimitKind
from compliance.agenda import Entry, midnight, register_entries, span
from compliance.models import Absence, Appointment, Assignment
from compliance.selectors.absences import absences_of
from compliance.selectors.tasks import ASSIGN
from customers.models import Activity, ActivityKind, ActivityState
from expenses.models import Event, EventState

LENGTH = dt.timedelta(minutes=30)
ACT = "customers.log_activity"


def _url(name: str, *args: Any) -> str:
    return reverse(f"compliance:{name}", args=args)


@register_entries
def appointments(
    people: Collection[int], reader: Any, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """What people noted for themselves. Of a private one others see that he is busy."""
    begin, end = span(first, last)
    rows = Appointment.objects.filter(person__in=people, starts_at__lt=end, ends_at__gte=begin)
    for row in rows.visible_to(reader) | rows.filter(is_private=True):
        own = row.person_id == reader.pk
        hidden = row.is_private and not own
        yield Entry(
            row.person_id,
            row.starts_at,
            row.ends_at,
            row.all_day,
            _("Busy") if hidden else row.title,
            "" if hidden else _url("appointment", row.pk),
            "appointment",
            key=f"appointment-{row.pk}",
            move=_url("calendar-move", "appointment", row.pk) if own else "",
            version=row.version,
        )


@register_entries
def activities(
    people: Collection[int], reader: Any, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """What is planned with customers, and visits and meetings that were done."""
    begin, end = span(first, last)
    kinds = (ActivityKind.VISIT, ActivityKind.MEETING)
    wanted = Q(state=ActivityState.PLANNED) | Q(state=ActivityState.DONE, kind__in=kinds)
    rows = Activity.objects.visible_to(reader).filter(
        wanted, by__in=people, at__gte=begin, at__lt=end
    )
    movable = set(
        Activity.objects.visible_to(reader, ACT)
        .filter(by__in=people, state=ActivityState.PLANNED, at__gte=begin, at__lt=end)
        .values_list("pk", flat=True)
    )
    for row in rows.select_related("customer"):
        visit = row.kind == ActivityKind.VISIT
        yield Entry(
            row.by_id,
            row.at,
            row.at + LENGTH,
            False,
            row.customer.name if visit else f"{row.get_kind_display()} {row.customer.name}",
            row.customer.get_absolute_url(),
            "visit" if visit else "activity",
            key=f"activity-{row.pk}",
            move=_url("calendar-move", "activity", row.pk) if row.pk in movable else "",
        )


@register_entries
def tasks(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """Open tasks, when they are due."""
    begin, end = span(first, last)
    rows = Assignment.objects.open().filter(to__in=people, due_at__gte=begin, due_at__lt=end)
    managed = set(rows.visible_to(reader, ASSIGN).values_list("pk", flat=True))
    row: Any
    for row in rows.visible_to(reader):
        movable = row.by_id == reader.pk or row.pk in managed
        yield Entry(
            row.to_id,
            row.due_at,
            row.due_at,
            False,
            row.title,
            row.get_absolute_url(),
            "task",
            key=f"task-{row.pk}",
            move=_url("calendar-move", "task", row.pk) if movable else "",
            version=row.version,
        )


@register_entries
def cases(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """The next time limit of each open case, with its handler."""
    begin, end = span(first, last)
    rows = Case.objects.visible_to(reader).filter(
        handler__in=people, next_due_at__gte=begin, next_due_at__lt=end
    )
    row: Any
    for row in rows:
        yield Entry(
            row.handler_id,
            row.next_due_at,
            row.next_due_at,
            False,
            f"{row.number} {_limit(row.next_due_kind)}",
            row.get_absolute_url(),
            "case",
            key=f"case-{row.pk}",
        )


def _limit(kind: str) -> str:
    return str(LimitKind(kind).label) if kind in LimitKind.values else ""


@register_entries
def approvals(
    people: Collection[int], reader: Any, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """What somebody is to decide, when it is due."""
    begin, end = span(first, last)
    rows = Task.objects.filter(
        person__in=people, state=TaskState.OPEN, due_at__gte=begin, due_at__lt=end
    ).filter(step__approval__in=Approval.objects.visible_to(reader))
    row: Any
    for row in rows.select_related("step__approval"):
        approval = row.step.approval
        yield Entry(
            row.person_id,
            row.due_at,
            row.due_at,
            False,
            approval.title,
            approval.get_absolute_url(),
            "approval",
            key=f"approval-{row.pk}",
        )


@register_entries
def events(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """Customer events, with their organiser and the staff present."""
    begin, end = span(first, last)
    rows = (
        Event.objects.visible_to(reader)
        .filter(Q(ends_at__gte=begin) | Q(starts_at__gte=begin), starts_at__lt=end)
        .filter(Q(organiser__in=people) | Q(staff__in=people))
        .exclude(state=EventState.CANCELLED)
        .distinct()
        .prefetch_related("staff")
    )
    wanted = set(people)
    for row in rows:
        present = {row.organiser_id, *(one.pk for one in row.staff.all())}
        for person in sorted(present & wanted):
            yield Entry(
                person,
                row.starts_at,
                row.ends_at or row.starts_at + LENGTH,
                False,
                row.title,
                row.get_absolute_url(),
                "event",
                key=f"event-{row.pk}",
            )


@register_entries
def trips(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """Approved trips and leave. Whoever sees a person's calendar sees that he is away; where he
    goes, and the page, only whoever may see the trip itself (LOG-02)."""
    rows = absences_of(people, first, last)
    seen = set(
        Absence.objects.of_or_visible_to(reader)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    for row in rows:
        known = row.pk in seen
        where = f" {row.destination}" if known and row.destination else ""
        yield Entry(
            row.person_id,
            midnight(row.first_day),
            midnight(row.last_day + dt.timedelta(days=1)),
            True,
            f"{row.get_kind_display()}{where}",
            row.get_absolute_url() if known else "",
            row.kind,
            key=f"absence-{row.pk}",
        )
