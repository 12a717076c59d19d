"""Properties of the statistics, and the same figures computed by other hands."""

from decimal import Decimal
from itertools import combinations
from math import factorial

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from satisfaction.comparing import Ratings, Verdict, holm, verdict, welch
from satisfaction.drivers import coefficients, explained, relative_weights, shapley, shares
from satisfaction.figures import PEOPLE, RATINGS, Asked, Sums, improved_dual, unit_figures
from satisfaction.indicators import Node, Tree
from satisfaction.intervals import mean_interval, variance
from satisfaction.ranking import Quarter, quadrant, ranks
from satisfaction.resampling import FINER, Layout, People, bounds, resampled
from satisfaction.scales import FULL

CLOSE = pytest.approx
RATING = st.integers(1, 5)
BOUNDS = st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted).map(tuple)
QUICK = settings(max_examples=60, deadline=None)
NO_TREE = Tree([], {})


def answers(people: int = 200, items: int = 4, seed: int = 1) -> np.ndarray:
    """Ratings that hang together; the last column is the overall one."""
    random = np.random.default_rng(seed)
    mood = random.normal(size=(people, 1))
    scores = mood + random.normal(size=(people, items))
    overall = scores @ np.arange(1, items + 1) / items + random.normal(size=people)
    return np.column_stack([scores, overall])


def matrix_of(values: np.ndarray) -> np.ndarray:
    return np.corrcoef(values, rowvar=False)


# --- ranks and quadrant -----------------------------------------------------------------------


@QUICK
@given(st.lists(BOUNDS, min_size=1, max_size=12))
def test_a_rank_counts_who_is_surely_better_and_surely_worse(intervals):
    found = ranks(dict(enumerate(intervals)))
    for key, (low, high) in enumerate(intervals):
        assert found[key] == (
            1 + sum(other[0] > high for other in intervals),
            len(intervals) - sum(other[1] < low for other in intervals),
        )


@QUICK
@given(st.lists(BOUNDS, min_size=1, max_size=12))
def test_ranks_turn_round_with_the_scale(intervals):
    places = len(intervals) + 1
    found = ranks(dict(enumerate(intervals)))
    mirrored = ranks({key: (-high, -low) for key, (low, high) in enumerate(intervals)})
    assert mirrored == {
        key: (places - last, places - first) for key, (first, last) in found.items()
    }


def test_units_with_too_few_answers_have_no_rank_and_count_in_nobodys():
    found = ranks({"a": (3.8, 4.3), "b": (3.6, 4.0), "c": (1.0, 2.0), "few": None})
    assert found == {"a": (1, 2), "b": (1, 2), "c": (3, 3), "few": None}


def test_the_quadrant_is_cut_at_the_means():
    found = quadrant({"a": (5, 2), "b": (4, 5), "c": (1, 1), "d": (2, 4)})
    assert list(found.values()) == [
        Quarter.IMPROVE_FIRST,
        Quarter.KEEP,
        Quarter.LOW_PRIORITY,
        Quarter.OVERDONE,
    ]
    assert quadrant({}) == {}
    assert set(quadrant({1: (0.1, 0.7), 2: (0.1, 0.7), 3: (0.1, 0.7)}).values()) == {Quarter.KEEP}


# --- differences ------------------------------------------------------------------------------


def ratings_of(values: list[int]) -> Ratings:
    return Ratings(len(values), sum(values), sum(value * value for value in values))


@pytest.mark.filterwarnings("ignore:Precision loss")
@QUICK
@given(st.lists(RATING, min_size=2, max_size=50), st.lists(RATING, min_size=2, max_size=50))
def test_welch_is_that_of_scipy_and_turns_round(one, other):
    found = welch(ratings_of(one), ratings_of(other))
    if len({*one}) == len({*other}) == 1:
        assert found is None
        return
    assert found is not None
    theirs = stats.ttest_ind(one, other, equal_var=False)
    assert found.p == CLOSE(theirs.pvalue, abs=1e-12)
    assert (found.low, found.high) == CLOSE(tuple(theirs.confidence_interval(0.95)))
    back = welch(ratings_of(other), ratings_of(one))
    assert back is not None
    assert (back.difference, back.p) == CLOSE((-found.difference, found.p))


@QUICK
@given(st.lists(st.integers(0, 10), min_size=2, max_size=300))
def test_a_published_interval_tells_the_sums_back(values):
    exact = ratings_of(values)
    mean = exact.total / exact.n
    low, _high = mean_interval(mean, variance(exact.n, exact.total, exact.squares), exact.n)
    assert Ratings.of_figures(exact.n, mean, float(low)) == exact


