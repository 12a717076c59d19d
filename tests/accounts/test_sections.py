"""Roles in sections: what follows from them is kept, is ended as one, and ends with leaving."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import GrantReview, Role, RoleGrant, SectionGrant, User
from accounts.selectors.reviews import month_of
from accounts.services import (
    activate,
    end_grant,
    end_section_role,
    following,
    give_role,
    give_section_role,
    leave,
    review_grants,
)
from accounts.services.people import administers
from accounts.services.reviews import Decision
from accounts.services.sections import follow_sections
from core.errors import Refused
from customers.models import CustomerUnit
from regions.models import SectionUnit
from regions.services import add_unit, remove_unit, save_section
from tests.factories import make_customer, make_user
from tests.others import Other

SOON, LONG = 0.5, 20


@pytest.fixture
def section(world):
    """A section with one unit."""
    section = save_section(None, by=None, code="B1", name="住宅版块")
    add_unit(section, world.n1, by=None)
    return section


@pytest.fixture
def person(world):
    return make_user(unit=world.group, role=None)


def held(person, section):
    return give_section_role(
        person, role=Role.objects.get(code="section-head"), section=section, by=None
    )


def seen(person):
    reader = User.objects.get(pk=person.pk)
    return set(CustomerUnit.objects.visible_to(reader).values_list("customer", flat=True))


def reviewed(world, person):
    """The grant that follows from the section, kept by a review."""
    grant = RoleGrant.objects.get(user=person)
    review_grants([Decision(grant.pk, "keep")], by=User.objects.get(pk=world.admin.pk))
    return grant


# --- reviewed -----------------------------------------------------------------------------------


def test_a_reviewed_role_in_a_section_ends_and_its_review_stays(world, section, person):
    customer = make_customer(unit=world.n1a)
    role = held(person, section)
    grant = reviewed(world, person)
    assert seen(person) == {customer.pk}

    end_section_role(role, by=None)

    connection.check_constraints()
    assert seen(person) == set()
    grant.refresh_from_db()
    assert grant.valid_until == timezone.localdate()
    assert GrantReview.objects.get().grant == grant


def test_a_span_that_ends_later_keeps_its_row(world, section, person):
    held(person, section)
    grant = reviewed(world, person)
    end = timezone.localdate() + timedelta(days=30)
    SectionUnit.objects.update(valid_until=end)

    follow_sections()

    assert list(RoleGrant.objects.filter(user=person).values_list("pk", "valid_until")) == [
        (grant.pk, end)
    ]


def test_a_unit_that_comes_back_the_same_day_opens_its_closed_row_again(world, section, person):
    held(person, section)
    grant = reviewed(world, person)
    remove_unit(SectionUnit.objects.get(), by=None)
    grant.refresh_from_db()
    assert grant.valid_until == timezone.localdate()

    add_unit(section, world.n1, by=None)

    assert list(RoleGrant.objects.filter(user=person).values_list("pk", "valid_until")) == [
        (grant.pk, None)
    ]


def test_what_was_closed_keeps_its_day(world, section, person):
    role = held(person, section)
    grant = reviewed(world, person)
    day = timezone.localdate() - timedelta(days=3)
    SectionGrant.objects.filter(pk=role.pk).update(valid_from=day, valid_until=day)
    RoleGrant.objects.filter(pk=grant.pk).update(valid_from=day, valid_until=day)

    follow_sections()

    grant.refresh_from_db()
    assert grant.valid_until == day


def test_what_nobody_reviewed_goes(world, section, person):
    end_section_role(held(person, section), by=None)

    assert not RoleGrant.objects.filter(user=person).exists()


# --- ended as one -------------------------------------------------------------------------------


def test_one_unit_of_a_role_in_a_section_is_not_ended_alone(world, section, person):
    held(person, section)
    grant = RoleGrant.objects.get(user=person)

    with pytest.raises(Refused, match="版块"):
        end_grant(grant, by=User.objects.get(pk=world.admin.pk))

    grant.refresh_from_db()
    assert grant.valid_until is None


def test_roles_in_sections_end_with_leaving_and_do_not_come_back(world, section, person):
    make_customer(unit=world.n1a)
    role = held(person, section)
    reviewed(world, person)

    leave(person, by=None)
    activate(person, by=None)
    follow_sections()

    role.refresh_from_db()
    assert role.valid_until == timezone.localdate()
    assert seen(person) == set()
    assert not RoleGrant.objects.now().filter(user=person).exists()
    assert GrantReview.objects.filter(month=month_of(timezone.localdate())).count() == 1


def test_a_role_held_in_a_section_may_be_given_in_its_unit_too(world, section, person):
    held(person, section)

    grant = give_role(person, role=Role.objects.get(code="section-head"), unit=world.n1, by=None)

    assert RoleGrant.objects.filter(user=person, section_grant=None).get() == grant


# --- at the same moment -------------------------------------------------------------------------


def together(world, section, person):
    """A unit joins while a role is given; how the giving went, and the units the role reaches."""
    with transaction.atomic():
        add_unit(section, world.s1, by=None)
        other = Other(lambda: held(person, section))
        other.join(SOON)
    other.join(LONG)
    units = RoleGrant.objects.filter(user=person).values_list("unit__code", flat=True)
    return other.outcome, sorted(units)


@pytest.mark.django_db(transaction=True)
def test_a_unit_that_joins_meanwhile_is_reached(world, section, person):
    assert together(world, section, person) == ("done", ["N1", "S1"])


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_is_missed(world, section, person, monkeypatch):
    monkeypatch.setattr(following, "HOLD", "SELECT 1")

    assert together(world, section, person) == ("done", ["N1"])


def test_the_last_role_that_opens_the_administration_is_not_ended(world, section, person):
    role = Role.objects.get(code="section-head")
    role.permissions.add(Permission.objects.get(codename="use_admin"))
    grant = held(person, section)
    RoleGrant.objects.filter(administers()).exclude(user=person).delete()

    with pytest.raises(Refused), transaction.atomic():
        end_section_role(grant, by=None)

    grant.refresh_from_db()
    assert grant.valid_until is None
    assert RoleGrant.objects.now().filter(user=person).exists()
    second = make_user(unit=world.group, role="system-administrator")
    end_section_role(grant, by=None)
    assert not RoleGrant.objects.now().filter(user=person).exists()
    assert second.has_perm("accounts.use_admin")
