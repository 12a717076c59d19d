"""From grants to branches, and the columns by which rows lie in branches."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User, UserState
from approvals.services.requests import write_request
from complaints.services.contract_works import plan_work, save_contractor
from complaints.services.measures import give_measure
from complaints.services.outside import note_opinion, warn_early
from core.scope import EVERYTHING, NOTHING, Branch, scope_of
from customers.exports import CustomerSheet
from customers.models import Activity, CustomerUnit, Ownership, Property
from customers.selectors.lists import (
    ListQuery,
    count_customers,
)
from customers.services import set_target
from regions.models import OrgUnit
from regions.services import change_unit, mend_scope_columns, scoped_models
from satisfaction.models import Cause, Recovery
from tests.access.small import fresh, make_desk
from tests.factories import (
    give,
    make_activity,
    make_approval,
    make_case,
    make_customer,
    make_daily,
    make_deals,
    make_duties,
    make_loss,
    make_mail,
    make_money,
    make_ownership,
    make_property,
    make_response,
    make_sample,
    make_staffing,
    make_strategic,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

VIEW = "customers.view_customer"


@pytest.fixture
def desk(db):
    """A role of reach "this unit only"."""
    return make_desk()


def branches(user: User, right: str = VIEW) -> set[Any]:
    scope = fresh(user).scope(right)
    return {(b.column, b.unit_id) for b in scope.branches} | {
        ("own", b.column, b.unit_id) for b in scope.own
    }


# --- grants -------------------------------------------------------------------------------------

TODAY, DAY = timezone.localdate, timedelta(days=1)


@pytest.mark.parametrize(
    ("dates", "holds"),
    [
        ({}, True),
        ({"valid_from": 0}, True),
        ({"valid_from": 1}, False),
        ({"valid_until": 1}, True),
        ({"valid_until": 0}, False),
        ({"valid_from": -9, "valid_until": -1}, False),
        ({"valid_from": -9, "valid_until": 9}, True),
    ],
)
def test_grants_hold_from_a_day_until_a_day(world, dates, holds):
    user = make_user(unit=world.n1a, role=None)
    give(user, "section-head", world.n1, **{name: TODAY() + n * DAY for name, n in dates.items()})

    assert branches(user) == ({("city_id", world.n1.pk)} if holds else set())
    assert fresh(user).has_perm(VIEW) == holds


@pytest.mark.parametrize("state", [UserState.FROZEN, UserState.LEFT])
def test_whoever_may_not_log_in_reaches_nothing(world, state):
    User.objects.filter(pk=world.north_head.pk).update(state=state)

    assert fresh(world.north_head).scope(VIEW).nothing
    assert not fresh(world.north_head).has_perm(VIEW)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([("staff", "n1a")], {("own", "project_id", "n1a")}),
        ([("desk", "n1")], {("unit_id", "n1")}),
        ([("section-head", "n1")], {("city_id", "n1")}),
        ([("group-management", "n1a")], {(None, None)}),
        ([("section-head", "group")], {(None, None)}),
        ([("desk", "group")], {("unit_id", "group")}),
        # branches inside branches fall away, whatever their order
        ([("section-head", "n1a"), ("section-head", "north")], {("region_id", "north")}),
        ([("section-head", "n1"), ("desk", "n1a")], {("city_id", "n1")}),
        ([("section-head", "n1"), ("desk", "n1")], {("city_id", "n1")}),
        ([("section-head", "n1"), ("staff", "n1")], {("city_id", "n1")}),
        (
            [("section-head", "n1a"), ("staff", "n1")],
            {("project_id", "n1a"), ("own", "city_id", "n1")},
        ),
        ([("desk", "n1"), ("section-head", "n1a")], {("unit_id", "n1"), ("project_id", "n1a")}),
        (
            [("section-head", "n1"), ("section-head", "s1a")],
            {("city_id", "n1"), ("project_id", "s1a")},
        ),
        ([("group-management", "s1"), ("staff", "n1a"), ("desk", "n1")], {(None, None)}),
    ],
)
def test_reaches_become_branches_that_do_not_contain_each_other(world, desk, grants, expected):
    user = make_user(unit=world.n1a, role=None)
    for role, unit in grants:
        give(user, role, world.units[unit])
    named = {(*part[:-1], part[-1] and world.units[part[-1]].pk) for part in expected}

    assert branches(user) == named


def test_a_scope_is_that_of_one_right(world):
    give(world.north_head, "group-function", world.group)  # may look everywhere, edit nowhere

    assert branches(world.north_head) == {(None, None)}
    assert branches(world.north_head, "customers.change_customer") == {
        ("region_id", world.north.pk)
    }
    assert branches(world.north_head, "accounts.use_admin") == set()


def test_the_operator_and_the_stranger(world):
    assert scope_of(EVERYTHING, VIEW).everything
    assert scope_of(None, VIEW).nothing
    make_customer(unit=world.n1a)

    assert CustomerUnit.objects.visible_to(NOTHING).count() == 0
    assert CustomerUnit.objects.visible_to(None).count() == 0
    assert CustomerUnit.objects.visible_to(EVERYTHING).count() == 1


# --- the columns that repeat the tree -----------------------------------------------------------


def wrong_columns() -> list[str]:
    """Rows whose region, city or project is not what the tree says about their unit."""
    return [
        f"{model.__name__} {row.pk}"
        for model in scoped_models()
        for row in model._base_manager.select_related("unit")
        if (row.region_id, row.city_id, row.project_id) != row.unit.scope_columns()
    ]


def rows_of_each_table(unit: OrgUnit, by: User) -> None:
    customer = make_customer(unit=unit, by=by)
    make_ownership(customer=customer, flat=make_property(unit=unit))
    make_activity(customer=customer, by=by)
    make_loss(customer=customer, by=by)
    make_deals(customer=customer, by=by)
    set_target(unit, by=by, year=2026, amount=1, product="泵")
    make_case(unit=unit, assign=False)
    note_opinion(unit=unit, by=None, first_seen_at=timezone.now(), title="t", source="s")
    warn_early(unit=unit, by=None, content="w")
    today = timezone.localdate()
    case = make_case(unit=unit, assign=False)
    plan_work(case, by=None, title="w", crew="c", planned_from=today, planned_until=today)
    save_contractor(None, by=None, unit=unit, name="c")
    give_measure(unit=unit, by=None, text="m", owner=make_user(unit=unit), due_on=today)
    make_mail(f"mail {unit.code}", unit=unit)
    response = make_response(unit=unit)
    make_sample(unit=unit)
    make_approval(unit=unit, applicant=by)
    write_request(form="free", title="r", values={"reason": "r"}, by=make_user(unit=unit))
    recovery = Recovery(response=response, cause=Cause.REMARK, word="漏水")
    recovery.place_in(unit)
    recovery.save()
    make_money(unit=unit, by=make_user(unit=unit), customer=customer)
    make_daily(unit=unit, person=make_user(unit=unit))
    make_strategic(unit=unit, by=make_user(unit=unit), leader=make_user(unit=unit))
    make_staffing(unit=unit, by=make_user(unit=unit))
    make_duties(person=make_user(unit=unit), by=by)


def test_every_scoped_table_has_a_row_to_compare(world):
    rows_of_each_table(world.n1a, world.north_clerk)

    assert {m for m in scoped_models() if not m._base_manager.exists()} == set()
    assert wrong_columns() == []


@pytest.mark.parametrize(("unit", "parent"), [("n1a", "s1"), ("n1", "south")])
def test_rows_follow_when_a_branch_moves(world, unit, parent):
    for name in ("n1a", "n1b", "n1", "s1a"):
        rows_of_each_table(world.units[name], world.north_clerk)
    moved = world.units[unit]
    moved.parent = world.units[parent]

    change_unit(moved, by=None)

    assert wrong_columns() == []
    assert CustomerUnit.objects.visible_to(fresh(world.north_head)).filter(
        unit__path__startswith=OrgUnit.objects.get(pk=moved.pk).path
    ).count() == 0  # fmt: skip
    there = OrgUnit.objects.below(OrgUnit.objects.get(pk=moved.pk))
    for model in (CustomerUnit, Property, Ownership, Activity):
        rows = model.objects.visible_to(fresh(world.south_head))
        moved_rows = model.objects.filter(unit__in=there).count()
        assert rows.filter(unit__in=there).count() == moved_rows >= there.count()


def test_a_move_gives_the_mover_nothing_he_did_not_reach(world):
    """Moves inside one's own branch change where rows lie, not which rows one sees."""
    other = make_unit(kind="city", code="N2", name="北方二公司", parent=world.north)
    for name in ("n1a", "n1b", "s1a"):
        rows_of_each_table(world.units[name], world.north_clerk)
    before = set(CustomerUnit.objects.visible_to(fresh(world.north_head)))
    rng = random.Random(7)

    for _ in range(6):
        unit = OrgUnit.objects.get(pk=rng.choice([world.n1a, world.n1b]).pk)
        unit.parent = OrgUnit.objects.get(pk=rng.choice([world.n1, other]).pk)
        change_unit(unit, by=world.north_head)

        assert set(CustomerUnit.objects.visible_to(fresh(world.north_head))) == before
        assert wrong_columns() == []


