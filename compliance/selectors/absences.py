"""Who is away when, for pages, calendars and duties."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.scopes import narrow
from compliance.models import Absence
from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit


def absent(people: Collection[int], day: dt.date) -> dict[int, Absence]:
    """Those of some people, by their keys, who are on an approved trip or leave on a day."""
    rows = Absence.objects.approved().filter(person__in=people).within(day, day)
    return {row.person_id: row for row in rows}


def absences_of(people: Collection[int], first: dt.date, last: dt.date) -> list[Absence]:
    """Approved trips and leave of some people with a day from `first` through `last`."""
    rows = Absence.objects.approved().filter(person__in=people).within(first, last)
    return list(rows.select_related("person").order_by("person", "first_day"))


MINE, TEAM = "mine", "team"
VIEW = "compliance.view_absence"
LATEST = Order("-first", "first_day", descending=True, kind="date")


@dataclass(frozen=True, slots=True)
class AbsenceQuery:
    """A filtered list: one's own trips and leave, or those of the people one answers for."""

    show: str = MINE
    unit: OrgUnit | None = None
    state: str = ""
    kind: str = ""
    first: dt.date | None = None
    last: dt.date | None = None

    def refine(self, rows: QuerySet[Absence]) -> QuerySet[Absence]:
        """The conditions beside whose they are."""
        for name in ("state", "kind"):
            value = getattr(self, name)
            rows = rows.filter(**{name: value}) if value else rows
        if self.first:
            rows = rows.filter(last_day__gte=self.first)
        return rows.filter(first_day__lte=self.last) if self.last else rows


def absence_parts(reader: Any, query: AbsenceQuery) -> list[QuerySet[Absence]]:
    """Querysets whose union is the list."""
    if query.show == MINE:
        return [query.refine(Absence.objects.filter(person=reader.pk))]
    scope = scope_of(reader, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in Absence.objects.all().branches_of(scope, VIEW)]


def absence_rows(keys: Iterable[Key]) -> list[Absence]:
    """The trips and leave of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = Absence.objects.select_related("person", "unit", "deputy").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def absence_in_reach(reader: Any, pk: int) -> Absence | None:
    """One that the reader may see, or None: his own, one he stands in for, one in his reach."""
    rows = Absence.objects.select_related(
        "person__unit", "unit", "deputy", "corrected_of", "stand_in", "entered_by"
    )
    found = rows.filter(pk=pk).first()
    if found is None or reader.pk in (found.person_id, found.deputy_id):
        return found
    return found if Absence.objects.visible_to(reader).filter(pk=pk).exists() else None
