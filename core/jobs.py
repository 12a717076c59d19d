"""Background work with a row of its own: asked for once, done once, resumed after a kill.

A job is queued in the caller's transaction; after commit a Celery message rings. Whoever answers
claims the row with a lease; each `progress()` extends the lease, writes the counts where the page
reads them, and notices when somebody asked to stop. A worker that dies lets its lease run out and
`requeue_lost_jobs` (every half minute) rings again, so handlers must be able to go on where the
committed work stands.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import LIVE_JOBS, Job, JobState

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
QUIET = timedelta(seconds=30)
MAX_ATTEMPTS = 5

Handler = Callable[["Running"], str | None]
HANDLERS: dict[str, Handler] = {}


class StopAsked(Exception):
    """Somebody asked the job to stop; committed work stays."""


class LeaseLost(Exception):
    """Another worker holds the job now; this one must leave without writing."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of a kind. It returns a closing sentence or None."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


class Running:
    """A claimed job in the hands of its handler."""

    def __init__(self, job: Job, holder: uuid.UUID) -> None:
        self.job = job
        self.holder = holder

    @property
    def payload(self) -> dict[str, Any]:
        return self.job.payload

    def progress(self, done: int, total: int, phase: str = "") -> None:
        """Write how far the work is. Raises StopAsked or LeaseLost. Call between transactions."""
        changed = Job.objects.filter(pk=self.job.pk, holder=self.holder).update(
            done=done, total=total, phase=phase, lease_until=timezone.now() + LEASE
        )
        if not changed:
            raise LeaseLost
        if Job.objects.filter(pk=self.job.pk, state=JobState.STOPPING).exists():
            raise StopAsked


def enqueue(kind: str, *, key: str, by: Any, payload: dict[str, Any], files: bool = False) -> Job:
    """Ask for a job; while one with the same key lives, it is returned instead of a second one."""
    if kind not in HANDLERS:
        raise LookupError(f"{kind!r} is not a registered job")
    try:
        with transaction.atomic():
            job = Job.objects.create(kind=kind, key=key, actor=by, payload=payload)
    except IntegrityError:
        return Job.objects.get(key=key, state__in=LIVE_JOBS)
    transaction.on_commit(partial(_ring, job.pk, files))
    return job


def _ring(pk: int, files: bool) -> None:
    """Send the message; without a broker the job waits for the next `requeue_lost_jobs`."""
    from kombu.exceptions import OperationalError

    from core.tasks import run_file_job, run_job

    try:
        (run_file_job if files else run_job).delay(pk)
    except OperationalError:
        log.warning("job %s waits: the broker does not answer", pk)


def ask_to_stop(job: Job) -> None:
    """Ask a queued or running job to stop. Raises Refused when it has already ended."""
    if Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.STOPPED, finished_at=timezone.now()
    ):
        return
    if not Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(state=JobState.STOPPING):
        raise Refused(_("This work has already ended; there is nothing to stop."))


def claim(pk: int) -> Running | None:
    """Take a queued job, or one whose worker died. None when somebody else has it."""
    now, holder = timezone.now(), uuid.uuid4()
    free = Q(state=JobState.QUEUED) | Q(
        state__in=(JobState.RUNNING, JobState.STOPPING), lease_until__lt=now
    )
    taken = Job.objects.filter(free, pk=pk).update(
        state=JobState.RUNNING,
        holder=holder,
        lease_until=now + LEASE,
        started_at=now,
        attempts=F("attempts") + 1,
    )
    return Running(Job.objects.get(pk=pk), holder) if taken else None


def work(pk: int) -> Job | None:
    """Claim the job and do it. Returns it as it ended, None when somebody else has it."""
    running = claim(pk)
    if running is None:
        return None
    job = running.job
    if job.attempts > MAX_ATTEMPTS:
        message = _(
            "This work failed several times and was given up. Please tell your administrator."
        )
        _finish(running, JobState.FAILED, message)
    else:
        _do(running)
    job.refresh_from_db()
    return job


def _do(running: Running) -> None:
    language = getattr(running.job.actor, "language", "") or settings.LANGUAGE_CODE
    try:
        with translation.override(language):
            message = HANDLERS[running.job.kind](running) or ""
    except StopAsked:
        _finish(running, JobState.STOPPED, _("Stopped. What was already written stays."))
    except LeaseLost:
        log.warning("job %s was taken over by another worker", running.job.pk)
    except Refused as refusal:
        _finish(running, JobState.FAILED, str(refusal))
    except Exception:
        # A process edge: the row must tell the person who waits, the log tells the operator.
        log.exception("job %s failed", running.job.pk)
        reference = f"J{running.job.pk}"
        sentence = _("Something went wrong. Please try again; reference {reference}.")
        _finish(running, JobState.FAILED, sentence.format(reference=reference))
        raise
    else:
        _finish(running, JobState.DONE, message)


def _finish(running: Running, state: str, message: str) -> None:
    Job.objects.filter(pk=running.job.pk, holder=running.holder).update(
        state=state, message=message, finished_at=timezone.now(), lease_until=None, holder=None
    )


def requeue_lost_jobs() -> int:
    """Ring again for jobs nobody holds: never claimed, or their worker died. Returns how many."""
    now = timezone.now()
    lost = Q(state=JobState.QUEUED, created_at__lt=now - QUIET) | Q(
        state__in=(JobState.RUNNING, JobState.STOPPING), lease_until__lt=now
    )
    pks = list(Job.objects.filter(lost).order_by("pk").values_list("pk", flat=True)[:200])
    for pk in pks:
        _ring(pk, files=True)
    return len(pks)
