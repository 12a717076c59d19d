"""How often customers of a class are contacted: the interval, and who is late with it."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from customers.models import STRATEGIC, CustomerUnit
from customers.selectors.lists import ListQuery, count_customers, customer_page
from customers.selectors.rhythm import (
    Interval,
    add_months,
    interval_of,
    overdue_condition,
    rhythms,
)
from regions.policies.types import rows
from tests.factories import make_customer, place_of, say

FREQUENCY = "customers.contact_frequency"


def often(**classes: tuple[int, str]) -> tuple:
    return rows(
        {"whom": whom, "who": "keeper", "times": times, "span": span}
        for whom, (times, span) in classes.items()
    )


@pytest.mark.parametrize(
    ("times", "span", "interval"),
    [
        (1, "month", Interval(months=1)),
        (2, "year", Interval(months=6)),
        (12, "year", Interval(months=1)),
        (5, "year", Interval(days=73)),
        (4, "month", Interval(days=7)),
        (99, "month", Interval(days=1)),
    ],
)
def test_a_span_is_divided_by_its_times(times, span, interval):
    assert interval_of({"whom": "key", "who": "keeper", "times": times, "span": span}) == interval


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (dt.date(2028, 1, 31), 1, dt.date(2028, 2, 29)),
        (dt.date(2027, 1, 31), 1, dt.date(2027, 2, 28)),
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),
        (dt.date(2026, 12, 15), 1, dt.date(2027, 1, 15)),
        (dt.date(2027, 1, 15), -1, dt.date(2026, 12, 15)),
    ],
)
def test_months_are_added_by_the_calendar(day, months, later):
    assert add_months(day, months) == later


@pytest.mark.parametrize("interval", [Interval(months=1), Interval(months=3), Interval(days=73)])
def test_who_is_in_time_is_exactly_who_is_not_past_his_day(interval):
    """The one bound that the database compares with says the same as the rule, day by day."""
    for offset in range(0, 800, 3):
        today = dt.date(2027, 1, 1) + dt.timedelta(days=offset)
        first = interval.first_in_time(today)
        assert interval.after(first) >= today
        assert interval.after(first - dt.timedelta(days=1)) < today


@pytest.fixture
def late(world):
    """One customer of each class in the north, contacted forty days ago."""
    found = {}
    for level in (STRATEGIC, "重点客户", "一般客户", "VIP"):
        customer = make_customer(
            unit=world.n1a, keeper=world.north_clerk, kind="organisation", level=level
        )
        CustomerUnit.objects.filter(customer=customer).update(
            last_contact_at=timezone.now() - dt.timedelta(days=40)
        )
        found[level] = customer
    return found


def names(user, **more):
    page = customer_page(user, ListQuery(overdue=overdue_condition(), **more))
    return {place.customer.level for place in page.rows}


def test_each_class_has_its_own_rhythm(world, late):
    say(world.group, FREQUENCY, often(key=(1, "month"), vip=(1, "quarter")))

    assert names(world.north_head) == {"重点客户"}

    say(world.group, FREQUENCY, often(vip=(3, "quarter")))
    assert names(world.north_head) == {"VIP"}


def test_a_unit_may_have_a_rhythm_of_its_own(world, late):
    there = make_customer(unit=world.s1a, kind="organisation", level="重点客户")
    CustomerUnit.objects.filter(customer=there).update(
        last_contact_at=timezone.now() - dt.timedelta(days=40)
    )
    say(world.group, FREQUENCY, often(key=(1, "month")))
    say(world.north, FREQUENCY, often(key=(1, "quarter")))

    assert names(world.north_head) == set()
    assert [place.unit_id for place in customer_page(world.boss, ListQuery(
        overdue=overdue_condition())).rows] == [world.s1a.pk]  # fmt: skip


def test_duties_of_named_people_make_no_place_late(world, late):
    """The default of the policy speaks of specialists and leaders alone."""
    assert rhythms() == []
    assert count_customers(world.boss, ListQuery(overdue=overdue_condition())) == (0, False)


def test_the_day_after_the_interval_is_the_first_that_is_late(world):
    customer = make_customer(unit=world.n1a, kind="organisation", level="重点客户")
    last = timezone.make_aware(dt.datetime.combine(dt.date(2028, 1, 31), dt.time(23, 30)))
    CustomerUnit.objects.filter(customer=customer).update(last_contact_at=last)
    say(world.group, FREQUENCY, often(key=(1, "month")), since=dt.date(2026, 1, 1))
    place = place_of(customer)

    for day, is_late in ((dt.date(2028, 2, 29), False), (dt.date(2028, 3, 1), True)):
        found = CustomerUnit.objects.filter(overdue_condition(day), pk=place.pk).exists()
        assert found is is_late


def test_the_list_shows_exactly_the_rows_that_were_counted(client, world, late):
    say(world.group, FREQUENCY, often(key=(1, "month"), general=(1, "month")))
    client.force_login(world.north_clerk)

    page = client.get(reverse("customers:list"), {"overdue": "on"})

    assert {place.customer_id for place in page.context["page"].rows} == {
        late["重点客户"].pk,
        late["一般客户"].pk,
    }
    assert count_customers(world.north_clerk, ListQuery(overdue=overdue_condition())) == (2, False)


def test_what_is_late_is_one_query_however_many_units_differ(
    world, late, django_assert_num_queries
):
    say(world.group, FREQUENCY, often(key=(1, "month")))
    with django_assert_num_queries(1):
        overdue_condition()
    say(world.north, FREQUENCY, often(key=(1, "quarter")))
    say(world.s1a, FREQUENCY, often(key=(1, "year")))
    with django_assert_num_queries(1):
        overdue_condition()


def test_a_contact_ends_the_delay(world, late):
    from customers.services import log_activity

    say(world.group, FREQUENCY, often(key=(1, "month")))
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=1), tick=False):
        log_activity(
            place_of(late["重点客户"]), by=world.north_clerk, kind="visit", content="回访",
            at=timezone.now(),
        )  # fmt: skip

    assert names(world.north_head) == set()
