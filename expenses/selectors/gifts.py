"""The stock of gifts: the list, one gift, its movements."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from accounts.scopes import narrow
from core.keyset import Key, Order
from core.scope import scope_of
from expenses.models import Gift, GiftMovement
from regions.models import OrgUnit

VIEW = "expenses.view_gift"
CHANGE = "expenses.change_gift"
BY_NAME = Order("name", "name")
NEWEST = Order("-at", "at", descending=True, kind="time")


@dataclass(frozen=True, slots=True)
class GiftQuery:
    """A filtered stock. `lacking` are gifts of which nothing is free."""

    unit: OrgUnit | None = None
    text: str = ""
    lacking: bool = False

    def refine(self, gifts: QuerySet[Gift]) -> QuerySet[Gift]:
        """The conditions beside scope."""
        if self.text:
            gifts = gifts.filter(name__icontains=self.text)
        if self.lacking:
            gifts = gifts.filter(stock__lte=F("promised"))
        return gifts


def gift_parts(user: Any, query: GiftQuery) -> list[QuerySet[Gift]]:
    """Querysets whose union is the list, one a branch of the reader's scope."""
    scope = scope_of(user, VIEW)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    return [query.refine(part) for part in Gift.objects.all().branches_of(scope, VIEW)]


def gift_rows(keys: Iterable[Key]) -> list[Gift]:
    """The gifts of these keys with their units, in one query."""
    wanted = [key.pk for key in keys]
    found = Gift.objects.select_related("unit").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def movement_rows(keys: Iterable[Key]) -> list[GiftMovement]:
    """The movements of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = GiftMovement.objects.select_related("application", "by").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
