"""Flats and activities in reach, page by page, for readers that want rows and no page.

Branches are never ORed: the top rows of each are united (docs/adr/0002-scope-columns.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.scopes import narrow
from core.keyset import Key, Order, Page
from core.paging import page_of
from core.scope import Scope, scope_of
from customers.models import Activity, Ownership, Property
from regions.models import OrgUnit

VIEW = "customers.view_customer"
BY_KEY = Order("key", "pk")
LATEST = Order("-at", "at", descending=True, kind="time")


def _scopes(user: Any, unit: OrgUnit | None) -> list[Scope]:
    """The reader's scope in its branches, each a scope of its own, cut to a unit."""
    scope = scope_of(user, VIEW)
    if unit is not None:
        scope = narrow(scope, unit, below=True)
    whole = [
        Scope(scope.user_id, frozenset({branch})) for branch in sorted(scope.branches, key=repr)
    ]
    return [*whole, Scope(scope.user_id, own=scope.own)] if scope.own else whole


@dataclass(frozen=True, slots=True)
class PropertyQuery:
    """Flats of a unit and all below it, with a label; empty fields do not filter."""

    unit: OrgUnit | None = None
    label: str = ""


def property_page(user: Any, query: PropertyQuery, *, after: str = "", size: int = 50) -> Page:
    """One page of flats, the first entered first."""
    parts = [Property.objects.visible_to(scope) for scope in _scopes(user, query.unit)]
    if query.label:
        parts = [part.filter(label=query.label) for part in parts]
    return page_of(parts, BY_KEY, _properties, after=after, size=size)


def _properties(keys: Iterable[Key]) -> list[Property]:
    wanted = [key.pk for key in keys]
    found = Property.objects.select_related("unit").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def property_in_reach(user: Any, pk: int) -> tuple[Property, list[Ownership]] | None:
    """A flat with those who own it now as far as they are in reach, or None."""
    rows = Property.objects.visible_to(user, VIEW).select_related("unit")
    flat = rows.filter(pk=pk).first()
    if flat is None:
        return None
    owned = Ownership.objects.visible_to(user, VIEW).current().filter(property=flat)
    return flat, list(owned.order_by("-is_primary", "pk"))


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Activities of a unit and all below it, with a customer, of a kind and state, in a span of
    `at`: `since` counts, `until` does not. Empty fields do not filter."""

    unit: OrgUnit | None = None
    customer: int | None = None
    kind: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def refine(self, rows: QuerySet[Activity]) -> QuerySet[Activity]:
        exact: dict[str, Any] = {
            "customer": self.customer,
            "kind": self.kind,
            "state": self.state,
            "at__gte": self.since,
            "at__lt": self.until,
        }
        return rows.filter(**{name: value for name, value in exact.items() if value})


def activity_page(user: Any, query: ActivityQuery, *, after: str = "", size: int = 50) -> Page:
    """One page of activities, the latest first."""
    parts = [
        query.refine(Activity.objects.visible_to(scope)) for scope in _scopes(user, query.unit)
    ]
    return page_of(parts, LATEST, _activities, after=after, size=size)


def _activities(keys: Iterable[Key]) -> list[Activity]:
    wanted = [key.pk for key in keys]
    found = Activity.objects.select_related("unit", "by").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def activity_in_reach(user: Any, pk: int) -> Activity | None:
    """One activity in reach, or None."""
    rows = Activity.objects.visible_to(user, VIEW).select_related("unit", "by")
    found: Activity | None = rows.filter(pk=pk).first()
    return found
