"""Pages of the archive: a fixed number of queries, filters, reach, and forms that refuse."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import ImportRun
from customers.models import Activity, Customer, CustomerUnit, Ownership, Property
from customers.services import add_contact, create_customer, log_activity, plan_activity
from regions.models import OrgUnit, SectionUnit
from regions.services import add_unit, save_section
from tests.customers.files import identity, phone
from tests.factories import give


def enter(world, number, kind="person"):
    """A customer with all that a row and a page show."""
    customer, _new = create_customer(
        unit=world.n1a,
        by=world.north_clerk,
        keeper=world.north_clerk,
        kind=kind,
        name=f"张一{number}",
        phone=f"+86{phone(number)}",
        identity=identity(number),
        level="A类",
    )
    flat = Property.objects.filter(label="1栋101").first() or Property(
        building="1", room="101", label="1栋101"
    )
    flat.place_in(world.n1a)
    flat.save()
    owned = Ownership(customer=customer, property=flat)
    owned.place_in(world.n1a)
    owned.save()
    place = customer.places.get()
    contact = None
    if kind == "organisation":
        contact = add_contact(customer, by=None, name=f"陈{number}", phone=f"+86{phone(number)}")
    common = {"by": world.north_clerk, "kind": "call", "content": "谈", "contact": contact}
    log_activity(place, at=timezone.now() - timedelta(hours=1), **common)
    plan_activity(place, at=timezone.now() + timedelta(hours=1), **common)
    CustomerUnit.objects.filter(pk=place.pk).update(next_contact_on=timezone.localdate())
    return customer


def queries(client, address):
    """How many queries a page makes, the first visit of the day left out."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


PEOPLE = ["north_clerk", "north_head", "boss"]


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/customers/", 9),  # eight of the archive and one of the bell
        ("/customers/?unit=N1&stage=owner_to_be&level=A类", 10),
        ("/", 18),  # eleven of what waits and of customers, seven of the figures of the month
        ("/search/?q=张一", 16),  # one of each of seven kinds, and where their readers may look
        ("/search/?q=zy", 16),
        ("/imports/", 6),
    ],
)
def test_the_number_of_queries_is_small_and_does_not_grow(client, world, person, address, most):
    user = getattr(world, person)
    if address == "/imports/":
        give(user, "section-administrator", user.unit)
    client.force_login(user)
    enter(world, 1)
    ImportRun.objects.create(kind="owners", actor=user, file_name="1.xlsx", state="checked")
    with_one = queries(client, address)
    for number in (2, 3):
        enter(world, number)
        ImportRun.objects.create(kind="owners", actor=user, file_name="2.xlsx", state="failed")

    assert queries(client, address) == with_one <= most


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_the_page_of_a_customer_too(client, world, person, kind):
    client.force_login(getattr(world, person))
    customer = enter(world, 1, kind)
    address = f"/customers/{customer.pk}/"
    with_one = queries(client, address)
    place = customer.places.get()
    for number in (2, 3):
        enter(world, number)  # co-owners of the same flat
        log_activity(place, by=world.boss, kind="visit", content="访", at=timezone.now())
        if kind == "organisation":
            add_contact(customer, by=None, name=f"李{number}", phone=f"+86{phone(number)}")

    # Three of them count his cases, contracts and what was spent, two read what he is worth and
    # was lost to.
    assert queries(client, address) == with_one <= 18


def test_the_list_shows_masked_numbers_only(client, world):
    enter(world, 1)
    client.force_login(world.north_clerk)

    for address in ("/customers/", f"/customers/{Customer.objects.get().pk}/"):
        text = client.get(address).content.decode()
        assert "139****0001" in text
        assert phone(1) not in text
        assert identity(1) not in text


def listed(client, query):
    return sorted(row.name for row in client.get(f"/customers/?{query}").context["page"])


