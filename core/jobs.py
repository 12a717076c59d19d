"""Background work with a row of its own: asked for once, done once, resumed after a kill.

A job is queued in the caller's transaction; after commit a Celery message rings. Whoever answers
claims the row with a lease; a thread beside the handler keeps the lease alive, each `progress()`
writes the counts where the page reads them and notices when somebody asked to stop, when another
worker took over, or when this worker is being shut down. A worker that dies lets its lease run
out, and `requeue_lost_jobs` (the scheduler, every few seconds) rings again, so handlers must be
able to go on where the committed work stands. docs/jobs.md has the whole life of a job.
"""

import logging
import os
import socket
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import F, Max, Q, Value
from django.db.models.functions import Greatest, Now
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core import leaving
from core.clock import database_now
from core.errors import Refused
from core.faults import fault_point
from core.models import LIVE_JOBS, Job, JobAttempt, JobState, Outcome, Queue

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
QUIET = timedelta(seconds=30)
MAX_ATTEMPTS = 3  # without getting any further
SWEEP = 200  # jobs rung again at once
HARD_LIMIT = timedelta(seconds=30)  # after the soft limit, for handlers that swallow it
SHORT, LONG = timedelta(minutes=10), timedelta(hours=2)
LIMITS = {Queue.DEFAULT: SHORT, Queue.FILES: LONG, Queue.SCORES: LONG, Queue.REPORTS: LONG}
PAUSES = (timedelta(seconds=5), timedelta(seconds=30))
WORKER_LOST = "WorkerLost"  # the kind of failure of work that killed its worker


@dataclass(frozen=True, slots=True)
class Ending:
    """How a handler ends when something must be written exactly once: with the job's own end.

    `act` runs in the transaction that ends the job, so a worker that dies just before has not
    done it and one that dies just after is not asked again.
    """

    message: str
    act: Callable[[], object]


