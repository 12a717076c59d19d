"""The customer list: one row a customer, by key, at the same speed for every branch.

A list walks places. A customer with several matching places appears once, at the place that comes
first in the order of the list: `NOT EXISTS (an earlier one)` costs next to nothing, DISTINCT or
GROUP BY read the whole branch. Branches and the forms of a search text are never ORed: the top
rows of each are united (docs/adr/0003-places.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.scopes import narrow
from core.keyset import Key, Order, Page
from core.paging import COUNT_CAP, keys_of, page_of
from core.scope import Scope, scope_of
from customers.models import Customer, CustomerShare, CustomerUnit, Ownership
from customers.selectors.terms import Form, Term
from regions.models import OrgUnit

PERMISSION = "customers.view_customer"

RECENT = Order("-last_contact", "last_contact_at", descending=True, kind="time")
OLDEST = Order("last_contact", "last_contact_at", kind="time")
BY_NAME = Order("name", "pinyin")
BY_NAME_BACK = Order("-name", "pinyin", descending=True)
ORDERS = {order.name: order for order in (RECENT, OLDEST, BY_NAME, BY_NAME_BACK)}


# What rows show and exports write; the other forty columns of the five tables stay behind.
SHOWN = (
    *("name", "level", "ownership_class", "contacted", "last_contact_at", "next_contact_on"),
    *("signed_on", "handed_over_on", "region_id", "city_id", "project_id"),
    *("customer__code", "customer__name", "customer__kind", "customer__phone_cipher"),
    *("customer__subject__wrapped", "keeper__name", "keeper__employee_no"),
    *("unit__name", "unit__code"),
)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A filtered list as page, export and bulk acts share it. Empty fields do not filter."""

    unit: OrgUnit | None = None
    below: bool = True
    section: tuple[OrgUnit, ...] | None = None  # the units of a section, none overlapping another
    kind: str = ""
    ownership_class: str = ""
    level: str = ""
    stage: str = ""
    keeper: User | None = None
    unkept: bool = False
    contact_before: date | None = None
    contact_after: date | None = None
    due: bool = False
    due_from: date | None = None
    purpose: str = ""
    risk: str = ""
    overdue: Q | None = None  # customers.selectors.rhythm says what is late
    import_run: int | None = None
    term: Term = Term("")
    order: Order = RECENT
    today: date | None = None

    def refine(self, places: Any) -> Any:
        """The conditions beside scope and text, on any queryset of places."""
        exact: dict[str, Any] = {
            "ownership_class": self.ownership_class,
            "level": self.level,
            "keeper": self.keeper,
            "import_run": self.import_run,
        }
        places = places.filter(**{name: value for name, value in exact.items() if value})
        if self.kind:
            places = places.filter(customer__kind=self.kind)
        if self.purpose:
            places = places.filter(customer__purpose=self.purpose)
        if self.risk:
            places = places.filter(customer__risk=self.risk)
        if self.unkept:
            places = places.filter(keeper=None)
        today = self.today or timezone.localdate()
        if self.stage:
            places = places.in_stage(self.stage, today)
        if self.contact_before:
            places = places.filter(last_contact_at__lt=_midnight(self.contact_before))
        if self.contact_after:
            places = places.filter(last_contact_at__gte=_midnight(self.contact_after))
        if self.due:
            places = places.filter(next_contact_on__lte=today)
        if self.due_from:
            places = places.filter(next_contact_on__gte=self.due_from)
        if self.overdue is not None:
            places = places.filter(self.overdue)
        return places

    def forms(self) -> list[Form]:
        return self.term.forms or [lambda places: places]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001


def scope_for(user: Any, query: ListQuery, permission: str = PERMISSION) -> Scope:
    """The user's scope, cut to the unit and to the section the list is filtered by."""
    scope = scope_of(user, permission)
    if query.unit:
        scope = narrow(scope, query.unit, below=query.below)
    if query.section is None:
        return scope
    parts = [narrow(scope, unit, below=True) for unit in query.section]
    return Scope(
        scope.user_id,
        frozenset().union(*(part.branches for part in parts)),
        frozenset().union(*(part.own for part in parts)),
    )


def _counts_shares(user: Any, query: ListQuery, scope: Scope, permission: str) -> bool:
    """Whether what was shared by hand belongs to the list: it lies in no unit and no section."""
    everywhere = query.unit is None and query.section is None
    return everywhere and not scope.everything and _has_shares(user, permission)


def _parts(user: Any, query: ListQuery, permission: str) -> Iterator[QuerySet]:
    """Querysets of places whose union is the list: branches × forms, and what is shared by hand."""
    scope = scope_for(user, query, permission)
    own_fields = CustomerUnit.objects.all().own_fields
    whole = scope.q(own_fields)
    every = query.refine(CustomerUnit.objects.all())
    with_shares = _counts_shares(user, query, scope, permission)
    for form in query.forms():
        matching = form(every)
        # A form that holds for the customer holds for his other places: they need not be asked.
        others = matching if query.term.of_place else every
        others = others.filter(customer=OuterRef("customer"))
        same = others.filter(whole)
        for branch in scope.parts(own_fields):
            yield matching.filter(branch).filter(~Exists(same.filter(_earlier(query.order))))
        if with_shares:
            yield _shared(user, query, permission, matching, same, others)