def test_filters(client, world):
    today = timezone.localdate()
    for number, (unit, days) in enumerate(
        [
            (world.n1a, -10),
            (world.n1b, 100),
            (world.s1a, 500),
            (world.s1b, 1000),
            (world.north, None),
        ]
    ):
        customer, _new = create_customer(
            unit=unit, by=None, kind="person", name=f"张{number}", level="A类" if number else "B类"
        )
        dates = {} if days is None else {"handed_over_on": today - timedelta(days=days)}
        CustomerUnit.objects.filter(customer=customer).update(
            last_contact_at=timezone.now() - timedelta(days=number * 40), **dates
        )
    client.force_login(world.boss)

    for query, expected in (
        ("", ["张0", "张1", "张2", "张3", "张4"]),
        ("unit=N", ["张0", "张1", "张4"]),
        ("unit=N&only=on", ["张4"]),
        ("unit=S1", ["张2", "张3"]),
        ("stage=owner_to_be", ["张0"]),
        ("stage=settling_in", ["张1"]),
        ("stage=stable", ["张2"]),
        ("stage=long_standing", ["张3"]),
        ("level=A类&unit=N", ["张1", "张4"]),
        ("quiet=90", ["张3", "张4"]),
        ("kind=organisation", []),
        ("unkept=on&unit=S", ["张2", "张3"]),
        ("q=张3", ["张3"]),
        ("q=张3&unit=N", []),
    ):
        assert listed(client, query) == expected, query
        page = client.get(f"/customers/?{query}")
        assert re.findall(r"\d+", page.context["count"]) == [str(len(expected))], query


def test_foreign_customers_do_not_exist(client, world):
    customer = enter(world, 1)
    plan = Activity.objects.get(state="planned")
    client.force_login(world.south_head)

    for tail in ("", "edit/", "activities/new/", "contacts/new/"):
        assert client.get(f"/customers/{customer.pk}/{tail}").status_code == 404
    for act in ("complete", "cancel"):
        address = f"/customers/activities/{plan.pk}/{act}/"
        assert client.post(address, {"result": "x", "reason": "x"}).status_code == 404
    assert client.get("/customers/").context["page"].rows == []
    assert client.get("/search/?q=张一").context["groups"] == []


def test_a_stale_form_is_refused_and_keeps_what_was_typed(client, world):
    customer = enter(world, 1)
    client.force_login(world.north_clerk)
    address = f"/customers/{customer.pk}/edit/"
    shown = client.get(address).context["unchanged_since"]
    first = client.post(address, {"name": "张先", "unchanged_since": shown})
    assert first.status_code == 302

    second = client.post(address, {"name": "张后", "unchanged_since": shown})

    assert second.status_code == 422
    assert "张后" in second.content.decode()
    customer.refresh_from_db()
    assert customer.name == "张先"
    assert (customer.phone_last4, customer.clear("phone")) == ("0001", phone(1))


def test_a_new_customer_by_form(client, world):
    client.force_login(world.north_clerk)
    data = {"name": " 王 五 ", "phone": "139 0000 0007", "identity": identity(7), "unit": "N1A"}

    answer = client.post("/customers/new/?kind=person", data)
    customer = Customer.objects.get()
    assert answer["Location"] == customer.get_absolute_url()
    assert (customer.name, customer.clear("phone")) == ("王五", phone(7))
    assert customer.places.get().entered_by == world.north_clerk
    wrong = client.post("/customers/new/?kind=person", data | {"identity": identity(7)[:-1] + "Q"})
    assert wrong.status_code == 422
    assert "identity" in wrong.context["form"].errors
    outside = client.post("/customers/new/?kind=person", data | {"unit": "S1A"})
    assert "unit" in outside.context["form"].errors
    assert Customer.objects.count() == 1


def test_hand_over_by_ticks_and_of_all_that_match(client, world):
    for number in range(3):
        enter(world, number)
    create_customer(unit=world.s1a, by=None, kind="person", name="南方人")
    client.force_login(world.north_head)
    foreign = CustomerUnit.objects.get(name="南方人")
    mine = CustomerUnit.objects.filter(unit=world.n1a).order_by("pk")

    def hand_over(ticks):
        """The list posts its ticks; to whom is asked at an address of its own."""
        asked = client.post("/customers/hand-over/", ticks)["Location"]
        assert client.post(asked, {"to": "N-KEEPER"}).status_code == 302

    hand_over({"pick": [mine[0].pk, foreign.pk], "filter": ""})
    assert list(CustomerUnit.objects.filter(keeper=world.north_keeper)) == [mine[0]]
    hand_over({"all": "1", "filter": "keeper=N-CLERK"})
    assert CustomerUnit.objects.filter(keeper=world.north_keeper).count() == 3
    foreign.refresh_from_db()
    assert foreign.keeper is None


