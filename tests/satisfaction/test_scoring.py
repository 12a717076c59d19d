"""`score_satisfaction` against what the sample truly contains, and against scipy, statsmodels and
a plain calculation over the file itself, all computed apart from the product."""

import csv
import json
from collections import defaultdict
from statistics import fmean

import pytest
from django.core.management import CommandError, call_command
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from satisfaction.models import (
    ItemScore,
    Questionnaire,
    QuestionnaireKind,
    Response,
    ScoringRun,
    UnitScore,
    Wave,
)
from satisfaction.services.scoring import score_wave
from tests.satisfaction.surveys import ANSWERS, SAMPLE, scored

ITEMS = "销售服务 签约服务 规划设计 工程质量 房屋交付 维修服务 投诉处理 物业服务 社区活动".split()
CLOSE = pytest.approx
OVERALL, RECOMMEND = "Q1总体满意度", "推荐意愿(0-10)"


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    with ANSWERS.open(encoding="gb18030") as file:
        return list(csv.DictReader(file))


def of(code: str, rows: list[dict]) -> list[dict]:
    """The rows of a branch, by the beginning of the project's code."""
    return rows if code == "G" else [row for row in rows if row["项目编码"].startswith(code)]


def satisfaction(row: dict, item: str) -> int | None:
    head = next(head for head in row if head.startswith("Q") and head.endswith(item))
    return int(row[head]) if row[head] else None


def importance(row: dict, item: str) -> int | None:
    return int(row[f"重要度_{item}"]) if row[f"重要度_{item}"] else None


def dual(rows: list[dict]) -> float:
    """Per respondent Σws/Σw over items with both ratings, then the mean, on 0–100."""
    people = []
    for row in rows:
        both = [
            (importance(row, item), satisfaction(row, item))
            for item in ITEMS
            if importance(row, item) and satisfaction(row, item)
        ]
        if both:
            people.append(sum(w * s for w, s in both) / sum(w for w, _s in both))
    return (fmean(people) - 1) / 4 * 100


def improved(rows: list[dict]) -> float:
    """ΣWS/ΣW with importances divided by each person's mean importance, on 0–100."""
    weights, scores = defaultdict(list), defaultdict(list)
    for row in rows:
        given = [importance(row, item) for item in ITEMS]
        own = fmean(value for value in given if value)
        for item, value in zip(ITEMS, given, strict=True):
            if value:
                weights[item].append(value / own)
            if satisfaction(row, item):
                scores[item].append(satisfaction(row, item))
    w = {item: fmean(weights[item]) for item in ITEMS}
    index = sum(w[item] * fmean(scores[item]) for item in ITEMS) / sum(w.values())
    return (index - 1) / 4 * 100


def test_every_figure_of_the_sample_is_met(loaded, results):
    truth = json.loads((SAMPLE / "truth.json").read_text())
    units = {unit["code"]: unit for unit in results["units"]}

    assert loaded["rows"] == loaded["accepted"] == truth["responses"]
    assert loaded["created"] == {"waves": 1, "questionnaires": 1, "responses": truth["responses"]}
    assert units["G"]["n"] == truth["responses"]
    assert units["G"]["mean"] == CLOSE(truth["overall_mean"], abs=1e-6)
    assert units["G"]["top2"] == CLOSE(truth["top2_share"], abs=1e-6)
    assert units["G"]["nps"] == CLOSE(truth["nps"], abs=1e-4)
    projects = {code for code, unit in units.items() if unit["kind"] == "project"}
    assert projects == set(truth["by_project"])
    for code, expected in truth["by_project"].items():
        assert units[code]["n"] == expected["n"]
        assert units[code]["mean"] == CLOSE(expected["mean"], abs=1e-6)
        assert units[code]["top2"] == CLOSE(expected["top2"], abs=1e-6)
        assert units[code]["nps"] == CLOSE(expected["nps"], abs=1e-4)
        assert units[code]["shown"] == (expected["n"] >= 30)
    assert {i["name"]: i["mean"] for i in results["items"]} == CLOSE(truth["item_mean"], abs=1e-6)
    assert {i["name"]: i["importance"] for i in results["items"]} == CLOSE(
        truth["item_importance"], abs=1e-6
    )


def test_intervals_and_indices_are_those_of_other_hands(results, rows):
    for unit in results["units"]:
        mine = of(unit["code"], rows)
        ratings = [int(row[OVERALL]) for row in mine]
        n = len(ratings)
        assert unit["n"] == n
        assert unit["mean_ci"] == CLOSE(
            list(stats.t.interval(0.95, n - 1, loc=fmean(ratings), scale=stats.sem(ratings)))
        )
        happy = sum(rating >= 4 for rating in ratings)
        assert unit["top2_ci"] == CLOSE(list(proportion_confint(happy, n, method="wilson")))
        net = [100 * ((int(row[RECOMMEND]) >= 9) - (int(row[RECOMMEND]) <= 6)) for row in mine]
        half = stats.norm.ppf(0.975) * stats.tstd(net) * ((n - 1) / n) ** 0.5 / n**0.5
        assert unit["nps_ci"] == CLOSE([fmean(net) - half, fmean(net) + half])
        assert unit["dual"] == CLOSE(dual(mine), abs=1e-8)
        assert unit["improved_dual"] == CLOSE(improved(mine), abs=1e-8)


