"""Paging by key: the next page starts after the last row, whatever came in between.

Offsets read and throw away all rows before the page and count what nobody reads; a key goes
straight to its place in the index. A cursor is the sort value and the primary key of a row,
signed, because it comes back in the address.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Q

SIGNER = Signer(salt="core.keyset", sep=".")
READERS = {"time": datetime.fromisoformat, "date": date.fromisoformat}


@dataclass(frozen=True, slots=True)
class Order:
    """A sort by one column and the primary key. `name` is what the address carries; `kind` is
    what the column holds: "text" (also numbers), "time" for instants, "date" for days."""

    name: str
    column: str
    descending: bool = False
    kind: str = "text"

    def by(self, reverse: bool = False) -> tuple[str, str]:
        sign = "-" if self.descending != reverse else ""
        return f"{sign}{self.column}", f"{sign}pk"

    def after(self, key: "Key", reverse: bool = False) -> Q:
        """Rows beyond the key. The inclusive bound on the column gives the index its range."""
        down = self.descending != reverse
        bound, beyond = ("lte", "lt") if down else ("gte", "gt")
        return Q(**{f"{self.column}__{bound}": key.value}) & (
            Q(**{f"{self.column}__{beyond}": key.value})
            | Q(**{self.column: key.value, f"pk__{beyond}": key.pk})
        )


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page starts: the sort value and primary key of the row before it."""

    value: Any
    pk: int


def write_cursor(order: Order, key: Key) -> str:
    """The key as signed text for the address."""
    value = key.value.isoformat() if isinstance(key.value, date) else key.value
    return SIGNER.sign_object([order.name, value, key.pk], compress=False)


def read_cursor(order: Order, text: str) -> Key | None:
    """The key of a cursor, None when it is empty, forged or belongs to another order."""
    if not text:
        return None
    try:
        name, value, pk = SIGNER.unsign_object(text)
    except (BadSignature, ValueError, TypeError, json.JSONDecodeError):
        return None
    if name != order.name:
        return None
    return Key(READERS[order.kind](value) if order.kind in READERS else value, pk)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows with the cursors of its neighbours (empty text: there is none)."""

    rows: list[Any]
    previous: str
    next: str
    size: int
    count: int | None = None
    capped: bool = False

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)
