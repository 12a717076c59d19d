"""Changes of the organisation: what each kind does, who may, and that undoing leaves no trace."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Post, Role, RoleGrant, User
from accounts.services.sections import give_section_role
from audit.models import Entry
from core.errors import Refused
from core.jobs import work
from core.models import Job
from customers.models import Activity, CustomerUnit, Ownership, Property
from regions.calendars import CalendarChange, is_working_day, on_calendar_change
from regions.calendars.changes import RECEIVERS
from regions.models import (
    WEEK,
    CalendarWeek,
    ChangeKind,
    ChangeState,
    OrgChange,
    OrgUnit,
    SectionUnit,
    UnitAlias,
    UnitVersion,
    WorkingCalendar,
)
from regions.selectors.history import places_on, tree_on
from regions.services import (
    apply_change,
    apply_due,
    approve_change,
    cancel_change,
    change_unit,
    draft_change,
    edit_change,
    mend_scope_columns,
    propose_change,
    rehearse,
    save_section,
    undo_change,
)
from regions.services.calendars import use_calendar
from regions.services.surgery import NO_MERGER
from tests.factories import (
    give,
    make_activity,
    make_customer,
    make_ownership,
    make_place,
    make_post,
    make_property,
    make_unit,
    make_user,
    say,
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


# --- who decides --------------------------------------------------------------------------------


def test_the_author_does_not_approve_his_own_change(world):
    change = draft(ChangeKind.RENAME, by=world.admin, unit=world.n1, name="北方一公司")
    propose_change(change, by=world.admin)

    with pytest.raises(Refused, match="提出人以外"):
        approve_change(change, by=fresh(world.admin))
    assert OrgChange.objects.get().state == ChangeState.READY


def test_nobody_widens_his_own_reach_by_a_merger(world):
    """The keeper of the north would see the south's customers."""
    keeper = make_user(unit=world.n1a, role="section-administrator")
    give(keeper, "section-administrator", world.s1a)
    give(keeper, "staff", world.n1b)
    for_keeper = make_user(unit=world.group, role=None)
    give(for_keeper, "section-administrator", world.n1b)
    change = draft(ChangeKind.MERGE, unit=world.n1b, target=world.n1a)

    preview = rehearse(change)

    gains = {sight.employee_no for sight in preview.gains}
    assert gains == {keeper.employee_no, for_keeper.employee_no}
    assert {keeper.pk, for_keeper.pk} <= preview.widened.keys()


def test_units_out_of_reach_are_not_changed(world):
    keeper = world.north_keeper
    with pytest.raises(Refused, match="管理范围"):
        draft(ChangeKind.RENAME, by=keeper, unit=world.s1, name="抢来的公司")
    with pytest.raises(Refused, match="管理范围"):
        draft(ChangeKind.MOVE, by=keeper, unit=world.n1a, target=world.s1)
    assert not OrgChange.objects.exists()


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_never_enlarge_their_author_s_reach(world, seed):
    """Whatever an administrator of a city proposes, he never sees a row he did not see before."""
    import random

    rng = random.Random(seed)
    other = make_unit(kind="city", code="N2", name="北方二公司", parent=world.north)
    make_unit(kind="project", code="N2A", name="北方二园", parent=other)
    administrator = make_user(unit=world.n1, role=None)
    give(administrator, "section-administrator", world.n1)
    give(administrator, "section-administrator", other)
    for unit in OrgUnit.objects.filter(kind="project"):
        make_customer(unit=unit)
    before = set(CustomerUnit.objects.visible_to(fresh(administrator)).values_list("customer"))
    for number in range(8):
        units = list(OrgUnit.objects.exclude(kind="group"))
        kind = rng.choice([ChangeKind.MOVE, ChangeKind.MERGE, ChangeKind.UPGRADE, ChangeKind.CLOSE])
        try:
            change = draft(
                kind, by=fresh(administrator), unit=rng.choice(units), target=rng.choice(units),
                heir_code=f"H{number}", heir_name=f"接管{number}",
            )  # fmt: skip
            propose_change(change, by=fresh(administrator))
            approve_change(change, by=None)
            apply_change(change, by=None)
        except Refused:
            pass
        after = set(CustomerUnit.objects.visible_to(fresh(administrator)).values_list("customer"))
        assert after <= before
    assert mend_scope_columns() == 0