@pytest.mark.parametrize("model", ["CustomerUnit", "Property", "Ownership", "Activity"])
def test_wrong_columns_are_found_and_mended(world, model):
    rows_of_each_table(world.n1a, world.north_clerk)
    table = next(one for one in scoped_models() if one.__name__ == model)
    table._base_manager.update(region=world.south, city=None)
    wrong = sorted(f"{model} {row.pk}" for row in table._base_manager.all())
    assert sorted(wrong_columns()) == wrong

    assert mend_scope_columns() == table._base_manager.count()
    assert (wrong_columns(), mend_scope_columns()) == ([], 0)


def test_an_export_asks_for_the_right_to_export(world):
    """Whoever may look farther than he may export gets into the file what he may export."""
    for unit in (world.n1a, world.s1a):
        make_customer(unit=unit, name=f"客户{unit.code}")
    give(world.north_head, "group-function", world.group)
    user = fresh(world.north_head)

    assert count_customers(user, ListQuery())[0] == 2
    assert [row[1] for row in CustomerSheet(user, ListQuery()).rows()] == ["客户N1A"]


def test_branch_equality_is_enough_for_hashing():
    """Scopes are sets of branches, and sets need equal branches to be one."""
    assert {Branch("unit_id", 1), Branch("unit_id", 1)} == {Branch("unit_id", 1)}
