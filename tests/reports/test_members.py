"""From a class of the analysis to its members: each link opens as many as the figure counts."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer, Transaction
from tests.factories import make_credit, make_loss
from tests.reports.taking import workbook
from tests.reports.test_analysis import firm
from tests.reports.test_portfolio import owner

pytestmark = pytest.mark.django_db
DAY = "2026-11-21"
# Which cell of a row says how many there are.
COUNTS = {"abc": 2}
# How many classes each method tells in `sold`, over all its tables.
CLASSES = {
    "composition": 8, "abc": 3, "products": 2, "rfm": 3, "cooperation": 2, "credit": 2,
    "cohorts": 2, "life-cycle": 2, "retention": 1, "losses": 6,
}  # fmt: skip


@pytest.fixture
def sold(world):
    one = firm(world.n1a, "C1", "地区专营店", d2024_03_05=700, d2026_11_01=50)
    two = firm(world.n1a, "C2", "地区专营店", d2026_03_05=250)
    three = firm(world.n1b, "C3", "", d2026_10_05=90)
    firm(world.s1a, "C4", "地区专营店", d2026_03_05=9000)
    Transaction.objects.filter(customer=two).update(product="水泵/大")
    Customer.objects.filter(code="C2").update(level="重点客户", source="展会")
    owner(world.n1a, dt.date(2024, 1, 5), dt.date(2025, 3, 1), code="P1")
    owner(world.n1b, dt.date(2026, 1, 5), code="P2")
    owner(world.s1a, dt.date(2026, 1, 5), code="P3")
    make_credit(customer=one, by=world.north_head)
    day = dt.date(2026, 5, 5)
    make_loss(customer=three, by=world.north_head, lost_on=day, competitor="大河物资")


def page(client, key, **query):
    return client.get(reverse("reports:customer-analysis", args=[key]), {"as_of": DAY} | query)


def classes(shown):
    """Address of the members → how many the figure says, of a page without a choice."""
    found = {}
    for one in shown.context["tables"]:
        for row in one["rows"]:
            if "part=" in row["url"]:
                cells = [row["first"], *row["rest"]]
                key = shown.context["method"].key
                found[row["url"]] = cells[COUNTS.get(key, 1)]["value"]
    return found


@pytest.mark.parametrize("key", CLASSES)
def test_each_class_opens_exactly_the_customers_it_counts(client, world, sold, key):
    client.force_login(world.north_head)
    links = classes(page(client, key))
    assert len(links) == CLASSES[key]
    for url, count in links.items():
        shown = client.get(url)
        members = shown.context["tables"][-1]["table"]
        # Of a product the figure counts purchases, and each buyer says how many are his.
        found = sum(row[2] for row in members.rows) if key == "products" else len(members.rows)
        assert found == count, url
        codes = {row[1] for row in members.rows}
        assert codes <= {"C1", "C2", "C3", "P1", "P2"}
        assert shown.context["all_url"]


def test_the_members_are_those_of_the_class(client, world, sold):
    client.force_login(world.north_head)

    def codes(key, part):
        rows = page(client, key, part=part).context["tables"][-1]["table"].rows
        return [row[1] for row in rows]

    assert codes("abc", "地区专营店/A") == ["C1"]
    assert codes("abc", "其他/A") == ["C3"]
    assert codes("products", "product:水泵/大") == ["C2"]
    assert codes("composition", "level:重点客户") == ["C2"]
    assert codes("composition", "stage:stable") == ["P1"]
    assert codes("cohorts", "2026") == ["P2"]
    assert codes("life-cycle", "second") == ["P1"]
    assert codes("retention", "2024") == ["C1"]
    assert codes("credit", "grade:") == ["C2", "C3"]
    assert codes("losses", "competitor:大河物资") == ["C3"]


@pytest.mark.parametrize("key", CLASSES)
def test_words_that_are_no_class_have_no_members(client, world, sold, key):
    client.force_login(world.north_head)
    for part in ("unit:x", "9" * 30, "pk:1", "level:'; --", "A/B/C"):
        shown = page(client, key, part=part)
        assert shown.status_code == 200
        if key != "cooperation":
            assert not shown.context["tables"][-1]["table"].rows


def test_the_workbook_holds_the_members_alone(client, world, sold):
    client.force_login(world.north_head)
    book = workbook(client, "rfm", as_of=DAY, part="champion")
    shown = page(client, "rfm", part="champion").context["tables"][-1]["table"]
    rows = list(book.worksheets[-1].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == [row[1] for row in shown.rows]
    assert shown.title in [row[1] for row in book.worksheets[0].iter_rows(values_only=True)]


def test_members_cost_one_query_however_many_there_are(client, world, sold):
    client.force_login(world.north_head)
    page(client, "composition", part="level:")
    with CaptureQueriesContext(connection) as few:
        page(client, "composition", part="level:")
    for n in range(20, 30):
        firm(world.n1a, f"C{n}", d2026_03_05=n)
    with CaptureQueriesContext(connection) as many:
        shown = page(client, "composition", part="level:")
    assert len(shown.context["tables"][-1]["table"].rows) == 14
    assert len(many) == len(few)


@pytest.mark.parametrize("key", sorted(set(CLASSES) - {"composition"}))
def test_a_class_seen_for_one_customer_opens_the_customers_it_counts(client, world, sold, key):
    """Methods that count everybody beside one customer link to everybody, the others to him."""
    client.force_login(world.north_head)
    shown = page(client, key, customer="P1" if key in ("cohorts", "life-cycle") else "C1")
    links = classes(shown)
    if key != "losses":
        assert links
    for url, count in links.items():
        rows = client.get(url).context["tables"][-1]["table"].rows
        assert (sum(row[2] for row in rows) if key == "products" else len(rows)) == count, url


def unit_rows(shown, place):
    """Address of each part of the branch → how many customers its row counts."""
    rows = shown.context["tables"][place]["rows"]
    return [(row["url"], row["first"]["value"], row["rest"][0]["value"]) for row in rows]


def counted(client, url, key):
    """How many customers a page tells of in all."""
    table = client.get(url).context["tables"][0 if key == "composition" else -1]["table"]
    return sum(row[1] for row in table.rows) if key == "composition" else len(table.rows)


@pytest.mark.parametrize(("key", "place"), [("composition", -1), ("quality", 0)])
@pytest.mark.parametrize("level", ["", "重点客户"])
def test_each_part_of_the_branch_opens_exactly_its_customers(
    client, world, sold, key, place, level
):
    """What lies in the group itself, in no region, is a row that opens the group alone."""
    firm(world.group, "C8", "地区专营店", d2026_03_05=9)
    firm(world.group, "C9", "地区专营店", d2026_03_05=9)
    Customer.objects.filter(code__in=("C4", "C8")).update(level="重点客户")
    client.force_login(world.boss)
    rows = unit_rows(page(client, key, **({"level": level} if level else {})), place)
    counts = {world.group.name: 2, world.north.name: 5, world.south.name: 2}
    assert {name: count for _url, name, count in rows} == (
        dict.fromkeys(counts, 1) if level else counts
    )
    for url, name, count in rows:
        assert counted(client, url, key) == count, url
        assert ("only=on" in url) == (name == world.group.name)


def test_what_is_lacking_opens_those_who_lack_it_among_the_chosen(client, world, sold):
    client.force_login(world.north_head)
    for more in ({}, {"level": "重点客户"}, {"customer": "C1"}):
        table = page(client, "quality", **more).context["tables"][1]
        assert table["rows"]
        for row in table["rows"]:
            rows = client.get(row["url"]).context["tables"][-1]["table"].rows
            assert len(rows) == row["rest"][0]["value"], row["url"]


def test_the_unit_alone_says_so_and_can_be_widened(client, world, sold):
    firm(world.group, "C8", "地区专营店", d2026_03_05=9)
    client.force_login(world.boss)
    shown = page(client, "composition", unit=world.group.code, only="on")
    assert sum(row[1] for row in shown.context["tables"][0]["table"].rows) == 1
    assert "仅本级" in shown.content.decode()
    assert 'type="checkbox" name="only"' in shown.content.decode()
    assert 'type="checkbox" name="only"' not in page(client, "composition").content.decode()
    book = workbook(client, "composition", as_of=DAY, unit=world.group.code, only="on")
    assert f"{world.group.name} {world.group.code} · 仅本级" in [
        row[1] for row in book.worksheets[0].iter_rows(values_only=True)
    ]
