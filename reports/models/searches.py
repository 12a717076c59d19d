"""What somebody searched for and opened, for himself alone."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RememberedQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "") -> Self:
        """One's own alone; no right opens anybody else's."""
        return self.filter(user=user)


class Remembered(models.Model):
    """A text that was searched for (`kind` empty), or a thing that was opened from the results:
    its kind and key, never its name, so that nothing is told of what is out of reach meanwhile."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, blank=True)
    what = models.CharField(max_length=80)
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=timezone.now)

    objects = RememberedQuerySet.as_manager()

    class Meta:
        verbose_name = _("remembered search")
        verbose_name_plural = _("remembered searches")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "what"], name="remembered_once")
        ]
        indexes = [models.Index("user", F("last_at").desc(), name="remembered_recent")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.what}"
