"""Doorbells of core: ids in, one service call, safe to run twice."""

from celery import shared_task

from core import jobs, periodic
from core.attachments import store
from core.drafts import services as drafts
from core.imports import runs
from core.jobs import Running
from core.models import Queue
from core.notices import digest, outbox, retention

ACCESS = {
    "core.run_job": "acts for the job's actor",
    "core.run_file_job": "acts for the job's actor",
    "core.run_report_job": "acts for the job's actor",
    "core.run_score_job": "acts for the job's actor",
    "core.pulse": "system",
    "core.delete_old_import_files": "system",
    "core.delete_old_jobs": "system",
    "core.empty_outbox": "system",
    "core.deliver_outbox": "system",
    "core.send_digests": "system",
    "core.delete_old_notices": "system",
    "core.delete_old_drafts": "system",
    "core.delete_stray_files": "system",
}


@shared_task(name="core.run_job")
def run_job(pk: int) -> None:
    """Do the queued job with this key, unless somebody else has it."""
    jobs.work(pk)


@shared_task(name="core.run_file_job")
def run_file_job(pk: int) -> None:
    """The same on the queue of long file work, so that short jobs never wait behind a file."""
    jobs.work(pk)


@shared_task(name="core.run_score_job")
def run_score_job(pk: int) -> None:
    """The same on the queue of scoring runs, which keep a processor busy for minutes."""
    jobs.work(pk)


@shared_task(name="core.run_report_job")
def run_report_job(pk: int) -> None:
    """The same on the queue of reports, so that a heavy question holds up nothing but others."""
    jobs.work(pk)


BELLS = {
    Queue.DEFAULT: run_job,
    Queue.FILES: run_file_job,
    Queue.SCORES: run_score_job,
    Queue.REPORTS: run_report_job,
}


@shared_task(name="core.pulse")
def pulse(queue: str) -> None:
    """Leave a sign that somebody answers this queue."""
    periodic.beat_pulse(f"queue:{queue}")


@periodic.periodic("core.delete_old_import_files")
def delete_old_import_files(running: Running) -> None:
    """Delete uploads and rejected rows that are older than 30 days."""
    runs.delete_old_files()


@periodic.periodic("core.delete_old_jobs")
def delete_old_jobs(running: Running) -> None:
    """Delete ended jobs beyond the time for which their kind is kept."""
    periodic.delete_old_jobs(running.progress)


@shared_task(name="core.empty_outbox")
def empty_outbox() -> None:
    """Send at once what a transaction has just put into the outbox."""
    outbox.deliver()


@periodic.periodic("core.deliver_outbox")
def deliver_outbox(running: Running) -> None:
    """Send the mails and webhooks that are due."""
    outbox.deliver(after_batch=lambda done: running.progress(done, 0))


@periodic.periodic("core.send_digests")
def send_digests(running: Running) -> None:
    """Write the daily mails whose hour has come."""
    digest.send_digests()


@periodic.periodic("core.delete_old_notices")
def delete_old_notices(running: Running) -> None:
    """Delete notices read long ago and messages settled long ago."""
    retention.delete_old_notices()


@periodic.periodic("core.delete_old_drafts")
def delete_old_drafts(running: Running) -> None:
    """Delete drafts of forms that nobody came back to for a week."""
    drafts.delete_old_drafts()


@periodic.periodic("core.delete_stray_files")
def delete_stray_files(running: Running) -> None:
    """Delete attached files whose record is gone or never came about."""
    store.delete_strays()
