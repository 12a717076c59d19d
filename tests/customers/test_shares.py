"""Shares of single customers, and who may see one (ACC-12, ACC-14)."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import carry_out, draft_hand_over, leave, undo_hand_over
from audit.models import Entry
from core.errors import Refused
from core.scope import EVERYTHING
from customers.models import Customer, CustomerShare, CustomerUnit
from customers.selectors.access import people_who_see, reasons_of
from customers.selectors.history import events
from customers.selectors.shares import shares_in_reach, shares_of
from customers.services import delete_old_shares, end_shares, share_customer
from tests.access.small import small_world
from tests.factories import make_customer, make_place, make_share, make_user

TODAY = timezone.localdate


def shared(world, customer, **more):
    values = {"reason": "协办", "until": TODAY() + dt.timedelta(days=3)} | more
    return share_customer(customer, to=world.south_clerk, by=world.north_clerk, **values)


@pytest.fixture
def customer(world):
    return make_customer(unit=world.n1a, by=world.north_head, keeper=world.north_clerk)


def test_a_share_opens_the_customer_and_nothing_of_the_branch(world, customer):
    shared(world, customer)

    assert list(Customer.objects.visible_to(world.south_clerk)) == [customer]
    assert not CustomerUnit.objects.visible_to(world.south_clerk).exists()
    for right in ("change_customer", "reveal_customer", "export_customer", "share_customer"):
        assert not Customer.objects.visible_to(world.south_clerk, f"customers.{right}").exists()


def test_a_share_to_edit_really_edits_the_customer_alone(world, customer, client):
    shared(world, customer, may_change=True)
    client.force_login(world.south_clerk)

    answer = client.post(reverse("customers:edit", args=[customer.pk]), {"name": "新名字"})

    assert answer.status_code == 302
    customer.refresh_from_db()
    assert customer.name == "新名字"
    log = reverse("customers:activity-new", args=[customer.pk])
    assert client.get(log).status_code == 404
    assert client.post(reverse("customers:reveal", args=[customer.pk, "phone"])).status_code == 404


def test_the_last_day_ends_at_midnight_in_shanghai(world, customer, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC))
    shared(world, customer, until=dt.date(2026, 11, 23))

    def seen():
        return Customer.objects.visible_to(world.south_clerk).exists()

    time_machine.move_to(dt.datetime(2026, 11, 23, 15, 59, 59, tzinfo=dt.UTC))  # 23:59:59
    assert seen()
    time_machine.move_to(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC))  # 00:00
    assert not seen()


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "  "},
        {"until": None},
        {"until": dt.date(2020, 1, 1)},
        {"until": dt.date(2099, 1, 1)},
    ],
)
def test_a_share_needs_a_reason_and_an_end_within_the_policy(world, customer, wrong):
    with pytest.raises(Refused):
        shared(world, customer, **wrong)
    assert not CustomerShare.objects.exists()


def test_only_the_keeper_and_the_heads_above_him_share(world, customer):
    until = TODAY() + dt.timedelta(days=3)
    for by in (world.south_head, world.boss, world.reader):
        with pytest.raises(Refused):
            share_customer(customer, to=world.south_clerk, by=by, reason="协办", until=until)
    CustomerUnit.objects.update(keeper=None, entered_by=world.north_clerk)
    with pytest.raises(Refused):  # entered, but not kept
        shared(world, customer)
    assert not CustomerShare.objects.exists()


def test_ending_takes_effect_at_once_and_is_the_givers_or_the_heads(world, customer):
    share = shared(world, customer)

    assert end_shares([share.pk], by=world.south_head) == 0
    assert end_shares([share.pk], by=world.north_head) == 1
    assert not Customer.objects.visible_to(world.south_clerk).exists()
    shared(world, customer)  # sharing again revives the one row
    assert CustomerShare.objects.count() == 1
    assert Customer.objects.visible_to(world.south_clerk).exists()


def test_old_shares_are_deleted_half_a_year_after_their_end(world, customer):
    share = shared(world, customer)

    CustomerShare.objects.update(until=TODAY() - dt.timedelta(days=180))
    assert delete_old_shares() == 0
    CustomerShare.objects.update(until=TODAY() - dt.timedelta(days=181))
    assert delete_old_shares() == 1
    assert not CustomerShare.objects.filter(pk=share.pk).exists()


def test_the_pages(world, customer, client):
    client.force_login(world.north_clerk)
    address = reverse("customers:share", args=[customer.pk])
    until = (TODAY() + dt.timedelta(days=9)).isoformat()
    data = {"to": "S-CLERK", "until": until, "reason": "联合接待"}
    assert client.post(address, data).status_code == 302
    found = client.get(reverse("customers:share-people", args=[customer.pk])).json()
    assert "S-HEAD" not in {one["value"] for one in found}  # no directory of other regions
    exact = client.get(reverse("customers:share-people", args=[customer.pk]), {"q": "s-head"})
    assert [one["value"] for one in exact.json()] == ["S-HEAD"]
    assert "联合接待" in client.get(reverse("shares")).content.decode()
    assert "联合接待" in client.get(customer.get_absolute_url()).content.decode()
    client.force_login(world.south_clerk)
    assert "联合接待" not in client.get(customer.get_absolute_url()).content.decode()
    share = CustomerShare.objects.get()
    client.post(reverse("shares-end"), {"pick": [share.pk]})
    assert client.get(customer.get_absolute_url()).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_who_may_see_agrees_with_visible_to_for_everybody(seed):
    small_world(seed)
    people = list(User.objects.all())
    for customer in Customer.objects.all():
        found = list(people_who_see(EVERYTHING, customer))
        truth = {p.pk for p in people if Customer.objects.visible_to(p).filter(pk=customer.pk)}
        assert {person.pk for person in found} == truth
        assert all(reasons_of(EVERYTHING, customer, found).values())


def test_who_serves_a_customer_elsewhere_is_not_told(world, customer):
    make_share(customer=customer, to=world.south_head, by=world.north_head)

    seen = set(people_who_see(world.north_head, customer).values_list("employee_no", flat=True))

    assert {"N-CLERK", "N-HEAD", "N-KEEPER", "S-HEAD", "G-BOSS"} <= seen
    assert "S-CLERK" not in seen


def test_with_whom_another_branch_shares_the_customer_is_not_told(world, customer, client):
    """Both branches serve him; each knows of the shares that its own people gave or received."""
    make_place(customer=customer, unit=world.s1a, keeper=world.south_clerk)
    first, second = (make_user(unit=unit) for unit in (world.n1b, world.s1b))
    north = make_share(customer=customer, to=first, by=world.north_head, reason="北方协同")
    south = make_share(customer=customer, to=second, by=world.south_head, reason="南方协同")
    across = make_share(customer=customer, to=world.north_keeper, by=world.south_head)
    known = {
        world.north_head: {north, across},
        world.north_keeper: {north, across},
        world.south_head: {south, across},
    }

    for reader, rows in known.items():
        reader = User.objects.get(pk=reader.pk)
        assert set(shares_of(customer, reader)) == rows
        told = [event for event in events(reader, customer, before=None, after=None)
                if event.icon == "share"]  # fmt: skip
        assert {event.key for event in told} == {f"s{row.pk}" for row in rows}
        assert set(shares_in_reach(reader)) == rows
    assert set(shares_of(customer, EVERYTHING)) == {north, south, across}
    seen = set(people_who_see(User.objects.get(pk=world.north_head.pk), customer))
    assert first in seen
    assert second not in seen
    assert end_shares([south.pk], by=User.objects.get(pk=world.north_head.pk)) == 0


def test_shares_that_end_with_a_hand_over_are_in_the_book(world, customer):
    """And those that its undoing or leaving ends or brings back."""
    share = make_share(customer=customer, to=world.south_clerk, by=world.north_clerk)
    draft = draft_hand_over(
        by=world.north_head, giver=world.north_clerk, to=[world.north_keeper], keep_shares=False
    )
    done = carry_out(draft, by=world.north_head)
    undo_hand_over(done, by=world.north_head)
    leave(world.south_clerk, by=None)

    share.refresh_from_db()
    assert share.ended_at is not None
    entries = Entry.objects.filter(action__startswith="customer.share", subject_id=customer.pk)
    assert list(entries.order_by("pk").values_list("action", "by")) == [
        ("customer.shared", None),
        ("customer.share_ended", world.north_head.pk),
        ("customer.shared", world.north_head.pk),
        ("customer.share_ended", None),
    ]