def test_an_edit_asks_for_the_reach_over_where_a_raised_unit_will_hang(world):
    """A form of this kind names no other unit; it is where the parent hangs, in every draft."""
    keeper = fresh(world.north_keeper)
    change = draft(ChangeKind.UPGRADE, by=keeper, unit=world.n1a)
    assert change.target == world.north

    with pytest.raises(Refused, match="管理范围"):
        edit_change(change, by=keeper, unit=world.n1, target=None)
    change.refresh_from_db()
    assert (change.unit, change.target) == (world.n1a, world.north)
    assert edit_change(change, by=keeper, unit=world.n1b, target=None).target == world.north


def test_a_draft_of_units_out_of_reach_is_not_turned_into_another(world):
    foreign = draft(ChangeKind.RENAME, unit=world.s1, name="南方一公司")
    with pytest.raises(Refused, match="管理范围"):
        edit_change(foreign, by=fresh(world.north_keeper), unit=world.n1)
    assert OrgChange.objects.get().unit == world.s1


def test_a_raised_unit_that_hangs_elsewhere_by_now_is_not_raised(world):
    change = approve_change(
        propose_change(draft(ChangeKind.UPGRADE, unit=world.n1a), by=None), by=None
    )
    carry_out(ChangeKind.MOVE, unit=world.n1a, target=world.s1, on=TODAY() - dt.timedelta(days=1))

    with pytest.raises(Refused, match="北方花园"):
        apply_change(change, by=None)
    assert now(world.n1a).kind == "project"


def test_who_edits_a_draft_is_its_author(world):
    """Else one could write a change under another's name and approve it himself."""
    second = make_user(unit=world.group, role="system-administrator")
    change = draft(ChangeKind.RENAME, by=fresh(world.admin), unit=world.n1, name="甲公司")

    edit_change(change, by=fresh(second), payload={"name": "乙公司"})
    propose_change(change, by=fresh(second))

    with pytest.raises(Refused, match="提出人以外"):
        approve_change(change, by=fresh(second))
    entry = Entry.objects.get(action="orgchange.edited")
    assert entry.by == second
    assert approve_change(change, by=fresh(world.admin)).author == second


def test_a_new_unit_is_bound_by_what_holds_where_it_will_hang(world):
    say(world.group, "regions.change_needs_second_person", False)
    say(world.north, "regions.change_needs_second_person", True)
    admin = fresh(world.admin)
    change = draft(ChangeKind.CREATE, by=admin, target=world.n1, code="N1Z", name="新城")
    propose_change(change, by=admin)

    with pytest.raises(Refused, match="提出人以外"):
        approve_change(change, by=admin)


def test_an_approval_clears_what_it_says_is_empty_and_keeps_what_it_does_not_say(world):
    change = draft(ChangeKind.RENAME, unit=world.n1, name="甲公司")
    edit_change(change, by=None, approval_by="集团总裁", approval_number="错号")
    propose_change(change, by=None)

    held = approve_change(change, by=None, approval_number="")
    assert (held.approval_by, held.approval_number) == ("集团总裁", "")


@pytest.mark.parametrize("days", [0, 1])
def test_an_approved_change_that_is_due_is_carried_out_by_a_job(world, days):
    day = TODAY() + dt.timedelta(days=days)
    change = propose_change(draft(ChangeKind.RENAME, unit=world.n1, name="甲公司", on=day), by=None)
    approve_change(change, by=None)

    jobs = Job.objects.filter(kind="regions.apply_due_changes")
    assert jobs.count() == (0 if days else 1)
    for job in jobs:
        work(job.pk)
    assert now(world.n1).name == ("北方公司" if days else "甲公司")


# --- when ---------------------------------------------------------------------------------------


def test_a_future_change_waits_and_is_carried_out_once(world):
    day = TODAY() + dt.timedelta(days=9)
    change = draft(ChangeKind.RENAME, unit=world.n1, name="北方一公司", on=day)
    approve_change(propose_change(change, by=None), by=None)

    assert apply_due(day - dt.timedelta(days=1)) == {"applied": [], "failed": []}
    assert now(world.n1).name == "北方公司"
    assert apply_due(day) == {"applied": [change.pk], "failed": []}
    assert apply_due(day) == {"applied": [], "failed": []}
    assert now(world.n1).name == "北方一公司"
    names = {unit.pk: unit.name for unit in tree_on(day - dt.timedelta(days=1))}
    assert names[world.n1.pk] == "北方公司"
    assert {unit.pk: unit.name for unit in tree_on(day)}[world.n1.pk] == "北方一公司"


