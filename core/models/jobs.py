"""Background work: one row a job."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


LIVE_JOBS = (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)


class Job(models.Model):
    """A piece of background work. The row is the truth; broker messages only ring a bell.

    `key` names the work: while a job with the key lives, asking again finds the same job.
    `lease_until` and `holder` say which worker has it; a lease that ran out is taken over.
    """

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    payload = models.JSONField(_("payload"), default=dict)
    phase = models.CharField(_("phase"), max_length=60, blank=True)
    done = models.IntegerField(_("done"), default=0)
    total = models.IntegerField(_("total"), default=0)
    message = models.TextField(_("message"), blank=True)
    holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=LIVE_JOBS), name="job_one_live_per_key"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=LIVE_JOBS), name="job_live"),
            models.Index(fields=["-id", "kind"], name="job_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_JOBS
