"""Periodic work: each period once, catching up by rule, turns, the mirror of the schedule."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from hypothesis import given
from hypothesis import strategies as st

from core import jobs, periodic
from core.clock import database_now
from core.models import Job, JobState, Timetable
from core.periodic import BATCH, CatchUp, Periodic, due_periods
from core.timetables import in_words, timing_of, write_schedule
from core.timings import At, Every, at
from crm_site import schedule as project
from tests.customers.files import other_connection

SHANGHAI = ZoneInfo("Asia/Shanghai")
KIND = "core.test_period"
HOUR = timedelta(hours=1)


def entry(catch_up=CatchUp.LAST, **more):
    facts = {"seconds": 3600} | more
    return Periodic("Test", KIND, "A test.", catch_up=catch_up, **facts)


@pytest.fixture
def kind(monkeypatch):
    """Periodic work of this test: `kind(entry, handler)` schedules it."""

    def make(one, handler=lambda running: None):
        monkeypatch.setitem(periodic.SCHEDULE, KIND, one)
        monkeypatch.setitem(jobs.KINDS, KIND, None)
        jobs.handles(KIND, in_turn=True, pauses=periodic.PAUSES)(handler)
        periodic._tie(KIND)
        write_schedule([one, *project.SCHEDULE])
        return one

    return make


def behind(delta):
    Timetable.objects.filter(kind=KIND).update(settled_through=database_now() - delta)


def runs():
    return list(Job.objects.filter(kind=KIND).order_by("pk"))


# --- what is due --------------------------------------------------------------------------------

NOW = datetime(2026, 11, 22, 10, 0, 30, tzinfo=SHANGHAI)


def due(catch_up, settled, **more):
    one = entry(catch_up, **more)
    starts, through = due_periods(one, one.timing, settled, NOW)
    return [start.astimezone(SHANGHAI).hour for start in starts], through.astimezone(SHANGHAI).hour


def test_of_missed_periods_all_or_the_last_or_none():
    settled = NOW - 4 * HOUR

    assert due(CatchUp.ALL, settled) == ([7, 8, 9, 10], 10)
    assert due(CatchUp.LAST, settled) == ([10], 10)
    assert due(CatchUp.NONE, settled) == ([10], 10)
    late = due_periods(entry(CatchUp.NONE), Every(3600), settled, NOW + timedelta(minutes=5))
    assert late[0] == []
    assert late[1].astimezone(SHANGHAI).hour == 10


def test_nothing_is_due_before_the_next_start():
    assert due_periods(entry(), Every(3600), NOW, NOW + timedelta(minutes=59)) == ([], NOW)


def test_too_late_is_not_made_up_for():
    assert due(CatchUp.ALL, NOW - 8 * HOUR, max_lateness=2 * HOUR) == ([9, 10], 10)
    assert due(CatchUp.LAST, NOW - 8 * HOUR, max_lateness=timedelta(seconds=10)) == ([], 2)


def test_a_clock_that_was_ahead_does_nothing_until_it_is_caught_up_with():
    settled = NOW + HOUR

    assert due_periods(entry(CatchUp.ALL), Every(3600), settled, NOW) == ([], settled)


@given(
    st.lists(st.integers(-7_200, 20_000), min_size=1, max_size=30),
    st.sampled_from([Every(600), at("*/20"), at("30", "2")]),
    st.sampled_from(list(CatchUp)),
)
def test_whatever_the_clock_does_no_period_runs_twice_and_all_means_all(steps, timing, rule):
    """Random steps of the clock, also backwards: the ledger never holds a period twice, and with
    ALL it holds each up to the latest instant that was ever asked about."""
    one = entry(rule)
    settled, now, seen, latest = NOW, NOW, [], NOW
    for step in steps:
        now += timedelta(seconds=step)
        latest = max(latest, now)
        while True:
            starts, settled = due_periods(one, timing, settled, now)
            seen += starts
            if len(starts) < BATCH:
                break
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)
    if rule is CatchUp.ALL:
        assert seen == list(timing.starts(NOW, latest))


# --- the ledger ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_missed_periods_are_queued_once_in_order(kind):
    kind(entry(CatchUp.ALL))
    behind(3 * HOUR)

    periodic.catch_up([KIND])
    periodic.catch_up([KIND])

    found = runs()
    assert len(found) == 3
    assert [b.scheduled_for - a.scheduled_for for a, b in zip(found, found[1:], strict=False)] == [
        HOUR,
        HOUR,
    ]
    first = found[0].scheduled_for.astimezone(SHANGHAI)
    assert found[0].key == f"{KIND}@{first.isoformat()}"
    assert found[0].key.endswith(":00:00+08:00")


@pytest.mark.django_db
def test_a_period_stays_taken_when_its_run_has_ended(kind):
    """The unique key alone holds this: the memory of what is settled is taken away."""
    kind(entry())
    behind(HOUR)
    periodic.catch_up([KIND])
    (run,) = runs()
    jobs.work(run.pk)
    behind(HOUR)

    assert [job.pk for job in periodic.catch_up([KIND])] == [run.pk]
    assert len(runs()) == 1


@pytest.mark.django_db
def test_without_the_unique_key_a_period_would_run_twice(kind):
    """The broken twin of the test above."""
    kind(entry())
    behind(HOUR)
    periodic.catch_up([KIND])
    (run,) = runs()
    jobs.work(run.pk)
    Job.objects.filter(pk=run.pk).update(key="something else")
    behind(HOUR)

    periodic.catch_up([KIND])

    assert len(runs()) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_schedulers_at_once_one_asks(kind):
    """While one has the timetable, the other one goes on without waiting."""
    kind(entry())
    behind(HOUR)
    with other_connection() as conn, conn.transaction():
        conn.execute("SELECT 1 FROM core_timetable WHERE kind = %s FOR UPDATE", [KIND])
        assert periodic.catch_up([KIND]) == []
    assert len(periodic.catch_up([KIND])) == 1
    Timetable.objects.filter(kind=KIND).delete()


@pytest.mark.django_db
def test_a_gap_of_a_year_makes_no_storm(kind):
    kind(entry(CatchUp.ALL, seconds=60))
    behind(timedelta(days=365))

    for _tick in range(5):
        periodic.catch_up([KIND])

    assert len(runs()) == BATCH


@pytest.mark.django_db
def test_runs_take_turns(kind):
    order = []
    kind(entry(CatchUp.ALL), lambda running: order.append(running.job.scheduled_for))
    behind(2 * HOUR)
    periodic.catch_up([KIND])
    first, second = runs()

    assert jobs.work(second.pk) is None
    claimed = jobs.claim(first.pk)
    assert jobs.work(second.pk) is None
    jobs._finish(claimed, JobState.DONE, "done", "")
    assert jobs.work(second.pk).state == JobState.DONE
    assert order == [second.scheduled_for]


@pytest.mark.django_db
def test_the_end_of_a_run_calls_the_next(kind, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append(pk))
    kind(entry(CatchUp.ALL))
    behind(2 * HOUR)
    with django_capture_on_commit_callbacks():
        periodic.catch_up([KIND])
    first, second = runs()

    with django_capture_on_commit_callbacks(execute=True):
        jobs.work(first.pk)

    assert rung == [second.pk]


@pytest.mark.django_db
def test_while_a_run_works_the_next_periods_wait_and_only_the_last_comes(kind):
    kind(entry(CatchUp.LAST))
    behind(3 * HOUR)
    periodic.catch_up([KIND])
    (run,) = runs()
    behind(2 * HOUR)
    assert periodic.catch_up([KIND]) == []
    jobs.work(run.pk)

    assert len(periodic.catch_up([KIND])) == 1


@pytest.mark.django_db
def test_what_is_switched_off_does_not_run_and_misses_nothing(kind):
    kind(entry(CatchUp.ALL))
    PeriodicTask.objects.filter(task=KIND).update(enabled=False)
    behind(3 * HOUR)
    assert periodic.catch_up([KIND]) == []
    PeriodicTask.objects.filter(task=KIND).update(enabled=True)

    assert periodic.catch_up([KIND]) == []


@pytest.mark.django_db
def test_the_timing_of_the_administrator_counts(kind):
    kind(entry(CatchUp.ALL))
    half = IntervalSchedule.objects.create(every=30, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(task=KIND).update(interval=half)
    behind(2 * HOUR)

    assert len(periodic.catch_up([KIND])) == 4


# --- the mirror ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_entry_has_its_work_and_one_row():
    assert {one.task for one in project.SCHEDULE} <= set(jobs.KINDS)
    for one in project.SCHEDULE:
        row = PeriodicTask.objects.get(task=one.task)
        assert str(timing_of(row)) == str(one.timing)
        assert row.enabled


@pytest.mark.django_db
def test_a_row_that_is_missing_is_written_again(kind):
    one = kind(entry())
    PeriodicTask.objects.filter(task=KIND).delete()

    write_schedule([one, *project.SCHEDULE])

    assert timing_of(PeriodicTask.objects.get(task=KIND)) == Every(3600)


@pytest.mark.django_db
def test_a_new_timing_of_the_code_follows_unless_an_administrator_changed_it(kind):
    one = kind(entry())
    new = replace(one, seconds=None, crontab=("15", "4", "*", "*", "1"))
    write_schedule([new, *project.SCHEDULE])
    row = PeriodicTask.objects.get(task=KIND)
    assert timing_of(row) == at("15", "4", "*", "*", "1")
    assert row.interval is None

    row.crontab = CrontabSchedule.objects.create(minute="7", hour="7", timezone="Asia/Shanghai")
    row.save()
    write_schedule([one, *project.SCHEDULE])

    row.refresh_from_db()
    assert timing_of(row) == At("7", "7")
    assert PeriodicTask.objects.filter(task=KIND).count() == 1


@pytest.mark.django_db
def test_what_the_code_no_longer_has_is_switched_off(kind):
    kind(entry())
    write_schedule(project.SCHEDULE)

    assert PeriodicTask.objects.get(task=KIND).enabled is False
    assert (
        not PeriodicTask.objects.exclude(task=KIND)
        .filter(task__in=jobs.KINDS, enabled=False)
        .exists()
    )


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        (Every(30), "Every 30 seconds"),
        (Every(60), "Every minute"),
        (Every(7200), "Every 2 hours"),
        (at("5", "2"), "Every day at 02:05"),
        (at("5", "9", "*", "*", "1"), "Every Monday at 09:05"),
        (at("0", "9", "1"), "On day 1 of every month at 09:00"),
        (at("20"), "Every hour at minute 20"),
        (at("*/7", "9"), "*/7 9 * * * Asia/Shanghai"),
    ],
)
def test_a_timing_in_words(timing, words, settings):
    from django.utils import translation

    with translation.override("en"):
        assert in_words(timing) == words


# --- old rows -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_old_runs_go_and_live_ones_stay(kind):
    kind(entry(seconds=60))
    now = database_now()

    def ended(state, days, of=KIND):
        return Job.objects.create(
            kind=of, key=f"{of}{days}{state}", state=state, finished_at=now - timedelta(days=days)
        ).pk

    gone = [ended("done", 8), ended("failed", 401), ended("done", 401, "customers.export")]
    kept = [ended("done", 6), ended("failed", 8), ended("done", 399, "customers.export")]
    kept.append(Job.objects.create(kind=KIND, key="live", state="running").pk)

    assert periodic.delete_old_jobs(lambda done, total: None) == 3
    assert set(Job.objects.values_list("pk", flat=True)) >= set(kept)
    assert not Job.objects.filter(pk__in=gone).exists()


def test_settled_is_written_with_the_runs_or_not_at_all(kind, transactional_db, monkeypatch):
    """A scheduler that dies between the runs and the memory of them leaves neither."""
    kind(entry())
    behind(HOUR)
    before = Timetable.objects.get(kind=KIND).settled_through

    def die(name):
        raise ZeroDivisionError

    monkeypatch.setattr(periodic, "fault_point", die)
    with pytest.raises(ZeroDivisionError):
        periodic.catch_up([KIND])

    assert runs() == []
    assert Timetable.objects.get(kind=KIND).settled_through == before
    assert transaction.get_connection().in_atomic_block is False
    PeriodicTask.objects.filter(task=KIND).delete()
    Timetable.objects.filter(kind=KIND).delete()
