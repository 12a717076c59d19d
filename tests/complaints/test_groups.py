"""Group complaints: one parent, one statement, one resolution; and the watch that proposes them."""

import math
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from complaints.models import Case, CaseEntry, Category, Complainant, Deadline, LimitKind
from complaints.selectors.patterns import at_least, clusters
from complaints.services.groups import (
    choose_spokesperson,
    form_group,
    join_group,
    leave_group,
    publish_statement,
    resolve_group,
)
from complaints.states import State
from core.errors import Refused
from core.scope import EVERYTHING
from tests.factories import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def flats(world):
    """Three open cases of one project, and one of the sibling branch."""
    unit = world.n1a
    cases = [make_case(unit=unit, name=f"业主{n}", room=f"3栋{n}01") for n in range(3)]
    return cases, make_case(unit=world.s1a, name="南方业主")


def test_a_group_is_a_case_over_its_cases(world, flats):
    cases, _foreign = flats
    parent = form_group(cases, by=world.north_head, content="地下车库积水")

    assert parent.level.is_mass
    assert parent.unit_id == cases[0].unit_id
    assert set(Case.objects.filter(parent=parent)) == set(cases)
    assert CaseEntry.objects.filter(kind="joined_group", facts__number=parent.number).count() == 3


def test_it_lies_in_the_lowest_unit_above_all(world, flats):
    cases, foreign = flats
    parent = form_group([cases[0], foreign], by=None, content="集中投诉")

    assert parent.unit.kind == "group"


def test_cases_out_of_reach_do_not_join(world, flats):
    cases, foreign = flats
    parent = form_group(cases[:2], by=world.north_head, content="积水")

    assert join_group(parent, [foreign, cases[2]], by=world.north_head) == 1
    foreign.refresh_from_db()
    assert foreign.parent_id is None
    with pytest.raises(Refused):
        form_group([cases[0], foreign], by=world.north_head, content="再来")


def test_a_case_is_in_one_group_only_and_can_leave_it(flats):
    cases, _foreign = flats
    form_group(cases[:2], by=None, content="积水")
    with pytest.raises(Refused):
        form_group(cases[1:], by=None, content="积水")

    leave_group(cases[1], by=None)

    assert form_group(cases[1:], by=None, content="积水").children.count() == 2


def test_one_statement_is_the_first_contact_with_everybody(flats):
    cases, _foreign = flats
    parent = form_group(cases, by=None, content="积水")

    assert publish_statement(parent, by=None, text="物业已安排抽水，今晚完成。") == 4

    for case in cases:
        case.refresh_from_db()
        assert case.first_contact_at is not None
        contact = Deadline.objects.get(case=case, kind=LimitKind.FIRST_CONTACT)
        assert contact.met_at is not None
    told = CaseEntry.objects.filter(kind="statement", internal=False)
    assert told.count() == 4


def test_one_resolution_resolves_all_and_each_owner_is_called_back(flats):
    cases, _foreign = flats
    parent = form_group(cases, by=None, content="积水")

    assert resolve_group(parent, by=None, resolution="已修复排水泵") == 4

    for case in [parent, *cases]:
        case.refresh_from_db()
        assert case.state == State.RESOLVED
        running = Deadline.objects.filter(case=case, met_at=None, dropped=False)
        assert [one.kind for one in running] == [LimitKind.CALL_BACK]
    assert resolve_group(parent, by=None, resolution="再次") == 0


def test_one_speaks_for_all(flats):
    cases, _foreign = flats
    form_group(cases, by=None, content="积水")
    people = [Complainant.objects.get(case=case) for case in cases]

    for person in people[:2]:
        person.refresh_from_db()
        choose_spokesperson(Complainant.objects.get(pk=person.pk), by=None)

    assert list(Complainant.objects.filter(is_spokesperson=True)) == [people[1]]


# --- the watch ----------------------------------------------------------------------------------


@given(st.integers(0, 40), st.floats(0.01, 30))
def test_the_tail_of_the_poisson_distribution(count, expected):
    slow = 1.0 - sum(
        math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(count)
    )
    assert at_least(count, expected) == pytest.approx(max(slow, 0.0), abs=1e-9)


def _cases(unit, category, *, week_ago, count):
    now = timezone.now()
    for n in range(count):
        case = make_case(unit=unit, category=category, assign=False)
        Case.objects.filter(pk=case.pk).update(
            taken_in_at=now - timedelta(weeks=week_ago, hours=n + 1)
        )


def test_more_cases_than_chance_would_bring_are_pointed_out(world):
    unit = world.n1a
    leak = Category.objects.get(parent__name="工程质量", name="渗漏")
    noise = Category.objects.get(parent__name="规划设计", name="噪音")
    _cases(unit, leak, week_ago=0, count=6)
    for week in range(1, 13):
        _cases(unit, noise, week_ago=week, count=4)
    _cases(unit, noise, week_ago=0, count=5)

    found = clusters(EVERYTHING, timezone.now())

    assert [(one.unit, one.category.name, one.count) for one in found] == [(unit, "工程质量", 6)]
    assert clusters(world.south_head, timezone.now()) == []


def test_the_watch_leads_to_a_group(world, client):
    unit = world.n1a
    leak = Category.objects.get(parent__name="工程质量", name="渗漏")
    _cases(unit, leak, week_ago=0, count=4)
    client.force_login(world.north_head)

    page = client.get(reverse("complaints:patterns")).content.decode()
    address = f"{reverse('complaints:group-new')}?project={unit.pk}&category={leak.parent_id}"
    assert address.replace("&", "&amp;") in page
    keys = list(Case.objects.values_list("pk", flat=True))
    answer = client.post(address, {"cases": keys, "content": "3栋集中渗水"})

    parent = Case.objects.exclude(pk__in=keys).get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("complaints:group", args=[parent.pk])
    assert client.get(answer["Location"]).status_code == 200


def test_a_refused_form_keeps_what_was_typed(world, client, flats):
    cases, _foreign = flats
    parent = form_group(cases, by=None, content="积水")
    client.force_login(world.north_head)
    address = reverse("complaints:group", args=[parent.pk])

    answer = client.post(address, {"act": "join", "cases": f"{cases[0].number} TS-UNBEKANNT"})

    assert answer.status_code == 422
    assert "TS-UNBEKANNT" in answer.content.decode()
