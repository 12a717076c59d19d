"""Work that waits for the reader, as numbers beside items of the menu.

An app registers how its own work is counted. A number is remembered for half a minute in each
process: the menu stands on every page, and nobody waits for the very last one.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.core.cache import cache
from django.urls import reverse

SECONDS: Final = 30
COUNTED: Final = 99  # nobody needs to know of more; a count stops there

_COUNTS: dict[str, Callable[[Any], int]] = {}
_ROWS: dict[str, str] = {}


def count_beside(url_name: str, count: Callable[[Any], int], *, rows: str = "") -> None:
    """Register how the work behind a menu item is counted for a reader, up to COUNTED. `rows` is
    the query with which its page lists just what is counted, where it lists more without."""
    _COUNTS[url_name] = count
    if rows:
        _ROWS[url_name] = rows


def rows_counted() -> dict[str, str]:
    """Address of a menu item → the address that lists just what is counted there."""
    return {reverse(name): f"{reverse(name)}?{query}" for name, query in _ROWS.items()}


class Waiting(Mapping[str, int]):
    """Name of an address → what waits there for one reader; counted when it is asked for, which
    the menu does for items that open to him alone."""

    def __init__(self, user: Any) -> None:
        self.user = user

    def __getitem__(self, url_name: str) -> int:
        count = _COUNTS[url_name]
        key = f"menu-count:{url_name}:{self.user.pk}"
        return int(cache.get_or_set(key, lambda: count(self.user), SECONDS) or 0)

    def __iter__(self) -> Iterator[str]:
        return iter(_COUNTS)

    def __len__(self) -> int:
        return len(_COUNTS)
