"""What guards changes of the organisation, each seen to fail when it is switched off."""

import datetime as dt
import threading
from collections import Counter
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from audit.models import Entry
from core.errors import Refused, Stale
from customers.models import CustomerUnit
from regions.models import (
    ChangeKind,
    ChangeState,
    OrgChange,
    OrgUnit,
    SectionUnit,
    UnitVersion,
)
from regions.services import (
    add_unit,
    apply_change,
    approve_change,
    changes,
    draft_change,
    mend_scope_columns,
    propose_change,
    save_section,
    sections,
    undo_change,
)
from tests.factories import give, make_customer, make_user, say

pytestmark = pytest.mark.django_db
SOON = 0.4  # seconds in which whoever does not wait has long been through
LONG = 60.0


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def draft(kind, *, by=None, unit=None, target=None, **payload):
    return draft_change(
        by=by,
        kind=kind,
        unit=unit,
        target=target,
        effective_on=timezone.localdate(),
        reason="组织调整",
        payload=payload,
    )


def approved(kind, **given):
    return approve_change(propose_change(draft(kind, **given), by=None), by=None)


# --- nobody widens his own reach ----------------------------------------------------------------

KINDS = (
    *[ChangeKind.MOVE] * 3,  # what gains most
    ChangeKind.MERGE,
    ChangeKind.UPGRADE,
    ChangeKind.DOWNGRADE,
    ChangeKind.SPLIT,
    ChangeKind.CLOSE,
)
NAMES = ("north", "south", "n1", "s1", "n1a", "n1b", "s1a", "s1b")
STEP = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 3),  # who proposes
    st.integers(1, 4),  # how many places further stands who approves
    st.sampled_from(NAMES[2:]),
    st.integers(0, 7),  # which of the units that fit is the other side
)
FITTING = {  # the level of the other side, by kind of change and level of the unit
    ChangeKind.MOVE: {"project": "city", "city": "region"},
    ChangeKind.DOWNGRADE: {"city": "city", "region": "region"},
    ChangeKind.MERGE: {"project": "project", "city": "city"},
    ChangeKind.CLOSE: {"project": "project", "city": "city"},
}


def other_side(kind, unit: OrgUnit, number: int) -> OrgUnit | None:
    """One of the open units that may be the other side of a change of this unit."""
    level = FITTING.get(kind, {}).get(unit.kind, "")
    fitting = list(OrgUnit.objects.active().filter(kind=level).exclude(pk=unit.pk).order_by("pk"))
    return fitting[number % len(fitting)] if fitting else None


@pytest.fixture
def deciders(world) -> list[User]:
    """Administrators of a region and a city of both branches. Each may also propose and approve
    in the other branch, whose customers he does not see: there something can be gained."""
    planner = Role.objects.create(code="planner", name="组织规划", reach="subtree")
    wanted = ("view_orgunit", "view_orgchange", "propose_orgchange", "approve_orgchange")
    planner.permissions.set(Permission.objects.filter(codename__in=wanted))
    for name in NAMES:
        make_customer(unit=world.units[name])
    people = []
    for own, other in (("north", "south"), ("n1", "s1"), ("south", "north"), ("s1", "n1")):
        person = make_user(unit=world.units[own], role=None)
        give(person, "section-administrator", world.units[own])
        give(person, "planner", world.units[other])
        give(person, "planner", world.group)
        people.append(person)
    return [*people, world.admin]


def seen_by(people: list[User]) -> dict[int, set[int]]:
    """The customers that each sees."""
    return {
        person.pk: set(
            CustomerUnit.objects.visible_to(fresh(person)).values_list("customer", flat=True)
        )
        for person in people
    }


