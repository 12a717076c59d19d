"""The proposed class on the page of a business customer (CUS-05)."""

import datetime as dt

import pytest
from django.urls import reverse

from compliance.models import Nomination, Round
from customers.models import Opportunity
from tests.factories import make_contract, make_customer, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposed(client, world, english):
    """The panel that a reader gets: class, reasons; None where there is none."""
    readers = {"now": None}

    def act(customer, reader=world.north_clerk):
        if readers["now"] != reader:
            client.force_login(reader)
            readers["now"] = reader
        page = client.get(customer.get_absolute_url(), headers={"accept-language": "en"})
        found = [values for template, values in page.context["panels"] if "class" in template]
        assert ("?level=" in page.content.decode()) is bool(found and page.context["can_edit"])
        return (found[0]["proposal"].level, found[0]["proposal"].reasons) if found else None

    return act


def company(world, **more):
    return make_customer(
        unit=world.n1a, keeper=world.north_clerk, kind="organisation", name="业主", **more
    )


def nominate(world, customer, **facts):
    one = Round.objects.create(
        year=2026, opens_on=dt.date(2026, 11, 1), closes_on=dt.date(2026, 12, 1),
        evaluate_by=dt.date(2026, 12, 20), issue_by=dt.date(2027, 1, 20),
    )  # fmt: skip
    row = Nomination(
        round=one, customer=customer, specialist=world.north_clerk,
        contact_leader=world.north_head, reason="合作顺利", nominated_by=world.north_clerk, **facts,
    )  # fmt: skip
    row.place_in(world.n1a)
    row.save()


def test_contracts_and_opportunities_speak_for_a_class(world, proposed):
    customer = company(world)
    assert proposed(customer) == ("潜在客户", ["There was no cooperation yet."])
    make_contract(customer=customer, unit=world.n1a, by=world.north_clerk, status="draft")
    assert proposed(customer)[0] == "潜在客户"
    make_contract(customer=customer, unit=world.n1a, by=world.north_clerk)
    make_contract(customer=customer, unit=world.n1a, by=world.north_clerk)
    assert proposed(customer) == (
        "一般客户",
        ["2 cooperations so far.", "Follow-up projects are unclear."],
    )
    ahead = Opportunity(
        customer=customer, title="二期", stage="线索", outcome="open", chance=10,
        moved_on=dt.date(2026, 11, 1), by=world.north_clerk,
    )  # fmt: skip
    ahead.place_in(world.n1a)
    ahead.save()
    assert proposed(customer) == ("一般客户", ["2 cooperations so far."])
    nominate(world, customer, cooperations=1, flags=["sound", "willing"])
    assert proposed(customer)[0] == "重点客户"


def test_a_class_that_fits_or_of_which_nothing_is_known_is_not_doubted(world, proposed):
    known = company(world, level="普通")
    make_contract(customer=known, unit=world.n1a, by=world.north_clerk)
    assert proposed(known) is None  # another word for the same class
    assert proposed(company(world, level="重点客户")) is None
    high = company(world, level="重点客户", first_cooperation_on=dt.date(2020, 1, 1))
    assert proposed(high)[0] == "一般客户"
    assert proposed(make_customer(unit=world.n1a, keeper=world.north_clerk)) is None


def test_only_what_the_reader_may_see_speaks(world, proposed):
    customer = company(world)
    make_place(customer=customer, unit=world.s1a, keeper=world.south_clerk, by=world.south_clerk)
    make_contract(customer=customer, unit=world.s1a, by=world.south_clerk)

    assert proposed(customer) == ("潜在客户", ["There was no cooperation yet."])


def test_the_link_opens_the_form_with_the_class_chosen_and_saves_nothing(client, world, proposed):
    customer = company(world, level="普通")
    form = f"{reverse('customers:edit', args=[customer.pk])}?level="
    client.force_login(world.north_clerk)

    assert client.get(f"{form}重点客户").context["form"]["level"].value() == "重点客户"
    assert client.get(f"{form}无").context["form"]["level"].value() == "普通"
    customer.refresh_from_db()
    assert customer.level == "普通"
