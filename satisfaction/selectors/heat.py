"""Items by units of a wave: which cells are readable, and which differ from the whole (SAT-09)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from satisfaction.models import Item, ItemRole
from satisfaction.selectors.overview import Question
from satisfaction.selectors.sight import ItemLine, Line, items_of, lines_of

UP, DOWN = "up", "down"


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One item in one unit. `way` says that its interval lies wholly above or below the figure of
    the whole; empty for the whole itself and for what may be chance."""

    line: ItemLine | None
    way: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    line: Line
    cells: list[HeatCell]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """`whole` is the unit asked about, `rows` are the units directly below it."""

    items: list[Item]
    whole: HeatRow | None
    rows: list[HeatRow]

    @property
    def is_readable(self) -> bool:
        rows = [*([self.whole] if self.whole else []), *self.rows]
        return any(cell.line and cell.line.mean for row in rows for cell in row.cells)


def heat_map(reader: Any, question: Question) -> HeatMap:
    """The map of a unit and the units directly below it. Two queries."""
    unit = question.unit
    near = Q(unit=unit) | Q(unit__parent=unit)
    lines = lines_of([question.scoring], reader, near, question.stage)
    found: dict[tuple[int, int], ItemLine] = {}
    items: dict[int, Item] = {}
    for one in items_of(question.scoring, reader, near, question.stage):
        if one.item.role == ItemRole.ITEM:
            found[one.unit_id, one.item.pk] = one
            items[one.item.pk] = one.item
    rows = {}
    for line in lines:
        cells = []
        for key in items:
            cell = found.get((line.unit.pk, key))
            cells.append(HeatCell(cell, _way(cell, found.get((unit.pk, key)))))
        rows[line.unit.pk] = HeatRow(line, cells)
    whole = rows.pop(unit.pk, None)
    return HeatMap(list(items.values()), whole, list(rows.values()))


def _way(cell: ItemLine | None, whole: ItemLine | None) -> str:
    if cell is None or whole is None or cell is whole or whole.mean is None:
        return ""
    if cell.mean is None or cell.mean.interval is None:
        return ""
    low, high = cell.mean.interval
    if low > whole.mean.value:
        return UP
    return DOWN if high < whole.mean.value else ""
