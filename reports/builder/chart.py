"""Bars of a grouped report, placed here so that the page needs neither script nor style."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reports.builder.definitions import Definition
from reports.builder.query import Table

MOST_BARS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """A group with the first figure told of it; `width` in per cent of the largest."""

    label: str
    value: Any
    kind: str
    width: str


def bars_of(asked: Definition, table: Table) -> list[Bar]:
    """The bars of a report that wants some: the first measure of the first MOST_BARS groups."""
    if not asked.chart or not table.labels or len(table.columns) <= table.labels:
        return []
    place = table.labels
    rows = table.rows[:MOST_BARS]
    numbers = [_number(row[place]) for row in rows]
    most = max(numbers, default=0)
    return [
        Bar(
            " · ".join(str(one) for one in row[: table.labels]),
            row[place],
            table.columns[place].kind,
            f"{100 * max(number, 0) / most:.2f}" if most > 0 else "0",
        )
        for row, number in zip(rows, numbers, strict=True)
    ]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float | Decimal) else 0.0