def test_a_change_that_no_longer_fits_is_marked_and_the_others_go_on(world):
    first = draft(ChangeKind.RENAME, unit=world.n1a, name="甲", code="TAKEN")
    second = draft(ChangeKind.RENAME, unit=world.n1b, name="乙")
    for change in (first, second):
        approve_change(propose_change(change, by=None), by=None)
    make_unit(kind="project", code="TAKEN", name="占用", parent=world.s1)

    assert apply_due() == {"applied": [second.pk], "failed": [first.pk]}
    first.refresh_from_db()
    assert first.state == ChangeState.APPROVED
    assert "TAKEN" in first.problem
    assert now(world.n1a).name == "北方花园"


def test_a_day_in_the_past_corrects_the_history_from_that_day(world):
    day = TODAY() - dt.timedelta(days=30)
    carry_out(ChangeKind.RENAME, unit=world.n1, name="北方一公司", on=day)

    assert [
        (version.name, version.valid_from, version.valid_until)
        for version in UnitVersion.objects.filter(unit=world.n1).order_by("valid_from")
    ] == [("北方公司", dt.date(2020, 1, 1), day), ("北方一公司", day, None)]


def test_a_late_entry_says_by_how_many_days(world):
    day = TODAY() - dt.timedelta(days=200)
    change = carry_out(ChangeKind.CREATE, target=world.n1, code="N1Z", name="新城", on=day)

    end = (day.replace(day=1) + dt.timedelta(days=64)).replace(day=1) - dt.timedelta(days=1)
    assert change.late_by == (TODAY() - end).days
    assert OrgUnit.objects.get(code="N1Z").late_by == change.late_by


def test_undo_says_which_change_stands_on_it(world):
    first = carry_out(ChangeKind.RENAME, unit=world.n1, name="甲公司")
    second = carry_out(ChangeKind.RENAME, unit=world.n1, name="乙公司")

    with pytest.raises(Refused, match=str(second.pk)):
        undo_change(first, by=None, reason="错")
    undo_change(second, by=None, reason="错")
    undo_change(first, by=None, reason="错")
    assert now(world.n1).name == "北方公司"


def test_undoing_a_move_follows_what_stands_above_by_now(world):
    """The unit returns to its city, which hangs in the other region since: so do its rows."""
    make_customer(unit=world.n1a)
    other = make_unit(kind="city", code="N2", name="北方二公司", parent=world.north)
    first = carry_out(ChangeKind.MOVE, unit=world.n1a, target=other)
    carry_out(ChangeKind.MOVE, unit=world.n1, target=world.south)

    undo_change(first, by=None, reason="错")

    unit = now(world.n1a)
    assert (unit.parent_id, unit.path) == (world.n1.pk, f"{now(world.n1).path}{unit.pk}/")
    place = CustomerUnit.objects.get(unit=unit)
    assert (place.region_id, place.city_id) == (world.south.pk, world.n1.pk)
    seen = [
        CustomerUnit.objects.visible_to(fresh(reader)).filter(unit=unit).exists()
        for reader in (world.north_head, world.south_head)
    ]
    assert seen == [False, True]
    assert mend_scope_columns() == 0


def test_undoing_a_move_out_of_a_branch_that_moved_since(world):
    """Its path is another since, though nobody edited the unit: it returns all the same."""
    make_customer(unit=world.n1a)
    first = carry_out(ChangeKind.MOVE, unit=world.n1a, target=world.s1)
    city = now(world.s1)
    city.parent = world.north
    change_unit(city, by=None)

    undone = undo_change(first, by=None, reason="错")

    assert undone.kept_rows == 0
    assert now(world.n1a).path == f"{world.n1.path}{world.n1a.pk}/"
    assert UnitVersion.objects.get(unit=world.n1a, valid_until=None).parent_id == world.n1.pk
    assert mend_scope_columns() == 0


def test_nothing_is_undone_into_a_closed_unit(world):
    other = make_unit(kind="city", code="N2", name="北方二公司", parent=world.north)
    first = carry_out(ChangeKind.MOVE, unit=world.n1a, target=other)
    carry_out(ChangeKind.MERGE, unit=world.n1, target=world.s1)

    with pytest.raises(Refused, match="北方公司"):
        undo_change(first, by=None, reason="错")
    assert now(world.n1a).parent_id == other.pk


