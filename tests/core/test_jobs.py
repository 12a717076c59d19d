"""Background jobs: one a key, one holder, leases, stops, failures in sentences."""

import time
from datetime import timedelta

import pytest
from celery import current_app
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core import jobs, leaving
from core.errors import Refused
from core.models import Job, JobState, Outcome
from tests.customers.files import other_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """A kind of job of this test: `kind(function)` registers what does it."""

    def register(handler, **facts):
        monkeypatch.setitem(jobs.KINDS, "test", None)  # taken back after the test
        jobs.handles("test", title="A test", **facts)(handler)

    register(lambda running: "done")
    return register


@pytest.fixture
def no_messages(monkeypatch):
    """The broker holds no message; other tests of this run share it and leave some behind."""
    monkeypatch.setattr(jobs, "messages_waiting", lambda queue: 0)


def ask(key="k", **payload):
    return jobs.enqueue("test", key=key, by=None, payload=payload)


def overdue(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_one_live_job_a_key(kind):
    first = ask(n=1)

    assert ask(n=2) == first
    assert ask("other") != first
    jobs.work(first.pk)
    again = ask(n=2)
    assert (again.pk != first.pk, again.payload) == (True, {"n": 2})


def test_an_unknown_kind_is_a_mistake():
    with pytest.raises(LookupError):
        jobs.enqueue("no such kind", key="k", by=None, payload={})
    assert Job.objects.count() == 0


def test_the_bell_rings_after_commit_only(kind, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append((pk, queue)))
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("test", key="k", by=None, payload={}, files=True)
        assert rung == []

    assert rung == [(job.pk, "files")]


def test_work_ends_with_the_sentence_and_is_done_once(kind):
    calls = []
    kind(lambda running: calls.append(running.payload) or "3 rows")
    job = ask(n=1)

    ended = jobs.work(job.pk)

    assert (ended.state, ended.message, ended.attempts) == (JobState.DONE, "3 rows", 1)
    assert ended.finished_at is not None
    assert (ended.holder, ended.lease_until) == (None, None)
    assert jobs.work(job.pk) is None
    assert calls == [{"n": 1}]


def test_a_job_has_one_holder_until_its_lease_ends(kind):
    job = ask()
    first = jobs.claim(job.pk)

    assert first is not None
    assert jobs.claim(job.pk) is None
    overdue(job)
    second = jobs.claim(job.pk)
    assert second is not None
    assert second.job.attempts == 2
    with pytest.raises(jobs.LeaseLost):
        first.progress(1, 2)
    second.progress(1, 2, "halfway")
    job.refresh_from_db()
    assert (job.done, job.total, job.phase) == (1, 2, "halfway")
    assert job.lease_until > timezone.now() + timedelta(seconds=80)


def test_who_lost_the_lease_leaves_without_a_word(kind):
    job = ask()

    def slow(running):
        overdue(running.job)
        jobs.claim(running.job.pk)
        running.progress(1, 1)

    kind(slow)

    assert jobs.work(job.pk).state == JobState.RUNNING


def test_a_queued_job_is_stopped_at_once(kind):
    job = ask()

    jobs.ask_to_stop(job)

    job.refresh_from_db()
    assert job.state == JobState.STOPPED
    assert jobs.work(job.pk) is None
    with pytest.raises(Refused):
        jobs.ask_to_stop(job)


def test_a_running_job_stops_at_its_next_progress(kind):
    reached = []

    def handler(running):
        running.progress(1, 3)
        jobs.ask_to_stop(running.job)
        reached.append("asked")
        running.progress(2, 3)
        reached.append("too far")

    kind(handler)
    ended = jobs.work(ask().pk)

    assert (ended.state, ended.done, reached) == (JobState.STOPPED, 2, ["asked"])
    assert ended.message


def test_a_refusal_is_told_as_it_is(kind):
    def handler(running):
        raise Refused("Please come back tomorrow.")

    kind(handler)
    ended = jobs.work(ask().pk)

    assert (ended.state, ended.message) == (JobState.FAILED, "Please come back tomorrow.")


def fail(job):
    with pytest.raises(ZeroDivisionError):
        jobs.work(job.pk)
    job.refresh_from_db()


def without_pause(job):
    Job.objects.filter(pk=job.pk).update(not_before=None)


def test_a_bug_is_tried_again_later_each_time_and_then_given_up(kind):
    def handler(running):
        raise ZeroDivisionError("secret detail")

    kind(handler)
    job = ask()
    pauses = []
    for _attempt in range(jobs.MAX_ATTEMPTS - 1):
        fail(job)
        assert (job.state, job.given_up, job.finished_at) == (JobState.QUEUED, False, None)
        assert jobs.work(job.pk) is None
        pauses.append((job.not_before - job.history.last().ended_at).total_seconds())
        without_pause(job)
    assert [round(pause) for pause in pauses] == [5, 30]

    fail(job)
    assert (job.state, job.given_up, job.attempts) == (JobState.FAILED, True, 3)
    assert f"J{job.pk}" in job.message
    assert job.failure.startswith("ZeroDivisionError, tests/core/test_jobs.py:")
    assert "secret" not in job.message + job.failure
    assert list(job.history.values_list("number", "outcome")) == [
        (1, Outcome.FAILED),
        (2, Outcome.FAILED),
        (3, Outcome.FAILED),
    ]
    assert jobs.work(job.pk) is None


def test_who_gets_further_is_not_given_up(kind):
    """Ten deaths on the way are no reason to give up a file that is written in the end."""
    reached = []

    def handler(running):
        done = running.job.done
        reached.append(done)
        running.progress(done + 1, 10)
        if done < 9:
            raise ZeroDivisionError

    kind(handler)
    job = ask()
    for _step in range(9):
        fail(job)
        without_pause(job)

    assert jobs.work(job.pk).state == JobState.DONE
    assert reached == list(range(10))


def test_who_begins_anew_each_time_gets_no_further(kind):
    ends = iter((5, 1, 5))

    def handler(running):
        for row in range(1, next(ends) + 1):
            running.progress(row, 10)
        raise ZeroDivisionError

    kind(handler)
    job = ask()
    for _attempt in range(jobs.MAX_ATTEMPTS):
        assert job.state == JobState.QUEUED
        fail(job)
        without_pause(job)

    assert (job.state, job.given_up, job.best) == (JobState.FAILED, True, 5)


def test_a_job_that_keeps_killing_its_worker_is_given_up(kind):
    calls = []
    kind(lambda running: calls.append(1))
    job = ask()
    for _attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(job.pk)
        overdue(job)

    assert jobs.work(job.pk) is None

    job.refresh_from_db()
    assert (job.state, job.given_up, job.failure) == (JobState.FAILED, True, jobs.WORKER_LOST)
    assert f"J{job.pk}" in job.message
    assert (calls, job.attempts, job.holder, job.lease_until) == ([], 3, None, None)
    assert set(job.history.values_list("outcome", flat=True)) == {Outcome.LOST}


def test_a_lost_database_is_no_fault_of_the_work(kind):
    def handler(running):
        raise OperationalError("server closed the connection")

    kind(handler, forgiving=True)
    job = ask()
    with pytest.raises(OperationalError):
        jobs.work(job.pk)

    job.refresh_from_db()
    assert (job.state, job.given_up) == (JobState.QUEUED, False)
    assert job.history.get().outcome == Outcome.LOST


def test_work_that_is_forgiven_waits_for_its_next_period(kind):
    def handler(running):
        raise ZeroDivisionError

    kind(handler, forgiving=True)
    job = ask()
    fail(job)

    assert (job.state, job.given_up, job.attempts) == (JobState.FAILED, False, 1)


def test_a_worker_that_is_shut_down_puts_its_work_back_without_blame(kind, monkeypatch):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append(pk))
    reached = []

    def handler(running):
        running.progress(1, 3)
        leaving.announce()
        reached.append("announced")
        running.progress(2, 3)
        reached.append("too far")

    kind(handler)
    job = ask()
    try:
        ended = jobs.work(job.pk)
    finally:
        leaving.take_back()

    assert (ended.state, ended.done, reached) == (JobState.QUEUED, 2, ["announced"])
    assert (ended.holder, ended.not_before, ended.strikes) == (None, None, 0)
    assert ended.history.get().outcome == Outcome.LEFT
    assert rung == [job.pk]