def test_the_group_is_weighted_to_its_households(results, rows):
    from regions.models import OrgUnit

    households = dict(
        OrgUnit.objects.filter(kind="project")
        .exclude(households=None)
        .values_list("code", "households")
    )
    cells = defaultdict(list)
    for row in rows:
        if households.get(row["项目编码"]):
            cells[row["项目编码"]].append(int(row[OVERALL]))
    behind = sum(households[code] for code in cells)
    mean = sum(households[code] * fmean(cells[code]) for code in cells) / behind
    weights = [households[code] / len(cells[code]) for code in cells for _ in cells[code]]
    effect = len(weights) * sum(w * w for w in weights) / sum(weights) ** 2
    found = results["group_weighted"]

    assert found["mean"] == CLOSE(mean)
    assert found["population"] == behind
    assert found["n"] == len(weights)
    assert found["design_effect"] == CLOSE(effect)
    assert found["mean_ci"][0] < found["mean"] < found["mean_ci"][1]
    assert found["mean"] != CLOSE(results["units"][0]["mean"], abs=1e-4)


@pytest.mark.usefixtures("results")
def test_a_rerun_gives_the_same_bytes():
    first = ScoringRun.objects.get()
    figures = list(UnitScore.objects.filter(run=first).order_by("pk").values_list("mean", "dual"))

    scored()

    second = ScoringRun.objects.latest("pk")
    assert second.pk != first.pk
    assert second.checksum == first.checksum
    assert len(first.checksum) == 64
    assert figures == list(
        UnitScore.objects.filter(run=second).order_by("pk").values_list("mean", "dual")
    )
    assert Wave.objects.get().run_id == second.pk


@pytest.mark.usefixtures("results")
def test_one_answer_more_is_another_checksum():
    first = ScoringRun.objects.get()
    one = Response.objects.filter(overall=5).first()
    Response.objects.filter(pk=one.pk).update(overall=1)
    scored()
    assert ScoringRun.objects.latest("pk").checksum != first.checksum


def test_voided_answers_alone_do_not_count(results):
    from django.utils import timezone

    one = Response.objects.order_by("pk").first()
    Response.objects.filter(pk=one.pk).update(voided_at=timezone.now(), void_reason="重复访问")
    Response.objects.exclude(pk=one.pk).update(is_partial=True)
    after = scored()
    assert after["units"][0]["n"] == results["units"][0]["n"] - 1


def test_a_branch_is_printed_alone(results):
    branch = scored("2026-H2", "--unit", "hn01")
    assert {unit["code"][:4] for unit in branch["units"]} == {"HN01"}
    whole = {unit["code"]: unit for unit in results["units"]}
    assert all(unit == whole[unit["code"]] for unit in branch["units"])
    assert branch["items"] != results["items"]
    assert branch["group_weighted"] == results["group_weighted"]


@pytest.mark.usefixtures("loaded")
def test_bad_input_is_one_sentence():
    for arguments, words in (
        (("--wave", "没有"), "没有"),
        (("--wave", "2026-H2", "--unit", "ZZ"), "ZZ"),
    ):
        with pytest.raises(CommandError, match=words) as refusal:
            call_command("score_satisfaction", *arguments, "--json")
        assert refusal.value.returncode == 2


@pytest.mark.usefixtures("loaded")
def test_demand_research_never_enters_satisfaction():
    Questionnaire.objects.update(kind=QuestionnaireKind.DEMAND)
    with pytest.raises(CommandError):
        scored()
    assert ScoringRun.objects.count() == 1


@pytest.mark.usefixtures("loaded")
def test_a_run_that_fails_leaves_the_old_figures(monkeypatch):
    wave = Wave.objects.select_related("version__questionnaire", "unit").get()
    before = wave.run_id

    def broken(*args, **kwargs):
        raise RuntimeError("no power")

    monkeypatch.setattr("satisfaction.services.scoring.weighted_figures", broken)
    with pytest.raises(RuntimeError):
        score_wave(wave, by=None)

    assert Wave.objects.get().run_id == before
    assert ScoringRun.objects.latest("pk").state == "failed"
    assert not UnitScore.objects.exclude(run=before).exists()
    assert not ItemScore.objects.exclude(run=before).exists()
