"""Schedulers that are dead, doubled or late, and clocks that are wrong: each period once."""

import signal
import time
from datetime import timedelta

import pytest
from django.db import connection

from core.clock import database_now
from core.models import Job, JobState, Pulse, Timetable
from core.timings import Every, at
from tests.faults import invariants
from tests.faults.conftest import until
from tests.faults.kinds import NIGHTLY, TICK, TICKING

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def periods(kind):
    """The periods of the ledger in the order in which they were asked for."""
    return list(
        Job.objects.filter(kind=kind).order_by("pk").values_list("scheduled_for", flat=True)
    )


def done_of(kind):
    return Job.objects.filter(kind=kind, state=JobState.DONE).count()


def test_two_schedulers_and_one_that_is_killed_ask_for_each_period_once(lab, conn):
    """Five seconds a period, two schedulers; the one that leads is killed after three."""
    lab.only(TICKING.task)
    begin = Timetable.objects.get(kind=TICKING.task).settled_through
    lab.worker()
    beats = [lab.beat(), lab.beat()]
    until(lambda: done_of(TICKING.task) >= 2)
    leader = Pulse.objects.get(name="beat").source.rpartition(":")[2]
    victim = next(beat for beat in beats if str(beat.pid) == leader)
    victim.end(signal.SIGKILL)
    seen = done_of(TICKING.task)
    until(lambda: done_of(TICKING.task) >= seen + 2)

    assert Pulse.objects.get(name="beat").source.rpartition(":")[2] != leader
    found = periods(TICKING.task)
    assert found == list(Every(TICK).starts(begin, found[-1]))
    assert len(lab.effects()) == len(set(lab.effects()))
    assert invariants.doubled_periods(conn) == invariants.doubled_effects(conn) == []


def test_without_a_leader_each_period_is_still_asked_for_once(lab, conn):
    """The lock taken away: both schedulers lead, the ledger alone keeps order."""
    lab.only(TICKING.task)
    begin = Timetable.objects.get(kind=TICKING.task).settled_through
    lab.worker()
    lab.beat(**{"crm_site.beat.LOCK": 1})
    lab.beat(**{"crm_site.beat.LOCK": 2})
    until(lambda: done_of(TICKING.task) >= 3)

    found = periods(TICKING.task)
    assert found == list(Every(TICK).starts(begin, found[-1]))
    assert invariants.doubled_periods(conn) == invariants.doubled_effects(conn) == []


def test_two_hours_without_a_scheduler_are_made_up_for_in_order(lab, conn):
    """Killed, two hours dead (the memory of what is settled is set back), started again."""
    lab.only(NIGHTLY.task)
    beat = lab.beat()
    until(lambda: Pulse.objects.filter(name="beat").exists())
    beat.end(signal.SIGKILL)
    gap = database_now() - timedelta(hours=2)
    Timetable.objects.filter(kind=NIGHTLY.task).update(settled_through=gap)
    lab.worker()
    lab.beat()
    until(lambda: done_of(NIGHTLY.task) >= 4)
    time.sleep(2)

    expected = list(at("*/30", "*").starts(gap, database_now()))
    assert periods(NIGHTLY.task) == expected
    order = [key.partition("@")[2].partition("+")[0] for key, _step in lab.effects()]
    assert order == sorted(order)
    assert len(order) == len(expected)
    invariants.all_hold(conn)


def test_a_scheduler_killed_between_asking_and_remembering_asks_once(lab, conn, tmp_path):
    lab.only(NIGHTLY.task)
    gap = database_now() - timedelta(hours=1)
    Timetable.objects.filter(kind=NIGHTLY.task).update(settled_through=gap)
    first = lab.beat(faults=f"periodic.asked:1:kill@{tmp_path}/once")
    first.process.wait(60)
    assert periods(NIGHTLY.task) == []
    lab.worker()
    lab.beat()
    until(lambda: done_of(NIGHTLY.task) >= 2)

    assert periods(NIGHTLY.task) == list(at("*/30", "*").starts(gap, database_now()))
    invariants.all_hold(conn)


@pytest.mark.parametrize("offset", [3600, -3600])
def test_clocks_that_are_an_hour_wrong_change_nothing(lab, conn, offset):
    """The scheduler's clock is wrong one way, the worker's the other way."""
    lab.only(TICKING.task)
    begin = Timetable.objects.get(kind=TICKING.task).settled_through
    lab.worker(clock=-offset)
    lab.beat(clock=offset)
    job = lab.ask("lab.steps", pause=0.6)
    until(lambda: done_of(TICKING.task) >= 2)
    lab.until_ended(job)

    found = periods(TICKING.task)
    assert found == list(Every(TICK).starts(begin, found[-1]))
    assert begin <= found[0] <= database_now()
    assert Job.objects.get(pk=job.pk).attempts == 1
    assert invariants.negative_durations(conn) == invariants.doubled_effects(conn) == []


def test_a_killed_run_of_the_schedule_is_done_by_the_next_worker(lab, conn, tmp_path):
    lab.only(NIGHTLY.task)
    Timetable.objects.filter(kind=NIGHTLY.task).update(
        settled_through=database_now() - timedelta(minutes=35)
    )
    lab.worker(faults=f"job.claimed:1:kill@{tmp_path}/once")
    lab.beat()
    until(lambda: done_of(NIGHTLY.task) >= 1)

    first = Job.objects.filter(kind=NIGHTLY.task).order_by("pk")[0]
    assert first.attempts == 2
    assert connection.in_atomic_block is False
    assert invariants.doubled_effects(conn) == []
