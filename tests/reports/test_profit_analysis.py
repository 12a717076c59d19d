"""The profit of customers: by hand, a second way, money of the ledger, in scope."""

import datetime as dt
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, Transaction
from expenses.models import ApplicationCustomer
from reports.analysis.profit import profit, profit_classes, telling
from tests.factories import make_money, make_place, say
from tests.reports.test_analysis import buy, firm
from tests.reports.test_portfolio import TODAY, asked

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 5)


def sell(customer, amount, cost, on=DAY):
    """A line whose cost is known, or (None) not."""
    row = buy(customer, on, amount)
    Transaction.objects.filter(pk=row.pk).update(cost=None if cost is None else Decimal(cost))


def test_profit_by_hand(world):
    """Profits of 790, 150, 60, 0.5, −20: the first two are high, 0.5 of 1,000.5 is under 0.1 %."""
    for code, amount, cost in (
        ("C1", 1000, 210), ("C2", 200, 50), ("C3", 100, 40), ("C4", 10, "9.50"), ("C5", 30, 50),
    ):  # fmt: skip
        sell(firm(world.n1a, code), amount, cost)
    sell(Customer.objects.get(code="C2"), 900, None)
    sell(firm(world.n1a, "C6"), 5000, None)
    sell(firm(world.s1a, "C9"), 9000, 1)
    lines = profit(asked(world.north))
    assert [(x.code, x.word, x.sales, x.costed, x.profit) for x in lines] == [
        ("C1", "high", 1000, 1000, 790),
        ("C2", "high", 1100, 200, 150),
        ("C3", "ordinary", 100, 100, 60),
        ("C4", "none", 10, 10, Decimal("0.5")),
        ("C5", "none", 30, 30, -20),
        ("C6", "unknown", 5000, 0, None),
    ]
    assert (lines[0].margin, lines[0].share) == (0.79, pytest.approx(790 / 1000.5))
    assert (lines[5].cost, lines[5].margin, lines[5].share) == (None, None, None)
    classes = [
        (x.word, x.customers, x.sales, x.costed, x.profit)
        for x in profit_classes(asked(world.north))
    ]
    assert classes == [
        ("high", 2, 2100, 1200, 940),
        ("ordinary", 1, 100, 100, 60),
        ("none", 2, 40, 40, Decimal("-19.5")),
        ("unknown", 1, 5000, 0, 0),
    ]


def test_only_the_365_days_through_the_day_count(world):
    one = firm(world.n1a, "C1")
    for on, gain in ((TODAY, 1), (TODAY - dt.timedelta(364), 2), (TODAY - dt.timedelta(365), 4),
                     (TODAY + dt.timedelta(1), 8)):  # fmt: skip
        sell(one, gain, 0, on)
    assert [x.profit for x in profit(asked(world.north))] == [3]


def test_the_limits_are_policies(world):
    for code, gain in (("C1", 60), ("C2", 31), ("C3", 9)):
        sell(firm(world.n1a, code), gain, 0)
    say(world.group, "customers.high_profit_share", Decimal(60), since=dt.date(2020, 1, 1))
    say(world.group, "customers.least_profit_share", Decimal(9), since=dt.date(2020, 1, 1))
    assert [x.word for x in profit(asked(world.north))] == ["high", "ordinary", "ordinary"]
    say(world.group, "customers.least_profit_share", Decimal("9.01"), since=dt.date(2020, 1, 1))
    assert [x.word for x in profit(asked(world.north))] == ["high", "ordinary", "none"]


def test_profit_against_a_second_computation(world):
    """Random lines, half of them with a cost, added up one by one with fractions."""
    draw = random.Random(5)  # noqa: S311
    gains: dict[str, Fraction] = {}
    for n in range(14):
        customer = firm(world.n1a, f"C{n:02}")
        for _n in range(4):
            amount = Decimal(draw.randrange(-500, 9000)) / 100
            cost = Decimal(draw.randrange(6000)) / 100 if draw.random() < 0.5 else None
            sell(customer, amount, cost)
            if cost is not None:
                before = gains.get(customer.code, Fraction(0))
                gains[customer.code] = before + Fraction(amount) - Fraction(cost)
    total = sum(gain for gain in gains.values() if gain > 0)
    words, through = {f"C{n:02}": "unknown" for n in range(14)}, Fraction(0)
    for code, gain in sorted(gains.items(), key=lambda pair: (-pair[1], pair[0])):
        if gain <= 0 or gain * 1000 < total:
            words[code] = "none"
        else:
            words[code] = "high" if through * 100 < total * 80 else "ordinary"
        through += max(gain, 0)
    lines = profit(asked(world.north))
    assert {x.code: x.word for x in lines} == words
    for line in lines:
        if line.profit is not None:
            assert Fraction(line.profit) == gains[line.code]
            assert line.share == pytest.approx(float(gains[line.code] / total))
    assert {"high", "none", "ordinary"} <= set(words.values())


