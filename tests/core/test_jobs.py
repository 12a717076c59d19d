"""Background jobs: one a key, one holder, leases, stops, failures in sentences."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import jobs
from core.errors import Refused
from core.models import Job, JobState
from tests.customers.files import other_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """A kind of job of this test: `kind(function)` registers what does it."""

    def register(handler):
        monkeypatch.setitem(jobs.HANDLERS, "test", handler)

    register(lambda running: "done")
    return register


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
    monkeypatch.setattr(jobs, "_ring", lambda pk, files: rung.append((pk, files)))
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("test", key="k", by=None, payload={}, files=True)
        assert rung == []

    assert rung == [(job.pk, True)]


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


def test_a_bug_is_told_by_a_reference_and_surfaces(kind):
    def handler(running):
        raise ZeroDivisionError("secret detail")

    kind(handler)
    job = ask()
    with pytest.raises(ZeroDivisionError):
        jobs.work(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert f"J{job.pk}" in job.message
    assert "secret" not in job.message


def test_a_job_that_keeps_killing_its_worker_is_given_up(kind):
    calls = []
    kind(lambda running: calls.append(1))
    job = ask()
    for _attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(job.pk)
        overdue(job)

    ended = jobs.work(job.pk)

    assert (ended.state, calls) == (JobState.FAILED, [])


def test_lost_jobs_ring_again(kind, monkeypatch):
    rung = []
    monkeypatch.setattr(jobs, "_ring", lambda pk, files: rung.append(pk))
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
