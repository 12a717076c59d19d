"""Files of answers: layouts, words, reasons, again, into waves that exist."""

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, connection, transaction

from satisfaction.models import Item, Rating, Remark, Response, Wave
from satisfaction.services.answers import SUMMARY, summarise
from tests.customers.files import import_file, write_csv, write_xlsx
from tests.factories import make_customer
from tests.satisfaction.surveys import answer, import_survey, scored, survey_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(world, tmp_path):
    """Import rows of answers: `load(row, row, …, "--mode", "update")`."""

    def load(*given, wave="2026-H2"):
        rows = [row for row in given if isinstance(row, dict)]
        arguments = [word for word in given if isinstance(word, str)]
        return import_survey(survey_file(tmp_path / "答卷.xlsx", rows), *arguments, wave=wave)

    return load


def items() -> list[tuple]:
    fields = ("role", "name", "low", "high", "asks_importance", "asks_expectation")
    return list(Item.objects.order_by("position").values_list(*fields))


def problems(report) -> list[tuple]:
    return [(one["row"], one["code"]) for one in report["errors"]]


def warnings(report) -> list[tuple]:
    return [(one["row"], one["code"]) for one in report["warnings"]]


# --- layouts --------------------------------------------------------------------------------------


def test_the_wave_and_its_questions_come_from_the_columns(load):
    report = load(answer("S1"), answer("S2", 项目编码="S1A"))

    assert report["accepted"] == 2
    assert report["created"] == {"waves": 1, "questionnaires": 1, "responses": 2}
    assert items() == [
        ("overall", "总体满意度", 1, 5, False, False),
        ("item", "销售服务", 1, 5, True, False),
        ("item", "物业服务", 1, 5, True, False),
        ("recommendation", "推荐意愿", 0, 10, False, False),
        ("remark", "意见建议", None, None, False, False),
    ]
    assert Remark.objects.values_list("text", flat=True).distinct().get() == "停车位太少"
    one = Response.objects.get(sample_no="S1")
    assert (one.overall, one.recommendation, one.stage) == (4, 9, "owner_to_be")
    assert (one.importances, one.importance_sum, one.both_importance) == (2, 8, 8)


def test_a_merged_header_below_a_title_in_another_order(world, tmp_path):
    sheet = [
        ["2026年下半年业主满意度调查原始数据", None, None, None, None, None, None],
        ["楼盘名称", "满意度", "满意度", "重要度", "重要度", "业主类型", "愿意推荐程度"],
        [None, "1.销售服务", "2.物业服务", "1.销售服务", "2.物业服务", None, None],
        ["北方花园", "非常满意", "一般", 5, 4, "磨合期", 10],
        ["南方花园", 4, "不清楚", 3, 3, "老业主", "7分"],
    ]
    path = write_xlsx(
        tmp_path / "a.xlsx",
        {"Sheet1": sheet},
        merged=["A1:G1", "A2:A3", "B2:C2", "D2:E2", "F2:F3", "G2:G3"],
    )

    report = import_survey(path)

    assert report["accepted"] == 2
    assert [row[:4] for row in items()] == [
        ("item", "销售服务", 1, 5),
        ("item", "物业服务", 1, 5),
        ("recommendation", "愿意推荐程度", 0, 10),
    ]
    assert all(row[4] for row in items()[:2])
    first = Rating.objects.get(response__unit=world.n1a, item__name="销售服务")
    assert (first.score, first.importance) == (5, 5)
    second = Rating.objects.get(response__unit=world.s1a, item__name="物业服务")
    assert (second.score, second.importance) == (None, 3)


def test_ten_points_expectations_and_questions_in_words(world, tmp_path):
    heads = [
        "问卷号",
        "小区名称",
        "Q1.您对维修服务是否满意(1-10)",
        "期望_维修服务",
        "您的年龄",
        "整体满意度",
        "NPS",
    ]
    rows = [[f"A{n}", "北方花园", 6 + n % 5, 5 + n % 6, 30 + n % 40, 7, n % 11] for n in range(40)]
    path = write_csv(tmp_path / "a.csv", [heads, *rows], encoding="utf-8-sig")

    report = import_survey(path)

    assert report["accepted"] == 40
    assert items() == [
        ("item", "维修服务", 1, 10, False, True),
        ("overall", "整体满意度", 1, 7, False, False),
        ("recommendation", "NPS", 0, 10, False, False),
    ]
    gap = next(item for item in scored()["items"] if item["name"] == "维修服务")
    pairs = [((6 + n % 5) - (5 + n % 6)) for n in range(40)]
    assert gap["gap"] == pytest.approx(sum(pairs) / 40)


def test_a_slip_of_the_pen_is_left_out_and_stretches_no_scale(load):
    rows = [answer(f"S{n}", Q2销售服务=55 if n == 7 else 4) for n in range(100)]
    report = load(*rows)
    assert report["accepted"] == 100
    assert warnings(report) == [(9, "scale")]
    assert Item.objects.get(name="销售服务").high == 5


def test_columns_can_be_corrected(load):
    row = answer(奇怪的列=3, Q9服务渠道=4)
    report = load(row, "--map", "奇怪的列=score:社区活动", "Q3物业服务=")

    assert report["accepted"] == 1
    assert [name for _role, name, *_rest in items()] == [
        *("总体满意度", "销售服务", "物业服务", "推荐意愿", "意见建议", "社区活动", "服务渠道"),
    ]
    assert not Rating.objects.filter(item__name="物业服务", score__isnull=False).exists()
    assert Rating.objects.get(item__name="社区活动").score == 3


