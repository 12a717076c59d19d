"""What ends when an account closes, whoever closes it: page, administration, import or command."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import EndReason, PasswordLink, SignedInDevice
from accounts.sessions import end
from core.models import Job, JobState


@transaction.atomic
def shut_out(people: Collection[int]) -> int:
    """End log-ins, one-time links and background work of people whose accounts have closed.

    Their next request meets the front door; a running export stops at its next batch, and a file
    that is ready already is behind a log-in that they no longer have. Returns how many log-ins
    ended (reliability: leavers).
    """
    if not people:
        return 0
    PasswordLink.objects.filter(user__in=people, used_at=None).delete()
    jobs = Job.objects.filter(actor__in=people)
    jobs.filter(state=JobState.QUEUED).update(state=JobState.STOPPED, finished_at=timezone.now())
    jobs.filter(state=JobState.RUNNING).update(state=JobState.STOPPING)
    return end(SignedInDevice.objects.filter(user__in=people), reason=EndReason.ACCOUNT)
