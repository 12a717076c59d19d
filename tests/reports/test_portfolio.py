"""Composition, managed clients, data quality, staying, stages: by hand and a second way."""

import datetime as dt
import math
from collections import defaultdict
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.scopes import narrow
from core.scope import EVERYTHING, scope_of
from customers.models import Customer, CustomerUnit
from regions.models import OrgUnit
from reports.analysis.base import Question
from reports.analysis.effect import effect, spans
from reports.analysis.owners import cohorts, life_cycle
from reports.analysis.portfolio import composition, cooperation, cooperation_sums
from reports.analysis.quality import lacking, quality, quality_by_unit
from reports.analysis.retention import retention, together
from tests.factories import make_activity, make_customer, make_place, make_response, say
from tests.reports.taking import workbook
from tests.reports.test_analysis import buy, firm
from tests.satisfaction.published import publish

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)
KEYS = ("composition", "cooperation", "quality", "cohorts", "life-cycle", "retention", "effect")


def asked(unit, as_of=TODAY, **more):
    return Question(unit, narrow(EVERYTHING, unit, below=True), as_of, **more)


def owner(unit, signed, handed=None, **more):
    customer = make_customer(unit=unit, **more)
    CustomerUnit.objects.filter(customer=customer).update(signed_on=signed, handed_over_on=handed)
    return customer


def test_composition_by_hand(world):
    firm(world.n1a, "C1", "地区专营店", d2026_03_05=600)
    firm(world.n1b, "C2", "地区专营店", d2026_03_05=200)
    firm(world.n1a, "C3", "", d2026_03_05=200)
    firm(world.s1a, "C4", "地区专营店", d2026_03_05=9000)
    owner(world.n1a, dt.date(2025, 1, 1), dt.date(2025, 11, 21))
    rows = (
        {"by": "business_type", "word": "地区专营店", "share": Decimal(70), "of": "amount"},
        {"by": "business_type", "word": "地区DIY店", "share": Decimal(10), "of": "customers"},
    )
    say(world.group, "customers.wanted_shares", rows, since=dt.date(2026, 1, 1))
    found = {(x.by, x.word): x for x in composition(asked(world.north))}
    trade = found["business_type", "地区专营店"]
    assert (trade.customers, trade.amount, trade.share_amount) == (2, 800, 0.8)
    assert (trade.wanted, round(trade.gap, 9)) == (0.7, 0.1)
    assert (found["business_type", "其他"].amount, found["business_type", "地区DIY店"].gap) == (
        200, -0.1,
    )  # fmt: skip
    # A year to the day after the hand-over an owner still settles in; firms have no stage.
    assert [word for by, word in found if by == "stage"] == ["settling_in"]
    assert [(x.word, x.customers) for key, x in found.items() if key[0] == "unit"] == [
        (world.n1.name, 4)
    ]


def test_units_of_one_name_are_parts_of_their_own(world):
    """Two projects called as their city, and a customer in the city itself: three rows."""
    city = world.n1
    OrgUnit.objects.filter(pk__in=(world.n1a.pk, world.n1b.pk)).update(name=city.name)
    for code, unit, amount in (("C1", world.n1a, 600), ("C2", world.n1b, 300), ("C3", city, 100)):
        buy(firm(unit, code), TODAY, amount)
    found = [x for x in composition(asked(city)) if x.by == "unit"]
    assert [(x.word, x.unit, x.customers, x.amount, x.share, x.share_amount) for x in found] == [
        (city.name, world.n1a, 1, 600, 1 / 3, 0.6),
        (city.name, world.n1b, 1, 300, 1 / 3, 0.3),
        (city.name, city, 1, 100, 1 / 3, 0.1),
    ]


def test_a_managed_client_meets_three_measures(world):
    rich = firm(world.n1a, "C1", d2023_01_01=1_000_000)
    Customer.objects.filter(pk=rich.pk).update(level="重点客户")
    firm(world.n1a, "C2", d2024_11_21=999_999)
    firm(world.n1a, "C3")
    firm(world.s1a, "C9", d2023_01_01=5_000_000)
    lines = cooperation(asked(world.north))
    assert [(x.code, x.rich, x.long, x.important) for x in lines] == [
        ("C1", True, True, True), ("C2", False, True, False), ("C3", False, False, False),
    ]  # fmt: skip
    assert [count for _met, count, _amount in cooperation_sums(asked(world.north))] == [1, 0, 1, 1]
    assert lines[0].years(TODAY) == Decimal("3.9")


