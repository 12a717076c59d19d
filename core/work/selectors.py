"""The schedule, the runs and the dead letters as pages and the command show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from core.clock import database_now
from core.jobs import KINDS, WORKER_LOST
from core.keyset import Page
from core.models import Job, JobState, Outcome
from core.notices.selectors import newest_first
from core.periodic import SCHEDULE, CatchUp
from core.timetables import age_words, in_words, rows_of, timing_of
from core.timings import next_start

VIEW = "core.view_job"
TONES = {
    JobState.QUEUED: "info",
    JobState.RUNNING: "info",
    JobState.STOPPING: "warn",
    JobState.STOPPED: "off",
    JobState.DONE: "ok",
    JobState.FAILED: "bad",
}
ATTEMPT_TONES = {
    Outcome.RUNNING: "info",
    Outcome.DONE: "ok",
    Outcome.FAILED: "bad",
    Outcome.STOPPED: "off",
    Outcome.LEFT: "off",
    Outcome.LOST: "warn",
}
# A run that is younger than this is on its way; an older one that waits is overdue.
OVERDUE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job with its words."""

    job: Job
    now: datetime

    @property
    def title(self) -> str:
        """What its kind is called."""
        return title_of(self.job.kind)

    @property
    def tone(self) -> str:
        return TONES[JobState(self.job.state)]

    @property
    def seconds(self) -> float | None:
        """How long it has worked, of its last attempt; None before it began."""
        if self.job.started_at is None:
            return None
        end = self.job.finished_at or (self.now if self.job.is_live else None)
        return max((end - self.job.started_at).total_seconds(), 0) if end else None

    @property
    def duration(self) -> str:
        return length_words(self.seconds)

    @property
    def reason(self) -> str:
        """The kind of its failure in words, with the place in the code."""
        return reason_of(self.job.failure)


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of periodic work as the schedule lists it."""

    kind: str
    title: str
    sentence: str
    timing: str
    catch_up: str
    queue: str
    enabled: bool
    next_at: datetime | None
    last: ShownJob | None
    live: bool

    @property
    def is_due(self) -> bool:
        """Whether its last run needs a look."""
        return self.last is not None and self.last.job.state == JobState.FAILED


def title_of(kind: str) -> str:
    """What a kind of work is called; unknown kinds by their name in the code."""
    known = KINDS.get(kind)
    return str(known.title) if known is not None else kind


def length_words(seconds: float | None) -> str:
    """A duration as a column shows it: "0.4 s", "75 s", "12 minutes"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("{seconds} s").format(seconds=f"{seconds:.1f}")
    return age_words(timedelta(seconds=seconds))


def reason_of(failure: str) -> str:
    """A failure in words; the name of an error stays, because it is what the log has."""
    if failure == WORKER_LOST:
        return _("The worker died or was killed while it did this work.")
    name, _comma, place = failure.partition(", ")
    if name == "SoftTimeLimitExceeded":
        return _("The work took longer than it may and was broken off ({place}).").format(
            place=place
        )
    return failure


def catch_up_words(rule: CatchUp) -> str:
    """What becomes of missed periods."""
    return {
        CatchUp.ALL: _("Missed periods are all made up for, in order."),
        CatchUp.LAST: _("Of missed periods only the latest is made up for."),
        CatchUp.NONE: _("Missed periods are not made up for."),
    }[rule]


def schedule_lines() -> list[Line]:
    """The schedule, what runs next first. Four queries whatever its length."""
    now = database_now()
    rows = {row.task: row for row in rows_of(SCHEDULE)}
    runs = Job.objects.filter(kind__in=SCHEDULE)
    latest = list(runs.values("kind").annotate(latest=Max("id")).values_list("latest", flat=True))
    last = {job.kind: job for job in Job.objects.filter(pk__in=latest)}
    lines = []
    for kind, entry in SCHEDULE.items():
        row = rows.get(kind)
        timing = timing_of(row) if row is not None else None
        enabled = row is not None and row.enabled
        job = last.get(kind)
        lines.append(
            Line(
                kind=kind,
                title=str(entry.name),
                sentence=str(entry.sentence),
                timing=in_words(timing),
                catch_up=catch_up_words(entry.catch_up),
                queue=entry.queue,
                enabled=enabled,
                next_at=next_start(timing, now) if timing and enabled else None,
                last=ShownJob(job, now) if job else None,
                live=job is not None and job.is_live,
            )
        )
    return sorted(lines, key=lambda line: (line.next_at is None, line.next_at or now, line.title))


def runs_page(
    user: Any,
    *,
    kind: str = "",
    state: str = "",
    given_up: bool = False,
    after: str = "",
    before: str = "",
) -> Page:
    """One page of the runs that `user` may see, the newest first."""
    rows = visible(user).select_related("actor")
    if given_up:
        rows = rows.filter(given_up=True)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    page = newest_first(rows, after=after, before=before)
    return Page(shown(page.rows), page.previous, page.next, page.size)


def visible(user: Any) -> QuerySet[Job]:
    """The jobs that `user` may see."""
    return Job.objects.visible_to(user, VIEW)


def shown(jobs: Iterable[Job]) -> list[ShownJob]:
    """Jobs with their words."""
    now = database_now()
    return [ShownJob(job, now) for job in jobs]


def dead_letters(user: Any) -> int:
    """How many given-up jobs wait for a look, at most 100."""
    return visible(user).filter(given_up=True).order_by()[:100].count()


def attempts_of(job: Job) -> list[dict[str, Any]]:
    """Every attempt, the latest first."""
    now = database_now()
    return [
        {
            "number": one.number,
            "worker": one.worker,
            "started_at": one.started_at,
            "duration": length_words(
                max(((one.ended_at or now) - one.started_at).total_seconds(), 0)
            ),
            "label": one.get_outcome_display(),
            "tone": ATTEMPT_TONES[Outcome(one.outcome)],
            "reason": reason_of(one.failure),
        }
        for one in job.history.order_by("-number")[:50]
    ]
