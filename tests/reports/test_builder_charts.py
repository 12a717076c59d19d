"""Charts of built reports: which are drawn of what, on the page, in the workbook, on paper."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.chart import BarChart, DoughnutChart, LineChart

from core.errors import Refused
from reports.builder.book import paper_bytes, write_book
from reports.builder.chart import MOST_BARS, MOST_SERIES, MOST_SLICES, OTHERS, chart_of
from reports.builder.definitions import read
from reports.builder.drawing import drawing_of
from reports.builder.query import Column, Table, group_table
from tests.factories import make_case

pytestmark = pytest.mark.django_db

GROUPED = {"subject": "cases", "groups": ["unit"], "measures": ["count"], "chart": "auto"}
MONTHLY = GROUPED | {"groups": ["taken_in_at:month"]}
TWO = GROUPED | {"groups": ["taken_in_at:month", "unit"]}


def table_of(asked: dict[str, Any], rows: list[tuple], marks: list[tuple] = ()) -> Table:
    """A table as the question gives it, without asking anybody."""
    found = read(asked)
    columns = [Column(one.label) for one in found.groups]
    kinds = {"share": "percent", "rate": "percent", "count": "integer"}
    columns += [Column(str(one.label), kinds.get(one.verb, "number")) for one in found.measures]
    marks = marks or [row[: len(found.groups)] for row in rows]
    return Table(columns, rows, list(marks), len(found.groups))


def drawn(asked: dict[str, Any], rows: list[tuple], marks: list[tuple] = ()) -> Any:
    return chart_of(read(asked), table_of(asked, rows, marks))


@pytest.fixture
def months(world):
    """Two cases in the north in July, one there and one in the south in October."""
    for month, unit in ((7, world.n1a), (7, world.n1a), (10, world.n1a), (10, world.s1a)):
        at = timezone.make_aware(timezone.datetime(2026, month, 10, 9))
        case = make_case(unit=unit)
        type(case).objects.filter(pk=case.pk).update(taken_in_at=at)
    return world


# --- which ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (GROUPED, "bars"),
        (MONTHLY, "line"),
        (TWO, "stack"),
        (TWO | {"measures": ["mean:rating"]}, "line"),
        (GROUPED | {"groups": ["unit", "kind"]}, "stack"),
        (GROUPED | {"groups": ["unit", "kind"], "measures": ["mean:rating"]}, "bars"),
        (GROUPED | {"chart": "pie"}, "pie"),
    ],
)
def test_whatever_suits_is_drawn(asked, kind):
    two = len(asked["groups"]) > 1
    rows = [("2026-07", "甲", 2) if two else ("2026-07", 2)]
    marks = [(date(2026, 7, 1), "甲") if two else (date(2026, 7, 1),)]
    assert drawn(asked, rows, marks).kind == kind


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (GROUPED | {"chart": "line"}, "A line needs a group over time"),
        (GROUPED | {"chart": "stack"}, "Stacked bars need two groups"),
        (TWO | {"chart": "pie"}, "A ring shows the shares of one group"),
        (GROUPED | {"chart": "pie", "measures": ["mean:rating"]}, "cannot be added up"),
        (GROUPED | {"chart": "pie", "measures": ["rate:overdue"]}, "cannot be added up"),
        (TWO | {"chart": "stack", "measures": ["median:rating"]}, "cannot be added up"),
        (TWO | {"measures": ["count", "share"], "charted": ["count", "share"]}, "one figure"),
        (GROUPED | {"measures": ["count", "share"], "charted": ["count", "share"]}, "share an"),
        (GROUPED | {"charted": ["share"]}, "is not told"),
    ],
)
def test_a_chart_that_would_mislead_is_refused_with_one_sentence(wrong, sentence, english):
    with pytest.raises(Refused, match=sentence):
        read(wrong)


def test_single_rows_and_no_chart_draw_nothing():
    assert drawn(GROUPED | {"chart": ""}, [("甲", 2)]) is None
    asked = {"subject": "cases", "columns": ["number"], "chart": "pie"}
    assert chart_of(read(asked), Table([Column("x")], [("1",)])) is None


def test_reports_kept_before_there_was_a_choice_still_read():
    assert drawn(GROUPED | {"chart": "bars"}, [("甲", 2), ("乙", 1)]).series[0].values == [2, 1]


# --- what -----------------------------------------------------------------------------------------


def test_months_without_rows_are_months_too():
    rows = [("2026-07", 2), ("2026-10", 1), ("not stated", 4)]
    marks = [(date(2026, 7, 1),), (date(2026, 10, 1),), (None,)]

    chart = drawn(MONTHLY, rows, marks)
    assert chart.labels == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert chart.series[0].values == [2, 0, 0, 1]
    mean = drawn(MONTHLY | {"measures": ["mean:rating"]}, [(*row[:1], 3.5) for row in rows], marks)
    assert mean.series[0].values == [3.5, None, None, 3.5]


def test_of_two_groups_each_of_the_second_is_a_series_and_small_ones_are_put_together():
    rows = [("2026-07", f"单位{number}", 10 - number) for number in range(8)]
    marks = [(date(2026, 7, 1), row[1]) for row in rows]

    chart = drawn(TWO, rows, marks)
    assert [one.name for one in chart.series[:2]] == ["单位0", "单位1"]
    assert len(chart.series) == MOST_SERIES
    assert (chart.series[-1].tone, chart.series[-1].values) == (OTHERS, [5 + 4 + 3])
    means = drawn(TWO | {"measures": ["mean:rating"]}, rows, marks)
    assert [one.tone for one in means.series] == [1, 2, 3, 4, 5, 6]
    assert "2" in means.notes[0]  # means of the others cannot be put together


def test_figures_of_one_kind_stand_beside_one_another():
    asked = GROUPED | {"measures": ["rate:overdue", "rate:satisfied"]}
    asked |= {"charted": ["rate:satisfied", "rate:overdue"]}

    chart = drawn(asked, [("甲", 0.25, 0.5)])
    assert (chart.unit, [one.values for one in chart.series]) == ("%", [[50.0], [25.0]])


def test_a_ring_puts_small_slices_together_and_refuses_what_is_below_zero(english):
    asked = GROUPED | {"chart": "pie"}
    chart = drawn(asked, [(f"单位{number}", 20 - number) for number in range(10)])
    assert (len(chart.labels), chart.labels[-1]) == (MOST_SLICES, "Others")
    assert sum(chart.series[0].values) == sum(range(11, 21))

    below = drawn(asked, [("甲", 5), ("乙", Decimal("-1"))])
    assert (below.series, below.notes) == (
        [],
        ["A ring cannot show figures below zero. Please choose bars."],
    )
    assert drawing_of(below) is None
    assert drawn(asked, [("甲", 0)]).series == []


def test_more_bars_than_can_be_read_are_left_out_and_the_chart_says_so(english):
    chart = drawn(GROUPED, [(f"单位{number}", 1) for number in range(MOST_BARS + 3)])

    assert len(chart.labels) == MOST_BARS
    assert chart.notes == [f"It draws the first {MOST_BARS} of {MOST_BARS + 3}."]


@pytest.mark.parametrize(
    ("asked", "boxes", "strokes"),
    [(MONTHLY, 4, 1), (TWO | {"chart": "stack"}, 8 + 2, 0), (GROUPED, 2, 0)],
)
def test_the_still_picture_has_a_mark_for_each_figure(months, asked, boxes, strokes):
    """Without script, and on paper: two boxes more are the key of two series."""
    found = read(asked)
    picture = drawing_of(chart_of(found, group_table(found, months.boss)))

    assert (len(picture.boxes), len(picture.strokes)) == (boxes, strokes)
    for box in picture.boxes:
        assert 0 <= float(box.x) <= picture.width
        assert 0 <= float(box.y) <= picture.height


# --- where ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "series"),
    [
        (GROUPED, BarChart, 1),
        (MONTHLY, LineChart, 1),
        (TWO, BarChart, 2),
        (GROUPED | {"chart": "pie"}, DoughnutChart, 1),
    ],
)
def test_the_workbook_has_the_chart_of_the_page(months, tmp_path, asked, kind, series):
    target = Path(tmp_path) / "report.xlsx"
    write_book(read(asked), months.boss, "投诉", target)

    book = load_workbook(target)
    [chart] = book.worksheets[0]._charts
    assert (type(chart), len(chart.series)) == (kind, series)
    figures = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert sum(value or 0 for row in figures for value in row[1:]) == 4
    if asked == TWO:
        assert chart.grouping == "stacked"
        assert [row[0] for row in figures] == ["2026-07", "2026-08", "2026-09", "2026-10"]


def test_page_and_paper_show_the_chart(client, months):
    client.force_login(months.boss)
    form = {"name": "逐月", "audience": "own", "group_1": "taken_in_at:month", "group_2": "unit"}
    form |= {"measures": ["share"], "charted": ["count"], "chart": "stack"}
    url = f"{reverse('reports:report-new')}?subject=cases"

    page = client.get(client.post(url, form).url)
    assert page.context["asked"].chart == "stack"
    assert [one.verb for one in page.context["asked"].measures] == ["share", "count"]
    assert len(json.loads(page.context["chart_data"])["series"]) == 2
    assert b"report-chart.js" in page.content
    wrong = client.post(url, form | {"name": "环", "chart": "pie"})
    assert wrong.status_code == 422
    assert wrong.context["form"]["name"].value() == "环"  # nothing typed is lost
    content, _rows = paper_bytes(page.context["asked"], months.boss, "逐月")
    assert content.startswith(b"%PDF")


def test_a_table_that_was_cut_says_that_its_chart_is_too(months, english):
    asked = read(GROUPED)
    chart = chart_of(asked, group_table(asked, months.boss, most=1))

    assert chart.notes == ["It draws the groups of the table alone; there are more."]


def test_days_of_a_long_time_are_the_last_ones(english):
    first = date(2026, 1, 1)
    days = [first, first + timedelta(days=199)]
    asked = MONTHLY | {"groups": ["taken_in_at:day"]}

    chart = drawn(asked, [(f"{day}", 1) for day in days], [(day,) for day in days])
    assert (len(chart.labels), chart.labels[-1]) == (120, "2026-07-19")
    assert chart.notes == ["It draws the last 120 of 200."]
