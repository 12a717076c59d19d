"""Flats, ownerships and activities obey the same reach as the customers they belong to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.scope import EVERYTHING
from customers.models import Activity, Contact, CustomerUnit, Ownership, Property
from customers.services import add_contact, create_customer, log_activity
from tests.factories import give, make_user


@pytest.fixture
def archive(world):
    """A flat with its owner, a note and a contact in each of three projects."""
    for code, keeper in (("n1a", world.north_clerk), ("n1b", None), ("s1a", world.south_clerk)):
        unit = getattr(world, code)
        customer, _new = create_customer(
            unit=unit, by=None, keeper=keeper, kind="organisation", name=f"公司{code}"
        )
        add_contact(customer, by=None, name=f"联系人{code}")
        flat = Property(building="1", room="101", label=f"1栋{code}")
        flat.place_in(unit)
        flat.save()
        owned = Ownership(customer=customer, property=flat)
        owned.place_in(unit)
        owned.save()
        log_activity(
            customer.places.get(),
            by=world.boss,
            kind="call",
            content=code,
            at=timezone.now() - timedelta(hours=1),
        )
    return world


def seen(user):
    """Codes of units by table, as far as the user sees them."""
    found = {
        model.__name__: sorted(model.objects.visible_to(user).values_list("unit__code", flat=True))
        for model in (CustomerUnit, Property, Ownership, Activity)
    }
    names = Contact.objects.visible_to(user).values_list("name", flat=True)
    found["Contact"] = sorted(name.removeprefix("联系人").upper() for name in names)
    return found


@pytest.mark.parametrize(
    ("person", "codes"),
    [
        ("boss", ["N1A", "N1B", "S1A"]),
        ("reader", ["N1A", "N1B", "S1A"]),
        ("north_head", ["N1A", "N1B"]),
        ("north_keeper", ["N1A", "N1B"]),
        ("north_clerk", ["N1A"]),
        ("south_clerk", ["S1A"]),
    ],
)
def test_every_table_ends_at_the_same_place(archive, person, codes):
    assert seen(getattr(archive, person)) == dict.fromkeys(
        ("CustomerUnit", "Property", "Ownership", "Activity", "Contact"), codes
    )


def test_the_operator_sees_everything(archive):
    for model in (CustomerUnit, Property, Ownership, Activity):
        assert model.objects.visible_to(EVERYTHING).count() == 3


def test_nobody_without_a_role_sees_anything(archive):
    for user in (make_user(unit=archive.n1a, role=None), make_user(unit=archive.n1a, state="left")):
        assert not any(seen(user).values())


def test_own_reach_beside_a_whole_branch(archive):
    """A clerk of the north who also heads the south sees his own there and everything here."""
    give(archive.north_clerk, "section-head", archive.south)

    assert seen(archive.north_clerk)["Property"] == ["N1A", "S1A"]
    assert seen(archive.north_clerk)["Ownership"] == ["N1A", "S1A"]
    assert seen(archive.north_clerk)["Activity"] == ["N1A", "S1A"]
