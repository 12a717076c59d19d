"""Workers that are killed, asleep, poisoned or shut down: every effect once, nobody waits."""

import os
import signal
import time

import pytest
from kombu import Connection

from core import jobs
from core.jobs import WORKER_LOST
from core.models import Job, JobState, Outcome
from core.tasks import run_job
from crm_site.celery import app
from tests.faults import invariants
from tests.faults.conftest import until
from tests.faults.kinds import STEPS

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

EACH_ONCE = [("k", step) for step in range(STEPS)]
PLACES = [
    "job.claimed:1",
    "lab.before:1",
    "lab.inside:1",
    "lab.after:1",
    "job.before_finish:1",
    "job.in_finish:1",
    "job.finished:1",
]


def test_a_child_killed_anywhere_leaves_each_effect_once(lab, conn, tmp_path):
    """One child after the other dies, at every place once; the head lives on and forks anew."""
    faults = ",".join(f"{place}:kill@{tmp_path}/{place}" for place in PLACES)
    lab.worker(faults=faults, tune={"core.jobs.MAX_ATTEMPTS": 20})
    job = lab.ask("lab.steps")

    lab.until_ended(job, 120)

    assert (job.state, lab.effects()) == (JobState.DONE, EACH_ONCE)
    assert set(PLACES) <= set(os.listdir(tmp_path))
    assert job.attempts == len(PLACES)  # the last one died when all was committed
    invariants.all_hold(conn)


def test_a_careless_job_shows_that_the_kill_was_real(lab, conn, tmp_path):
    """The broken twin: without checkpoint and fence the same kill doubles effects."""
    lab.worker(faults=f"lab.after:3:kill@{tmp_path}/once")
    job = lab.ask("lab.careless")

    lab.until_ended(job)

    assert [row[2] for row in invariants.doubled_effects(conn)] == [2, 2, 2]


def test_a_worker_killed_with_its_head_is_replaced(lab, conn):
    first = lab.worker()
    job = lab.ask("lab.steps", pause=0.5)
    until(lambda: len(lab.effects()) >= 2)
    first.end(signal.SIGKILL)
    lab.worker()

    lab.until_ended(job)

    assert (job.state, lab.effects()) == (JobState.DONE, EACH_ONCE)
    assert [one.outcome for one in job.history.order_by("number")] == [Outcome.LOST, Outcome.DONE]
    invariants.all_hold(conn)


def test_a_worker_that_slept_beyond_its_lease_writes_nothing_more(lab, conn):
    """SIGSTOP is what a paused virtual machine is: it wakes up and believes it has the job."""
    first = lab.worker()
    job = lab.ask("lab.steps", pause=0.4)
    until(lambda: len(lab.effects()) >= 2)
    os.killpg(first.pid, signal.SIGSTOP)
    lab.worker()
    lab.until_ended(job)
    os.killpg(first.pid, signal.SIGCONT)
    time.sleep(2)

    assert lab.effects() == EACH_ONCE
    invariants.all_hold(conn)


def test_a_shutdown_puts_the_work_back_at_once(lab, conn):
    first = lab.worker()
    job = lab.ask("lab.steps", pause=0.4)
    until(lambda: len(lab.effects()) >= 2)
    began = time.monotonic()
    first.end(signal.SIGTERM)

    job.refresh_from_db()
    assert time.monotonic() - began < 8
    assert (job.state, job.holder, job.strikes) == (JobState.QUEUED, None, 0)
    lab.worker()
    lab.until_ended(job)
    assert lab.effects() == EACH_ONCE
    assert [one.outcome for one in job.history.order_by("number")] == [Outcome.LEFT, Outcome.DONE]
    invariants.all_hold(conn)


