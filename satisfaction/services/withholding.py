"""What a run publishes: which figures pages may not show (SAT-09, ADR 0029)."""

from collections.abc import Mapping, Sequence

from regions.models import OrgUnit
from satisfaction.disclosure import Cell, families, hidden_cells


class Withholding:
    """The cells of a run whose figures stay hidden: those of few answers, and those from which a
    hidden one could be worked out."""

    def __init__(
        self, cells: Sequence[Cell], answers: Sequence[int], minimum: Mapping[int, int]
    ) -> None:
        """`answers` counts those to the overall item, cell by cell."""
        parents = dict(OrgUnit.objects.values_list("pk", "parent_id"))
        counts = dict(zip(cells, answers, strict=True))
        self.cells, self.minimum = cells, minimum
        self.related = families(counts, parents)
        self.enough = {cell for cell, n in counts.items() if n >= minimum[cell[0]]}
        self.hidden = hidden_cells(counts, self.related, minimum)

    def of_units(self) -> tuple[list[bool], list[bool]]:
        """Cell by cell: whether it has answers enough, and whether it is hidden all the same."""
        shown = [cell in self.enough for cell in self.cells]
        return shown, [cell in self.enough and cell in self.hidden for cell in self.cells]

    def of_item(self, answers: Sequence[int]) -> tuple[list[bool], list[bool]]:
        """Of one item, cell by cell: whether it has answers enough, and whether it is hidden all
        the same. `answers` counts its ratings."""
        pairs = list(zip(self.cells, answers, strict=True))
        gone = hidden_cells(
            {cell: n for cell, n in pairs if n}, self.related, self.minimum, self.hidden
        )
        shown = [cell in self.enough and n >= self.minimum[cell[0]] for cell, n in pairs]
        return shown, [
            enough and cell in gone for (cell, _n), enough in zip(pairs, shown, strict=True)
        ]
