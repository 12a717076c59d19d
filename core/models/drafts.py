"""What somebody typed into a form and has not sent yet."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models.files import StoredFile
from core.models.keys import SubjectKey


class Draft(models.Model):
    """The content of one form in one window, as its user left it.

    Two windows with the same form have two drafts. `body` is encrypted under a key of the draft's
    own, since a form may hold telephone numbers. `version` counts the savings: who saves over
    another version than he read has a window that came apart from this one.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    form = models.CharField(max_length=80)
    subject = models.ForeignKey(SubjectKey, models.PROTECT, related_name="+", editable=False)
    body = models.BinaryField(editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [
            models.Index("user_id", "form", F("updated_at").desc(), name="draft_of_user"),
            models.Index(fields=["updated_at"], name="draft_age"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.key}"


class DraftFile(StoredFile):
    """A file that was uploaded before its form was accepted; it goes over to the form's record."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="files", db_index=False)

    class Meta(StoredFile.Meta):
        verbose_name = _("file of a draft")
        verbose_name_plural = _("files of drafts")
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["draft", "sha256"], name="draftfile_once"),
        ]