def test_quality_by_hand(world):
    """A person with a telephone (4 of 10) confirmed 548 days ago: 1.5 spans, so half fresh."""
    person = make_customer(unit=world.n1a, name="王一", phone="+8613800000001")
    day = dt.datetime(2025, 5, 22, 12, tzinfo=dt.UTC)
    Customer.objects.filter(pk=person.pk).update(updated_at=day, gender="")
    [line] = quality(asked(world.north))
    fresh = 2 - (TODAY - dt.date(2025, 5, 22)).days / 365
    assert math.isclose(line.complete, 0.4)
    assert math.isclose(line.fresh, fresh)
    assert math.isclose(line.score, 0.6 * 0.4 + 0.3 * fresh + 0.1)
    assert set(line.lacking) == {"keeper", "signed_on", "gender", "identity"}
    assert dict(lacking(asked(world.north)))["keeper"] == 1


def test_a_twin_elsewhere_is_not_told(world):
    make_customer(unit=world.n1a, name="王一", phone="+8613800000001")
    make_customer(unit=world.s1a, name="王一", phone="+8613800000001")
    assert [x.unique for x in quality(asked(world.north))] == [True]
    assert [x.unique for x in quality(asked(world.group))] == [False, False]
    assert [(x.unit.code, x.duplicates) for x in quality_by_unit(asked(world.group))] == [
        ("N", 1), ("S", 1),
    ]  # fmt: skip


def test_retention_against_a_second_computation(world):
    """Forty customers, of whom every k-th buys every k-th year from 2019 on."""
    bought = defaultdict(set)
    firm(world.s1a, "C99", d2020_01_01=500, d2021_01_01=500)
    for n in range(40):
        customer = firm(world.n1a, f"C{n}")
        for year in range(2019 + n % 3, 2027, 1 + n % 4):
            buy(customer, dt.date(year, 6, 1), 100 + n)
            bought[n].add(year)
    whole = together(retention(asked(world.north)))
    years = {n: {y for y in mine if y <= 2025} for n, mine in bought.items()}
    chances = sum(y < 2025 for mine in years.values() for y in mine)
    stayed = sum(y < 2025 and y + 1 in mine for mine in years.values() for y in mine)
    active = sum(map(len, years.values()))
    amount = sum((100 + n) * len(mine) for n, mine in years.items())
    assert (whole.customers, whole.active, whole.amount) == (40, active, amount)
    assert (whole.chances, whole.stayed) == (chances, stayed)
    expected = amount / active / (1 - stayed / chances)
    assert math.isclose(float(whole.value), expected)
    low, high = whole.bounds
    assert low < whole.value < high


def test_few_customers_say_nothing_of_a_lifetime(world):
    firm(world.n1a, "C1", d2023_01_01=100, d2024_01_01=100, d2026_01_01=100)
    [line] = retention(asked(world.north))
    assert (line.back, line.chances, line.stayed) == ({1: 1, 2: 0}, 2, 1)
    assert (line.retention, line.value, line.bounds) == (None, None, None)


def test_cohorts_and_stages_against_a_second_computation(world):
    signed, handed = dt.date(2025, 1, 10), dt.date(2026, 6, 1)
    one = owner(world.n1a, signed, handed)
    owner(world.s1a, signed)
    for day in (dt.date(2026, 5, 31), dt.date(2026, 6, 1), dt.date(2026, 8, 30)):
        at = dt.datetime.combine(day, dt.time(4), dt.UTC)
        make_activity(customer=one, by=world.north_clerk, at=at)
    [line] = cohorts(asked(world.north))
    assert (line.year, line.owners, line.contacts, line.mean) == (2025, 1, 3, None)
    lived = defaultdict(int)
    for back in range(365):
        day = TODAY - dt.timedelta(days=back)
        since = (day - handed).days
        lived["signed" if since < 0 else "handing" if since < 90 else "first"] += 1
    stages = {x.stage: x for x in life_cycle(asked(world.north))}
    assert {k: round(x.years * 365) for k, x in stages.items() if x.years} == dict(lived)
    assert [(k, x.contacts) for k, x in stages.items() if x.contacts] == [
        ("signed", 1), ("handing", 1), ("first", 1),
    ]  # fmt: skip
    assert [k for k, x in stages.items() if x.owners] == ["first"]


