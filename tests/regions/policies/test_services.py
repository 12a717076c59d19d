"""Setting a rule: who may, from when, why; what two at once do; what a change would touch."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from audit.models import Entry
from core.errors import Refused, Stale
from regions.models import PolicyValue
from regions.policies import find, policy
from regions.policies.touches import Touch, touches
from regions.policies.types import Span
from regions.selectors.policies import chain, lines_of, preview, values_below, versions
from regions.services.policies import reset_policy, set_policy
from tests.factories import make_user, make_world

KEY = "complaints.first_response"
FOUR = Span(4, "working_hours")


def put(unit: Any, value: Any = FOUR, *, by: Any, key: str = KEY, **more: Any) -> PolicyValue:
    options = {"effective_from": timezone.localdate(), "reason": "区域细则"} | more
    return set_policy(key=key, unit=unit, value=value, by=by, **options)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


# --- the verb -----------------------------------------------------------------------------------


def test_a_value_holds_below_and_is_recorded(world):
    version = put(world.north, by=world.admin)

    assert policy(KEY, world.n1a) == FOUR
    assert policy(KEY, world.s1a) == Span(24, "hours")
    assert (version.version, version.author, version.reason) == (1, world.admin, "区域细则")
    entry = Entry.objects.get(action="policy.set")
    assert (entry.by, entry.subject_id) == (world.admin, version.pk)
    assert entry.detail == {
        "policy": KEY, "unit": "N", "since": str(timezone.localdate()), "version": 1,
    }  # fmt: skip


def test_taking_back_gives_the_inherited_value_again(world):
    put(world.north, by=world.admin)
    back = reset_policy(
        key=KEY,
        unit=world.north,
        effective_from=timezone.localdate(),
        reason="取消",
        by=world.admin,
    )

    assert (back.version, back.value) == (2, None)
    assert policy(KEY, world.n1a) == Span(24, "hours")
    assert Entry.objects.filter(action="policy.reset").count() == 1


def test_a_later_day_changes_nothing_today(world):
    put(world.north, effective_from=in_days(10), by=world.admin)

    assert policy(KEY, world.n1a) == Span(24, "hours")
    assert policy(KEY, world.n1a, in_days(10)) == FOUR


@pytest.mark.parametrize(
    ("who", "unit", "key", "value"),
    [
        ("north_head", "north", KEY, FOUR),  # may read rules, not set them
        ("north_clerk", "n1a", KEY, FOUR),
        ("boss", "north", KEY, FOUR),
        ("north_keeper", "south", KEY, FOUR),  # a sibling branch
        ("north_keeper", "group", KEY, FOUR),  # above his branch
        ("north_keeper", "north", "expenses.regional_ceiling", Decimal(9000)),  # group sets it
        ("admin", "north", "accounts.idle_minutes", 60),  # only the group has a value
    ],
)
def test_whom_the_right_does_not_reach_is_refused(world, who, unit, key, value):
    with pytest.raises(Refused):
        put(world.units[unit], value, key=key, by=world.people[who])

    assert PolicyValue.objects.count() == 0


def test_an_administrator_of_a_branch_sets_rules_in_it(world):
    put(world.north, by=world.north_keeper)
    put(world.n1a, Span(2, "hours"), by=world.north_keeper)

    assert policy(KEY, world.n1a) == Span(2, "hours")


def test_an_own_reach_sets_nothing(world):
    """A right of reach "own" shows units, but nobody owns a unit's rules."""
    from accounts.models import Reach, Role

    Role.objects.filter(code="section-administrator").update(reach=Reach.OWN)
    narrow = make_user(unit=world.north, role="section-administrator")

    with pytest.raises(Refused):
        put(world.north, by=narrow)


def test_the_group_sets_rules_of_the_group_for_single_units(world):
    put(world.north, Decimal(9000), key="expenses.regional_ceiling", by=world.admin)

    assert policy("expenses.regional_ceiling", world.n1a) == 9000
    assert policy("expenses.regional_ceiling", world.s1a) == 3000


