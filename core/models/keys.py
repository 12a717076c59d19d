"""The keys under which personal data is encrypted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SubjectKey(models.Model):
    """The key under which one subject's personal data is encrypted (core.personal_data)."""

    wrapped = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        # Here because the first thing an operator must keep healthy is the key of personal data.
        permissions = [("view_health", _("Can see the self-check of the installation"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=False) | Q(destroyed_at__isnull=False),
                name="subjectkey_whole_or_destroyed",
            )
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"