def test_my_tasks_on_the_home_page(client, world):
    enter(world, 1)
    overdue = Activity.objects.get(state="planned")
    Activity.objects.filter(pk=overdue.pk).update(at=timezone.now() - timedelta(days=1))
    client.force_login(world.north_clerk)
    home = client.get("/")

    assert home.context["overdue"] == [overdue]
    assert [place.name for place in home.context["due_places"]] == ["张一1"]
    for tile in home.context["tiles"]:
        shown = client.get(tile["url"]).context["page"]
        assert str(len(shown)) == tile["value"], tile
    client.post(f"/customers/activities/{overdue.pk}/complete/", {"result": "已联系"})
    assert client.get("/").context["overdue"] == []


def test_the_same_name_and_number_is_asked_about_once(client, world):
    """Only of customers in reach: a page must not tell that somebody is known elsewhere."""
    client.force_login(world.north_clerk)
    data = {"name": "张三", "phone": phone(9), "unit": "N1A"}
    assert client.post("/customers/new/", data).status_code == 302
    known = Customer.objects.get()

    again = client.post("/customers/new/", data)

    assert again.status_code == 422
    assert list(again.context["form"].errors) == ["another"]
    assert known.code in again.content.decode()
    assert Customer.objects.count() == 1
    assert client.post("/customers/new/", data | {"name": "李四"}).status_code == 302
    assert client.post("/customers/new/", data | {"another": "on"}).status_code == 302
    client.force_login(world.south_clerk)
    assert client.post("/customers/new/", data | {"unit": "S1A"}).status_code == 302
    assert Customer.objects.filter(name="张三").count() == 3


@pytest.mark.parametrize(("field", "text"), [("result", "已约好"), ("next_on", "2999-01-01")])
def test_a_plan_does_not_drop_what_was_typed(client, world, field, text):
    customer = enter(world, 1)
    client.force_login(world.north_clerk)
    data = {
        "what": "planned",
        "kind": "call",
        "place": customer.places.get().pk,
        "at": (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        "content": "回访",
    }
    before = Activity.objects.count()

    answer = client.post(f"/customers/{customer.pk}/activities/new/", data | {field: text})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Activity.objects.count() == before
    answer = client.post(f"/customers/{customer.pk}/activities/new/", data)
    assert (answer.status_code, Activity.objects.count()) == (302, before + 1)


def test_the_list_of_a_section(client, world):
    """Within the reader's scope, with all below its units, and without what was only shared."""
    today = timezone.localdate()
    section = save_section(None, by=None, code="B1", name="住宅版块")
    for unit in (world.n1, world.s1a):
        add_unit(section, unit, by=None)
    for unit in (world.n1a, world.n1b, world.s1a, world.s1b):
        create_customer(unit=unit, by=None, kind="person", name=f"业主{unit.code}")

    client.force_login(world.boss)

    def names(query=""):
        page = client.get(f"/customers/?section=B1&{query}")
        number = int(re.sub(r"\D", "", page.context["count"]))
        return {row["name"] for row in page.context["rows"]}, number

    assert names() == ({"业主N1A", "业主N1B", "业主S1A"}, 3)
    assert names("unit=N") == ({"业主N1A", "业主N1B"}, 2)
    member = SectionUnit.objects.get(unit=world.s1a)
    SectionUnit.objects.filter(pk=member.pk).update(
        valid_from=today - timedelta(days=9), valid_until=today
    )
    assert names()[0] == {"业主N1A", "业主N1B"}
    choices = client.get("/choices/units/?q=住宅版块").json()
    assert {one["value"] for one in choices} == {"N1", "N1A", "N1B"}


def test_units_are_found_by_their_spelling(client, world):
    client.force_login(world.boss)
    OrgUnit.objects.filter(code="N1A").update(name="江湾花园")
    for text in ("jiangwan", "jwhy", "JIANGWANHUAYUAN"):
        found = client.get(f"/choices/units/?q={text}").json()
        assert [one["value"] for one in found] == ["N1A"], text
    client.force_login(world.south_head)
    assert client.get("/choices/units/?q=jiangwan").json() == []
