"""Files brought in."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.jobs import Job


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
