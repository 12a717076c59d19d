"""Survey reports: written about a scored wave, handed up and reviewed (SAT-04, SAT-05)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models.scores import ScoringRun
from satisfaction.models.waves import Wave


class ReportState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("survey report", "Draft")
    HANDED_UP = "handed_up", pgettext_lazy("survey report", "In review")
    RETURNED = "returned", pgettext_lazy("survey report", "Sent back")
    REVIEWED = "reviewed", pgettext_lazy("survey report", "Reviewed")
    ARCHIVED = "archived", pgettext_lazy("survey report", "Distributed and archived")


# Words and figures may change in these alone.
WRITABLE = frozenset({ReportState.DRAFT, ReportState.RETURNED})


class SurveyReportQuerySet(models.QuerySet):
    view_permission = "satisfaction.view_unitscore"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Reports of the units one reaches."""
        scope = scope_of(user, permission or self.view_permission)
        return self.filter(unit__in=OrgUnit.objects.visible_to(scope))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["created_at", "created_by"]
)
class SurveyReport(models.Model):
    """What a unit says about its figures of a wave. `run` freezes the figures: a later scoring
    changes nothing here. `desk` is the unit whose reviewers have it now; empty when it lies with
    its author and when all levels have reviewed it."""

    wave = models.ForeignKey(Wave, models.PROTECT, related_name="reports")
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    run = models.ForeignKey(ScoringRun, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        _("state"), max_length=9, choices=ReportState, default=ReportState.DRAFT
    )
    desk = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+")
    summary = models.TextField(_("summary"), blank=True)
    findings = models.TextField(pgettext_lazy("survey report", "findings"), blank=True)
    measures = models.TextField(_("improvements planned"), blank=True)
    handed_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SurveyReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey report")
        verbose_name_plural = _("survey reports")
        constraints = [
            models.UniqueConstraint(fields=["wave", "unit"], name="report_once"),
            models.CheckConstraint(
                condition=Q(state="handed_up", desk__isnull=False)
                | ~Q(state="handed_up") & Q(desk__isnull=True),
                name="report_on_a_desk",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.wave}"

    def get_absolute_url(self) -> str:
        return reverse("satisfaction:report", args=[self.pk])

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE


class StepKind(models.TextChoices):
    HAND_UP = "hand_up", pgettext_lazy("survey report", "Handed up")
    ACCEPT = "accept", pgettext_lazy("survey report", "Agreed")
    SEND_BACK = "send_back", pgettext_lazy("survey report", "Sent back")
    DISTRIBUTE = "distribute", pgettext_lazy("survey report", "Distributed and archived")


class ReportStep(models.Model):
    """What became of a report: who did what at which level, with his words. Never changed."""

    report = models.ForeignKey(SurveyReport, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=StepKind)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    note = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)
    # Handed up: the targets that held then (`selectors.targets.kept_aims`), which the report keeps.
    targets = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("step of a survey report")
        verbose_name_plural = _("steps of survey reports")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind}"
