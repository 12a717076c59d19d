"""Pages of long lists: the page that an address asks for, its rows, how many there are.

A list is cut into parts by scope. Parts are never ORed: the top rows of each are united
(docs/adr/0002-scope-columns.md). Keys and cursors are those of `core.keyset`.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from django.db.models import QuerySet
from django.http import HttpRequest

from core.keyset import Key, Order, Page, read_cursor, write_cursor

PAGE_SIZES = (25, 50, 100)
CURSORS = ("after", "before")
COUNT_CAP = 1000


class Asked(TypedDict):
    """Which page an address asks for: arguments of `page_of`."""

    after: str
    before: str
    size: int


def asked_page(request: HttpRequest) -> Asked:
    """The page that the address asks for; without cursors the first one."""
    size = request.GET.get("size", "")
    return {
        "after": request.GET.get("after", ""),
        "before": request.GET.get("before", ""),
        "size": next((known for known in PAGE_SIZES if size == str(known)), PAGE_SIZES[0]),
    }


def without_page(request: HttpRequest) -> str:
    """The address of a list without its page, as bulk acts and exports read it."""
    query = request.GET.copy()
    for name in (*CURSORS, "size"):
        query.pop(name, None)
    return query.urlencode()


def keys_of(
    parts: Iterable[QuerySet],
    order: Order,
    *,
    key: Key | None = None,
    size: int = 25,
    reverse: bool = False,
) -> list[Key]:
    """Up to `size` keys of the united parts beyond `key`, in order (backwards when `reverse`)."""

    def top(rows: QuerySet) -> QuerySet:
        if key:
            rows = rows.filter(order.after(key, reverse))
        return rows.order_by(*order.by(reverse)).values_list("pk", order.column)[:size]

    tops = [top(part) for part in parts]
    if not tops:
        return []
    united = tops[0]
    if len(tops) > 1:
        united = tops[0].union(*tops[1:]).order_by(*order.by(reverse))[:size]
    return [Key(value, pk) for pk, value in united]


def page_of(
    parts: Iterable[QuerySet],
    order: Order,
    rows_of: Callable[[list[Key]], list[Any]],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZES[0],
) -> Page:
    """One page of the united parts. `rows_of` reads the rows of keys in their order; `after` and
    `before` are cursors of an earlier page."""

    def read(key: Key | None, most: int, reverse: bool) -> list[Key]:
        return keys_of(parts, order, key=key, size=most, reverse=reverse)

    return _page(order, read, lambda key: key, rows_of, after=after, before=before, size=size)


def page_of_rows(
    rows: QuerySet[Any],
    order: Order,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZES[0],
) -> Page:
    """One page of a queryset that no scope cuts into parts. One query."""

    def read(key: Key | None, most: int, reverse: bool) -> list[Any]:
        found = rows.filter(order.after(key, reverse)) if key else rows
        return list(found.order_by(*order.by(reverse))[:most])

    def key_of(row: Any) -> Key:
        return Key(getattr(row, order.column), row.pk)

    return _page(order, read, key_of, list, after=after, before=before, size=size)


def _page(
    order: Order,
    read: Callable[[Key | None, int, bool], list[Any]],
    key_of: Callable[[Any], Key],
    rows_of: Callable[[list[Any]], list[Any]],
    *,
    after: str,
    before: str,
    size: int,
) -> Page:
    """`read(key, most, reverse)` gives what stands beyond a key; one more than the page tells
    whether another page follows."""
    back = read_cursor(order, before)
    start = back or read_cursor(order, after)
    found = read(start, size + 1, bool(back))
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_previous, has_next = (more, True) if back else (bool(start), more)

    def cursor(row: Any) -> str:
        return write_cursor(order, key_of(row))

    return Page(
        rows=rows_of(found),
        previous=cursor(found[0]) if found and has_previous else "",
        next=cursor(found[-1]) if found and has_next else "",
        size=size,
    )


def count_of(parts: Iterable[QuerySet]) -> tuple[int, bool]:
    """How many rows the united parts have, up to COUNT_CAP: (number, whether there are more)."""
    keys = [part.order_by().values("pk")[: COUNT_CAP + 1] for part in parts]
    if not keys:
        return 0, False
    united = keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]
    number = united.count()
    return (COUNT_CAP, True) if number > COUNT_CAP else (number, False)