def take(step, number: int, world, deciders: list[User]) -> str:
    """Try one change through all its verbs; how it ended."""
    kind, author, approver, unit, target = step
    author, approver = deciders[author], deciders[(author + approver) % len(deciders)]
    unit = OrgUnit.objects.get(pk=world.units[unit].pk)
    target = other_side(kind, unit, target)
    payload = {"heir_code": f"H{number}", "heir_name": f"接管{number}"}
    if kind == ChangeKind.SPLIT:
        below = list(OrgUnit.objects.filter(parent=unit).values_list("pk", flat=True)[:1])
        payload = {"code": f"T{number}", "name": f"分立{number}", "children_ids": below,
                   "department_name": unit.department_name}  # fmt: skip
    if kind in (ChangeKind.UPGRADE, ChangeKind.DOWNGRADE):
        usual = {"city": "客户关系部", "region": "客户关系中心", "project": "客户关系部"}
        above = ["project", "city", "region", "group"]
        step_up = 1 if kind == ChangeKind.UPGRADE else -1
        level = above[max(0, min(3, above.index(unit.kind) + step_up))]
        payload["department_name"] = usual.get(level, "")
    before = seen_by(deciders)
    try:
        with transaction.atomic():
            change = draft(kind, by=fresh(author), unit=unit, target=target, **payload)
            propose_change(change, by=fresh(author))
            approve_change(change, by=fresh(approver))
            apply_change(change, by=None)
    except Refused as refusal:
        return "widening" if "扩大" in str(refusal) else "refused"
    after = seen_by(deciders)
    for person in (author, approver):
        gained = after[person.pk] - before[person.pk]
        assert not gained, f"{step}: {person} sees {len(gained)} customers more"
    return "applied"


def run_sequences(world, deciders: list[User], examples: int) -> Counter:
    """Random sequences of changes, each from the same beginning; how the changes ended."""
    tally: Counter = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(STEP, min_size=3, max_size=5))
    def sequence(steps) -> None:
        mark = transaction.savepoint()
        try:
            for number, step in enumerate(steps):
                tally[take(step, number, world, deciders)] += 1
            assert mend_scope_columns() == 0
        finally:
            transaction.savepoint_rollback(mark)

    sequence()
    return tally


def test_nobody_widens_his_own_reach_whatever_he_does(world, deciders):
    tally = run_sequences(world, deciders, examples=25)

    assert tally["applied"] >= 10, tally
    assert tally["widening"] >= 2, tally


def test_without_the_guard_somebody_does(world, deciders, monkeypatch):
    monkeypatch.setattr(changes, "refuse_wider", lambda unit: None)

    with pytest.raises(AssertionError, match="customers more"):
        run_sequences(world, deciders, examples=25)


# --- a second person ----------------------------------------------------------------------------


def test_a_second_person_approves_unless_the_group_says_otherwise(world):
    change = propose_change(
        draft(ChangeKind.RENAME, by=world.admin, unit=world.n1, name="甲公司"), by=world.admin
    )
    with pytest.raises(Refused, match="提出人以外"):
        approve_change(change, by=fresh(world.admin))

    say(world.group, "regions.change_needs_second_person", False)
    assert approve_change(change, by=fresh(world.admin)).state == ChangeState.APPROVED


# --- one at a time ------------------------------------------------------------------------------


class Other(threading.Thread):
    """Does something in a connection of its own and keeps how it ended."""

    def __init__(self, act) -> None:
        super().__init__(daemon=True)
        self.act, self.outcome = act, "running"
        self.start()

    def run(self) -> None:
        try:
            self.act()
            self.outcome = "done"
        except (Refused, OperationalError) as problem:
            self.outcome = type(problem).__name__
        finally:
            connection.close()


def two_appliers(change: OrgChange) -> str:
    """One carries the change out while another comes in between; how the other ended."""
    with transaction.atomic():
        apply_change(change, by=None)
        other = Other(lambda: apply_change(OrgChange(pk=change.pk), by=None))
        other.join(SOON)
        assert other.outcome == "running"  # he waits
    other.join(LONG)
    return other.outcome


def times_applied() -> int:
    return Entry.objects.filter(action="orgchange.applied").count()


@pytest.mark.django_db(transaction=True)
def test_two_appliers_have_one_effect(world):
    change = approved(ChangeKind.RENAME, unit=world.n1, name="甲公司")

    assert two_appliers(change) == Stale.__name__
    assert times_applied() == 1
    assert UnitVersion.objects.filter(unit=world.n1).count() == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_the_change_is_carried_out_twice(world, monkeypatch):
    change = approved(ChangeKind.RENAME, unit=world.n1, name="甲公司")
    unlocked = OrgChange.objects.select_related("unit", "target")
    monkeypatch.setattr(changes, "lock", lambda: None)
    monkeypatch.setattr(changes, "_hold", lambda one: unlocked.all().get(pk=one.pk))

    assert two_appliers(change) == "done"
    assert times_applied() == 2


