"""Key dates as a list: by the day on which they come round next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import ExtractDay, ExtractMonth

from accounts.scopes import narrow
from core.keyset import Key, Order
from core.scope import scope_of
from expenses.models import KeyDate
from regions.models import OrgUnit

VIEW = "expenses.view_keydate"
CHANGE = "expenses.change_keydate"
SOONEST = Order("next", "place")
YEAR = 1300  # beyond 1231, the place of 31 December in its year


def place_of(day: date) -> int:
    """Where a day stands in its year, so that places sort as days do: 8 November is 1108."""
    return 100 * day.month + day.day


@dataclass(frozen=True, slots=True)
class KeyDateQuery:
    """Key dates that come within some days from `today`; of all days of a year with `days` 365."""

    today: date
    days: int = 30
    unit: OrgUnit | None = None
    kind: str = ""
    owner: Any = None

    def refine(self, rows: QuerySet[KeyDate]) -> QuerySet[KeyDate]:
        """The conditions beside scope, with the `place` that the list sorts by: in the year from
        today on, so that what comes after New Year stands behind 31 December."""
        here, last = place_of(self.today), self.today + timedelta(days=self.days)
        end = place_of(last) + (YEAR if last.year > self.today.year else 0)
        ahead = Q(on__isnull=True) | Q(on__gte=self.today, on__lte=last)
        rows = rows.filter(ahead, is_active=True).annotate(
            mark=Case(
                When(
                    on__isnull=False,
                    then=ExtractMonth("on") * Value(100) + ExtractDay("on"),
                ),
                default=F("month") * Value(100) + F("day"),
                output_field=IntegerField(),
            )
        )
        rows = rows.annotate(
            place=Case(
                When(mark__gte=here, then=F("mark")),
                default=F("mark") + Value(YEAR),
                output_field=IntegerField(),
            )
        ).filter(place__lte=end)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        return rows.filter(owner=self.owner) if self.owner else rows


def key_date_parts(user: Any, query: KeyDateQuery) -> list[QuerySet[KeyDate]]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in KeyDate.objects.all().branches_of(scope, VIEW)]


def key_date_rows(keys: Iterable[Key]) -> list[KeyDate]:
    """The key dates of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = KeyDate.objects.select_related(
        "customer", "contact", "unit", "owner", "category"
    ).in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
