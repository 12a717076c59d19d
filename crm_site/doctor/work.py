"""Work in the background and in time: schedule, jobs, mails, calendar, second factor."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.display import listed
from core.doctor import Finding, error, ok, register, warning
from core.models import Job, JobState

WAITS_TOO_LONG = timedelta(minutes=10)
LATELY = timedelta(days=1)


@register("work.jobs", gettext_lazy("Background jobs"), needs_database=True)
def jobs() -> Iterator[Finding]:
    """Jobs are taken up soon, and those that failed are looked at."""
    now = timezone.now()
    waiting = Job.objects.filter(state=JobState.QUEUED, created_at__lt=now - WAITS_TOO_LONG).count()
    failed = Job.objects.filter(state=JobState.FAILED, finished_at__gt=now - LATELY).count()
    if waiting:
        advice = _("Look whether the worker runs and the broker answers (manage.py up).")
        sentence = _("Jobs that wait for more than ten minutes: {count}.")
        yield error(sentence.format(count=waiting), advice)
    if failed:
        advice = _("Open System › Jobs; the log tells the reason under the reference shown there.")
        sentence = _("Jobs that failed in the last 24 hours: {count}.")
        yield warning(sentence.format(count=failed), advice)
    if not waiting and not failed:
        yield ok(_("No job waits too long, and none failed in the last 24 hours."))


@register("work.schedule", gettext_lazy("Schedule"), needs_database=True)
def schedule() -> Iterator[Finding]:
    """Every periodic job of the product is in the schedule and switched on."""
    from django_celery_beat.models import PeriodicTask

    from crm_site.schedule import SCHEDULE

    enabled = dict(PeriodicTask.objects.values_list("task", "enabled"))
    missing = [job.name for job in SCHEDULE if job.task not in enabled]
    disabled = [job.name for job in SCHEDULE if enabled.get(job.task) is False]
    if missing:
        sentence = _("Periodic jobs that are missing: {names}.")
        yield error(sentence.format(names=listed(missing)), _("Run: manage.py migrate"))
    if disabled:
        advice = _("Switch them on in the administration when the reason is gone.")
        sentence = _("Periodic jobs that are switched off: {names}.")
        yield warning(sentence.format(names=listed(disabled)), advice)
    if not missing and not disabled:
        yield ok(_("All {count} periodic jobs are switched on.").format(count=len(SCHEDULE)))


# What other parts of the product find about themselves: key, title, module, function.
NEIGHBOURS = (
    ("work.periodic", gettext_lazy("Periodic jobs and workers"), "core.periodic", "findings"),
    ("work.outbox", gettext_lazy("Outgoing mail"), "core.notices", "findings"),
    ("security.accounts", gettext_lazy("Accounts"), "accounts.security", "findings"),
)


def neighbour(module: str, name: str) -> Callable[[], Iterable[Finding]]:
    """A check that asks another part of the product, which may not be installed."""

    def check() -> Iterable[Finding]:
        try:
            asked: Any = getattr(importlib.import_module(module), name)
        except (ModuleNotFoundError, AttributeError):
            return []
        return list(asked())

    return check


for _key, _title, _module, _name in NEIGHBOURS:
    register(_key, _title, needs_database=True)(neighbour(_module, _name))


@register("work.calendar", gettext_lazy("Working calendar"), needs_database=True)
def calendar() -> Iterator[Finding]:
    """The public holidays of the coming months are known."""
    try:
        from regions.calendars import missing_years
    except ImportError:
        return
    missing = list(missing_years())
    if missing:
        advice = _("Enter them under System › Working calendars once they are published.")
        sentence = _("The public holidays of {years} are not known yet.")
        yield warning(sentence.format(years=listed(missing)), advice)
    else:
        yield ok(_("The public holidays of the coming months are known."))
