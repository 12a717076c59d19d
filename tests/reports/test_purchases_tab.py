"""The purchases of a customer on his page: lines, sums, his standing, scope, pages, queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Transaction
from reports import purchases_tab
from tests.factories import make_share
from tests.reports.test_analysis import buy, firm

pytestmark = pytest.mark.django_db


def tab(client, customer, **query):
    return client.get(customer.get_absolute_url(), {"tab": "purchases"} | query)


@pytest.fixture
def sold(world):
    """C1 buys for 750 in two years of which 20 came back, C2 for 250, C3 of the south for 9000."""
    one = firm(world.n1a, "C1", "地区专营店", d2025_03_05=700, d2026_03_01=70)
    buy(one, dt.date(2026, 3, 2), -20)
    Transaction.objects.filter(customer=one, on=dt.date(2026, 3, 1)).update(product="水泵")
    return one, firm(world.n1a, "C2", "地区专营店", d2025_03_05=250), firm(
        world.s1a, "C3", "地区专营店", d2025_03_05=9000
    )  # fmt: skip


def test_the_lines_stand_newest_first_under_sums_by_year_and_product(client, world, sold):
    client.force_login(world.north_head)
    shown = tab(client, sold[0])
    assert [(x.on.isoformat(), x.amount) for x in shown.context["page"]] == [
        ("2026-03-02", Decimal(-20)), ("2026-03-01", Decimal(70)), ("2025-03-05", Decimal(700)),
    ]  # fmt: skip
    years = [(x.word, x.lines, x.amount) for x in shown.context["years"]]
    assert years == [("2026", 2, Decimal(50)), ("2025", 1, Decimal(700))]
    products = [(x.word, x.lines, x.amount) for x in shown.context["products"]]
    assert products == [("", 2, Decimal(680)), ("水泵", 1, Decimal(70))]


def test_cost_and_profit_stand_where_they_are_known(client, world, sold):
    client.force_login(world.north_head)
    shown = tab(client, sold[0])
    assert not shown.context["knows_cost"]
    before = shown.content.decode().count('<th scope="col"')
    Transaction.objects.filter(customer=sold[0], amount=70).update(cost=Decimal("30.50"))
    shown = tab(client, sold[0])
    years = [(x.word, x.cost, x.profit) for x in shown.context["years"]]
    assert years == [("2026", Decimal("30.50"), Decimal("39.50")), ("2025", None, None)]
    text = shown.content.decode()
    assert text.count('<th scope="col"') == before + 3
    assert ("30.50" in text, "39.50" in text) == (True, True)


def test_he_is_compared_with_the_reader_s_branch(client, world, sold):
    """In the north C1 buys most; for the whole group C3 does."""
    client.force_login(world.north_head)
    stands = tab(client, sold[0]).context["standing"]
    assert (stands.unit, stands.abc.abc, stands.rfm.m) == (world.north, "A", 5)
    assert f"unit={world.north.code}" in stands.links["abc"]
    assert "customer=C1" in stands.links["rfm"]
    client.force_login(world.boss)
    stands = tab(client, sold[0]).context["standing"]
    assert (stands.unit, stands.abc.abc, stands.rfm.m) == (world.group, "B", 4)


def test_where_scoring_costs_too_much_the_analysis_is_linked(client, world, sold, monkeypatch):
    monkeypatch.setattr(purchases_tab, "MOST_SCORED", 1)
    client.force_login(world.north_head)
    shown = tab(client, sold[0])
    stands = shown.context["standing"]
    assert (stands.abc, stands.rfm) == (None, None)
    assert stands.links["abc"].replace("&", "&amp;") in shown.content.decode()


def test_purchases_are_cut_to_places_and_not_opened_by_a_share(client, world, sold):
    client.force_login(world.north_head)
    assert tab(client, sold[2]).status_code == 404
    make_share(customer=sold[2], to=world.north_head, by=world.south_head)
    shown = tab(client, sold[2])
    assert shown.status_code == 200
    assert not shown.context["page"].rows
    assert "9,000" not in shown.content.decode()


def test_an_empty_tab_offers_the_import_to_whom_may_import(client, world):
    nobody = firm(world.n1a, "C9")
    client.force_login(world.north_head)
    assert "/imports/new/" not in tab(client, nobody).content.decode().split("<main", 1)[1]
    client.force_login(world.reader)
    assert "/imports/new/" in tab(client, nobody).content.decode().split("<main", 1)[1]


def test_pages_follow_by_key_and_queries_do_not_grow(client, world, sold):
    customer, today = sold[1], timezone.localdate()
    client.force_login(world.north_head)
    tab(client, customer)
    with CaptureQueriesContext(connection) as few:
        tab(client, customer)
    for n in range(40):
        buy(customer, today - dt.timedelta(days=n), 5)
    with CaptureQueriesContext(connection) as many:
        first = tab(client, customer)
    assert len(many) == len(few)
    assert len(many) <= 40
    page = first.context["page"]
    second = tab(client, customer, after=page.next).context["page"]
    found = [row.pk for row in (*page, *second)]
    assert (len(page), len(second), len(set(found))) == (25, 16, 41)