def _has_shares(user: Any, permission: str) -> bool:
    """Whether anything was shared with the user, asked once a request: hardly anybody has shares,
    and a part of the union that finds nothing still costs its planning."""
    if isinstance(user, Scope):
        return False
    known: dict[str, bool] = user.__dict__.setdefault("_has_shares", {})
    if permission not in known:
        known[permission] = CustomerShare.objects.live(user, permission).exists()
    return known[permission]


def _shared(
    user: Any,
    query: ListQuery,
    permission: str,
    matching: QuerySet,
    same: QuerySet,
    others: QuerySet,
) -> QuerySet:
    """Customers shared by hand that have no place in the user's own scope."""
    customers = CustomerShare.objects.live(user, permission).values("content_object")
    return matching.filter(customer__in=customers).filter(
        ~Exists(same), ~Exists(others.filter(_earlier(query.order)))
    )


def _earlier(order: Order) -> Q:
    """Places of the same customer that come before this one in the order of the list."""
    before, pk_before = ("gt", "gt") if order.descending else ("lt", "lt")
    column = order.column
    return Q(**{f"{column}__{before}": OuterRef(column)}) | Q(
        **{column: OuterRef(column), f"pk__{pk_before}": OuterRef("pk")}
    )


def place_keys(
    user: Any,
    query: ListQuery,
    *,
    key: Key | None = None,
    size: int = 25,
    reverse: bool = False,
    permission: str = PERMISSION,
) -> list[Key]:
    """Up to `size` keys of the list beyond `key`, in list order (backwards when `reverse`)."""
    parts = _parts(user, query, permission)
    return keys_of(parts, query.order, key=key, size=size, reverse=reverse)


def count_customers(user: Any, query: ListQuery, permission: str = PERMISSION) -> tuple[int, bool]:
    """How many customers the list has, up to COUNT_CAP: (number, whether there are more)."""
    return count_each(user, [query], permission)[0]


def count_each(
    user: Any, queries: Sequence[ListQuery], permission: str = PERMISSION
) -> list[tuple[int, bool]]:
    """The same for several lists, in one statement."""
    limit = 2 * COUNT_CAP + 1
    texts: list[str] = []
    params: list[Any] = []
    for place, query in enumerate(queries):
        found = []
        for part in _counted_parts(user, query, permission):
            try:
                sql, args = part.order_by()[:limit].query.sql_with_params()
            except EmptyResultSet:
                continue
            found.append(f"({sql})")
            params += args
        if found:
            union = " UNION ".join(found)
            texts.append(
                f"SELECT {place}, count(*), count(DISTINCT c) FROM ({union}) AS f (c)"  # noqa: S608
            )
    counts = dict.fromkeys(range(len(queries)), (0, 0))
    if texts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(texts), params)
            counts |= {place: (rows, number) for place, rows, number in cursor.fetchall()}
    return [
        (COUNT_CAP, True) if number > COUNT_CAP or rows >= limit else (number, False)
        for rows, number in counts.values()
    ]


def _counted_parts(user: Any, query: ListQuery, permission: str) -> list[QuerySet]:
    """The customers of a list: of each form of the text, and what is shared by hand."""
    scope = scope_for(user, query, permission)
    whole = scope.q(CustomerUnit.objects.all().own_fields)
    parts = [
        query.refine(form(CustomerUnit.objects.filter(whole))).values("customer")
        for form in query.forms()
    ]
    if _counts_shares(user, query, scope, permission):
        shared = CustomerShare.objects.live(user, permission).values("content_object")
        parts += [
            query.refine(form(CustomerUnit.objects.filter(customer__in=shared))).values("customer")
            for form in query.forms()
        ]
    return parts


def rows_of(user: Any, keys: list[Key], permission: str = PERMISSION) -> list[CustomerUnit]:
    """The places of these keys with all a row shows: three queries for any number of rows."""
    owned = (
        Ownership.objects.visible_to(user, permission)
        .current()
        .select_related("property", "unit")
        .only("customer_id", "property__label", "unit__name")
        .order_by("-is_primary", "pk")
    )
    places = (
        CustomerUnit.objects.filter(pk__in=[key.pk for key in keys])
        .select_related("customer__subject", "keeper", "unit")
        .only(*SHOWN)
        .prefetch_related(Prefetch("customer__ownerships", owned, to_attr="owned"))
    )
    found = {place.pk: place for place in places}
    return [found[key.pk] for key in keys if key.pk in found]


def customer_page(
    user: Any, query: ListQuery, *, after: str = "", before: str = "", size: int = 25
) -> Page:
    """One page of the list. `after` and `before` are cursors of an earlier page."""
    return page_of(
        list(_parts(user, query, PERMISSION)),
        query.order,
        partial(rows_of, user),
        after=after,
        before=before,
        size=size,
    )


def all_places(
    user: Any, query: ListQuery, *, chunk: int = 2000, permission: str = PERMISSION
) -> Iterator[list[CustomerUnit]]:
    """The whole list in chunks by key, for exports and bulk acts; rights are read as it goes."""
    key: Key | None = None
    query = replace(query)
    while True:
        keys = place_keys(user, query, key=key, size=chunk, permission=permission)
        if not keys:
            return
        yield rows_of(user, keys, permission)
        key = keys[-1]


def visible_customer(user: Any, pk: int, permission: str = PERMISSION) -> Customer | None:
    """One customer in reach, or None."""
    return Customer.objects.visible_to(user, permission).filter(pk=pk).first()
