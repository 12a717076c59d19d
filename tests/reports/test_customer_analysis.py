"""Pages of the analysis of customers: figures, scope, workbook, odd input, queries."""

import pytest
from django.urls import reverse

from core.exports import start
from core.jobs import work
from core.models import JobState
from customers.models import Customer
from reports.analysis.exports import ANALYSIS
from tests.factories import say
from tests.reports.taking import workbook
from tests.reports.test_analysis import firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(world):
    firm(world.n1a, "C1", "地区专营店", d2026_03_05=700, d2026_11_01=50)
    firm(world.n1a, "C2", "地区专营店", d2026_03_05=250)
    firm(world.s1a, "C3", "地区专营店", d2026_03_05=9000)


def page(client, key="abc", **query):
    return client.get(reverse("reports:customer-analysis", args=[key]), query)


@pytest.mark.parametrize("key", ["abc", "rfm", "seasonal", "products"])
def test_every_method_shows_its_tables_in_the_readers_scope(client, world, sold, key):
    client.force_login(world.north_head)
    answer = page(client, key, as_of="2026-11-21")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert answer.context["sentence"]
    assert "9,000" not in text
    assert ">C3<" not in text
    assert key in ("seasonal", "products") or ">C1<" in text


def test_the_figures_of_the_page_are_those_of_the_method(client, world, sold):
    client.force_login(world.north_head)
    [classes, customers] = page(client, as_of="2026-11-21").context["tables"]
    assert [tuple(row[:3]) for row in classes["table"].rows] == [
        ("地区专营店", "A", 1), ("地区专营店", "B", 1),
    ]  # fmt: skip
    assert [row[1] for row in customers["table"].rows] == ["C1", "C2"]


def test_the_month_targets_share_the_target_of_the_year(client, world, sold):
    client.force_login(world.north_head)
    [months] = page(client, "seasonal", as_of="2026-11-21", target="12万").context["tables"]
    parts = [row[4] for row in months["table"].rows]
    # The purchase of November lies in a month that is not over: all the rest was in March.
    assert parts == [0, 0, 120_000, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_without_purchases_the_page_says_what_to_do(client, world):
    client.force_login(world.north_head)
    assert "请先导入交易流水" in page(client).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "2026-02-30"},
        {"as_of": "1066-01-01"},
        {"unit": "S"},
        {"customer": "C3"},
        {"target": "viel"},
    ],
)
def test_odd_questions_are_refused_at_their_field(client, world, sold, query):
    client.force_login(world.north_head)
    answer = page(client, "seasonal", **query)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert "tables" not in answer.context


def test_the_workbook_has_all_rows_and_a_chart(client, world, sold):
    client.force_login(world.north_head)
    book = workbook(client, "abc", as_of="2026-11-21")
    assert [len(sheet._charts) for sheet in book] == [0, 1, 0]
    rows = list(book.worksheets[2].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == ["C1", "C2"]


def test_a_chart_of_the_workbook_draws_no_more_than_can_be_read(client, world, sold, monkeypatch):
    monkeypatch.setattr("reports.analysis.workbook.MOST_BARS", 2)
    client.force_login(world.north_head)
    sheet = workbook(client, "seasonal", as_of="2026-11-21").worksheets[1]
    [drawn] = sheet._charts
    assert sheet.max_row == 13
    assert drawn.series[0].val.numRef.f.endswith("$C$2:$C$3")


def test_a_job_for_a_unit_that_was_lost_writes_nothing(world, sold):
    asked = {"method": "abc", "filter": f"unit={world.s1a.code}"}
    job = work(start(ANALYSIS, by=world.north_head, **asked).pk)
    assert (job.state, bool(job.message)) == (JobState.FAILED, True)


def test_paper_of_more_rows_than_go_without_a_release_is_refused(client, world, sold):
    client.force_login(world.north_head)
    say(world.group, "approvals.export_rows", 3)
    url = reverse("reports:customer-paper", args=["abc"])
    assert client.get(url, {"as_of": "2026-11-21"}).status_code == 409


def test_a_class_and_a_business_type_narrow_every_figure(client, world, sold):
    """Shares and scores are those among the customers that are asked for."""
    firm(world.n1a, "C4", "", d2026_03_05=9000)
    Customer.objects.filter(code="C2").update(level="战略客户")
    client.force_login(world.north_head)

    def codes(**query):
        answer = page(client, as_of="2026-11-21", **query)
        rows = answer.context["tables"][1]["table"].rows
        return [(row[1], round(row[4], 2)) for row in rows]

    assert codes(business_type="地区专营店") == [("C1", 0.75), ("C2", 0.25)]
    assert codes(business_type="其他") == [("C4", 1)]
    assert codes(level="战略客户") == [("C2", 1)]
    book = workbook(client, "abc", as_of="2026-11-21", level="战略客户")
    assert "战略客户" in [row[1] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert page(client, level="不存在的词").context["form"].errors


def test_the_number_of_queries_does_not_grow(client, world, sold, django_assert_max_num_queries):
    client.force_login(world.north_head)
    page(client)
    with django_assert_max_num_queries(16):
        page(client)
    for n in range(4, 12):
        firm(world.n1a, f"C{n}", d2026_03_05=n)
    with django_assert_max_num_queries(16):
        page(client)
