"""Possible duplicates as their pages show them, cut to what the reader reaches (CUS-24)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Q
from django.utils.text import capfirst

from accounts.models import User
from core.bigrams import containing
from core.keyset import Key, Order, Page
from core.paging import page_of
from customers.merging import references
from customers.models import (
    Customer,
    CustomerKind,
    CustomerMerge,
    CustomerUnit,
    DuplicatePair,
    NameReading,
    Purpose,
)
from customers.models.merging import mergeable

LATEST = Order("-found", "pk", descending=True)
SUGGESTED, LOOKED_AT = 10, 50
BRACKETS = re.compile(r"[(\uff08].*?[)\uff09]")
MARKS = re.compile(r"[\s()\uff08\uff09\u00b7.]")


def bare(name: str, *, person: bool) -> str:
    """A name as duplicates are compared; the same as the statements of the nightly look."""
    if person:
        return re.sub(r"\s", "", BRACKETS.sub("", name))
    return MARKS.sub("", name).lower()


@dataclass(slots=True)
class Side:
    """One customer of a pair: what the reader may know of him, nothing when he is not his."""

    customer: Customer | None
    units: list[str]


@dataclass(slots=True)
class ShownPair:
    """A pair with both sides; `mergeable` when both are the reader's to change."""

    pair: DuplicatePair
    sides: tuple[Side, Side]
    mergeable: bool


def pair_page(user: Any, *, dismissed: bool, after: str, before: str, size: int) -> Page:
    """One page of pairs of which one at least is the reader's, the latest found first."""
    rows = DuplicatePair.objects.visible_to(user).filter(dismissed_at__isnull=not dismissed)

    def shown(keys: list[Key]) -> list[ShownPair]:
        found = DuplicatePair.objects.select_related("dismissed_by").in_bulk(
            [key.pk for key in keys]
        )
        return show(user, [found[key.pk] for key in keys if key.pk in found])

    return page_of([rows], LATEST, shown, after=after, before=before, size=size)


def show(user: Any, pairs: list[DuplicatePair]) -> list[ShownPair]:
    """Pairs with what the reader may know of either side, in three queries."""
    keys = {key for pair in pairs for key in (pair.first_id, pair.second_id)}
    seen = Customer.objects.visible_to(user).select_related("subject").in_bulk(list(keys))
    may = set(mergeable(user).filter(pk__in=keys).values_list("pk", flat=True))
    units = unit_names(user, keys)

    def side(key: int) -> Side:
        return Side(seen.get(key), units[key])

    return [
        ShownPair(
            pair,
            (side(pair.first_id), side(pair.second_id)),
            {pair.first_id, pair.second_id} <= may,
        )
        for pair in pairs
    ]


def unit_names(user: Any, keys: Iterable[int]) -> dict[int, list[str]]:
    """The units in which the reader sees each of these customers."""
    found: dict[int, list[str]] = defaultdict(list)
    places = CustomerUnit.objects.visible_to(user).filter(customer__in=list(keys))
    for key, name in places.order_by("unit__path").values_list("customer", "unit__name"):
        found[key].append(name)
    return found


def likely(user: Any, customer: Customer) -> list[ShownPair]:
    """The open pairs of one customer, as the nightly look found them."""
    pairs = DuplicatePair.objects.filter(
        Q(first=customer) | Q(second=customer), dismissed_at__isnull=True
    )
    return show(user, list(pairs.order_by("pk")[:SUGGESTED]))


def firms_named(user: Any, name: str) -> list[Customer]:
    """Organisations in reach whose name has this one in it and differs by blanks and marks alone;
    at most three."""
    wanted = bare(name, person=False)
    if len(wanted) < 2:
        return []
    rows = Customer.objects.visible_to(user).filter(kind=CustomerKind.ORGANISATION)
    like = containing(rows, "name", name.strip()).order_by("pk")[:LOOKED_AT]
    return [one for one in like if bare(one.name, person=False) == wanted][:3]


def survivor_of(user: Any, former: int) -> CustomerMerge | None:
    """Into whom a customer who is not there any more was merged, when he is in reach."""
    merges = CustomerMerge.objects.visible_to(user).select_related("survivor")
    return merges.filter(former_id=former).first()


def hanging_on(customer: Customer) -> list[tuple[str, int]]:
    """What hangs on a customer, in words, with how many rows there are of each: one query."""
    tables: dict[str, list[str]] = defaultdict(list)
    hidden = (DuplicatePair, NameReading, CustomerMerge)
    quote = connection.ops.quote_name
    for field in references(Customer):
        if not issubclass(field.model, hidden):
            title = capfirst(str(field.model._meta.verbose_name_plural))
            column, table = quote(field.column), quote(field.model._meta.db_table)
            tables[title].append(f"(SELECT count(*) FROM {table} WHERE {column} = %s)")  # noqa: S608
    sums = [" + ".join(parts) for parts in tables.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(sums)}",  # noqa: S608  tables of the models
            [customer.pk] * sum(map(len, tables.values())),
        )
        counts = cursor.fetchone()
    return [(title, count) for title, count in zip(tables, counts, strict=True) if count]


def moved_in_words(merge: CustomerMerge) -> list[tuple[str, int, int]]:
    """What a merge moved, table by table: in words, rows moved, rows made one with another."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in merge.moved:
        counts[one["table"]][0] += len(one["keys"])
    for one in merge.united:
        counts[one["table"]][1] += 1
    return sorted((table_title(label), *both) for label, both in counts.items())  # type: ignore[misc]


def table_title(label: str) -> str:
    """A table in words; its bare name when it is not there any more."""
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name_plural))
    except LookupError:
        return label


def before_in_words(merge: CustomerMerge) -> list[tuple[str, str, str]]:
    """The fields of both records before the merge: label, surviving record, former record."""
    mine, theirs = merge.before.get("survivor", {}), merge.before.get("former", {})
    people = {
        key
        for side in (mine, theirs)
        for key in (side.get("specialist"), side.get("contact_leader"))
        if key
    }
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    found = []
    for name in {**mine, **theirs}:
        label = capfirst(str(Customer._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
        pair = []
        for side in (mine, theirs):
            value = side.get(name, "")
            if name in ("specialist", "contact_leader"):
                value = names.get(value, "")
            elif name == "purpose":
                value = dict(Purpose.choices).get(value, "")
            pair.append(str(value))
        found.append((label, *pair))
    return found  # type: ignore[return-value]