@pytest.mark.parametrize(
    "more",
    [
        {"reason": "  "},
        {"value": Span(5000, "hours")},
        {"value": 4},
        {"effective_from": date(2020, 1, 1)},
    ],
)
def test_bad_requests_are_refused_with_a_sentence(world, more):
    with pytest.raises(Refused) as refused:
        put(world.north, by=world.admin, **more)

    assert str(refused.value)
    assert PolicyValue.objects.count() == 0


def test_the_past_may_be_meant(world):
    put(world.north, effective_from=date(2020, 1, 1), backdate=True, by=world.admin)

    assert policy(KEY, world.n1a, date(2020, 1, 1)) == FOUR


def test_a_closed_unit_keeps_its_rules(world):
    world.north.is_active = False
    with pytest.raises(Refused):
        put(world.north, by=world.admin)


def test_a_change_that_changes_nothing_is_refused(world):
    put(world.north, by=world.admin)

    with pytest.raises(Refused):
        put(world.north, Span(Decimal("4.0"), "working_hours"), by=world.admin)
    with pytest.raises(Refused):
        reset_policy(
            key=KEY, unit=world.south, effective_from=in_days(0), reason="无", by=world.admin
        )
    assert PolicyValue.objects.count() == 1


def test_a_unit_may_hold_fast_what_it_inherits(world):
    put(world.north, Span(24, "hours"), by=world.admin)
    put(world.group, Span(8, "hours"), by=world.admin)

    assert policy(KEY, world.n1a) == Span(24, "hours")


# --- two at once --------------------------------------------------------------------------------


def test_the_second_of_two_is_told_who_was_quicker(world):
    put(world.north, base=0, by=world.admin)

    with pytest.raises(Stale) as stale, translation.override("en"):
        put(world.north, Span(2, "hours"), base=0, by=world.north_keeper)

    assert world.admin.name in str(stale.value)
    put(world.north, Span(2, "hours"), base=1, by=world.north_keeper)
    assert policy(KEY, world.n1a) == Span(2, "hours")


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins():
    world = make_world()
    written, asked = Event(), Event()

    def first() -> bool:
        try:
            with transaction.atomic():
                put(world.north, Span(2, "hours"), base=0, by=world.admin)
                written.set()
                asked.wait(timeout=20)
                sleep(0.5)  # the second stands at the lock now, having seen no version yet
        finally:
            connection.close()
        return True

    def second() -> bool:
        written.wait(timeout=20)
        asked.set()
        try:
            put(world.north, Span(3, "hours"), base=0, by=world.admin)
        except Stale:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(first), pool.submit(second)

    assert (one.result(), other.result()) == (True, False)
    assert PolicyValue.objects.count() == 1


# --- the book is only added to ------------------------------------------------------------------


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_application_cannot_rewrite_a_version(world, act):
    put(world.north, by=world.admin)
    rows = PolicyValue.objects.all()

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        rows.update(reason="x") if act == "update" else rows._raw_delete(rows.db)

    assert PolicyValue.objects.get().reason == "区域细则"


# --- what a change would do ---------------------------------------------------------------------


def test_the_preview_names_units_that_change_and_units_that_keep_theirs(world):
    put(world.n1a, Span(2, "hours"), by=world.admin)
    look = preview(find(KEY), world.north, FOUR, on=in_days(0), reader=world.admin)

    assert [one.code for one in look.changed] == ["N", "N1", "N1B"]
    assert [one.unit.code for one in look.kept] == ["N1A"]
    # head, keeper; the clerk works in N1A, which keeps its value
    assert look.people == 2
    assert PolicyValue.objects.count() == 1