def test_undoing_says_how_many_rows_were_changed_since_and_stay(world):
    clerk = world.north_clerk
    change = carry_out(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)
    User.objects.filter(pk=clerk.pk).update(unit=world.s1a)

    undone = undo_change(change, by=None, reason="错")

    assert undone.kept_rows == 1
    assert fresh(clerk).unit_id == world.s1a.pk
    assert Entry.objects.get(action="orgchange.rows_kept").detail["count"] == 1


def test_a_city_with_projects_does_not_take_them_in_when_it_becomes_one(world):
    given = {"unit": world.n1, "target": world.s1, "children": "merge"}
    assert rehearse(draft(ChangeKind.DOWNGRADE, **given)).problems == [str(NO_MERGER)]
    moved = rehearse(draft(ChangeKind.DOWNGRADE, **(given | {"children": "move"})))
    assert moved.problems == []


# --- sections -----------------------------------------------------------------------------------


def memberships() -> set[tuple]:
    rows = SectionUnit.objects.select_related("section", "unit")
    return {(m.section.code, m.unit.code, m.valid_from, m.valid_until) for m in rows}


@pytest.fixture
def sections(world):
    """The north's city is in one section, a project of the south in another."""
    made = [save_section(None, by=None, code=code, name=f"版块{code}") for code in ("A", "B")]
    SectionUnit.objects.create(section=made[0], unit=world.n1, valid_from=dt.date(2026, 1, 1))
    SectionUnit.objects.create(section=made[1], unit=world.s1a, valid_from=dt.date(2026, 1, 1))
    return made


def test_a_section_goes_along_with_a_merger_and_returns_with_undoing(world, sections):
    person = make_user(unit=world.group, role=None)
    role = Role.objects.get(code="section-head")
    give_section_role(person, role=role, section=sections[0], by=None)
    other = make_unit(kind="city", code="S2", name="南方二公司", parent=world.south)
    project = make_unit(kind="project", code="S2A", name="南方二园", parent=other)
    make_customer(unit=project)
    before, start = memberships(), dt.date(2026, 1, 1)

    change = draft(ChangeKind.MERGE, unit=world.n1, target=other)
    assert person.employee_no in {sight.employee_no for sight in rehearse(change).gains}
    change = carry_out(ChangeKind.MERGE, unit=world.n1, target=other)

    assert memberships() == {
        ("A", "N1", start, TODAY()), ("A", "S2", TODAY(), None), ("B", "S1A", start, None),
    }  # fmt: skip
    assert CustomerUnit.objects.visible_to(fresh(person)).filter(unit=project).exists()
    undo_change(change, by=None, reason="错")
    assert memberships() == before
    assert not CustomerUnit.objects.visible_to(fresh(person)).filter(unit=project).exists()


def test_a_merger_into_a_unit_of_a_section_leaves_that_one(world, sections):
    make_unit(kind="project", code="S1C", name="南方三园", parent=world.s1)
    SectionUnit.objects.filter(unit=world.n1).update(unit=world.n1a)

    carry_out(ChangeKind.MERGE, unit=world.n1a, target=world.s1a)

    open_ones = {row[:2] for row in memberships() if row[3] is None}
    assert open_ones == {("B", "S1A")}


def test_what_is_split_off_stays_in_the_section(world, sections):
    carry_out(
        ChangeKind.SPLIT, unit=world.n1, code="N2", name="北方二公司",
        department_name="客户关系部", children_ids=[world.n1b.pk],
    )  # fmt: skip
    assert ("A", "N2", TODAY(), None) in memberships()


def test_units_of_sections_never_come_to_lie_below_each_other(world, sections):
    change = draft(ChangeKind.MOVE, unit=world.s1a, target=world.n1)
    (problem,) = rehearse(change).problems
    assert "版块A" in problem
    assert "版块B" in problem
    with pytest.raises(Refused, match="版块A"):
        propose_change(change, by=None)


def test_a_unit_of_a_section_is_not_closed_without_a_successor(world, sections):
    SectionUnit.objects.filter(unit=world.n1).update(unit=world.s1b)
    (problem,) = rehearse(draft(ChangeKind.CLOSE, unit=world.s1b)).problems
    assert "1" in problem


# --- what stays ---------------------------------------------------------------------------------


