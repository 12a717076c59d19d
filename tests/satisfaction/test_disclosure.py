"""What may be published: few answers are hidden, and nothing gives them away by subtraction."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.disclosure import families, hidden_cells

FEWEST = 30
# 1 the group; 2 and 3 regions; 20–23 projects of 2, 30 and 31 projects of 3
PARENTS = {1: None, 2: 1, 3: 1, 20: 2, 21: 2, 22: 2, 23: 2, 30: 3, 31: 3}


def hidden(counts: dict[int, int]) -> set[int]:
    """Hidden units of a tree of projects with these answers, all stages together."""
    cells = defaultdict(int)
    for unit, n in counts.items():
        place: int | None = unit
        while place is not None:
            cells[place, ""] += n
            place = PARENTS[place]
    related = families(cells, PARENTS)
    return {unit for unit, _ in hidden_cells(cells, related, defaultdict(lambda: FEWEST))}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({20: 40, 21: 50, 22: 60}, set()),
        # A single hidden project could be computed: the smallest of the others goes with it.
        ({20: 11, 21: 50, 22: 60}, {20, 21}),
        # Two that stand for enough answers together hide each other.
        ({20: 16, 21: 17, 22: 60}, {20, 21}),
        # Two that do not take a third.
        ({20: 6, 21: 7, 22: 60, 23: 90}, {20, 21, 22}),
        # A region withheld for another's sake must not be the sum of what is shown below it.
        ({20: 11, 30: 50, 31: 60}, {2, 3, 20, 30}),
        # Whoever nobody answered for hides nothing and needs nothing.
        ({20: 0, 21: 50, 22: 60}, {20}),
    ],
)
def test_what_hides_what(counts: dict[int, int], expected: set[int]) -> None:
    assert hidden(counts) == expected


@given(
    st.dictionaries(
        st.sampled_from([20, 21, 22, 23, 30, 31]), st.integers(0, 80), min_size=1, max_size=6
    )
)
def test_no_subtraction_gives_a_hidden_unit_away(counts: dict[int, int]) -> None:
    """Whole less shown parts stands for nobody or for enough people, in every family."""
    gone = hidden(counts)
    totals = defaultdict(int)
    for unit, n in counts.items():
        totals[unit] += n
        totals[PARENTS[unit]] += n
        totals[1] += n
    for whole in (1, 2, 3):
        parts = [unit for unit, above in PARENTS.items() if above == whole]
        rest = totals[whole] - sum(totals[part] for part in parts if part not in gone)
        if whole not in gone:
            assert rest == 0 or rest >= FEWEST or all(part in gone for part in parts)
        elif totals[whole] >= FEWEST:
            assert rest >= FEWEST or all(part in gone for part in parts)


def test_stages_of_a_unit_hide_each_other() -> None:
    cells = {(20, ""): 100, (20, "stable"): 60, (20, "settling_in"): 30, (20, "owner_to_be"): 10}
    gone = hidden_cells(cells, families(cells, PARENTS), {20: FEWEST})
    assert gone == {(20, "owner_to_be"), (20, "settling_in")}
