"""Background work: one row a job, one row an attempt, and who still breathes."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Queue(models.TextChoices):
    """Where the bell rings. Short work never waits behind a file or a scoring run."""

    DEFAULT = "default", _("Short work")
    FILES = "files", _("Files")
    SCORES = "scores", _("Scores")
    REPORTS = "reports", _("Reports")


class Outcome(models.TextChoices):
    """How one attempt ended."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")
    LEFT = "left", _("Put back, because the worker was shut down")
    LOST = "lost", _("Lost, because the worker died or lost its database")


LIVE_JOBS = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs that people asked for belong to these people; the schedule's belong to the group."""

    def visible_to(self, user: Any, right: str) -> Self:
        """Jobs of people whom `user` reaches with `right`; with the whole group in reach, all."""
        if scope_of(user, right).everything:
            return self.all()
        return self.filter(actor__in=get_user_model().objects.visible_to(user, right))


class Job(models.Model):
    """A piece of background work. The row is the truth; broker messages only ring a bell.

    `key` names the work: while a job with the key lives, asking again finds the same job. A run
    of the schedule carries the start of its period in `scheduled_for`; its key ("kind@start") is
    unique forever, so that a period has one run, whoever asks and how often.

    `lease_until` and `holder` say which worker has it; a lease that ran out is taken over. All
    instants of leases and periods are the database's, so that clocks of hosts do not matter.
    `strikes` counts attempts since the work last got further, `attempts` counts all.
    """

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=200)
    queue = models.CharField(_("queue"), max_length=10, choices=Queue, default=Queue.DEFAULT)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    payload = models.JSONField(_("payload"), default=dict)
    phase = models.CharField(_("phase"), max_length=60, blank=True)
    done = models.IntegerField(_("done"), default=0)
    best = models.IntegerField(default=0)  # the furthest `done` of all attempts
    total = models.IntegerField(_("total"), default=0)
    message = models.TextField(_("message"), blank=True)
    failure = models.CharField(_("kind of failure"), max_length=200, blank=True)
    given_up = models.BooleanField(_("given up"), default=False)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True)
    not_before = models.DateTimeField(_("not before"), null=True)
    holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    strikes = models.SmallIntegerField(_("attempts without progress"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        permissions = [("run_job", _("Can run, retry and stop background jobs"))]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=LIVE_JOBS), name="job_one_live_per_key"
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(scheduled_for__isnull=False),
                name="job_one_run_per_period",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=LIVE_JOBS), name="job_live"),
            models.Index(fields=["-id", "kind"], name="job_recent"),
            models.Index(fields=["kind", "-id"], name="job_recent_of_kind"),
            models.Index(fields=["state", "-id"], name="job_recent_in_state"),
            models.Index(fields=["-id"], condition=Q(given_up=True), name="job_given_up"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        """The job's page for administrators."""
        return reverse("core:job", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_JOBS

    @property
    def heading(self) -> str:
        """What is being done just now; of a job that waits or has ended, its state."""
        return (self.phase if self.is_live else "") or str(self.get_state_display())

    @property
    def reference(self) -> str:
        """What a person tells the help desk, and what the log repeats."""
        return f"J{self.pk}"


class JobAttempt(models.Model):
    """One time that a worker took a job up."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="history")
    number = models.IntegerField(_("number"))
    worker = models.CharField(_("worker"), max_length=100)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.RUNNING
    )
    failure = models.CharField(_("kind of failure"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="jobattempt_numbered")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"


class Timetable(models.Model):
    """What the scheduler remembers of a periodic job.

    Periods that started up to `settled_through` are settled: they ran, or the rule of the job
    says that they need not. `written` is the timing that the code wrote last; while the row of
    django-celery-beat still says that, an administrator has not changed it.
    """

    kind = models.CharField(primary_key=True, max_length=60)
    written = models.CharField(max_length=100, blank=True)
    settled_through = models.DateTimeField()

    def __str__(self) -> str:
        return self.kind


class Pulse(models.Model):
    """The last sign of life of a part of the installation: "beat", "queue:files" …"""

    name = models.CharField(primary_key=True, max_length=60)
    at = models.DateTimeField()
    source = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name
