"""What a run publishes: marks figures that pages may not show (SAT-09, ADR 0032)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from regions.models import OrgUnit
from satisfaction.disclosure import Cell, families, hidden_cells
from satisfaction.models import ItemScore, UnitScore


def mark_withheld(
    units: Sequence[UnitScore], items: Sequence[ItemScore], minimum: Mapping[int, int]
) -> None:
    """Set `withheld` of unsaved scores, and `shown` of those of items."""
    parents = dict(OrgUnit.objects.values_list("pk", "parent_id"))
    counts: dict[Cell, int] = {(score.unit_id, score.stage): score.n for score in units}
    related = families(counts, parents)
    hidden = hidden_cells(counts, related, minimum)
    for score in units:
        score.withheld = score.shown and (score.unit_id, score.stage) in hidden
    by_item: dict[int, list[ItemScore]] = defaultdict(list)
    for one in items:
        by_item[one.item_id].append(one)
    enough = {(score.unit_id, score.stage) for score in units if score.shown}
    for scores in by_item.values():
        answers = {(one.unit_id, one.stage): one.n for one in scores}
        gone = hidden_cells(answers, related, minimum, hidden)
        for one in scores:
            cell = (one.unit_id, one.stage)
            one.shown = cell in enough and one.n >= minimum[one.unit_id]
            one.withheld = one.shown and cell in gone
