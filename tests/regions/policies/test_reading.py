"""What holds: the nearest unit upwards decides, on a day the latest version; and what it costs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery.signals import task_postrun, task_prerun
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regions.models import OrgUnit, PolicyStamp, PolicyValue
from regions.policies import (
    Below,
    Policy,
    effective,
    one_reading,
    policy,
    policy_relation,
    policy_values,
    reading,
    register,
)
from regions.policies.registry import REGISTRY
from regions.policies.types import Span, Whole
from regions.services import move_unit

KEY = "complaints.first_response"
DEFAULT = Span(24, "hours")
TODAY = date(2026, 6, 15)


def say(
    unit: OrgUnit, hours: int | None, *, since: date = date(2026, 1, 1), key: str = KEY
) -> PolicyValue:
    """A version of a unit, past the service; None takes the value back."""
    last = PolicyValue.objects.of(key, unit).first()
    return PolicyValue.objects.create(
        key=key,
        unit=unit,
        version=last.version + 1 if last else 1,
        value=None if hours is None else {"amount": str(hours), "unit": "hours"},
        effective_from=since,
        reason="测试",
    )


def hours(unit: OrgUnit | int | None, on: date | None = TODAY) -> Decimal:
    return Decimal(policy(KEY, unit, on).amount)


# --- which value --------------------------------------------------------------------------------


def test_without_any_version_the_default_holds(world):
    assert policy(KEY) == DEFAULT
    assert policy(KEY, world.n1a) == DEFAULT
    assert effective(KEY, world.n1a).source_id is None


def test_the_nearest_unit_upwards_decides(world):
    say(world.group, 20)
    say(world.north, 10)
    say(world.n1a, 5)

    found = [hours(world.units[name]) for name in ("group", "north", "n1", "n1a", "n1b", "s1a")]

    assert found == [20, 10, 10, 5, 10, 20]
    assert hours(None) == 20
    assert hours(world.n1b.pk) == 10
    assert effective(KEY, world.n1b, TODAY).source_id == world.north.pk


def test_on_a_day_the_latest_begun_counts_then_the_highest_number(world):
    say(world.north, 10, since=date(2026, 1, 1))
    say(world.north, 8, since=date(2026, 7, 1))
    say(world.north, 9, since=date(2026, 3, 1))  # entered later, begins earlier
    say(world.north, 7, since=date(2026, 7, 1))  # corrects the second

    days = (date(2025, 12, 31), date(2026, 2, 1), date(2026, 6, 30), date(2026, 7, 1))

    assert [hours(world.n1a, day) for day in days] == [24, 10, 9, 7]


def test_a_value_taken_back_is_inherited_again_from_that_day(world):
    say(world.group, 20)
    say(world.north, 10)
    say(world.north, None, since=date(2026, 5, 1))

    assert hours(world.n1, date(2026, 4, 30)) == 10
    assert hours(world.n1, date(2026, 5, 1)) == 20


def test_a_rule_of_the_group_alone_ignores_what_units_say(world):
    PolicyValue.objects.create(
        key="accounts.idle_minutes", unit=world.north, version=1, value=480,
        effective_from=date(2026, 1, 1), reason="以前允许",
    )  # fmt: skip

    assert policy("accounts.idle_minutes", world.north) == 30
    assert policy_values("accounts.idle_minutes")[world.north.pk] == 30


def test_a_version_its_type_cannot_read_leaves_what_is_above(world, caplog):
    say(world.group, 20)
    PolicyValue.objects.create(
        key=KEY, unit=world.north, version=1, value="bald",
        effective_from=date(2026, 1, 1), reason="旧格式",
    )  # fmt: skip

    assert hours(world.n1a) == 20
    assert "not read" in caplog.text
    everywhere = policy_values(KEY)
    assert everywhere[world.n1a.pk] == everywhere[world.s1a.pk] == Span(20, "hours")


def test_an_unknown_rule_or_unit_is_a_mistake(world):
    with pytest.raises(LookupError):
        policy("no.such_rule")
    with pytest.raises(LookupError):
        policy(KEY, 999_999)


def test_the_way_up_is_the_tree_of_today(world):
    say(world.north, 10)
    say(world.south, 6)
    assert hours(world.n1a) == 10

    moved = OrgUnit.objects.get(pk=world.n1.pk)
    before = OrgUnit.objects.get(pk=world.n1.pk)
    moved.parent = world.south
    move_unit(moved, before=before, by=None)

    assert hours(world.n1a.pk) == 6
    assert policy_values(KEY, TODAY)[world.n1a.pk].amount == 6


# --- all units at once --------------------------------------------------------------------------


def slowly(unit: OrgUnit, on: date) -> tuple[Decimal, int | None]:
    """The same by walking up, one query a step: independent of what is tested."""
    here: OrgUnit | None = unit
    while here is not None:
        begun = [
            v for v in PolicyValue.objects.filter(key=KEY, unit=here) if v.effective_from <= on
        ]
        if begun:
            last = max(begun, key=lambda v: (v.effective_from, v.version))
            if last.value is not None:
                return Decimal(last.value["amount"]), here.pk
        here = OrgUnit.objects.get(pk=here.parent_id) if here.parent_id else None
    return Decimal(24), None


versions = st.lists(
    st.tuples(
        st.sampled_from(["group", "north", "n1", "n1a", "n1b", "south", "s1", "s1a"]),
        st.one_of(st.none(), st.integers(1, 500)),
        st.integers(0, 40),
    ),
    max_size=15,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=versions, day=st.integers(0, 40))
def test_one_unit_and_all_units_agree_with_the_walk(world, said, day):
    start = date(2026, 1, 1)
    on = start + timedelta(days=day)
    with transaction.atomic():
        for name, value, since in said:
            say(world.units[name], value, since=start + timedelta(days=since))
        everywhere = policy_values(KEY, on)
        joined = related(on)
        for unit in OrgUnit.objects.all():
            value, source = slowly(unit, on)
            assert hours(unit, on) == value
            assert effective(KEY, unit.pk, on).source_id == source
            assert everywhere[unit.pk].amount == value
            assert joined[unit.pk] == (value, source)
        assert everywhere.keys() == set(OrgUnit.objects.values_list("pk", flat=True))
        transaction.set_rollback(True)
    reading.forget()


def related(on: date) -> dict[int, tuple[Decimal, int | None]]:
    """The relation joined in SQL."""
    relation = policy_relation(KEY, on)
    sql = f"""
        WITH limits AS ({relation.sql})
        SELECT u.id, (limits.value ->> 'amount')::numeric, limits.source_id
        FROM regions_orgunit AS u JOIN limits ON limits.unit_id = u.id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, relation.params)
        return {unit: (amount, source) for unit, amount, source in cursor.fetchall()}


