"""Doorbells of core: ids in, one service call, safe to run twice."""

from celery import shared_task

from core import jobs
from core.imports import runs

ACCESS = {
    "core.run_job": "acts for the job's actor",
    "core.run_file_job": "acts for the job's actor",
    "core.requeue_lost_jobs": "system",
    "core.delete_old_import_files": "system",
}


@shared_task(name="core.run_job")
def run_job(pk: int) -> None:
    """Do the queued job with this key, unless somebody else has it."""
    jobs.work(pk)


@shared_task(name="core.run_file_job")
def run_file_job(pk: int) -> None:
    """The same on the queue of long file work, so that short jobs never wait behind a file."""
    jobs.work(pk)


@shared_task(name="core.requeue_lost_jobs")
def requeue_lost_jobs() -> None:
    """Ring again for jobs that nobody holds."""
    jobs.requeue_lost_jobs()


@shared_task(name="core.delete_old_import_files")
def delete_old_import_files() -> None:
    """Delete uploads and rejected rows that are older than 30 days."""
    runs.delete_old_files()
