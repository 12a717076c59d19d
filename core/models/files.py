"""Attached files: what every table of them has."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.attachments.kinds import Group, kind_of


class StoredFile(models.Model):
    """A file in the store (core.attachments) that belongs to a record.

    A table of files extends this with a foreign key to its owner and a constraint that the owner
    has a content only once. `mime` was recognised by content; `name` is only what the person's
    device called it. `size` is in bytes; `width` and `height` are those of the view of a picture.
    """

    stored_name = models.CharField(max_length=60, unique=True, editable=False)
    name = models.CharField(_("file name"), max_length=200)
    mime = models.CharField(_("kind of file"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="%(class)s_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def group(self) -> Group:
        """How pages treat it."""
        return kind_of(self.mime).group

    @property
    def is_picture(self) -> bool:
        return self.group is Group.PICTURE