Handler = Callable[["Running"], str | Ending | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What there is to know about a kind of job.

    After `limit` the work is broken off. After an unexpected failure it is tried again, later
    each time by the next of `pauses`; `forgiving` work is not: its next period will do.
    """

    name: str
    handler: Handler
    title: str | Promise
    queue: str
    limit: timedelta
    pauses: tuple[timedelta, ...] = PAUSES
    forgiving: bool = False
    in_turn: bool = False  # one run at a time, in the order of their periods


KINDS: dict[str, Kind] = {}


class StopAsked(Exception):
    """Somebody asked the job to stop; committed work stays."""


class LeaseLost(Exception):
    """Another worker holds the job now; this one must leave without writing."""


class Leaving(Exception):
    """This worker is being shut down; another one goes on where the committed work stands."""


def handles(
    kind: str,
    *,
    title: str | Promise = "",
    queue: str = Queue.DEFAULT,
    limit: timedelta | None = None,
    pauses: tuple[timedelta, ...] = PAUSES,
    forgiving: bool = False,
    in_turn: bool = False,
) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of a kind. It returns a closing sentence or None."""

    def register(handler: Handler) -> Handler:
        allowed = limit or LIMITS[Queue(queue)]
        KINDS[kind] = Kind(kind, handler, title or kind, queue, allowed, pauses, forgiving, in_turn)
        return handler

    return register


class Running:
    """A claimed job in the hands of its handler."""

    def __init__(self, job: Job, holder: uuid.UUID) -> None:
        self.job = job
        self.holder = holder
        self._best = job.best

    @property
    def payload(self) -> dict[str, Any]:
        return self.job.payload

    def progress(self, done: int, total: int, phase: str = "") -> None:
        """Write how far the work is. Raises StopAsked, LeaseLost or Leaving.

        Call between transactions, at least once a minute: what was committed before the call is
        kept whatever it raises.
        """
        fault_point("job.progress")
        further: dict[str, Any] = {}
        if done > self._best:  # work that begins anew each time gets no further
            self._best = done
            further = {"strikes": 1, "best": done}
        changed = self._mine().update(
            done=done, total=total, phase=phase, lease_until=Now() + LEASE, **further
        )
        if not changed:
            raise LeaseLost
        if Job.objects.filter(pk=self.job.pk, state=JobState.STOPPING).exists():
            raise StopAsked
        if leaving.is_announced():
            raise Leaving

    def hold(self) -> None:
        """Make sure, inside a transaction, that the job is still this worker's until the commit.

        A worker that was stopped for longer than its lease wakes up without knowing that another
        one took over; this keeps it from writing what the other writes. Raises LeaseLost.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM core_job WHERE id = %s AND holder = %s FOR SHARE",
                [self.job.pk, self.holder],
            )
            if cursor.fetchone() is None:
                raise LeaseLost

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, holder=self.holder)


# --- asking -------------------------------------------------------------------------------------


def enqueue(
    kind: str,
    *,
    key: str,
    by: Any,
    payload: dict[str, Any],
    files: bool = False,
    scheduled_for: datetime | None = None,
) -> Job:
    """Ask for a job; while one with the same key lives, it is returned instead of a second one.

    With `scheduled_for` it is a run of the schedule, whose key stays taken forever.
    """
    if kind not in KINDS:
        raise LookupError(f"{kind!r} is not a registered job")
    queue = Queue.FILES if files else KINDS[kind].queue
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                key=key,
                actor=by,
                payload=payload,
                queue=queue,
                scheduled_for=scheduled_for,
            )
    except IntegrityError:
        if scheduled_for is not None:
            return Job.objects.get(key=key, scheduled_for__isnull=False)
        return Job.objects.get(key=key, state__in=LIVE_JOBS)
    fault_point("job.asked")
    transaction.on_commit(partial(_ring, job.pk, queue, kind))
    return job


def _ring(pk: int, queue: str, kind: str) -> None:
    """Send the message; without a broker the job waits for the next `requeue_lost_jobs`."""
    from kombu.exceptions import OperationalError as BrokerError

    from core.tasks import BELLS

    bell = BELLS[Queue(queue)]
    limit = (KINDS[kind].limit if kind in KINDS else LONG).total_seconds()
    try:
        bell.apply_async(
            (pk,), soft_time_limit=limit, time_limit=limit + HARD_LIMIT.total_seconds()
        )
    except BrokerError:
        log.warning("job %s waits: the broker does not answer", pk)


def ask_to_stop(job: Job) -> None:
    """Ask a queued or running job to stop. Raises Refused when it has already ended."""
    if Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.STOPPED, finished_at=Now()
    ):
        return
    if not Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(state=JobState.STOPPING):
        raise Refused(_("This work has already ended; there is nothing to stop."))


def try_again(job: Job) -> None:
    """Queue a failed or stopped job anew; what it has written stays. Raises Refused otherwise."""
    again = Job.objects.filter(pk=job.pk, state__in=(JobState.FAILED, JobState.STOPPED))
    try:
        with transaction.atomic():
            changed = again.update(
                state=JobState.QUEUED,
                strikes=0,
                given_up=False,
                not_before=None,
                message="",
                failure="",
                finished_at=None,
            )
    except IntegrityError:
        raise Refused(_("The same work has been started again already.")) from None
    if not changed:
        raise Refused(_("Only work that failed or was stopped can be tried again."))
    transaction.on_commit(partial(_ring, job.pk, job.queue, job.kind))


# --- doing --------------------------------------------------------------------------------------


def claim(pk: int) -> Running | None:
    """Take a queued job, or one whose worker died. None when somebody else has it.

    Runs of the schedule take turns: none begins while an earlier one of its kind has not ended.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(skip_locked=True).filter(_free(), pk=pk).first()
        if job is None or not _has_its_turn(job):
            return None
        now, holder = database_now(), uuid.uuid4()
        job.history.filter(ended_at=None).update(outcome=Outcome.LOST, ended_at=now)
        if job.strikes >= MAX_ATTEMPTS:
            _bury(job)
            return None
        if job.state == JobState.QUEUED:
            job.state = JobState.RUNNING
        job.holder, job.lease_until, job.started_at = holder, now + LEASE, now
        job.attempts, job.strikes = job.attempts + 1, job.strikes + 1
        job.save(
            update_fields=["state", "holder", "lease_until", "started_at", "attempts", "strikes"]
        )
        number = (job.history.aggregate(last=Max("number"))["last"] or 0) + 1
        job.history.create(number=number, worker=worker_name(), started_at=now)
    fault_point("job.claimed")
    return Running(job, holder)


def _free() -> Q:
    """Jobs that nobody holds and whose time has come."""
    queued = Q(state=JobState.QUEUED) & (Q(not_before=None) | Q(not_before__lte=Now()))
    return queued | Q(state__in=(JobState.RUNNING, JobState.STOPPING), lease_until__lt=Now())


def _has_its_turn(job: Job) -> bool:
    """Whether no other run of a kind that takes turns must end first."""
    kind = KINDS.get(job.kind)
    if kind is None or not kind.in_turn:
        return True
    with connection.cursor() as cursor:  # two claims of one kind must see each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"job:{job.kind}"])
    others = Job.objects.filter(kind=job.kind, state__in=LIVE_JOBS).exclude(pk=job.pk)
    first = Q(state__in=(JobState.RUNNING, JobState.STOPPING))
    if job.scheduled_for is not None:
        first |= Q(scheduled_for__lt=job.scheduled_for)
    return not others.filter(first).exists()


def worker_name() -> str:
    """Host and process of this worker, for the history of attempts."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def work(pk: int) -> Job | None:
    """Claim the job and do it. Returns it as it ended, None when somebody else has it.

    An unexpected failure is written down and raised again, so that Celery notices it as well.
    """
    running = claim(pk)
    if running is None:
        return None
    _do(running)
    running.job.refresh_from_db()
    return running.job


def _do(running: Running) -> None:
    """Run the handler and write down how it ended."""
    job = running.job
    try:
        with translation.override(language_of(job)), _breathing(running):
            ending = KINDS[job.kind].handler(running) or ""
            fault_point("job.before_finish")
            _complete(running, ending if isinstance(ending, Ending) else Ending(ending, _nothing))
            fault_point("job.finished")
    except StopAsked:
        _stop(running, Outcome.STOPPED)
    except LeaseLost:
        log.warning("job %s was taken over by another worker", job.pk)
    except Leaving:
        _put_back(running)
    except Refused as refusal:
        _finish(running, JobState.FAILED, Outcome.FAILED, str(refusal))
    except Exception as error:
        # A process edge: the row must tell the person who waits, the log tells the operator.
        log.exception("job %s failed", job.pk)
        _fail(running, error)
        raise


def _nothing() -> None:
    """What most jobs have to write with their end."""


def _complete(running: Running, ending: Ending) -> None:
    """End the job well, together with what belongs to its end. Raises LeaseLost."""
    with transaction.atomic():
        running.hold()
        ending.act()
        fault_point("job.in_finish")
        _finish(running, JobState.DONE, Outcome.DONE, ending.message)


def language_of(job: Job) -> str:
    """The language in which the job speaks: that of the person who asked."""
    return getattr(job.actor, "language", "") or settings.LANGUAGE_CODE


@contextmanager
def _breathing(running: Running) -> Iterator[None]:
    """Keep the lease alive from a thread, for handlers that are busy in one long statement."""
    ended = threading.Event()
    thread = threading.Thread(target=_breathe, args=(running, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)


def _breathe(running: Running, ended: threading.Event) -> None:
    try:
        while not ended.wait(LEASE.total_seconds() / 3):
            try:
                if not running._mine().update(lease_until=Now() + LEASE):
                    return
            except (OperationalError, InterfaceError):
                connection.close()  # the next breath asks for a new one
    finally:
        connection.close()


# --- endings ------------------------------------------------------------------------------------


def _finish(
    running: Running, state: str, outcome: str, message: str, failure: str = "", **more: Any
) -> None:
    """Write the end of this attempt, unless another worker took the job over."""
    with transaction.atomic():
        changed = running._mine().update(
            state=state,
            message=message,
            failure=failure,
            finished_at=None if state == JobState.QUEUED else Now(),
            lease_until=None,
            holder=None,
            **more,
        )
        if not changed:
            return
        JobAttempt.objects.filter(job=running.job, ended_at=None).update(
            ended_at=Now(), outcome=outcome, failure=failure
        )
        kind = KINDS.get(running.job.kind)
        if kind is not None and kind.in_turn and state != JobState.QUEUED:
            transaction.on_commit(partial(_ring_next, kind.name))


def _ring_next(kind: str) -> None:
    """Call the run that waited for its turn."""
    waiting = Job.objects.filter(_free(), kind=kind).order_by("scheduled_for", "pk").first()
    if waiting is not None:
        _ring(waiting.pk, waiting.queue, kind)


def _stop(running: Running, outcome: str, failure: str = "") -> None:
    """End the job as somebody asked for."""
    message = _("Stopped. What was already written stays.")
    _finish(running, JobState.STOPPED, outcome, message, failure)


def _is_asked_to_stop(running: Running) -> bool:
    """Whether somebody wants the job to stop; locks its row, so that nobody asks meanwhile."""
    state = running._mine().select_for_update().values_list("state", flat=True).first()
    return bool(state == JobState.STOPPING)


def _put_back(running: Running) -> None:
    """Give the job back without blame: its worker was shut down, another one goes on."""
    job = running.job
    blameless = Greatest(F("strikes") - 1, Value(0))
    with transaction.atomic():
        if _is_asked_to_stop(running):
            _stop(running, Outcome.LEFT)
            return
        _finish(running, JobState.QUEUED, Outcome.LEFT, "", strikes=blameless)
    _ring(job.pk, job.queue, job.kind)


def _fail(running: Running, error: Exception) -> None:
    """Try again after a pause, or give up; without a database the lease's end decides."""
    failure = where_it_failed(error)
    lost = isinstance(error, (OperationalError, InterfaceError))
    if lost and not connection.in_atomic_block:
        connection.close()  # whatever is left of it
    try:
        with transaction.atomic():
            if _is_asked_to_stop(running):  # the wish outlives the attempt
                _stop(running, Outcome.LOST if lost else Outcome.FAILED, failure)
            else:
                _try_later(running, failure, lost=lost)
    except (OperationalError, InterfaceError):
        pk = running.job.pk
        log.warning("job %s: no database to write its failure; its lease ends by itself", pk)


def _try_later(running: Running, failure: str, *, lost: bool) -> None:
    """Queue the job again after a pause, or give up after too many attempts."""
    job = Job.objects.get(pk=running.job.pk)
    kind = KINDS[job.kind]
    if job.strikes >= MAX_ATTEMPTS or (kind.forgiving and not lost):
        _give_up(running, failure)
        return
    pause = kind.pauses[min(job.strikes, len(kind.pauses)) - 1]
    message = _("Something went wrong; it is tried again. Reference {reference}.")
    _finish(
        running,
        JobState.QUEUED,
        Outcome.LOST if lost else Outcome.FAILED,
        message.format(reference=job.reference),
        failure,
        not_before=Now() + pause,
    )


def _give_up(running: Running, failure: str) -> None:
    """End the job as a dead letter that an administrator must look at."""
    job = running.job
    message = _("Something went wrong. Please try again; reference {reference}.")
    _finish(
        running,
        JobState.FAILED,
        Outcome.FAILED,
        message.format(reference=job.reference),
        failure,
        given_up=not KINDS[job.kind].forgiving,
    )


def _bury(job: Job) -> None:
    """End a job that killed its worker each time: a dead letter, too."""
    with translation.override(language_of(job)):
        message = _(
            "This work failed several times and was given up. Please tell your administrator; "
            "reference {reference}."
        )
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED,
        message=message.format(reference=job.reference),
        failure=WORKER_LOST,
        given_up=True,
        finished_at=Now(),
        lease_until=None,
        holder=None,
    )