@QUICK
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels_and_keeps_the_order(ps):
    found = holm(ps)
    assert found == CLOSE(list(multipletests(ps, method="holm")[1]))
    assert all(after >= before for before, after in zip(ps, found, strict=True))
    assert [p for _q, p in sorted(zip(ps, found, strict=True))] == sorted(found)
    assert holm([None, *ps]) == [None, *found]


def test_the_verdict_is_one_of_three():
    assert verdict(0.2, 0.049) == Verdict.HIGHER
    assert verdict(-0.2, 0.049) == Verdict.LOWER
    assert {verdict(0.2, 0.05), verdict(0.2, None), verdict(None, None)} == {Verdict.CHANCE}


# --- drivers ----------------------------------------------------------------------------------


def test_r_squared_of_every_subset_is_that_of_a_regression():
    values = answers()
    found = explained(matrix_of(values))
    for size in range(1, 5):
        for items in combinations(range(4), size):
            fit = sm.OLS(values[:, -1], sm.add_constant(values[:, list(items)])).fit()
            assert found[sum(1 << item for item in items)] == CLOSE(fit.rsquared)


def test_coefficients_are_those_of_a_standardised_regression():
    values = answers()
    normal = (values - values.mean(axis=0)) / values.std(axis=0)
    assert coefficients(matrix_of(values)) == CLOSE(
        sm.OLS(normal[:, -1], normal[:, :-1]).fit().params
    )


def test_shapley_shares_add_up_to_r_squared_by_the_definition():
    matrix = matrix_of(answers())
    found, r2 = shapley(matrix), explained(matrix)
    for item in range(4):
        value = 0.0
        others = [one for one in range(4) if one != item]
        for size in range(4):
            for rest in combinations(others, size):
                subset = sum(1 << one for one in rest)
                weight = factorial(size) * factorial(3 - size) / factorial(4)
                value += weight * (r2[subset | 1 << item] - r2[subset])
        assert found[item] == CLOSE(value)
    assert found.sum() == CLOSE(r2[-1])
    assert relative_weights(matrix).sum() == CLOSE(r2[-1])
    assert shares(matrix).sum() == CLOSE(1.0)


@pytest.mark.parametrize("items", [4, 13])
def test_shares_do_not_hang_on_the_order_nor_on_the_scale(items):
    values = answers(items=items)
    order = np.random.default_rng(5).permutation(items)
    found = shares(matrix_of(values))
    moved = values[:, [*order, items]] * 20 + 3
    assert shares(matrix_of(moved)) == CLOSE(found[order])


def test_many_matrices_at_once_are_each_alone():
    both = np.stack([matrix_of(answers(seed=seed)) for seed in (1, 2)])
    assert shapley(both)[1] == CLOSE(shapley(both[1]))
    assert coefficients(both)[1] == CLOSE(coefficients(both[1]))


def test_an_item_said_twice_is_no_obstacle():
    values = answers(items=3)
    twice = np.column_stack([values[:, 0], values])
    found = shares(matrix_of(twice))
    assert found[0] == CLOSE(found[1])
    assert found.sum() == CLOSE(1.0)


# --- indices ----------------------------------------------------------------------------------