def test_information_that_tells_by_hand(world):
    """Of ten customers one type brings 10, 10, 11, 12, 12, the other 0, 0, 1, 2, 2: squares within
    them 8, in all 258, so 1 − (8 ÷ 8) ÷ (258 ÷ 9) = 0.9651. The source has one word only."""
    for n in range(10):
        trade = n < 5
        customer = firm(world.n1a, f"C{n}", "地区专营店" if trade else "地区电气店")
        Customer.objects.filter(pk=customer.pk).update(source="展会" if n % 2 else "")
        gain = (10 if trade else 0) + (0, 0, 1, 2, 2)[n % 5]
        sell(customer, 20, 20 - gain)
    found = {x.attribute: x for x in telling(asked(world.north))}
    trade = found["business_type"]
    sums = [(10, 10, 11, 12, 12), (0, 0, 1, 2, 2)]
    mean = Fraction(6)
    whole = sum((x - mean) ** 2 for row in sums for x in row)
    within = sum((x - Fraction(sum(row), 5)) ** 2 for row in sums for x in row)
    assert (whole, within) == (258, 8)
    assert trade.explains == pytest.approx(float(1 - (within / 8) / (whole / 9)))
    assert (trade.known, trade.best, trade.mean) == (1, "地区专营店", 11)
    assert (found["source"].known, found["source"].explains) == (0.5, None)
    assert next(iter(found)) == "business_type"


def page_of(client, person, **query):
    if client.session.get("_auth_user_id") != str(person.pk):
        client.force_login(person)
    address = reverse("reports:customer-analysis", args=["profit"])
    return client.get(address, {"as_of": timezone.localdate().isoformat()} | query)


def test_what_was_paid_is_shared_and_needs_the_ledger(client, world):
    """100 was paid for two customers: 50 each; the south's ledger is not the north's."""
    today = timezone.localdate()
    one, two = firm(world.n1a, "C1"), firm(world.n1a, "C2")
    make_place(customer=one, unit=world.s1a)
    for customer in (one, two):
        sell(customer, 1000, 300, today)
    paper = make_money(customer=one, unit=world.n1a, by=world.north_clerk)
    ApplicationCustomer.objects.create(application=paper, customer=two)
    make_money(customer=one, unit=world.s1a, by=world.south_clerk, word="南方")
    for person, spent in ((world.north_head, [50, 50]), (world.boss, [150, 50])):
        table = page_of(client, person).context["tables"][-1]["table"]
        assert [row[-2] for row in table.rows] == spent
        assert [row[-1] for row in table.rows] == [700 - x for x in spent]
    table = page_of(client, world.admin).context["tables"][-1]["table"]
    assert len(table.columns) == len(table.rows[0]) == 9


def test_the_page_says_what_is_covered_and_keeps_the_scope(client, world):
    today = timezone.localdate()
    sell(firm(world.n1a, "C1"), 300, 100, today)
    sell(firm(world.n1a, "C2"), 100, None, today)
    sell(firm(world.s1a, "QSOUTH"), 9000, 1, today)
    page = page_of(client, world.north_head)
    note = page.context["tables"][0]["table"].note
    assert ("300.00" in note, "400.00" in note, "75.0%" in note) == (True, True, True)
    assert "QSOUTH" not in page.content.decode()
    chosen = page_of(client, world.north_head, part="unknown")
    assert [row[1] for row in chosen.context["tables"][-1]["table"].rows] == ["C2"]
    Customer.objects.filter(code="C1").update(level="重点客户")
    level = page_of(client, world.north_head, level="重点客户")
    assert [row[1] for row in level.context["tables"][-1]["table"].rows] == ["C1"]


def test_the_number_of_queries_does_not_grow(client, world, django_assert_max_num_queries):
    today = timezone.localdate()
    sell(firm(world.n1a, "C0"), 300, 100, today)
    page_of(client, world.north_head)
    with django_assert_max_num_queries(26) as first:
        page_of(client, world.north_head)
    for n in range(1, 6):
        sell(firm(world.n1a, f"C{n}"), 300, 100, today)
    with django_assert_max_num_queries(len(first)):
        page_of(client, world.north_head)
