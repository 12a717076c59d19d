"""Work of the schedule: every period is done once, whoever rings how often, also after a gap.

`crm_site.schedule` lists what runs and when. The scheduler (`crm_site.beat`) calls `catch_up`
when an entry is due and every few seconds besides. It compares the timing with what is settled
already, by the clock of the database, and queues a run for each period that is missing: a `Job`
with the key "kind@start", unique forever. Two schedulers, redelivered messages and clocks that
jump therefore change nothing, and a scheduler that was dead for two hours makes up for them by
the rule of each kind, in order and without a storm.
"""

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from core.clock import database_now
from core.doctor import Finding
from core.faults import fault_point
from core.jobs import KINDS, Handler, enqueue, handles, worker_name
from core.models import LIVE_JOBS, Job, JobState, Pulse, Queue, Timetable
from core.timings import Every, Timing, at, first_starts, last_start

BATCH = 20  # runs of one kind that wait at the same time
QUICK = timedelta(minutes=10)  # a shorter period needs no second try: the next one comes soon
KEPT = timedelta(days=400)
KEPT_QUICK = timedelta(days=7)
PAUSES = (timedelta(minutes=1), timedelta(minutes=5))


class CatchUp(enum.Enum):
    """What becomes of periods that nobody ran in time."""

    ALL = "all"  # each is run, the oldest first
    LAST = "last"  # only the latest is run
    NONE = "none"  # none is run; the next period comes


@dataclass(frozen=True, slots=True)
class Periodic:
    """A kind of work and when it runs, listed in crm_site.schedule.

    `seconds`, or `crontab` with its first fields (minute, hour, day of month, month, day of
    week) in the time zone of the group. `sentence` tells administrators what the work is good
    for. A period older than `max_lateness` is not made up for.
    """

    name: str | Promise
    task: str
    sentence: str | Promise
    seconds: int | None = None
    crontab: tuple[str, ...] | None = None
    queue: str = Queue.DEFAULT
    catch_up: CatchUp = CatchUp.LAST
    max_lateness: timedelta | None = None

    @property
    def timing(self) -> Timing:
        """The timing as the code has it; an administrator may have changed it."""
        if self.seconds:
            return Every(self.seconds)
        return at(*(self.crontab or ("0", "3")))

    @property
    def is_quick(self) -> bool:
        """Whether the next period comes so soon that a failed run needs no second try."""
        return self.seconds is not None and timedelta(seconds=self.seconds) < QUICK


SCHEDULE: dict[str, Periodic] = {}


def schedule(entries: Iterable[Periodic]) -> None:
    """Make the entries known; the project does so once, when it is loaded."""
    for entry in entries:
        SCHEDULE[entry.task] = entry
        _tie(entry.task)


def periodic(kind: str, *, limit: timedelta | None = None) -> Callable[[Handler], Handler]:
    """Register the function that does a kind of periodic work; crm_site.schedule says when.

    It takes the `Running` job (its `progress` extends the lease) and returns a closing sentence
    or None. `limit` is when the work is broken off. A failed run is tried again after one and
    after five minutes, then it is a dead letter.
    """

    def register(handler: Handler) -> Handler:
        handles(kind, limit=limit, pauses=PAUSES, in_turn=True)(handler)
        _tie(kind)
        _make_task(kind, handler)
        return handler

    return register


def _tie(kind: str) -> None:
    """Give a kind what its entry says, once both are known."""
    if kind in KINDS and (entry := SCHEDULE.get(kind)) is not None:
        KINDS[kind] = replace(
            KINDS[kind], title=entry.name, queue=entry.queue, forgiving=entry.is_quick
        )


def _make_task(kind: str, handler: Handler) -> None:
    """A Celery task of the kind's name, so that the administration knows it. It only asks."""

    def ask() -> None:
        catch_up([kind])

    ask.__name__, ask.__doc__, ask.__module__ = (
        handler.__name__,
        handler.__doc__,
        handler.__module__,
    )
    shared_task(name=kind)(ask)