def people_of(scores: list[list[int]], importances: list[list[int]]) -> People:
    s, w = np.array(scores, np.int8), np.array(importances, np.int8)
    given = (s > 0) & (w > 0)
    above = (np.where(given, w, 0).astype(int) * (s.astype(int) - 1) * (FULL // 4)).sum(axis=1)
    below = np.where(given, w, 0).astype(int).sum(axis=1)
    both = np.where(below > 0, above * FINER // np.maximum(below * FULL, 1), -1)
    zero = np.zeros(len(s), np.int64)
    return People(zero, zero, s.astype(np.int64)[:, 0], both, s, w)


LAYOUT = Layout(Asked.of_scales({1: (1, 5), 2: (1, 5)}), (0, 1))
EXAMPLE = ([[4, 2], [5, 4]], [[5, 3], [4, 4]])
PAIRS = st.lists(st.tuples(RATING, RATING, RATING, RATING), min_size=1, max_size=20)


def figures_of(scores, importances, tree: Tree = NO_TREE) -> dict[str, float]:
    rows = LAYOUT.contributions(people_of(scores, importances))
    found = LAYOUT.figures(rows.sum(axis=0), tree)
    return {name: float(value) for name, value in found.items()}


def test_the_worked_example_of_the_documents():
    found = figures_of(*EXAMPLE)
    assert found["dual"] == CLOSE(71.875, abs=1e-5)
    assert found["improved_dual"] == CLOSE(71.09375, abs=1e-5)


def test_the_index_weighs_what_was_answered():
    nodes = [
        Node(1, None, 1, Decimal(1)),
        Node(2, 1, 2, Decimal(2)),
        Node(3, 1, 2, Decimal(1)),
        Node(4, 1, 2, Decimal(7)),
    ]
    tree = Tree(nodes, {1: 2, 2: 3, 9: 4})
    n, points = np.array([10, 4, 0]), np.array([10 * FULL * 0.8, 4 * FULL * 0.5, 0])
    found = tree.indices([1, 2, 9], n, points)
    assert {key: float(one[1]) for key, one in found.items()} == CLOSE(
        {1: 70.0, 2: 80.0, 3: 50.0, 4: np.nan}, nan_ok=True
    )
    assert float(tree.root(found)) == CLOSE(70.0)
    again = Tree.from_json(tree.as_json(), tree.homes)
    assert float(again.root(again.indices([1, 2, 9], n, points))) == CLOSE(70.0)
    assert NO_TREE.root({}) is None


@QUICK
@given(PAIRS, st.randoms(use_true_random=False))
def test_indices_do_not_hang_on_the_order_of_people(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)

    def split(rows):
        return [list(row[:2]) for row in rows], [list(row[2:]) for row in rows]

    assert figures_of(*split(rows)) == figures_of(*split(mixed))


@QUICK
@given(PAIRS)
def test_one_point_more_for_everything_is_a_quarter_of_the_scale_more(rows):
    lower = [[min(one, 4) for one in row[:2]] for row in rows]
    higher = [[one + 1 for one in row] for row in lower]
    weights = [list(row[2:]) for row in rows]
    before, after = figures_of(lower, weights), figures_of(higher, weights)
    for name in ("dual", "improved_dual"):
        assert after[name] - before[name] == CLOSE(25.0, abs=1e-4)
        assert 0 <= before[name] <= 100


@QUICK
@given(PAIRS)
def test_the_style_of_rating_importance_does_not_matter(rows):
    scores = [list(row[:2]) for row in rows]
    weights = [list(row[2:]) for row in rows]
    louder = [[one * 2 for one in row] for row in weights]
    before, after = figures_of(scores, weights), figures_of(scores, louder)
    assert after["improved_dual"] == CLOSE(before["improved_dual"], abs=1e-4)


@QUICK
@given(st.lists(RATING, min_size=1, max_size=60))
def test_intervals_contain_their_figure(values):
    sums = Sums([(1, "")], np.zeros((1, len(PEOPLE)), np.int64), np.zeros((1, 0, len(RATINGS))))
    happy = sum(value >= 4 for value in values)
    facts = {
        "n": len(values),
        "total": sum(values),
        "squares": sum(value * value for value in values),
        "top2": happy,
        "nps_n": len(values),
        "promoters": happy,
        "detractors": len(values) - happy,
    }
    for name, value in facts.items():
        sums.people[0, PEOPLE.index(name)] = value
    found = unit_figures(sums, Asked.of_scales({}), NO_TREE)
    for name in ("mean", "top2", "nps"):
        low, high = found[f"{name}_low"][0], found[f"{name}_high"][0]
        if len(values) == 1 and name == "mean":
            assert np.isnan(low)
            continue
        assert low <= found[name][0] <= high


def test_resampling_is_as_wide_as_drawing_whole_samples():
    random = np.random.default_rng(3)
    scores = random.integers(1, 6, (300, 2))
    weights = random.integers(1, 6, (300, 2))
    people = people_of(scores.tolist(), weights.tolist())
    rows = LAYOUT.contributions(people)
    low, high = bounds(
        LAYOUT.figures(resampled(rows, 2000, np.random.default_rng(1)), NO_TREE)["dual"]
    )
    own = people.both / FINER * 100
    drawn = [random.choice(own, 300).mean() for _ in range(2000)]
    expected = np.quantile(drawn, [0.025, 0.975])
    assert (float(low), float(high)) == CLOSE(tuple(expected), abs=0.4)
    assert low < own.mean() < high


def test_the_same_seed_draws_the_same_whatever_the_blocks(monkeypatch):
    rows = LAYOUT.contributions(people_of([[1, 5]] * 50, [[3, 4]] * 50))
    one, two = (resampled(rows, 40, np.random.default_rng(9)) for _ in range(2))
    assert one.tobytes() == two.tobytes()
    assert (one == one.astype(np.int64)).all()  # whole numbers: no order of adding can matter


def test_improved_dual_leaves_out_what_was_rated_once():
    n, points = np.array([4, 4]), np.array([4 * FULL, 0])
    found = improved_dual(n, points, np.array([4, 0]), np.array([4.0, 0.0]))
    assert float(found) == CLOSE(100.0)
