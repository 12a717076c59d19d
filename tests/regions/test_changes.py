"""Changes of the organisation: what each kind does, who may, and that undoing leaves no trace."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Post, RoleGrant, User
from customers.models import Activity, CustomerUnit, Ownership, Property
from regions.models import ChangeKind, ChangeState, OrgChange, OrgUnit, UnitAlias, UnitVersion
from regions.services import (
    apply_change,
    approve_change,
    draft_change,
    mend_scope_columns,
    propose_change,
    rehearse,
    undo_change,
)
from tests.factories import (
    make_activity,
    make_customer,
    make_ownership,
    make_property,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def now(unit: OrgUnit) -> OrgUnit:
    return OrgUnit.objects.get(pk=unit.pk)


def draft(kind, *, by=None, unit=None, target=None, on=None, reason="组织调整", **payload):
    return draft_change(
        by=by,
        kind=kind,
        unit=unit,
        target=target,
        effective_on=on or TODAY(),
        reason=reason,
        payload=payload,
    )


def carry_out(kind, **given):
    """As the operator: draft, propose, approve, apply."""
    change = approve_change(propose_change(draft(kind, **given), by=None), by=None)
    return apply_change(change, by=None)


def everything() -> dict[str, list]:
    """All that a change may touch, as it stands."""
    people = (User, Post, RoleGrant)
    tables = (OrgUnit, UnitAlias, *people, CustomerUnit, Property, Ownership, Activity)
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in tables}
    leave_out = {"last_login"}
    for table in rows.values():
        for row in table:
            for name in leave_out & row.keys():
                del row[name]
    versions = UnitVersion.objects.order_by("unit_id", "valid_from").values()
    rows["UnitVersion"] = [
        {name: value for name, value in row.items() if name not in ("id", "recorded_at")}
        for row in versions
    ]
    return rows


@pytest.fixture
def busy(world):
    """Customers, flats, work, posts and grants in every unit of both branches."""
    for name in ("n1a", "n1b", "n1", "s1a", "north"):
        unit = world.units[name]
        customer = make_customer(unit=unit, by=world.north_clerk)
        flat = make_property(unit=unit, building="1")
        make_ownership(customer=customer, flat=flat, signed_on=dt.date(2024, 1, 2))
        make_activity(customer=customer, by=world.north_clerk)
        make_activity(customer=customer, by=world.north_clerk, state="planned")
    return world


def test_a_city_becomes_a_region_with_a_new_city_for_its_projects(busy):
    change = carry_out(
        ChangeKind.UPGRADE,
        unit=busy.n1,
        name="中原区域",
        code="HY",
        department_name="客户关系中心",
        department_level="second",
        heir_code="HY01",
        heir_name="郑州公司",
    )

    region, heir = now(busy.n1), OrgUnit.objects.get(code="HY01")
    assert (region.kind, region.parent_id, region.name, region.code) == (
        "region", busy.group.pk, "中原区域", "HY",
    )  # fmt: skip
    assert (heir.kind, heir.parent_id, heir.department_name) == ("city", region.pk, "客户关系部")
    assert {now(busy.n1a).parent_id, now(busy.n1b).parent_id} == {heir.pk}
    assert now(busy.n1a).path == f"{busy.group.path}{region.pk}/{heir.pk}/{busy.n1a.pk}/"
    place = CustomerUnit.objects.get(unit=busy.n1a)
    assert (place.region_id, place.city_id, place.project_id) == (region.pk, heir.pk, busy.n1a.pk)
    place = CustomerUnit.objects.get(unit=busy.n1)
    assert (place.region_id, place.city_id, place.project_id) == (region.pk, None, None)
    assert mend_scope_columns() == 0
    assert set(change.unit_ids) >= {busy.n1.pk, heir.pk, busy.n1a.pk, busy.n1b.pk}
    assert UnitAlias.objects.get(code="N1").unit == region
    assert change.state == ChangeState.APPLIED


CASES = {
    "create": lambda w: {"target": w.n1, "code": "N1Z", "name": "北方新城"},
    "rename": lambda w: {"unit": w.n1, "name": "北方一公司", "code": "N1NEW"},
    "move": lambda w: {"unit": w.n1a, "target": w.s1},
    "upgrade": lambda w: {"unit": w.n1, "heir_code": "X1", "heir_name": "新公司", "name": "新区域"},
    "upgrade-heir": lambda w: {"kind": "upgrade", "unit": w.n1, "heir": w.s1.pk},
    "upgrade-project": lambda w: {"kind": "upgrade", "unit": w.n1a},
    "downgrade-merge": lambda w: {
        "kind": "downgrade", "unit": w.north, "target": w.south, "children": "merge",
        "department_name": "客户关系部",
    },
    "downgrade-move": lambda w: {
        "kind": "downgrade", "unit": w.north, "target": w.south, "children": "move",
        "department_name": "客户关系部",
    },
    "downgrade-city": lambda w: {"kind": "downgrade", "unit": w.n1, "target": w.s1},
    "merge": lambda w: {"unit": w.n1, "target": w.s1},
    "merge-regions": lambda w: {"kind": "merge", "unit": w.north, "target": w.south},
    "split": lambda w: {
        "unit": w.n1, "code": "N2", "name": "北方二公司", "department_name": "客户关系部",
        "children_ids": [w.n1b.pk],
    },
    "split-project": lambda w: {
        "kind": "split", "unit": w.n1a, "code": "N1C", "name": "北方二期", "buildings": ["1"],
    },
    "close-successor": lambda w: {"kind": "close", "unit": w.n1, "target": w.s1},
    "close-empty": lambda w: {"kind": "close", "unit": w.s1b},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_change_is_taken_back_without_a_trace(busy, case):
    given = {"kind": case} | CASES[case](busy)
    before = everything()

    change = carry_out(given.pop("kind"), **given)

    assert everything() != before
    assert mend_scope_columns() == 0
    undo_change(change, by=None, reason="填错了")
    assert mend_scope_columns() == 0
    assert everything() == before
    assert OrgChange.objects.get().state == ChangeState.UNDONE


@pytest.mark.parametrize("case", CASES)
def test_a_rehearsal_writes_nothing(busy, case):
    given = {"kind": case} | CASES[case](busy)
    change = draft(given.pop("kind"), **given)
    before = everything()

    preview = rehearse(change)

    assert preview.problems == []
    assert preview.before
    assert preview.after != preview.before
    assert everything() == before