def test_who_lost_the_lease_cannot_commit(kind):
    """`hold` is what a worker asks that was asleep for longer than its lease."""
    job = ask()
    first = jobs.claim(job.pk)
    with transaction.atomic():
        first.hold()
    overdue(job)
    jobs.claim(job.pk)

    with pytest.raises(jobs.LeaseLost), transaction.atomic():
        first.hold()


def test_the_lease_is_kept_alive_during_long_statements(kind, transactional_db, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=1))
    seen = []

    def handler(running):
        time.sleep(1.5)
        seen.append(jobs.claim(running.job.pk))
        running.progress(1, 1)

    kind(handler)
    assert jobs.work(ask().pk).state == JobState.DONE
    assert seen == [None]


def test_a_stop_outlives_the_worker(kind):
    reached = []

    def handler(running):
        running.progress(1, 2)
        reached.append("too far")

    kind(handler)
    job = ask()
    jobs.claim(job.pk)
    jobs.ask_to_stop(job)
    overdue(job)

    assert jobs.work(job.pk).state == JobState.STOPPED
    assert reached == []


def test_a_stop_outlives_an_attempt_that_fails(kind):
    def handler(running):
        jobs.ask_to_stop(running.job)
        raise ZeroDivisionError

    kind(handler)
    job = ask()
    fail(job)

    assert (job.state, job.given_up, job.holder) == (JobState.STOPPED, False, None)
    assert job.failure.startswith("ZeroDivisionError")
    assert job.history.get().outcome == Outcome.FAILED


