"""What an operator must know about scheduler, workers and jobs, for the self-check."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import database_now
from core.display import listed
from core.doctor import Finding, error, ok, warning
from core.models import LIVE_JOBS, Job, JobState, Pulse, Queue, Timetable
from core.periodic import SCHEDULE
from core.timetables import age_words, enabled_timings
from core.timings import last_start

BEAT_SILENT = timedelta(minutes=2)
QUEUE_SILENT = timedelta(minutes=10)
OVERDUE = timedelta(minutes=15)


def findings() -> Iterator[Finding]:
    """Findings about the scheduler, each queue, missed periods and dead letters."""
    now = database_now()
    pulses = dict(Pulse.objects.values_list("name", "at"))
    troubles = [*_beat(pulses, now), *_queues(pulses, now), *_overdue(now), *_dead_letters()]
    yield from troubles
    if not troubles:
        yield ok(_("Scheduler and workers answer, and no periodic work is overdue."))


def _beat(pulses: dict[str, datetime], now: datetime) -> Iterator[Finding]:
    """The scheduler leaves a sign of life every half minute."""
    advice = _("Start it (manage.py up, or the service of the scheduler); its log says why.")
    last = pulses.get("beat")
    if last is None:
        yield error(_("The scheduler has never run."), advice)
    elif now - last > BEAT_SILENT:
        sentence = _("The scheduler has been silent for {age}.")
        yield error(sentence.format(age=age_words(now - last)), advice)


def _queues(pulses: dict[str, datetime], now: datetime) -> Iterator[Finding]:
    """Somebody answers each queue; long work may keep all its workers busy."""
    advice = _("See that a worker of this queue runs and that the broker answers.")
    for queue in Queue:
        last = pulses.get(f"queue:{queue}")
        if last is not None and now - last <= QUEUE_SILENT:
            continue
        busy = Job.objects.filter(queue=queue, state=JobState.RUNNING, lease_until__gt=now)
        if busy.exists():
            continue
        if last is None:
            sentence = _("No worker has ever answered the queue {queue}.")
            yield warning(sentence.format(queue=queue.label), advice)
        else:
            sentence = _("No worker has answered the queue {queue} for {age}.")
            yield error(sentence.format(queue=queue.label, age=age_words(now - last)), advice)


def _overdue(now: datetime) -> Iterator[Finding]:
    """A period that began a while ago was asked for, unless a run before it still works."""
    settled = dict(Timetable.objects.values_list("kind", "settled_through"))
    busy = set(
        Job.objects.filter(state__in=LIVE_JOBS, scheduled_for__isnull=False).values_list(
            "kind", flat=True
        )
    )
    late = [
        str(SCHEDULE[kind].name)
        for kind, timing in enabled_timings()
        if timing is not None
        and kind in settled
        and kind not in busy
        and last_start(timing, now - OVERDUE, settled[kind]) is not None
    ]
    if late:
        sentence = _("Periodic work that is overdue: {names}.").format(names=listed(sorted(late)))
        advice = _("See System › Jobs; the scheduler makes up for it when it runs.")
        yield warning(sentence, advice)


def _dead_letters() -> Iterator[Finding]:
    """Work that was given up waits for somebody to look."""
    count = Job.objects.filter(given_up=True).order_by()[:100].count()
    if count:
        sentence = ngettext(
            "{count} job was given up after several attempts.",
            "{count} jobs were given up after several attempts.",
            count,
        )
        advice = _("See the reasons under System › Jobs, then try again or put them aside.")
        yield warning(sentence.format(count=count), advice)