# --- reasons --------------------------------------------------------------------------------------


def test_what_is_wrong_is_given_back_with_its_reason(load):
    report = load(
        answer("S1"),
        answer("S1"),
        answer("S1", Q2销售服务=1),
        answer("S2", 项目编码="没有"),
        {"样本编号": "S3", "项目编码": "N1A"},
        answer("S4", Q2销售服务=0, 客户阶段="火星人"),
    )

    assert problems(report) == [
        (3, "duplicate_row"),
        (4, "duplicate_sample"),
        (5, "unknown_project"),
        (6, "no_answers"),
    ]
    assert warnings(report) == [(7, "stage"), (7, "scale")]
    assert (report["accepted"], report["rejected"], report["skipped"]) == (2, 3, 1)


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        (["样本编号", "Q1总体满意度"], "项目"),
        (["样本编号", "项目编码", "意见建议"], "评分"),
    ],
)
def test_a_file_without_projects_or_ratings_is_refused_in_one_sentence(
    world, tmp_path, heads, words
):
    row = {"样本编号": "S1", "Q1总体满意度": 4, "项目编码": "N1A", "意见建议": "好"}
    path = survey_file(tmp_path / "a.xlsx", [row], heads)
    with pytest.raises(CommandError, match=words):
        import_survey(path)
    assert not Wave.objects.exists()


def test_a_wave_must_be_named_and_open(load, tmp_path):
    with pytest.raises(CommandError, match="批次"):
        load(answer(), wave="")
    load(answer())
    Wave.objects.update(state="closed")
    with pytest.raises(CommandError, match="2026-H2"):
        load(answer("S9"))


# --- again ----------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(load):
    load(answer("S1"), answer("S2"))
    before = list(Rating.objects.order_by("pk").values_list())
    again = load(answer("S1"), answer("S2"))

    assert again["created"] == {"waves": 0, "questionnaires": 0, "responses": 0}
    assert again["updated"] == {"responses": 0}
    assert list(Rating.objects.order_by("pk").values_list()) == before


def test_equal_rows_without_numbers_are_people_and_come_once(world, tmp_path):
    heads = ["项目编码", "Q1总体满意度"]
    rows = [{"项目编码": "N1A", "Q1总体满意度": 4}] * 3
    for _ in range(2):
        import_survey(survey_file(tmp_path / "a.xlsx", rows, heads))
    assert Response.objects.count() == 3


@pytest.mark.parametrize(("mode", "score"), [("fill", 4), ("update", 1), ("skip", 4)])
def test_known_answers_are_filled_or_replaced(load, mode, score):
    load(answer("S1", Q3物业服务=None))
    report = load(answer("S1", Q2销售服务=1), "--mode", mode)

    assert report["updated"]["responses"] == (0 if mode == "skip" else 1)
    assert Rating.objects.get(item__name="销售服务").score == score
    one = Response.objects.get()
    before = [getattr(one, name) for name in SUMMARY]
    summarise([one])
    one.refresh_from_db()
    assert [getattr(one, name) for name in SUMMARY] == before


def test_a_sample_number_of_another_project_is_given_back(load):
    load(answer("S1"))
    report = load(answer("S1", 项目编码="S1A"))
    assert problems(report) == [(2, "number_taken")]
    assert Response.objects.get().project.code == "N1A"


def test_a_second_wave_that_asks_the_same_shares_the_version(load):
    load(answer("S1"))
    report = load(answer("S1"), wave="2027-H1")
    assert report["created"] == {"waves": 1, "questionnaires": 0, "responses": 1}
    first, second = Wave.objects.order_by("pk")
    assert first.version_id == second.version_id


def test_a_wave_that_asks_less_leaves_columns_out(load):
    load(answer("S1"))
    report = load(answer("S2", Q8会所服务=5))
    assert warnings(report) == [(0, "unknown_item")]
    assert report["accepted"] == 1


# --- who ------------------------------------------------------------------------------------------


def test_projects_out_of_reach_are_unknown(load, world):
    load(answer("S1"))
    report = load(answer("S2", 项目编码="S1A"), answer("S3"), "--as", "N-KEEPER")
    assert problems(report) == [(2, "unknown_project")]
    assert report["accepted"] == 1


def test_an_anonymous_wave_never_knows_the_person(load, world):
    load(answer("S1"))
    customer = make_customer(unit=world.n1a)
    with pytest.raises(IntegrityError), transaction.atomic():
        Response.objects.update(is_anonymous=True, customer=customer)
    wave = Wave.objects.get()
    fresh = Wave.objects.create(
        code="A", title="A", unit=wave.unit, version=wave.version, is_anonymous=True
    )
    one = Response(wave=fresh, asked_by="qr", customer=customer)
    one.place_in(world.n1a)
    one.save()
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_a_dry_run_writes_nothing(world, tmp_path):
    path = survey_file(tmp_path / "a.xlsx", [answer("S1")])
    report = import_file("survey", path, "--wave", "X", "--dry-run")
    assert report["accepted"] == 1
    assert not Wave.objects.exists()
    assert not Response.objects.exists()