def test_what_the_preview_says_is_what_happens(world):
    put(world.n1, Span(2, "hours"), by=world.admin)
    look = preview(find(KEY), world.group, FOUR, on=in_days(3), reader=world.admin)
    before = {unit.pk: policy(KEY, unit, in_days(3)) for unit in world.units.values()}

    put(world.group, effective_from=in_days(3), by=world.admin)

    after = {unit.pk: policy(KEY, unit, in_days(3)) for unit in world.units.values()}
    assert {one.pk for one in look.changed} == {pk for pk in after if after[pk] != before[pk]}


def test_the_preview_of_taking_back_shows_what_is_inherited(world):
    put(world.group, Span(8, "hours"), by=world.admin)
    put(world.north, by=world.admin)
    with translation.override("en"):
        look = preview(find(KEY), world.north, None, on=in_days(0), reader=world.admin)

    assert (look.before, look.after) == ("4 working hours", "8 hours")
    assert {one.code for one in look.changed} == {"N", "N1", "N1A", "N1B"}


def test_the_preview_says_when_a_later_version_begins(world):
    later = put(world.north, effective_from=in_days(30), by=world.admin)
    look = preview(find(KEY), world.north, Span(2, "hours"), on=in_days(1), reader=world.admin)

    assert look.until == later


def test_apps_say_whom_a_change_touches(world, monkeypatch):
    monkeypatch.setattr("regions.policies.touches._COUNTERS", [])
    seen = []

    @touches("complaints.*")
    def cases(change):
        seen.append(sorted(change.unit_ids))
        return Touch("7 open cases", 7, "/x/")

    @touches("customers.*")
    def never(change):
        raise AssertionError

    look = preview(find(KEY), world.n1, FOUR, on=in_days(0), reader=world.admin)

    assert look.touches == [Touch("7 open cases", 7, "/x/")]
    assert seen == [sorted([world.n1.pk, world.n1a.pk, world.n1b.pk])]


# --- what pages ask -----------------------------------------------------------------------------


def test_the_chain_leads_from_the_default_to_the_unit(world):
    put(world.north, by=world.admin)
    with translation.override("en"):
        links = chain(find(KEY), world.n1)

    assert [(link.unit and link.unit.code, link.words, link.decides) for link in links] == [
        (None, "24 hours", False),
        ("G", "", False),
        ("N", "4 working hours", True),
        ("N1", "", False),
    ]


def test_lines_name_the_origin(world):
    put(world.north, by=world.admin)
    line = next(line for line in lines_of(world.n1) if line.rule.key == KEY)

    assert (line.source, line.own, line.found.since) == (world.north, False, timezone.localdate())
    assert [line.rule.key for line in lines_of(world.north, own_only=True)] == [KEY]
    assert lines_of(world.n1, own_only=True) == []
    assert {line.rule.group for line in lines_of(world.n1, topic="expenses")} == {"expenses"}


def test_values_of_units_below_are_shown_as_far_as_one_sees_them(world):
    put(world.n1, by=world.admin)
    put(world.s1, Span(3, "hours"), by=world.admin)

    assert [v.unit.code for v in values_below(find(KEY), world.group, world.admin)] == ["N1", "S1"]
    assert [v.unit.code for v in values_below(find(KEY), world.north, world.north_head)] == ["N1"]
    assert values_below(find(KEY), world.south, world.north_head) == []


def test_versions_of_the_way_up_newest_first(world):
    put(world.group, Span(8, "hours"), by=world.admin)
    put(world.north, by=world.admin)
    put(world.south, by=world.admin)

    assert [(v.unit.code, v.version) for v in versions(find(KEY), world.n1)] == [("N", 1), ("G", 1)]


def test_versions_are_read_in_reach_and_above_it(world):
    for unit in (world.group, world.north, world.south):
        put(unit, by=world.admin)

    seen = PolicyValue.objects.visible_to(world.north_head)

    assert {row.unit for row in seen} == {world.group, world.north}
    assert not PolicyValue.objects.visible_to(world.north_clerk).exists()