# --- what it costs ------------------------------------------------------------------------------


def count(queries: CaptureQueriesContext) -> int:
    return len(queries.captured_queries)


def test_within_a_request_one_query_serves_every_question(world):
    say(world.north, 10)
    for _again in range(2):  # with a cold and with a warm memory
        with CaptureQueriesContext(connection) as queries, one_reading():
            for name in ("group", "north", "n1", "n1a", "s1a"):
                policy(KEY, world.units[name])
                policy("complaints.handling", world.units[name])
            policy("accounts.idle_minutes")
        assert count(queries) == 1


def test_a_task_spans_one_reading(world):
    task_prerun.send(sender=None)
    try:
        with CaptureQueriesContext(connection) as queries:
            policy(KEY, world.n1)
            policy(KEY, world.n1)
        assert count(queries) == 1
    finally:
        task_postrun.send(sender=None)
    with CaptureQueriesContext(connection) as queries:
        policy(KEY, world.n1)
        policy(KEY, world.n1)
    assert count(queries) == 2


def test_a_request_reads_the_stamp_once(world, client):
    client.force_login(world.admin)
    client.get("/policies/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/policies/{KEY}/")

    assert [q["sql"] for q in queries if "regions_policystamp" in q["sql"]] != []
    assert len([q for q in queries if "regions_policystamp" in q["sql"]]) == 1


@pytest.mark.parametrize("overrides", [1, 5])
def test_all_units_cost_one_query_whatever_their_number(world, overrides):
    for name in ("group", "north", "n1", "n1a", "s1a")[:overrides]:
        say(world.units[name], 10)

    with CaptureQueriesContext(connection) as queries:
        policy_values(KEY)

    assert count(queries) == 1


def test_a_change_elsewhere_is_seen_by_the_next_request(world):
    """Written past this process's service: only the stamp can tell."""
    with one_reading():
        assert hours(world.n1a) == 24
        say(world.north, 10)
        assert hours(world.n1a) == 24  # one request sees one state
    with one_reading():
        assert hours(world.n1a) == 10


@pytest.fixture
def stamped(world):
    """The one row of the stamp, which a test that empties the tables takes along."""
    PolicyStamp.objects.get_or_create(pk=1)
    return world


def test_what_was_rolled_back_is_not_remembered(stamped):
    world, before = stamped, PolicyStamp.objects.get().stamp
    with transaction.atomic():
        say(world.north, 10)
        assert hours(world.n1a) == 10
        assert PolicyStamp.objects.get().stamp != before
        transaction.set_rollback(True)

    assert PolicyStamp.objects.get().stamp == before
    assert hours(world.n1a) == 24


def test_without_the_trigger_a_change_is_missed(stamped):
    """The broken twin: what refreshes the memory is the stamp and nothing else."""
    world = stamped
    assert hours(world.n1a) == 24
    stamp = PolicyStamp.objects.get().stamp
    say(world.north, 10)
    PolicyStamp.objects.update(stamp=stamp)

    assert hours(world.n1a) == 24


def test_without_a_stamp_nothing_is_remembered(stamped):
    """Tables that were emptied have none until the next change makes it again."""
    assert hours(stamped.n1a) == 24
    PolicyStamp.objects.all().delete()
    say(stamped.north, 10)
    PolicyStamp.objects.all().delete()

    assert hours(stamped.n1a) == 10
    say(stamped.n1, 5)
    assert hours(stamped.n1a) == 5
    assert PolicyStamp.objects.count() == 1


def test_today_is_the_day_of_the_installation(world):
    say(world.north, 10, since=timezone.localdate())
    say(world.south, 10, since=timezone.localdate() + timedelta(days=1))

    assert hours(world.n1a, None) == 10
    assert hours(world.s1a, None) == 24


def test_a_rule_can_be_registered_by_any_app(world):
    rule: Any = Policy(
        key="tests.weeks", title="T", meaning="M", source="S", type=Whole(1, 9), default=4,
        group="compliance", below=Below.UNITS,
    )  # fmt: skip
    register(rule)
    try:
        assert policy("tests.weeks", world.n1a) == 4
    finally:
        del REGISTRY["tests.weeks"]
