"""The warranty of flat and trade at intake, on the case and in the list (CMP-16)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Category, Trade
from complaints.selectors.lists import CaseQuery, case_page
from complaints.services.classes import change_class
from complaints.warranty import after_months, months_of, warranty_end, warranty_on
from regions.policies.types import rows
from tests.complaints.cases import fresh
from tests.factories import make_case, make_customer, make_ownership, make_property, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def leak():
    return Category.objects.get(name="渗漏")


def flat_of(unit, day: date):
    flat = make_property(unit=unit)
    owner = make_customer(unit=unit, phone="+8613812345507")
    make_ownership(customer=owner, flat=flat, handed_over_on=day)
    return flat, owner


def test_months_come_from_the_category_else_its_trade_else_what_is_above(world, leak):
    day = timezone.localdate()
    assert (leak.trade, leak.warranty_months) == (Trade.WATERPROOFING, None)
    assert months_of(leak, world.n1a, day) == 60
    say(world.north, "complaints.warranty", rows([{"trade": "waterproofing", "months": 96}]))
    assert months_of(leak, world.n1a, day) == 96
    assert months_of(leak, world.s1a, day) == 60
    leak.warranty_months = 12
    assert months_of(leak, world.n1a, day) == 12
    leak.warranty_months, leak.trade = None, ""
    assert months_of(leak, world.n1a, day) is None
    leak.parent.trade = Trade.STRUCTURE
    assert months_of(leak, world.s1a, day) == 600
    assert months_of(None, world.n1a, day) is None


def test_the_last_day_and_the_first_after_it(world, leak):
    flat, _owner = flat_of(world.n1a, date(2022, 3, 2))
    until = warranty_end(flat, leak, world.n1a, date(2026, 11, 22))
    assert until == date(2027, 3, 1)

    assert warranty_on(until, date(2027, 3, 1)).text == "保修期内至 2027-03-01"
    assert warranty_on(until, date(2027, 3, 1)).tone == "ok"
    over = warranty_on(until, date(2027, 6, 29))
    assert (over.text, over.tone) == ("已过保 120 天", "warn")
    assert warranty_on(None, date(2027, 6, 29)) is None


def test_the_first_hand_over_counts_and_none_gives_no_warranty(world, leak):
    flat, _owner = flat_of(world.n1a, date(2022, 3, 2))
    make_ownership(
        customer=make_customer(unit=world.n1a), flat=flat, handed_over_on=date(2025, 1, 1)
    )
    day = date(2026, 11, 22)
    assert warranty_end(flat, leak, world.n1a, day) == date(2027, 3, 1)
    assert warranty_end(make_property(unit=world.n1a), leak, world.n1a, day) is None
    assert warranty_end(None, leak, world.n1a, day) is None


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-08-31", 6, "2025-02-28"),
        ("2024-01-15", 24, "2026-01-15"),
    ],
)
def test_months_on(day, months, end):
    assert after_months(date.fromisoformat(day), months) == date.fromisoformat(end)


def test_it_is_stored_at_registration_shown_filtered_and_follows_the_category(
    client, world, leak, time_machine
):
    today = timezone.localdate()
    fine, owner = flat_of(world.n1a, today - timedelta(days=400))
    late, _other = flat_of(world.n1a, today - timedelta(days=3000))
    given = {"unit": world.n1a, "category": leak, "handler": world.north_clerk}
    inside = make_case(**given, flat=fine, customer=owner)
    outside = make_case(**given, flat=late)
    neither = make_case(**given)
    assert inside.warranty_until == after_months(today - timedelta(days=400), 60) - timedelta(1)
    assert neither.warranty_until is None

    for wanted, found in (("in", [inside]), ("out", [outside]), ("", [neither, outside, inside])):
        page = case_page(world.north_head, CaseQuery(warranty=wanted))
        assert page.rows == found
    client.force_login(world.north_clerk)
    page = client.get(inside.get_absolute_url()).content.decode()
    assert f"保修期内至 {inside.warranty_until.isoformat()}" in page
    assert "已过保" in client.get(outside.get_absolute_url()).content.decode()
    listed = client.get(reverse("complaints:list"), {"warranty": "out"}).content.decode()
    assert outside.number in listed
    assert inside.number not in listed

    change_class(inside, category=Category.objects.get(name="停车"), by=None)
    assert fresh(inside).warranty_until is None
    # What came in within the warranty stays so, however long the repair takes.
    time_machine.move_to(timezone.now() + timedelta(days=4000))
    change_class(outside, category=Category.objects.get(name="空鼓"), by=None)
    assert fresh(outside).warranty_until is not None


def test_intake_says_it_while_the_owner_is_on_the_line(client, world, leak):
    flat, owner = flat_of(world.n1a, timezone.localdate() - timedelta(days=3000))
    client.force_login(world.north_head)
    data = {"find": flat.label, "content": "卫生间顶部渗水", "kind": "repair", "channel": "hotline"}
    page = client.post(reverse("complaints:intake-proposal"), data).content.decode()

    assert "已过保" in page
