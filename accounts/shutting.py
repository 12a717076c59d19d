"""What ends when an account closes, whoever closes it: page, administration, import or command."""

from collections.abc import Callable, Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import EndReason, PasswordLink, SignedInDevice
from accounts.sessions import end
from core.exports.lists import delete_files_of
from core.models import Job, JobState

Sweeper = Callable[[Collection[int]], None]
SWEEPERS: list[Sweeper] = []


def sweeps(sweeper: Sweeper) -> Sweeper:
    """Register what an app takes away from people whose accounts close: `sweeper(their keys)`.

    Called in the transaction of the closing; files go with `transaction.on_commit`.
    """
    SWEEPERS.append(sweeper)
    return sweeper


@transaction.atomic
def shut_out(people: Collection[int]) -> int:
    """End log-ins, one-time links and background work of people whose accounts have closed.

    Their next request meets the front door, a running export stops at its next batch, and files
    that were prepared for them are deleted. Returns how many log-ins ended (reliability 13).
    """
    if not people:
        return 0
    PasswordLink.objects.filter(user__in=people, used_at=None).delete()
    jobs = Job.objects.filter(actor__in=people)
    jobs.filter(state=JobState.QUEUED).update(state=JobState.STOPPED, finished_at=timezone.now())
    jobs.filter(state=JobState.RUNNING).update(state=JobState.STOPPING)
    for sweeper in SWEEPERS:
        sweeper(people)
    return end(SignedInDevice.objects.filter(user__in=people), reason=EndReason.ACCOUNT)


sweeps(delete_files_of)
