"""ABC, RFM and the seasonal index, against examples by hand and a second, slow computation."""

import datetime as dt
import json
import math
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.scopes import narrow
from core.scope import EVERYTHING
from customers.models import Customer, Transaction, TransactionFile
from customers.services import merge_customers
from regions.models import ChangeKind
from reports.analysis.purchases import abc, abc_classes, rfm, seasonal, segment_of
from tests.factories import make_customer, make_unit, say
from tests.reports.figures import carry_out

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)


def buy(customer, on, amount):
    """A purchase, in a file of its own."""
    file, _new = TransactionFile.objects.get_or_create(digest="d", defaults={"name": "f"})
    row = Transaction.objects.filter(file=file).count() + 1
    return Transaction.objects.create(
        customer=customer, on=on, amount=Decimal(amount), file=file, row=row
    )


def firm(unit, code, kind="", **amounts):
    """A business customer with purchases: `d2026_03_05="100"`."""
    customer = make_customer(unit=unit, kind="organisation", name=f"公司{code}", code=code)
    Customer.objects.filter(pk=customer.pk).update(business_type=kind)
    for day, amount in amounts.items():
        buy(customer, dt.date(*map(int, day[1:].split("_"))), amount)
    return customer


def analyse(*arguments):
    """What the command prints."""
    out = StringIO()
    call_command("analyse", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_codes_of_merged_units_and_customers_lead_to_what_they_became(world):
    kept = firm(world.n1a, "KEPT", d2026_03_05=10)
    gone = firm(world.n1a, "GONE", d2026_03_06=5)
    firm(world.s1a, "SOUTH", d2026_03_06=7)
    former = world.n1b.code
    carry_out(ChangeKind.MERGE, unit=world.n1b, target=world.n1a)
    merge_customers(kept, gone, by=None, reason="重复")

    [line] = analyse("rfm", "--unit", former)["customers"]

    assert (line["code"], line["monetary"]) == ("KEPT", "15.00")
    assert analyse("rfm", "--customer", "gone")["customers"] == [line]


def test_the_table_for_people_has_a_head(world):
    firm(world.n1a, "C1", d2026_03_05=10)
    out = StringIO()
    call_command("analyse", "abc", stdout=out)
    assert out.getvalue().splitlines()[0].split("\t")[:3] == ["business_type", "code", "amount"]


# --- ABC ---------------------------------------------------------------------------------------


def test_abc_by_hand(world):
    """70, 10, 10, 6, 4 of 100: the shares before them are 0, 70, 80, 90, 96 per cent."""
    for code, amount in (("C1", 70), ("C2", 10), ("C3", 10), ("C4", 6), ("C5", 4)):
        firm(world.n1a, code, "地区专营店", d2026_03_05=amount)
    firm(world.n1a, "C9", d2026_03_05="12.34")
    table = analyse("abc", "--as-of", "2026-11-21")["customers"]
    mine = [line for line in table if line["business_type"] == "地区专营店"]
    assert [(line["code"], line["class"]) for line in mine] == [
        ("C1", "A"), ("C2", "A"), ("C3", "B"), ("C4", "B"), ("C5", "C"),
    ]  # fmt: skip
    assert [line["cumulative"] for line in mine] == [0.7, 0.8, 0.9, 0.96, 1.0]
    assert [line for line in table if line["code"] == "C9"] == [
        {
            "business_type": "其他", "code": "C9", "amount": "12.34", "share": 1.0,
            "cumulative": 1.0, "class": "A",
        }
    ]  # fmt: skip


def test_a_share_of_exactly_75_per_cent_before_is_no_longer_a(world):
    for code, amount in (("C1", 75), ("C2", 20), ("C3", 5)):
        firm(world.n1a, code, d2026_03_05=amount)
    assert [line.abc for line in abc(TODAY)] == ["A", "B", "C"]


def test_nothing_sold_is_no_error(world):
    firm(world.n1a, "C1", d2026_03_05=0)
    assert [(line.share, line.cumulative, line.abc) for line in abc(TODAY)] == [(0, 0, "A")]


def test_where_as_much_came_back_as_was_sold_all_shares_are_0_and_all_are_a(world):
    for code, amount in (("C1", 10), ("C2", 0), ("C3", -10)):
        firm(world.n1a, code, d2026_03_05=amount)
    assert [(line.code, line.share, line.abc) for line in abc(TODAY)] == [
        ("C1", 0, "A"), ("C2", 0, "A"), ("C3", 0, "A"),
    ]  # fmt: skip


def test_equal_amounts_stand_by_code_and_the_boundary_of_95_per_cent_is_c(world):
    """19 of 20 parts stand before the last of 20 equal customers: 95 %, no longer under it."""
    for n in range(20, 0, -1):
        firm(world.n1a, f"C{n:02}", d2026_03_05=5)
    lines = abc(TODAY)
    assert [line.code for line in lines] == [f"C{n:02}" for n in range(1, 21)]
    assert "".join(line.abc for line in lines) == "A" * 15 + "B" * 4 + "C"


def test_abc_of_a_published_example(world):
    """Silicon Chips, Inc. (Heizer and Render, Operations Management, chapter 12, example 1; as
    printed at holooly.com): ten items of $232,057 a year, of which two are A with 72 %, three B
    with 23 %, five C with 5 %. The book draws its lines by eye; with 70, 25 and 5 % they are ours.
    With 75 % the third item, before which 72 % stand, is A too. The fourth share is 6.46 %,
    printed as 6.4."""
    volumes = {
        "10286": 90_000, "11526": 77_000, "12760": 26_350, "10867": 15_001, "10500": 12_500,
        "12572": 8_502, "14075": 1_200, "01036": 850, "01307": 504, "10572": 150,
    }  # fmt: skip
    for code, amount in volumes.items():
        firm(world.n1a, code, d2026_03_05=amount)
    assert "".join(line.abc for line in abc(TODAY)) == "AAABBCCCCC"
    shares = (("A", 70), ("B", 25), ("C", 5))
    rows = tuple({"word": word, "share": Decimal(share)} for word, share in shares)
    say(world.group, "customers.abc_shares", rows, since=TODAY)
    lines = abc(TODAY)
    assert [line.code for line in lines] == list(volumes)
    assert "".join(line.abc for line in lines) == "AABBBCCCCC"
    printed = (38.8, 33.2, 11.3, 6.4, 5.4, 3.7, 0.5, 0.4, 0.2, 0.1)
    assert [line.share * 100 for line in lines] == pytest.approx(printed, abs=0.07)
    assert round(lines[1].cumulative, 2) == 0.72
    assert sum(line.amount for line in lines) == 232_057


# --- RFM ---------------------------------------------------------------------------------------


def test_rfm_by_hand(world):
    firm(world.n1a, "C1", d2026_11_20=100, d2026_11_01=50, d2025_01_01=1)
    firm(world.n1a, "C2", d2026_11_20="10.5")
    firm(world.n1a, "C3", d2026_01_01=500)
    first, second, third = analyse("rfm", "--as-of", "2026-11-21")["customers"]
    assert (first["recency_days"], first["frequency"], first["monetary"]) == (1, 3, "151.00")
    # Equal values, equal scores; the best has 5.
    assert [line["r"] for line in (first, second, third)] == [5, 5, 2]
    assert [line["f"] for line in (first, second, third)] == [5, 4, 4]
    assert [line["m"] for line in (first, second, third)] == [4, 2, 5]


def test_rfm_scores_of_a_published_example(world):
    """Fifteen customers of clevertap.com/blog/rfm-analysis: five groups of three by rank. R and M
    are as printed there. Of the three who bought three times it puts one (4) into the next group by
    the order of the rows; here equal values have equal scores."""
    recency = (4, 6, 46, 23, 15, 32, 7, 50, 34, 10, 3, 1, 27, 18, 5)
    frequency = (6, 11, 1, 3, 4, 2, 3, 1, 15, 5, 8, 10, 3, 2, 1)
    money = (540, 940, 35, 65, 179, 56, 140, 950, 2630, 191, 845, 1510, 54, 40, 25)
    for number, (ago, times, sum_) in enumerate(zip(recency, frequency, money, strict=True), 1):
        customer = firm(world.n1a, f"C{number}")
        for time in range(times):
            day = TODAY - dt.timedelta(days=ago + time)
            buy(customer, day, 1 if time else sum_ - times + 1)
    found = {int(line.code[1:]): line for line in rfm(TODAY)}
    assert [(x.recency_days, x.frequency, x.monetary) for _n, x in sorted(found.items())] == list(
        zip(recency, frequency, money, strict=True)
    )

    def groups(score):
        return [{n for n, x in found.items() if getattr(x, score) == s} for s in (5, 4, 3, 2, 1)]

    assert groups("r") == [{1, 11, 12}, {2, 7, 15}, {5, 10, 14}, {4, 6, 13}, {3, 8, 9}]
    assert groups("m") == [{8, 9, 12}, {1, 2, 11}, {5, 7, 10}, {4, 6, 13}, {3, 14, 15}]
    assert groups("f") == [{2, 9, 12}, {1, 10, 11}, {4, 5, 7, 13}, {6, 14}, {3, 8, 15}]


def test_two_purchases_of_a_day_are_one_and_later_ones_do_not_count(world):
    customer = firm(world.n1a, "C1", d2026_11_20=100, d2026_11_22=900)
    buy(customer, dt.date(2026, 11, 20), "5")
    [line] = rfm(TODAY)
    assert (line.frequency, line.monetary) == (1, Decimal(105))


def test_goods_that_came_back_lessen_the_money_and_are_no_purchase(world):
    customer = firm(world.n1a, "C1", d2026_11_01=100)
    buy(customer, dt.date(2026, 11, 20), "-30")
    [line] = rfm(TODAY)
    assert (line.recency_days, line.frequency, line.monetary) == (20, 1, Decimal(70))


def test_every_score_has_a_segment():
    segments = {segment_of(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)}
    assert segments == {
        "champion", "cannot_lose", "loyal", "at_risk", "big_new", "new", "promising",
        "needs_attention", "sleeping_big", "lost",
    }  # fmt: skip


# --- seasons -----------------------------------------------------------------------------------


def test_the_seasonal_index_by_hand(world):
    """Three years with 200 each January and 100 in every other month: the mean month is 1300/12."""
    customer = firm(world.n1a, "C1")
    for year in (2024, 2025, 2026):
        for month in range(1, 13):
            buy(customer, dt.date(year, month, 15), 200 if month == 1 else 100)
    lines = seasonal(dt.date(2027, 1, 31))
    assert math.isclose(lines[0].index, 200 / (1300 / 12))
    assert math.isclose(lines[1].share, 100 / 1300)
    assert math.isclose(sum(line.index for line in lines), 12)
    assert math.isclose(sum(line.share for line in lines), 1)
    assert lines[0].mean == 200


def test_the_seasonal_index_of_a_published_example(world):
    """Electric power for street lighting in India 1999–2003, method of simple averages (EduRev,
    Business Mathematics): sums of five years by month, million kWh, and the indices as printed.
    An index depends on the sums of the months alone, so they may lie in one year."""
    sums = (1839, 1645, 1609, 1450, 1353, 1272, 1311, 1426, 1550, 1728, 1845, 1974)
    printed = (116.1, 103.9, 101.6, 91.6, 85.4, 80.3, 82.8, 90.0, 97.9, 109.1, 116.5, 124.7)
    customer = firm(world.n1a, "C1")
    for month, amount in enumerate(sums, start=1):
        buy(customer, dt.date(2025, month, 15), amount)
    indices = [line.index * 100 for line in seasonal(dt.date(2026, 1, 31))]
    assert indices == pytest.approx(printed, abs=0.06)
    assert sum(indices) == pytest.approx(1200)


def test_only_the_36_whole_months_before_the_day_count(world):
    customer = firm(world.n1a, "C1", d2023_10_31=1, d2023_11_01=2, d2026_10_31=4, d2026_11_01=8)
    assert sum(line.mean for line in seasonal(TODAY)) * 3 == 6
    assert sum(line.mean for line in seasonal(dt.date(2026, 11, 1), EVERYTHING, customer)) * 3 == 6


def test_without_sales_there_is_no_index(world):
    assert {(line.index, line.share) for line in seasonal(TODAY)} == {(None, None)}


# --- scope and command -------------------------------------------------------------------------


def test_a_branch_is_scored_among_its_own_customers(world):
    firm(world.n1a, "C1", d2026_03_05=100)
    firm(world.s1a, "C2", d2026_03_05=900)
    assert [line["code"] for line in analyse("abc", "--unit", "N")["customers"]] == ["C1"]
    assert [line.m for line in rfm(TODAY, narrow(EVERYTHING, world.north, below=True))] == [5]
    months = analyse("seasonal", "--unit", "n1", "--as-of", "2026-11-21")["months"]
    assert [line["mean"] for line in months if line["month"] == 3] == [pytest.approx(100 / 3)]


def test_one_customer_keeps_his_place_among_all(world):
    firm(world.n1a, "C1", d2026_03_05=100)
    firm(world.n1a, "C2", d2026_03_05=900)
    [line] = analyse("abc", "--customer", "c1", "--as-of", "2026-11-21")["customers"]
    assert (line["share"], line["class"]) == (0.1, "B")


@pytest.mark.parametrize(
    "wrong", [("--unit", "XX"), ("--customer", "XX"), ("--as-of", "2026-02-30"), ("--as-of", "1")]
)
def test_bad_input_is_one_sentence(world, wrong):
    with pytest.raises(CommandError) as problem:
        call_command("analyse", "abc", *wrong)
    assert problem.value.returncode == 2


# --- a second implementation -------------------------------------------------------------------


def slow_scores(values):
    """The score of each value: five times the share of those that are no better, rounded up."""
    n = len(values)
    return [math.ceil(Fraction(5 * sum(other <= value for other in values), n)) for value in values]


def test_the_classes_and_their_shares_are_those_of_the_group(world):
    say(
        world.group,
        "customers.abc_shares",
        ({"word": "核心", "share": Decimal(50)}, {"word": "普通", "share": Decimal(50)}),
        since=TODAY,
    )
    for code, amount in (("C1", 60), ("C2", 30), ("C3", 10)):
        firm(world.n1a, code, d2026_03_05=amount)
    assert [line.abc for line in abc(TODAY)] == ["核心", "普通", "普通"]
    assert [row[1:] for row in abc_classes(TODAY)] == [("核心", 1, 60), ("普通", 2, 40)]


def slow_abc(amounts):
    """Classes of (type, code) → amount, with exact fractions."""
    classes = {}
    for kind in {kind for kind, _code in amounts}:
        mine = sorted(
            ((amount, code) for (k, code), amount in amounts.items() if k == kind),
            key=lambda pair: (-pair[0], pair[1]),
        )
        total, before = sum(Fraction(amount) for amount, _code in mine), Fraction(0)
        for amount, code in mine:
            part = before / total if total else Fraction(0)
            classes[code] = (
                "A" if part < Fraction(3, 4) else "B" if part < Fraction(19, 20) else "C"
            )
            before += Fraction(amount)
    return classes


class TestAgainstASecondImplementation(TestCase):
    """Random archives: both computations agree to the letter."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 1400), st.integers(0, 30_000)),
            min_size=1,
            max_size=25,
        )
    )
    def test_all_three(self, lines):
        unit = make_unit(kind="group", code="G", name="集团")
        kinds = ("", "地区专营店")
        firms = [firm(unit, f"C{n}", kinds[n % 2]) for n in range(8)]
        bought = defaultdict(list)
        for n, ago, cents in lines:
            day, amount = TODAY - dt.timedelta(days=ago), Decimal(cents) / 100
            buy(firms[n], day, amount)
            bought[n].append((day, amount))
        owners = sorted(bought)
        sums = {(kinds[n % 2] or "其他", f"C{n}"): sum(a for _d, a in bought[n]) for n in owners}
        assert {line.code: line.abc for line in abc(TODAY)} == slow_abc(sums)
        expected = zip(
            slow_scores([max(day for day, _a in bought[n]) for n in owners]),
            slow_scores([len({day for day, _a in bought[n]}) for n in owners]),
            slow_scores([sum(a for _d, a in bought[n]) for n in owners]),
            strict=True,
        )
        assert [(line.r, line.f, line.m) for line in rfm(TODAY)] == list(expected)
        by_month = defaultdict(Decimal)
        for rows in bought.values():
            for day, amount in rows:
                if dt.date(2023, 11, 1) <= day <= dt.date(2026, 10, 31):
                    by_month[day.month] += amount
        total = sum(by_month.values())
        for line in seasonal(TODAY):
            share = float(by_month[line.month] / total) if total else None
            assert line.share == share