def nested_additions(world) -> str:
    """A city joins a section while its project joins another; how the second one ended."""
    one, two = (save_section(None, by=None, code=code, name=f"版块{code}") for code in "AB")
    with transaction.atomic():
        add_unit(one, world.n1, by=None)
        other = Other(lambda: add_unit(two, world.n1a, by=None))
        other.join(SOON)
    other.join(LONG)
    return other.outcome


@pytest.mark.django_db(transaction=True)
def test_two_sections_never_hold_a_unit_and_one_below_it(world):
    assert nested_additions(world) == Refused.__name__
    assert SectionUnit.objects.get().unit == world.n1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_do(world, monkeypatch):
    monkeypatch.setattr(sections, "lock", lambda: None)
    assert nested_additions(world) == "done"
    assert SectionUnit.objects.count() == 2


def other_change_meanwhile(world) -> str:
    """Whether another change gets through while one is being carried out."""
    first = approved(ChangeKind.MOVE, unit=world.n1a, target=world.s1)
    second = approved(ChangeKind.RENAME, unit=world.s1b, name="乙花园")
    with transaction.atomic():
        apply_change(first, by=None)
        other = Other(lambda: apply_change(second, by=None))
        other.join(SOON * 10)
        outcome = other.outcome
    other.join(LONG)
    assert other.outcome == "done"
    return outcome


@pytest.mark.django_db(transaction=True)
def test_changes_are_carried_out_one_after_the_other(world):
    assert other_change_meanwhile(world) == "running"


# --- undoing ------------------------------------------------------------------------------------


@contextmanager
def two_names(world):
    first = apply_change(approved(ChangeKind.RENAME, unit=world.n1, name="甲公司"), by=None)
    second = apply_change(approved(ChangeKind.RENAME, unit=world.n1, name="乙公司"), by=None)
    yield first, second


def name_and_history(unit: OrgUnit) -> tuple[str, str]:
    version = UnitVersion.objects.on(timezone.localdate()).get(unit=unit)
    return OrgUnit.objects.get(pk=unit.pk).name, version.name


def test_what_later_changes_stand_on_is_not_undone(world):
    with two_names(world) as (first, second), pytest.raises(Refused, match=str(second.pk)):
        undo_change(first, by=None, reason="错")
    assert name_and_history(world.n1) == ("乙公司", "乙公司")


def test_without_the_refusal_tree_and_history_part(world, monkeypatch):
    monkeypatch.setattr(changes, "undo_problem", lambda change: "")
    with two_names(world) as (first, _second):
        undo_change(first, by=None, reason="错")
    name, history = name_and_history(world.n1)
    assert name != history


# --- what a preview counts ----------------------------------------------------------------------


def counted(change: OrgChange) -> dict[str, int]:
    return dict(changes.rehearse(change).counts)


def test_a_preview_counts_policies_and_calendars_of_another_origin(world):
    from regions.services.calendars import add_exception

    for unit, days in ((world.north, 40), (world.south, 50)):
        say(unit, "regions.change_undo_days", days)
    day = timezone.localdate() + dt.timedelta(days=3)
    add_exception(unit=world.s1, first_day=day, last_day=day, hours="", reason="停电", by=None)
    rules, hours = "改变来源的规则", "工作日历有变化的单位"

    moved = counted(draft(ChangeKind.MOVE, unit=world.n1a, target=world.s1))
    assert (moved[rules], moved[hours]) == (1, 1)
    stays = counted(draft(ChangeKind.RENAME, unit=world.n1a, name="新名"))
    assert (stays[rules], stays[hours]) == (0, 0)
    say(world.n1a, "regions.change_undo_days", 60)
    own = counted(draft(ChangeKind.MOVE, unit=world.n1a, target=world.s1))
    assert (own[rules], own[hours]) == (0, 1)
