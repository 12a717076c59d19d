"""Workbooks that the group puts in the place of the shipped templates (ADR 0039)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TemplateQuerySet(models.QuerySet["ReportTemplate"]):
    def visible_to(self, user: Any, permission: str = "reports.change_reporttemplate") -> Self:
        """Templates are the whole group's and hold no figures: whoever keeps them sees them all."""
        return self if user.has_perm(permission) else self.none()


class ReportTemplate(models.Model):
    """A version of the template of a standard report.

    Versions are counted from 1 and kept; 0 is the shipped one, which has no row. At most one of
    a report is current; without one the shipped template holds.
    """

    standard = models.CharField(_("report"), max_length=30)
    version = models.PositiveIntegerField(pgettext_lazy("template", "version"))
    name = models.CharField(pgettext_lazy("file", "name"), max_length=120)
    content = models.BinaryField()
    is_current = models.BooleanField(pgettext_lazy("template", "in use"), default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template of a report")
        verbose_name_plural = _("templates of reports")
        default_permissions = ()
        permissions = [
            ("change_reporttemplate", _("Can replace the templates of standard reports")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["standard", "version"], name="reporttemplate_version"),
            models.UniqueConstraint(
                fields=["standard"],
                condition=Q(is_current=True),
                name="reporttemplate_one_current",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="reporttemplate_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.standard} {self.version}"
