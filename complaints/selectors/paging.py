"""Pages by key of a list that is cut into parts by scope, for lists with a plain order.

Parts are never ORed: the top rows of each are united (docs/adr/0002-scope-columns.md).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from complaints.selectors.lists import COUNT_CAP
from core.keyset import Key, Order, Page, read_cursor, write_cursor


def page_of(
    parts: Sequence[QuerySet],
    order: Order,
    rows_of: Callable[[Iterable[Key]], list[Any]],
    *,
    after: str = "",
    before: str = "",
    size: int = 25,
) -> Page:
    """One page of the united parts. `rows_of` reads the rows of keys in their order; `after` and
    `before` are cursors of an earlier page."""
    back = read_cursor(order, before)
    start = back or read_cursor(order, after)
    keys = _keys(parts, order, start, size + 1, reverse=bool(back))
    more = len(keys) > size
    keys = keys[:size]
    if back:
        keys.reverse()
    has_previous, has_next = (more, True) if back else (bool(start), more)
    return Page(
        rows=rows_of(keys),
        previous=write_cursor(order, keys[0]) if keys and has_previous else "",
        next=write_cursor(order, keys[-1]) if keys and has_next else "",
        size=size,
    )


def _keys(
    parts: Sequence[QuerySet], order: Order, key: Key | None, size: int, *, reverse: bool
) -> list[Key]:
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


def count_of(parts: Sequence[QuerySet]) -> tuple[int, bool]:
    """How many rows the united parts have, up to COUNT_CAP: (number, whether there are more)."""
    keys = [part.order_by().values("pk")[: COUNT_CAP + 1] for part in parts]
    if not keys:
        return 0, False
    united = keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0]
    number = united.count()
    return (COUNT_CAP, True) if number > COUNT_CAP else (number, False)
