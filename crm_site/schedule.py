"""Every periodic job, a sentence each. Beat reads them from the database (Django admin edits them);
this list creates missing ones and never overwrites what an administrator changed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task and when it runs: every so many seconds, or by crontab fields (minute, hour)."""

    name: str
    task: str
    sentence: str
    seconds: int | None = None
    crontab: tuple[str, str] | None = None
    queue: str = "default"


SCHEDULE = (
    Periodic(
        "Requeue lost jobs",
        "core.requeue_lost_jobs",
        "Rings again for background jobs whose worker died.",
        seconds=30,
    ),
    Periodic(
        "Delete old import files",
        "core.delete_old_import_files",
        "Deletes uploaded files and rejected rows after 30 days.",
        crontab=("10", "2"),
    ),
    Periodic(
        "Delete old log-in records",
        "accounts.delete_old_login_records",
        "Deletes log-in records older than thirteen months.",
        crontab=("40", "2"),
    ),
    Periodic(
        "Compare scope columns with the tree",
        "regions.compare_scope_columns",
        "Finds rows whose region, city or project differs from the tree, and mends them.",
        crontab=("30", "2"),
    ),
    Periodic(
        "Deliver the outbox",
        "core.deliver_outbox",
        "Sends mails and webhooks that are due, and settles what a dead sender left.",
        seconds=30,
    ),
    Periodic(
        "Send daily mails",
        "core.send_digests",
        "Writes the daily mail of everybody whose hour has come.",
        seconds=300,
    ),
    Periodic(
        "Delete old notices",
        "core.delete_old_notices",
        "Deletes notices read 13 months ago and outgoing messages settled 90 days ago.",
        crontab=("50", "2"),
    ),
)


def write_schedule() -> None:
    """Create the periodic jobs that are missing."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    for job in SCHEDULE:
        if PeriodicTask.objects.filter(name=job.name).exists():
            continue
        timing: dict[str, object]
        if job.seconds:
            interval, _ = IntervalSchedule.objects.get_or_create(
                every=job.seconds, period=IntervalSchedule.SECONDS
            )
            timing = {"interval": interval}
        else:
            minute, hour = job.crontab or ("0", "3")
            crontab, _ = CrontabSchedule.objects.get_or_create(
                minute=minute, hour=hour, timezone="Asia/Shanghai"
            )
            timing = {"crontab": crontab}
        PeriodicTask.objects.create(
            name=job.name, task=job.task, description=job.sentence, queue=job.queue, **timing
        )