def where_it_failed(error: BaseException) -> str:
    """The kind of an error and our own line that raised it. Never its words: they may quote
    personal data."""
    name = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    root = Path(settings.BASE_DIR)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(root) and ".venv" not in path.parts:
            return f"{name}, {path.relative_to(root)}:{frame.lineno}"[:200]
    return name[:200]


# --- sweeping -----------------------------------------------------------------------------------


def requeue_lost_jobs() -> int:
    """Ring again for jobs nobody holds: never claimed, paused long enough, or their worker died.

    Returns how many.
    """
    # `created_at` is the asking host's clock; one that lies in the future was a wrong clock's.
    old = Q(created_at__lt=Now() - QUIET) | Q(created_at__gt=Now())
    forgotten = old & (Q(not_before=None) | Q(not_before__lte=Now()))
    lost = (Q(state=JobState.QUEUED) & forgotten) | Q(
        state__in=(JobState.RUNNING, JobState.STOPPING), lease_until__lt=Now()
    )
    rung = 0
    for queue in Queue.values:
        jobs = Job.objects.filter(lost, queue=queue).order_by("pk")
        found = list(jobs.values_list("pk", "queue", "kind")[:SWEEP])
        if found:
            for pk, name, kind in found[: _missing_bells(queue, len(found))]:
                _ring(pk, name, kind)
                rung += 1
    return rung


def _missing_bells(queue: str, found: int) -> int:
    """How many of the jobs found may be rung for: the messages that wait need no second one.

    Without this a backlog of an hour would be rung for every few seconds.
    """
    waiting = Job.objects.filter(_free(), queue=queue).count()
    return min(found, max(waiting - messages_waiting(queue), 0))


def messages_waiting(queue: str) -> int:
    """How many messages wait in a queue of the broker; 0 when it cannot say."""
    from celery import current_app
    from kombu.exceptions import OperationalError as BrokerError

    broker = current_app.connection_for_write()
    try:
        with broker:
            broker.ensure_connection(max_retries=1, timeout=2)
            return int(broker.default_channel.queue_declare(queue, passive=True).message_count)
    except (BrokerError, *broker.connection_errors, *broker.channel_errors):
        return 0