def test_a_stop_outlives_a_worker_that_leaves(kind):
    def handler(running):
        jobs.ask_to_stop(running.job)
        raise jobs.Leaving

    kind(handler)

    assert jobs.work(ask().pk).state == JobState.STOPPED


def test_failed_and_stopped_work_can_be_tried_again(kind):
    job = ask()
    jobs.ask_to_stop(job)

    jobs.try_again(job)

    assert jobs.work(job.pk).state == JobState.DONE
    with pytest.raises(Refused):
        jobs.try_again(job)


def test_what_was_started_anew_is_not_tried_again(kind):
    job = ask()
    jobs.ask_to_stop(job)
    ask()

    with pytest.raises(Refused):
        jobs.try_again(job)


def test_lost_jobs_ring_again(kind, no_messages, monkeypatch):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append(pk))
    forgotten, fresh, held, dead, done = (ask(str(n)) for n in range(5))
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.filter(pk=forgotten.pk).update(created_at=long_ago)
    jobs.claim(held.pk)
    jobs.claim(dead.pk)
    overdue(dead)
    jobs.work(done.pk)

    assert jobs.requeue_lost_jobs() == 2
    assert rung == [forgotten.pk, dead.pk]
    assert fresh.pk not in rung


def test_a_backlog_is_not_rung_for_again_and_again(kind, monkeypatch):
    """Three wait, two of their messages are in the broker: one bell is missing."""
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append(pk))
    monkeypatch.setattr(jobs, "messages_waiting", lambda queue: 2)
    waiting = [ask(str(n)) for n in range(3)]
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=5))

    assert jobs.requeue_lost_jobs() == 1
    assert rung == [waiting[0].pk]


def test_the_broker_says_how_many_messages_wait():
    with current_app.connection_for_write() as broker:
        queue = broker.SimpleQueue("jobs-test")
        queue.put({})
        queue.put({})
        try:
            assert jobs.messages_waiting("jobs-test") == 2
        finally:
            queue.clear()
            queue.close()
    assert jobs.messages_waiting("no-such-queue") == 0


def test_a_job_asked_for_by_a_clock_that_is_ahead_is_not_forgotten(kind, no_messages, monkeypatch):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, queue, kind: rung.append(pk))
    job = ask()
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() + timedelta(hours=1))

    jobs.requeue_lost_jobs()

    assert rung == [job.pk]


@pytest.mark.parametrize(
    ("state", "phase", "heading"),
    [
        (JobState.RUNNING, "Writing the links", "Writing the links"),
        (JobState.RUNNING, "", str(JobState.RUNNING.label)),
        (JobState.DONE, "Writing the links", str(JobState.DONE.label)),
        (JobState.FAILED, "Writing the links", str(JobState.FAILED.label)),
    ],
)
def test_a_job_that_has_ended_names_its_state_and_not_its_last_step(state, phase, heading):
    assert Job(state=state, phase=phase).heading == heading


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_gets_the_job(kind):
    """The second one asks while the first has claimed but not yet committed."""
    job = ask()
    with other_connection() as conn:
        with transaction.atomic():
            assert jobs.claim(job.pk)
            conn.execute("SET lock_timeout = '200ms'")
            with pytest.raises(Exception, match="lock timeout"):
                conn.execute("UPDATE core_job SET attempts = 9 WHERE state = 'queued'")
        assert conn.execute("SELECT count(*) FROM core_job WHERE state = 'queued'").fetchone() == (
            0,
        )
    assert jobs.claim(job.pk) is None
    assert connection.in_atomic_block is False
