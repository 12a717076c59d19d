"""The second pass over the sample survey, against figures computed apart from the product."""

import csv
from collections import defaultdict
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from django.utils import timezone
from scipy import stats
from statsmodels.stats.multitest import multipletests

from core.errors import Refused
from satisfaction.models import (
    Against,
    Analysis,
    Comparison,
    Driver,
    Indicator,
    IndicatorScore,
    Response,
    RunState,
    ScoringRun,
    UnitScore,
    Wave,
)
from satisfaction.services.analysing import analyse
from satisfaction.services.scoring import score_wave
from tests.access.conftest import taken_back
from tests.customers.files import import_file
from tests.satisfaction.surveys import ANSWERS, TREE, bytes_of, import_survey
from tests.satisfaction.test_scoring import ITEMS, OVERALL, importance, of, satisfaction

CLOSE = pytest.approx
RESAMPLES = 200


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    with ANSWERS.open(encoding="gb18030") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def analysed_once(django_db_setup, django_db_blocker):
    """The sample weighed by a small tree of indicators, scored and analysed."""
    with django_db_blocker.unblock(), taken_back():
        import_file("org", TREE)
        make_tree()
        import_survey(ANSWERS)
        run = score_wave(the_wave(), by=None)
        yield analyse(run, resamples=RESAMPLES)


@pytest.fixture
def analysed(analysed_once):
    with taken_back():
        yield Analysis.objects.select_related("run__wave").get(pk=analysed_once.pk)


def the_wave() -> Wave:
    return Wave.objects.select_related("version__questionnaire", "unit").get(code="2026-H2")


def make_tree() -> None:
    """Two touch points under one field, over the first seven items by their names; the last two
    hang nowhere."""
    Indicator.objects.all().delete()
    root = Indicator.objects.create(code="r", level=1, name="总", weight=1)
    for code, weight, items in (("before", 1, ITEMS[:4]), ("after", 3, ITEMS[4:7])):
        node = Indicator.objects.create(code=code, parent=root, level=2, name=code, weight=weight)
        for place, name in enumerate(items):
            Indicator.objects.create(
                code=f"{code}{place}", parent=node, level=3, name=name, weight=1 + place
            )


def scores(run: ScoringRun) -> dict[str, UnitScore]:
    return {s.unit.code: s for s in run.units.filter(stage="").select_related("unit__parent")}


def mapped(mean: float) -> float:
    return (mean - 1) / 4 * 100


def test_every_figure_that_is_shown_has_its_interval(analysed):
    for score in analysed.run.units.all():
        for name in ("dual", "improved_dual", "index"):
            low, high = getattr(score, f"{name}_low"), getattr(score, f"{name}_high")
            if not score.shown:
                assert (low, high) == (None, None)
                continue
            assert low <= getattr(score, name) <= high
            # Of thirty answers: 2 · 1.96 · σ/√30 with σ near 20; single answers would give 80.
            assert high - low < 25
    nodes = IndicatorScore.objects.filter(run=analysed.run)
    assert nodes.filter(index_low=None, unit=analysed.run.wave.unit).count() == 0
    assert all(
        one.index_low <= one.index <= one.index_high for one in nodes.exclude(index_low=None)
    )


def test_the_index_is_that_of_the_tree(analysed, rows):
    for code, score in scores(analysed.run).items():
        mine = of(code, rows)
        parts = {}
        for node, items in (("before", ITEMS[:4]), ("after", ITEMS[4:7])):
            above = below = 0
            for weight, item in enumerate(items, start=1):
                given = [one for row in mine if (one := satisfaction(row, item))]
                if given:
                    above, below = above + weight * mapped(np.mean(given)), below + weight
            parts[node] = above / below
        assert score.index == CLOSE((parts["before"] + 3 * parts["after"]) / 4)
    group = IndicatorScore.objects.filter(run=analysed.run, unit__code="G", stage="")
    touch_points = group.filter(indicator__level=2)
    assert {one.indicator.code: one.weight for one in touch_points} == {"before": 1, "after": 3}
    assert {one["weight"] for one in analysed.run.inputs["indicators"]} >= {"1.00", "3.00"}