def test_before_and_after_are_equally_long(world):
    customer = make_customer(unit=world.n1a)
    question = asked(world.north, since=dt.date(2026, 11, 12))
    before, after = spans(question)
    assert (before.first, before.last) == (dt.date(2026, 11, 2), dt.date(2026, 11, 11))
    assert (after.first, after.last) == (dt.date(2026, 11, 12), TODAY)
    for day in (2, 11, 12):
        at = dt.datetime(2026, 11, day, 4, tzinfo=dt.UTC)
        make_activity(customer=customer, by=world.north_clerk, at=at)
    line = next(x for x in effect(question) if x.measure == "contacts")
    assert (line.before, line.after, line.change) == (2, 1, -1)


@pytest.mark.parametrize("key", KEYS)
def test_pages_and_workbooks_keep_the_readers_scope(client, world, key):
    firm(world.n1a, "C1", d2024_03_05=700, d2025_03_05=50)
    firm(world.s1a, "QSOUTH", d2024_03_05=9000)
    owner(world.n1a, dt.date(2025, 1, 10), dt.date(2026, 1, 10))
    make_place(customer=owner(world.s1a, dt.date(2021, 1, 1), name="赣江"), unit=world.s1b)
    client.force_login(world.north_head)
    query = {"as_of": "2026-11-21"}
    answer = client.get(reverse("reports:customer-analysis", args=[key]), query)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert not answer.context["is_empty"]
    assert not any(word in text for word in ("QSOUTH", "赣江", "9,000", "南方"))
    sheets = workbook(client, key, **query)
    assert sum(len(sheet._charts) for sheet in sheets) >= (key != "effect")


def answered(wave, unit, year, count, score):
    for _n in range(count):
        customer = owner(unit, dt.date(year, 3, 1))
        make_response(unit=unit, wave=wave, customer=customer, overall=score)


def test_years_of_few_answers_are_hidden_with_what_would_give_them_away(world):
    """Three answers of 2025 are too few; so is the smallest other year, or one could subtract."""
    say(world.group, "satisfaction.minimum_n", 10, since=dt.date(2020, 1, 1))
    wave = publish("years", {world.n1a: (45, 4.0)})
    for year, count, score in ((2022, 30, 5), (2024, 12, 4), (2025, 3, 1)):
        answered(wave, world.n1a, year, count, score)
    found = {x.year: (x.answers, x.mean) for x in cohorts(asked(world.north))}
    assert found == {2022: (30, 5.0), 2024: (None, None), 2025: (None, None)}


def test_whoever_may_not_read_results_or_cases_gets_owners_alone(world):
    say(world.group, "satisfaction.minimum_n", 10, since=dt.date(2020, 1, 1))
    wave = publish("years", {world.n1a: (30, 4.0)})
    answered(wave, world.n1a, 2022, 30, 5)
    for reader, mean in ((world.north_head, 5.0), (world.admin, None)):
        scope = narrow(scope_of(reader, "customers.view_customer"), world.north, below=True)
        question = Question(world.north, scope, TODAY, reader=reader)
        [line] = cohorts(question)
        assert (line.owners, line.mean) == (30, mean)
        assert (line.cases is None) == (mean is None)
        stages = life_cycle(question)
        assert all((x.cases is None) == (mean is None) for x in stages)


def test_where_the_results_hide_the_unit_its_years_are_hidden(world):
    say(world.group, "satisfaction.minimum_n", 10, since=dt.date(2020, 1, 1))
    wave = publish("hidden", {world.n1a: (3, 4.0), world.s1a: (40, 4.0)})
    answered(wave, world.n1a, 2022, 12, 5)
    assert [x.mean for x in cohorts(asked(world.north))] == [None]
