"""What administrators do: run now, try again, stop. Each is recorded."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import jobs
from core.deeds import record
from core.errors import Refused
from core.jobs import KINDS
from core.models import Job
from core.periodic import SCHEDULE


@transaction.atomic
def run_now(kind: str, *, by: Any) -> Job:
    """Ask for an extra run of periodic work at once; its periods stay as they are.

    Raises Refused while an extra run waits or works already, and for work that is not known.
    """
    if kind not in SCHEDULE or kind not in KINDS:
        raise Refused(_("There is no periodic work of this name."))
    key = f"{kind}@now"
    if Job.objects.filter(key=key, state__in=jobs.LIVE_JOBS).exists():
        raise Refused(_("This work has been started already. Please wait for its end."))
    job = jobs.enqueue(kind, key=key, by=by, payload={})
    record("job.started", by=by, subject=job, kind=kind)
    return job


@transaction.atomic
def retry(job: Job, *, by: Any) -> None:
    """Queue failed or stopped work anew; what it has written stays. Raises Refused otherwise."""
    jobs.try_again(job)
    record("job.retried", by=by, subject=job, kind=job.kind)


@transaction.atomic
def stop(job: Job, *, by: Any) -> None:
    """Ask work to stop at its next step. Raises Refused when it has ended."""
    jobs.ask_to_stop(job)
    record("job.stopped", by=by, subject=job, kind=job.kind)


@transaction.atomic
def put_aside(job: Job, *, by: Any) -> None:
    """Take a dead letter from the list of what needs a look; it stays failed."""
    if not Job.objects.filter(pk=job.pk, given_up=True).update(given_up=False):
        raise Refused(_("This work is not among those that were given up."))
    record("job.put_aside", by=by, subject=job, kind=job.kind)