def test_a_merger_unites_customers_and_keeps_the_past(world):
    both = make_customer(unit=world.n1a)
    make_place(customer=both, unit=world.n1b)
    CustomerUnit.objects.filter(unit=world.n1a).update(contacted=True)
    done = make_activity(customer=both, by=world.north_clerk, unit=world.n1a)
    make_post(user=world.north_clerk, unit=world.n1b, function="客户专员")

    carry_out(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)

    assert [place.unit_id for place in both.places.all()] == [world.n1b.pk]
    assert both.places.get().contacted
    done.refresh_from_db()
    assert (done.unit_id, done.project_id) == (world.n1a.pk, world.n1b.pk)
    assert Post.objects.filter(user=world.north_clerk, valid_until=None).count() == 1
    assert UnitAlias.objects.get(code="N1A").unit == world.n1b


def test_figures_of_the_past_stay_after_any_change(busy):
    from reports.selectors import activity_report

    yesterday = TODAY() - dt.timedelta(days=1)
    Activity.objects.update(at=timezone.now() - dt.timedelta(days=1))
    reader = busy.boss
    before = activity_report(fresh(reader), yesterday, yesterday)
    assert sum(line.activities for line in before) > 0

    carry_out(ChangeKind.UPGRADE, unit=busy.n1, heir_code="X1", heir_name="新公司")
    assert activity_report(fresh(reader), yesterday, yesterday) == before
    carry_out(ChangeKind.MERGE, unit=busy.n1a, target=busy.s1a)
    assert activity_report(fresh(reader), yesterday, yesterday) == before
    carry_out(ChangeKind.SPLIT, unit=busy.n1b, code="N1C", name="二期", buildings=["1"])
    assert activity_report(fresh(reader), yesterday, yesterday) == before


def test_places_on_a_day_lose_no_unit(busy):
    from django.db import connection

    carry_out(ChangeKind.CREATE, target=busy.n1, code="N1Z", name="新城")
    places = places_on(TODAY() - dt.timedelta(days=5))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unit_id, city_id FROM ({places.sql}) p", places.params)
        found = dict(cursor.fetchall())
    assert found.keys() == set(OrgUnit.objects.values_list("pk", flat=True))
    assert found[OrgUnit.objects.get(code="N1Z").pk] == busy.n1.pk


def test_cancelling_ends_a_pending_change(world):
    change = draft(ChangeKind.RENAME, unit=world.n1, name="甲公司")
    cancel_change(change, by=None, reason="不办了")
    with pytest.raises(Refused):
        propose_change(change, by=None)


# --- working time follows the tree --------------------------------------------------------------


@pytest.fixture
def told():
    """What owners of stored deadlines are told."""
    heard: list[CalendarChange] = []
    on_calendar_change(heard.append)
    yield heard
    RECEIVERS.remove(heard.append)


def test_a_branch_that_moves_follows_the_calendar_above_it_and_owners_are_told(world, told):
    desk = WorkingCalendar.objects.create(name="七天", keeps_public_days=False)
    CalendarWeek.objects.create(calendar=desk, **dict.fromkeys(WEEK, "08:00-20:00"))
    use_calendar(world.south, calendar=desk, valid_from=dt.date(2026, 1, 1), by=None)
    told.clear()
    sunday = dt.date(2026, 6, 7)
    assert not is_working_day(sunday, unit=world.n1a.pk)

    change = carry_out(ChangeKind.MOVE, unit=world.n1, target=world.south)

    # The branch once, not each unit below; the new parent's own rows are where they were.
    assert told == [CalendarChange(world.n1.pk)]
    assert is_working_day(sunday, unit=world.n1a.pk)
    undo_change(change, by=None, reason="误操作")
    assert told == [CalendarChange(world.n1.pk)] * 2
    assert not is_working_day(sunday, unit=world.n1a.pk)


def test_rows_that_go_to_another_unit_are_told_on_both_sides_and_names_are_not(world, told):
    change = carry_out(ChangeKind.MERGE, unit=world.n1a, target=world.n1b)
    both = [CalendarChange(pk) for pk in sorted((world.n1a.pk, world.n1b.pk))]
    assert told == both
    undo_change(change, by=None, reason="误操作")
    assert told == both * 2
    told.clear()
    carry_out(ChangeKind.RENAME, unit=world.n1a, name="北方新名")
    assert told == []


def test_an_edited_parent_is_told_too(world, told):
    unit = now(world.n1)
    unit.parent = world.south
    change_unit(unit, by=None)
    assert told == [CalendarChange(world.n1.pk)]