def test_poison_ends_as_a_dead_letter_and_the_others_flow(lab, conn, monkeypatch):
    """A crash in C, a bug, endless work: three tries each, a reason, and no other job waits."""
    kind = jobs.KINDS["lab.endless"]
    short = jobs.Kind(**{f: getattr(kind, f) for f in kind.__slots__} | {"limit": jobs.QUIET / 30})
    monkeypatch.setitem(jobs.KINDS, "lab.endless", short)
    lab.worker(tune={"core.jobs.LEASE": 1})
    poison = [lab.ask(f"lab.{name}", name) for name in ("abort", "raise", "endless")]
    good = [lab.ask("lab.steps", f"good{n}") for n in range(3)]

    def swept():
        Job.objects.filter(state="queued").update(not_before=None)
        lab.sweep()
        time.sleep(0.3)
        return not Job.objects.filter(state__in=jobs.LIVE_JOBS).exists()

    until(swept, 90)
    crash, bug, endless = (Job.objects.get(pk=job.pk) for job in poison)
    assert [job.state for job in (crash, bug, endless)] == [JobState.FAILED] * 3
    assert [job.attempts for job in (crash, bug, endless)] == [3, 3, 3]
    assert [job.given_up for job in (crash, bug, endless)] == [True] * 3
    assert crash.failure == WORKER_LOST
    assert bug.failure.startswith("ZeroDivisionError, tests/faults/kinds.py:")
    assert endless.failure.startswith("SoftTimeLimitExceeded, tests/faults/kinds.py:")
    assert "张三" not in bug.failure + bug.message
    assert {Job.objects.get(pk=job.pk).state for job in good} == {JobState.DONE}
    invariants.all_hold(conn)


def test_a_message_delivered_twice_has_one_effect(lab, conn):
    """The same message again, and a clone under a new id, while it works and afterwards."""
    lab.worker(concurrency=3)
    job = lab.ask("lab.steps", pause=0.2)
    for task_id in ("same", "same", None, None):
        run_job.apply_async((job.pk,), task_id=task_id)
    lab.until_ended(job)
    run_job.apply_async((job.pk,))
    other = lab.ask("lab.steps", "other")
    lab.until_ended(other)

    assert [e for e in lab.effects() if e[0] == "k"] == EACH_ONCE
    assert Job.objects.get(pk=job.pk).attempts == 1
    invariants.all_hold(conn)


def test_without_the_claim_a_second_delivery_would_double_the_effect(lab, conn, monkeypatch):
    """The broken twin: the work itself is delivered, as a plain Celery task does it."""
    job = lab.ask("lab.careless")
    for _delivery in range(2):
        running = jobs.Running(job, None)
        jobs.KINDS["lab.careless"].handler(running)

    assert {row[2] for row in invariants.doubled_effects(conn)} == {2}


def test_a_visibility_timeout_shorter_than_the_work_has_one_effect(lab, conn):
    """The broker believes that the worker is dead and delivers again, which the log proves.

    Workers look for such messages every ten seconds, so the work takes longer than that.
    """
    workers = [lab.worker(env={"CRM_TEST_VISIBILITY": "2"}) for _n in range(2)]
    job = lab.ask("lab.slow", seconds=15)

    def delivered():
        lines = [line for worker in workers for line in worker.said.splitlines()]
        return sum("core.run_job" in line and "received" in line for line in lines)

    until(lambda: not Job.objects.get(pk=job.pk).is_live)

    assert delivered() >= 2, "the broker never delivered again"
    assert lab.effects() == [("k", 0)]
    assert Job.objects.get(pk=job.pk).attempts == 1
    invariants.all_hold(conn)


def test_pickles_are_refused_and_the_worker_goes_on(lab, conn, tmp_path):
    """A message that would run code when it is read is thrown away unread."""
    trap = tmp_path / "executed"
    worker = lab.worker()
    with Connection(app.conf.broker_url) as broker:
        queue = broker.SimpleQueue("default")
        body = b"cposix\nsystem\n(S'touch " + str(trap).encode() + b"'\ntR."
        headers = {"id": "x", "task": "core.run_job", "lang": "py"}
        queue.put(body, serializer=None, content_type="application/x-python-serialize",
                  content_encoding="binary", headers=headers)  # fmt: skip
        queue.close()
    job = lab.ask("lab.steps")

    lab.until_ended(job)

    assert job.state == JobState.DONE
    assert not trap.exists()
    assert "ContentDisallowed" in worker.said or "Refusing to deserialize" in worker.said
