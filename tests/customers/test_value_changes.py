"""Losses when units are merged or split, and who sees them afterwards."""

import datetime as dt

import pytest

from customers.models import Loss
from customers.services import win_back
from regions.models import ChangeKind
from regions.services import undo_change
from tests.complaints.test_org_changes import carry
from tests.factories import make_customer, make_loss, make_ownership, make_place, make_property
from tests.reports.test_portfolio import TODAY

pytestmark = pytest.mark.django_db


def day(ago):
    return TODAY - dt.timedelta(days=ago)


def told():
    """Every loss: whose, in which unit, since when, until when."""
    rows = Loss.objects.order_by("customer__name", "lost_on").select_related("customer", "unit")
    return [
        (x.customer.name, x.unit.code, (TODAY - x.lost_on).days, bool(x.won_back_on)) for x in rows
    ]


def test_who_is_still_lost_goes_to_the_successor_and_both_losses_become_one(world):
    for name, ago, back in (("甲", 40, False), ("乙", 50, True), ("丙", 60, False)):
        customer = make_customer(unit=world.n1a, name=name)
        loss = make_loss(customer=customer, lost_on=day(ago))
        if back:
            win_back(loss, by=None, on=day(1))
        if name == "丙":
            make_place(customer=customer, unit=world.n1b)
            make_loss(customer=customer, unit=world.n1b, lost_on=day(5))
    before = told()

    change = carry(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)

    assert told() == [
        ("丙", "N1B", 60, False), ("乙", "N1A", 50, True), ("甲", "N1B", 40, False),
    ]  # fmt: skip
    undo_change(change, by=None, reason="撤回")
    assert told() == before


def test_losses_of_owners_who_went_with_their_building_go_along(world):
    for name, building in (("甲", "1"), ("乙", "2")):
        customer = make_customer(unit=world.n1a, name=name)
        make_ownership(customer=customer, flat=make_property(unit=world.n1a, building=building))
        make_loss(customer=customer, lost_on=day(3))
    carry(ChangeKind.SPLIT, unit=world.n1a, code="N1C", name="北方新园", buildings=["1"])
    assert told() == [("乙", "N1A", 3, False), ("甲", "N1C", 3, False)]