def test_intervals_are_as_wide_as_those_of_whole_samples(analysed, rows):
    random = np.random.default_rng(1)
    for code in ("G", "HN01"):
        mine = of(code, rows)
        people = []
        for row in mine:
            both = [(importance(row, i), satisfaction(row, i)) for i in ITEMS]
            both = [(w, s) for w, s in both if w and s]
            if both:
                people.append(mapped(sum(w * s for w, s in both) / sum(w for w, _s in both)))
        drawn = [random.choice(people, len(people)).mean() for _ in range(1000)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        score = scores(analysed.run)[code]
        width = high - low
        assert (score.dual_low, score.dual_high) == CLOSE((low, high), abs=0.2 * width)


def test_drivers_are_those_of_another_regression(analysed, rows):
    found = {
        one.item.name: one
        for one in Driver.objects.filter(run=analysed.run, unit__code="G").select_related("item")
    }
    complete = [
        [*(satisfaction(row, item) for item in found), int(row[OVERALL])]
        for row in rows
        if all(satisfaction(row, item) for item in found)
    ]
    values = np.array(complete, float)
    normal = (values - values.mean(axis=0)) / values.std(axis=0)
    fit = sm.OLS(normal[:, -1], normal[:, :-1]).fit()
    assert set(found) == set(ITEMS)
    assert [one.beta for one in found.values()] == CLOSE(list(fit.params))
    assert sum(one.share for one in found.values()) == CLOSE(1.0)
    assert {one.n for one in found.values()} == {len(values)}
    for one in found.values():
        assert one.share_low <= one.share <= one.share_high
        assert one.beta_low <= one.beta <= one.beta_high


def test_units_are_held_against_the_rest_of_their_parent(analysed, rows):
    found = {
        one.unit.code: one
        for one in Comparison.objects.filter(run=analysed.run).select_related("unit__parent")
    }
    known = scores(analysed.run)
    expected = {
        code
        for code, score in known.items()
        if code != "G" and score.shown and known[score.unit.parent.code].n - score.n >= 30
    }
    assert set(found) == expected
    assert len(expected) > 20
    ps = []
    for code, one in sorted(found.items()):
        mine = [int(row[OVERALL]) for row in of(code, rows)]
        beside = [row for row in of(one.unit.parent.code, rows) if row not in of(code, rows)]
        theirs = [int(row[OVERALL]) for row in beside]
        test = stats.ttest_ind(mine, theirs, equal_var=False)
        assert (one.against, one.n, one.other_n) == (Against.REST, len(mine), len(theirs))
        assert (one.difference, one.p) == CLOSE((np.mean(mine) - np.mean(theirs), test.pvalue))
        assert (one.low, one.high) == CLOSE(tuple(test.confidence_interval(0.95)))
        ps.append(one.p)
    corrected = [found[code].p_adjusted for code in sorted(found)]
    assert corrected == CLOSE(list(multipletests(ps, method="holm")[1]))


def test_units_are_held_against_themselves_in_the_last_wave(analysed):
    wave = analysed.run.wave
    wave.opens_on = date(2026, 9, 1)
    wave.save()
    answers = list(Response.objects.filter(wave=wave, overall__isnull=False).order_by("pk")[:120])
    means = defaultdict(list)
    before = Wave.objects.create(
        code="2026-H1", unit=wave.unit, version=wave.version, opens_on=date(2026, 3, 1)
    )
    for one in answers:
        one.pk, one.wave, one.overall = None, before, min(5, one.overall + one.pk % 2)
        means[one.unit_id].append(one.overall)
    Response.objects.bulk_create(answers)
    run = score_wave(before, by=None)

    analyse(analysed.run, resamples=20)

    found = Comparison.objects.get(run=analysed.run, against=Against.LAST_WAVE, unit=wave.unit)
    now = scores(analysed.run)["G"]
    assert (found.other_id, found.other_n) == (run.pk, len(answers))
    assert found.difference == CLOSE(now.mean - np.mean(sum(means.values(), [])))


def test_a_second_scoring_and_analysis_give_the_same_bytes(analysed):
    again = analyse(score_wave(the_wave(), by=None), resamples=RESAMPLES)
    assert again.seed == analysed.seed
    assert bytes_of(again.run) == bytes_of(analysed.run)


def test_answers_that_changed_are_not_analysed(analysed):
    run = score_wave(the_wave(), by=None)
    one = Response.objects.filter(wave=run.wave, voided_at=None).first()
    late = Response.objects.get(pk=one.pk)
    late.pk, late.sample_no = None, "late"
    late.save()  # comes in after the run, and is left alone
    analyse(run, resamples=20)

    Response.objects.filter(pk=one.pk).update(voided_at=timezone.now(), void_reason="重复")
    with pytest.raises(Refused):
        analyse(run, resamples=20)
    assert Analysis.objects.get(run=run).state == RunState.FAILED
