"""Which figures may be published (ADR 0029). No database here.

Figures of too few answers are hidden. A reader who is shown the whole and all parts but one
could compute the last by subtraction; so further parts are withheld, the smallest first, until
what remains hidden stands for enough answers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

Cell = tuple[int, str]  # unit, owner stage; "" is all stages
EVERYONE = ""


def families(cells: Iterable[Cell], parents: Mapping[int, int | None]) -> list[list[Cell]]:
    """Cells that add up: a whole, then its parts. A unit is the sum of its children in the same
    stage (and of what was answered about itself), and the sum of its stages."""
    known = set(cells)
    parts: dict[tuple[Cell, bool], list[Cell]] = defaultdict(list)
    for unit, stage in sorted(known):
        above = parents.get(unit)
        if above is not None and (above, stage) in known:
            parts[(above, stage), True].append((unit, stage))
        if stage != EVERYONE and (unit, EVERYONE) in known:
            parts[(unit, EVERYONE), False].append((unit, stage))
    return [[whole, *found] for (whole, _way), found in parts.items()]


def hidden_cells(
    counts: Mapping[Cell, int],
    related: Iterable[list[Cell]],
    minimum: Mapping[int, int],
    hidden: Iterable[Cell] = (),
) -> set[Cell]:
    """Cells whose figures may not be shown: those of fewer answers than their unit's minimum, those
    in `hidden`, and those that would give one of these away. `counts` are answers by cell."""
    gone = {cell for cell, n in counts.items() if n < minimum[cell[0]]} | set(hidden)
    groups = list(related)
    changed = bool(gone)
    while changed:
        changed = False
        for whole, *parts in groups:
            fewest = minimum[whole[0]]
            shown = [part for part in parts if part not in gone]
            rest = counts.get(whole, 0) - sum(counts.get(part, 0) for part in shown)
            while shown and rest < fewest and (rest > 0 or whole in gone):
                smallest = min(shown, key=lambda part: (counts.get(part, 0), part))
                shown.remove(smallest)
                gone.add(smallest)
                rest += counts.get(smallest, 0)
                changed = True
    return gone
