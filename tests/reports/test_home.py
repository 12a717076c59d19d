"""The home page by role: what waits with a link to exactly its rows, and where work begins."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from complaints.models import Case
from complaints.states import State
from compliance.services.assignments import assign
from compliance.services.targets import set_targets
from customers.models import Activity, CustomerUnit
from customers.selectors.rhythm import CLASS_WORDS
from regions.policies.types import rows
from reports.home_customers import customer_tiles
from reports.home_figures import months_of
from reports.metrics.registry import midnight
from reports.metrics.rollups import nightly, refresh
from tests.factories import make_activity, make_case, make_customer, make_user, say
from tests.reports.figures import fill
from tests.reports.test_rollups import this_month

pytestmark = pytest.mark.django_db


def tiles(client, person):
    cache.clear()
    client.logout()
    client.force_login(person)
    shown = client.get("/")
    return shown, {
        str(one["label"]): (one["value"], one["url"]) for one in shown.context["waiting"]
    }


def main(shown):
    return shown.content.decode().split("<main", 1)[1]


def test_the_hotline_sees_call_backs_and_where_to_begin(client, world):
    agent = make_user(unit=world.group, role="hotline")
    shown, found = tiles(client, agent)
    assert found == {}
    page = main(shown)
    assert "/complaints/intake/" in page
    assert 'href="/complaints/"' in page
    assert not shown.context["keeps"]
    assert "/customers/" not in page
    case = make_case(unit=world.n1a)
    Case.objects.filter(pk=case.pk).update(state=State.RESOLVED)
    _shown, found = tiles(client, agent)
    assert list(found.values()) == [("1", "/complaints/call-backs/")]


def test_own_cases_are_counted_and_their_list_holds_as_many(client, world):
    for handler in (world.north_clerk, world.north_clerk, world.south_clerk, None):
        case = make_case(unit=world.n1a)
        Case.objects.filter(pk=case.pk).update(handler=handler, state=State.ASSIGNED)
    _shown, found = tiles(client, world.north_clerk)
    [(count, url)] = [one for one in found.values() if "handler=" in one[1]]
    assert count == "2"
    rows = client.get(url).context["rows"]
    assert len(rows) == 2
    _shown, found = tiles(client, world.north_head)
    [(count, url)] = [one for one in found.values() if "unassigned=on" in one[1]]
    assert (count, len(client.get(url).context["rows"])) == ("1", 1)


def test_what_the_menu_counts_stands_on_the_page(client, world):
    assign(by=world.north_head, to=world.north_clerk, title="核对合同")
    _shown, found = tiles(client, world.north_clerk)
    assert ("1", "/tasks/") in found.values()


def test_managers_without_customers_of_their_own_get_no_list_of_plans(client, world):
    make_customer(unit=world.n1a)
    shown, _found = tiles(client, world.boss)
    assert not shown.context["keeps"]
    assert 'id="tasks"' not in main(shown)
    assert all(re.match("/", tile["url"]) for tile in shown.context["tiles"])
    shown, _found = tiles(client, world.north_clerk)
    assert 'id="tasks"' in main(shown)


def test_somebody_without_any_right_is_told_so(client, world):
    shown, found = tiles(client, make_user(unit=world.n1a, role=None))
    assert found == {}
    assert not shown.context["beginnings"]


# --- figures of the month -------------------------------------------------------------------------


@pytest.fixture
def full(world):
    fill(world)
    refresh()
    nightly()
    return world


def months(client, person):
    client.logout()
    client.force_login(person)
    return client.get("/").context["months"]


def by_key(month):
    return {tile.key: tile for tile in month.tiles}


def rows_at(client, url):
    return int(re.sub(r"\D", "", client.get(url).context["count"]))


def test_a_clerk_sees_his_own_month_each_figure_with_exactly_its_rows(client, full):
    [month] = months(client, full.north_clerk)
    shown = by_key(month)
    assert month.is_own
    assert list(shown) == [
        *("contacts", "cases_closed", "contacts_overdue", "customers_new", "complaints_opened"),
    ]
    for key, tile in shown.items():
        assert rows_at(client, tile.url) == int(tile.value), key
    done = Activity.objects.filter(by=full.north_clerk, unit=full.n1a, state="done")
    begin = midnight(this_month().first)
    assert shown["contacts"].value == str(done.exclude(kind="note").filter(at__gte=begin).count())
    assert shown["contacts"].value == "2"
    # What there was among own rows earlier was not kept: what came since yesterday is counted.
    assert shown["contacts_overdue"].spark == []
    assert len(shown["contacts"].spark) == 13
    assert shown["contacts"].change


def test_of_what_is_overdue_it_is_counted_what_became_so_since_yesterday(full, english):
    """With a contact each 4 days one of five days ago is late since today, one of nine before."""
    often = [{"whom": "key", "who": "keeper", "times": 90, "span": "year"}]
    say(full.group, "customers.contact_frequency", rows(often), since=dt.date(2026, 1, 1))
    CustomerUnit.objects.update(level="")
    for days in (3, 5, 9, 9):
        customer = make_customer(unit=full.n1a, by=full.north_clerk, keeper=full.north_clerk)
        at = _noon(timezone.localdate() - dt.timedelta(days))
        places = CustomerUnit.objects.filter(customer=customer)
        places.update(level=CLASS_WORDS["key"][0], last_contact_at=at)

    [month] = months_of(User.objects.get(pk=full.north_clerk.pk))

    tile = by_key(month)["contacts_overdue"]
    assert (tile.value, tile.change, tile.spark) == ("3", "+1 since yesterday", [])


def test_contacts_of_others_are_nobodys_own_work(client, full):
    place = CustomerUnit.objects.filter(unit=full.n1a, keeper=full.north_clerk).first()
    set_targets(
        unit=full.n1a,
        person=full.north_clerk,
        month=this_month().first,
        values={"contacts": 3},
        by=None,
    )
    for by, value, state in (
        (full.north_head, "2", ""), (full.north_clerk, "3", "met"),
    ):  # fmt: skip
        make_activity(customer=place.customer, by=by)
        tile = by_key(months(client, full.north_clerk)[0])["contacts"]
        assert (tile.value, tile.state) == (value, state)
        assert tile.target.endswith(" 3")
        assert rows_at(client, tile.url) == int(value)
        page = client.get(tile.url)
        assert {line["label"] for line in page.context["lines"]} <= set(
            Activity.objects.filter(by=full.north_clerk).values_list("customer__name", flat=True)
        )


def test_ones_own_work_counts_in_other_units_too_and_in_reach_alone(client, full):
    other = make_customer(unit=full.n1b, by=full.north_head)
    make_activity(customer=other, by=full.north_head)
    far = make_customer(unit=full.s1a, by=full.south_head)
    make_activity(customer=far, by=full.north_head)
    set_targets(
        unit=full.north, person=full.north_head, month=this_month().first,
        values={"contacts": 3}, by=None,
    )  # fmt: skip
    refresh()

    branch, mine = months(client, full.north_head)

    assert (branch.is_own, branch.unit, mine.is_own) == (False, full.north, True)
    [tile] = mine.tiles
    assert (tile.value, tile.target[-2:], tile.state) == ("1", " 3", "")
    assert rows_at(client, tile.url) == 1


def test_whoever_sees_a_branch_reads_its_sums_with_targets_and_months(client, full):
    share = rows([{"metric": "response_on_time", "share": Decimal(90)}])
    say(full.north, "reports.metric_targets", share)
    set_targets(unit=full.north, month=this_month().first, values={"contacts": 5}, by=None)

    [month] = months(client, full.north_head)

    shown = by_key(month)
    assert (month.is_own, month.unit) == (False, full.north)
    assert set(shown) == {
        *("contacts", "contacts_overdue", "customers", "customers_new", "complaints_opened"),
        *("complaints_late", "response_on_time", "completion_on_time"),
    }
    for key in ("contacts", "contacts_overdue", "customers", "customers_new", "complaints_late"):
        assert rows_at(client, shown[key].url) == int(shown[key].value), key
    assert shown["contacts"].target.endswith(" 5")
    assert shown["contacts"].state == "met"
    assert shown["response_on_time"].target.endswith(" 90.0%")
    assert "mine" not in shown["contacts"].url


def test_without_the_right_to_figures_there_are_none(client, full):
    agent = make_user(unit=full.group, role="hotline")
    for person in (agent, full.admin):
        assert months(client, person) == []
    assert months(client, agent) == []
    assert client.get("/reports/rows/contacts/?mine=on").status_code == 403


def test_what_came_since_yesterday_stands_beside_customers_who_wait(world, english):
    today, now = timezone.localdate(), timezone.now()
    facts = (
        {"next_contact_on": today, "last_contact_at": now},
        {"next_contact_on": today - dt.timedelta(days=1), "last_contact_at": now},
        {"last_contact_at": _noon(today - dt.timedelta(days=91))},
        {"last_contact_at": _noon(today - dt.timedelta(days=92))},
        {"last_contact_at": _noon(today - dt.timedelta(days=90))},
    )
    for one in facts:
        customer = make_customer(unit=world.n1a, by=world.north_clerk, keeper=world.north_clerk)
        CustomerUnit.objects.filter(customer=customer).update(**one)

    def shown(person):
        found = customer_tiles(User.objects.get(pk=person.pk))
        return {tile["label"]: (tile["value"], tile["change"]) for tile in found}

    assert shown(world.north_clerk) == {
        "Contact is due": ("2", "+1 since yesterday"),
        "No contact for 90 days": ("2", "+1 since yesterday"),
        "Settling-in period": ("0", "handed over within a year"),
        "My customers": ("5", "+5 this month"),
    }
    # Whoever sees a branch has its customers among the figures of the month.
    assert set(shown(world.north_head)) == {
        *("Contact is due, whole branch", "No contact for 90 days", "Settling-in period"),
    }
    assert shown(world.admin)["Customers"] == ("5", "")


def _noon(day):
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def test_after_how_many_days_somebody_is_quiet_is_a_rule(client, world, english):
    for days in (40, 50, 100):
        customer = make_customer(unit=world.n1a, by=world.north_clerk, keeper=world.north_clerk)
        at = timezone.now() - dt.timedelta(days=days)
        CustomerUnit.objects.filter(customer=customer).update(last_contact_at=at)
    say(world.n1a, "customers.quiet_days", 45)
    client.force_login(world.north_clerk)

    def quiet(person):
        found = customer_tiles(User.objects.get(pk=person.pk))
        return next(one for one in found if "quiet=" in one["url"])

    tile = quiet(world.north_clerk)
    assert quiet(world.south_clerk)["label"] == "No contact for 90 days"
    assert (tile["label"], tile["value"]) == ("No contact for 45 days", "2")
    page = client.get(tile["url"])
    assert len(page.context["page"].rows) == 2
    assert ("45", True) in [
        (value, "45" in str(words))
        for value, words in page.context["filter_form"].fields["quiet"].choices
    ]


def test_the_home_page_asks_the_same_number_of_questions_however_many_rows(client, full):
    set_targets(
        unit=full.n1a, person=full.north_clerk, month=this_month().first,
        values={"contacts": 3}, by=None,
    )  # fmt: skip
    agent = make_user(unit=full.group, role="hotline")
    function = make_user(unit=full.group, role="group-function")
    people = {
        "clerk": full.north_clerk, "head": full.north_head, "function": function,
        "admin": full.admin, "hotline": agent,
    }  # fmt: skip

    def asked(person):
        client.logout()
        client.force_login(person)
        client.get("/")
        with CaptureQueriesContext(connection) as found:
            assert client.get("/").status_code == 200
        return len(found)

    wait(full.n1a, full.north_clerk)
    before = {name: asked(person) for name, person in people.items()}
    for _number in range(3):
        wait(full.n1a, full.north_clerk)
        make_case(unit=full.n1a)
    refresh()
    assert {name: asked(person) for name, person in people.items()} == before
    assert before == {"clerk": 18, "head": 18, "function": 17, "admin": 10, "hotline": 5}


def wait(unit, keeper):
    """A customer who waits for a contact, with a plan."""
    customer = make_customer(unit=unit, by=keeper, keeper=keeper)
    make_activity(customer=customer, by=keeper, state="planned")
    CustomerUnit.objects.filter(customer=customer).update(
        next_contact_on=timezone.localdate(),
        last_contact_at=timezone.now() - dt.timedelta(days=200),
    )