# --- what is due --------------------------------------------------------------------------------


def due_periods(
    entry: Periodic, timing: Timing, settled: datetime, now: datetime
) -> tuple[list[datetime], datetime]:
    """The starts to run now, the oldest first, and through when all is settled then."""
    oldest = max(settled, now - entry.max_lateness) if entry.max_lateness else settled
    if entry.catch_up is CatchUp.ALL:
        starts = first_starts(timing, oldest, now, BATCH)
        return starts, starts[-1] if starts else settled
    start = last_start(timing, now, oldest)
    if start is None:
        return [], settled
    if entry.catch_up is CatchUp.NONE and now - start > (entry.max_lateness or GRACE):
        return [], start
    return [start], start


GRACE = timedelta(seconds=60)


def catch_up(kinds: Collection[str] | None = None) -> list[Job]:
    """Queue the runs that are due and missing, of these kinds or all. Safe from any process."""
    from core.timetables import enabled_timings

    jobs: list[Job] = []
    for kind, timing in enabled_timings(kinds):
        jobs += _catch_up_one(SCHEDULE[kind], timing)
    return jobs


def _catch_up_one(entry: Periodic, timing: Timing | None) -> list[Job]:
    """Queue what one kind lacks; a kind that is switched off lacks nothing."""
    with transaction.atomic():
        table = Timetable.objects.select_for_update(skip_locked=True).filter(kind=entry.task)
        row = table.first()
        if row is None:  # another scheduler is at it, or the schedule was never written
            return []
        now = database_now()
        if timing is None:
            table.filter(settled_through__lt=now).update(settled_through=now)
            return []
        waiting = Job.objects.filter(
            kind=entry.task, scheduled_for__isnull=False, state__in=LIVE_JOBS
        ).count()
        if waiting >= (BATCH if entry.catch_up is CatchUp.ALL else 1):
            return []
        starts, settled = due_periods(entry, timing, row.settled_through, now)
        jobs = [ask_for_run(entry.task, start) for start in starts]
        fault_point("periodic.asked")
        if settled != row.settled_through:
            table.update(settled_through=settled)
    return jobs


def ask_for_run(kind: str, start: datetime) -> Job:
    """The run of the period that began at `start`; one and the same, however often it is asked."""
    key = f"{kind}@{timezone.localtime(start).isoformat(timespec='seconds')}"
    return enqueue(kind, key=key, by=None, payload={}, scheduled_for=start)


# --- signs of life, old rows ----------------------------------------------------------------------


def beat_pulse(name: str) -> None:
    """Leave a sign of life under a name ("beat", "queue:default")."""
    Pulse.objects.update_or_create(
        name=name, defaults={"at": database_now(), "source": worker_name()}
    )


def delete_old_jobs(progress: Callable[[int, int], None]) -> int:
    """Delete ended jobs beyond the time for which their kind is kept. Returns how many."""
    now = database_now()
    ended = Job.objects.exclude(state__in=LIVE_JOBS)
    quick = ended.filter(kind__in=_quick_kinds(), state=JobState.DONE)
    deleted = 0
    for old in (
        quick.filter(finished_at__lt=now - KEPT_QUICK),
        ended.filter(finished_at__lt=now - KEPT),
    ):
        while pks := list(old.order_by("pk").values_list("pk", flat=True)[:1000]):
            deleted += Job.objects.filter(pk__in=pks).delete()[1].get("core.Job", 0)
            progress(deleted, 0)
    return deleted


def _quick_kinds() -> list[str]:
    return [kind for kind, entry in SCHEDULE.items() if entry.is_quick]


def start(kind: str) -> Job:
    """Ask for an extra run at once, for work that a deed has just made urgent."""
    return enqueue(kind, key=f"{kind}@now", by=None, payload={})


def findings() -> Iterable[Finding]:
    """What an operator must know about scheduler, workers and jobs (core.work.findings)."""
    from core.work.findings import findings as find

    return find()
