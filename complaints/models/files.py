"""Files attached to cases: photographs before and after, letters, recordings (CMP-14, CMP-17)."""

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Case
from complaints.models.clocks import CaseEntry
from core.models import StoredFile


class FileRole(models.TextChoices):
    """What a file shows."""

    GENERAL = "general", pgettext_lazy("attached file", "General")
    BEFORE = "before", _("Before the work")
    AFTER = "after", _("After the work")
    OWNER = "owner", _("From the owner")


class CaseFileQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the case."""
        return self.filter(case__in=Case.objects.visible_to(user, permission))


class CaseFile(StoredFile):
    """A file of a case. `entry` is the line of the log with which it came.

    A part of a case that has files of its own (the photographs of a contractor's task) adds a
    nullable foreign key here and hands it to `attach_file`: the files stay files of the case, are
    seen by whoever sees it, and count within its limit.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="files", db_index=False)
    entry = models.ForeignKey(
        CaseEntry,
        models.SET_NULL,
        null=True,
        related_name="files",
        db_index=False,
        editable=False,
    )
    role = models.CharField(
        pgettext_lazy("attached file", "shows"),
        max_length=10,
        choices=FileRole,
        default=FileRole.GENERAL,
    )

    objects = CaseFileQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of a case")
        verbose_name_plural = _("files of cases")
        constraints = [
            *StoredFile.Meta.constraints,
            # Also the index of "the files of this case".
            models.UniqueConstraint(fields=["case", "sha256"], name="casefile_once"),
        ]
        indexes = [
            models.Index(
                fields=["entry"],
                condition=models.Q(entry__isnull=False),
                name="casefile_entry",
            ),
        ]
