"""The drawn list, the population it comes from, and who of it answered."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from core.keyset import Key, Order
from customers.models import CustomerUnit
from regions.models import OrgUnit
from satisfaction.models import Sample, SampleState, Wave

BY_ROW = Order("id", "id")
NO_DATE, OLDER = "none", "older"
YEARS = 5  # of the age of a hand-over that are told apart
Pair = tuple[int, int]


def drawn_people(wave: Wave, units: QuerySet[OrgUnit], state: str = "") -> QuerySet[Sample]:
    """The list in units, all of it or one state; without its order."""
    rows = Sample.objects.filter(wave=wave, unit__in=units)
    return rows.filter(state=state) if state else rows


def people_rows(keys: Iterable[Key]) -> list[Sample]:
    """The people of these keys with what a row shows."""
    wanted = [key.pk for key in keys]
    rows = Sample.objects.select_related("unit", "customer__subject", "replaces")
    found = rows.in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def listed_people(wave: Wave, units: QuerySet[OrgUnit]) -> QuerySet[Sample]:
    """Everybody who was to be asked: neither reserves nor those who do not belong to the list."""
    rows = drawn_people(wave, units)
    return rows.exclude(state__in=(SampleState.RESERVE, SampleState.DROPPED)).order_by()


def answered_by(wave: Wave, units: QuerySet[OrgUnit], column: str) -> dict[Any, Pair]:
    """Value of a column (stage, unit) → (drawn, answered among them)."""
    rows = listed_people(wave, units).values_list(column).annotate(**_counted())
    return {value: (drawn, answered) for value, drawn, answered in rows.order_by(column)}


def answered_by_age(wave: Wave, units: QuerySet[OrgUnit], day: date) -> dict[str, Pair]:
    """Full years since the hand-over on a day ("0" … "4", OLDER, NO_DATE) → (drawn, answered)."""
    place = CustomerUnit.objects.filter(customer=OuterRef("customer"), unit=OuterRef("unit"))
    rows = listed_people(wave, units).annotate(handed=Subquery(place.values("handed_over_on")[:1]))
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for handed, drawn, answered in rows.values_list("handed").annotate(**_counted()):
        pair = found[_age(handed, day)]
        pair[0] += drawn
        pair[1] += answered
    order = [NO_DATE, *map(str, range(YEARS)), OLDER]
    return {key: (found[key][0], found[key][1]) for key in order if key in found}


def _counted() -> dict[str, Count]:
    return {
        "drawn": Count("pk"),
        "answered": Count("pk", filter=Q(state=SampleState.ANSWERED)),
    }


def _age(handed: date | None, day: date) -> str:
    if handed is None or handed > day:
        return NO_DATE
    years = day.year - handed.year - ((day.month, day.day) < (handed.month, handed.day))
    return str(years) if years < YEARS else OLDER
