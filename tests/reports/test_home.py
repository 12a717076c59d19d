"""The home page by role: what waits with a link to exactly its rows, and where work begins."""

import re

import pytest
from django.core.cache import cache

from complaints.models import Case
from complaints.states import State
from compliance.services.assignments import assign
from tests.factories import make_case, make_customer, make_user

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
