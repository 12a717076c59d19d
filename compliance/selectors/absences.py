"""Who is away when, for pages, calendars and duties."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from compliance.models import Absence, AbsenceState


def absent(people: Collection[int], day: dt.date) -> dict[int, Absence]:
    """Those of some people, by their keys, who are on an approved trip or leave on a day."""
    rows = Absence.objects.approved().filter(person__in=people).within(day, day)
    return {row.person_id: row for row in rows}


def absences_of(people: Collection[int], first: dt.date, last: dt.date) -> list[Absence]:
    """Approved trips and leave of some people with a day from `first` through `last`."""
    rows = Absence.objects.approved().filter(person__in=people).within(first, last)
    return list(rows.select_related("person").order_by("person", "first_day"))


def own_absences(person: Any) -> QuerySet[Absence]:
    """All of a person, the latest first."""
    return Absence.objects.filter(person=person).order_by("-first_day", "-pk")


def team_absences(reader: Any, first: dt.date, last: dt.date) -> QuerySet[Absence]:
    """Those in reach that are approved or wait, with a day in the span, by person."""
    states = (AbsenceState.APPROVED, AbsenceState.IN_APPROVAL)
    rows = Absence.objects.of_or_visible_to(reader).filter(state__in=states)
    return (
        rows.within(first, last)
        .select_related("person", "unit")
        .order_by("person__employee_no", "first_day", "pk")
    )
