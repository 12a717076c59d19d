"""Tables without business: keys of subjects, background jobs, files brought in."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet

__all__ = ["ImportRun", "Job", "Scoped", "ScopedQuerySet", "SubjectKey"]


class SubjectKey(models.Model):
    """The key under which one subject's personal data is encrypted (core.personal_data)."""

    wrapped = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=False) | Q(destroyed_at__isnull=False),
                name="subjectkey_whole_or_destroyed",
            )
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"


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


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Writing")
    APPLIED = "applied", _("Written")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class ImportRunQuerySet(models.QuerySet):
    def visible_to(self, user: object) -> "ImportRunQuerySet":
        """An import shows a file as it was uploaded, so only its uploader sees it."""
        return self.filter(actor=user)


class ImportRun(models.Model):
    """One file on its way in: uploaded → checked → applied; created rows carry its number.

    `report` is the result as `manage.py import_file --json` prints it; `applied_through` is the
    last sheet row whose effect is committed, from which a killed run goes on.
    """

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=30)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    file_name = models.CharField(_("file name"), max_length=200)
    file_hash = models.CharField(max_length=64)
    stored_name = models.CharField(max_length=200, blank=True)
    rejected_name = models.CharField(max_length=200, blank=True)
    overrides = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    header = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState, default=ImportState.UPLOADED
    )
    report = models.JSONField(default=dict)
    message = models.TextField(_("message"), blank=True)
    applied_through = models.IntegerField(default=0)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["actor", "-id"], name="importrun_recent")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.pk})"

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("imports:detail", args=[self.pk])
