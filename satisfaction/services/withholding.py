"""What a run publishes: which figures pages may not show (SAT-09, ADR 0032)."""

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
        self.hidden = hidden_cells(counts, self.related, minimum)

    def withheld(self, shown: Sequence[bool]) -> list[bool]:
        """Cells that have answers enough and are hidden all the same."""
        pairs = zip(self.cells, shown, strict=True)
        return [enough and cell in self.hidden for cell, enough in pairs]

    def shown_items(self, answers: Sequence[int]) -> list[bool]:
        """Of one item: in which cells its figures may be shown. `answers` counts its ratings."""
        counts = {cell: n for cell, n in zip(self.cells, answers, strict=True) if n}
        gone = hidden_cells(counts, self.related, self.minimum, self.hidden)
        return [bool(n) and cell not in gone for cell, n in zip(self.cells, answers, strict=True)]
