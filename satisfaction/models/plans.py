"""The annual plan of surveys: what is asked where in which month, and who sees to it (SAT-04)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models.questionnaires import Questionnaire
from satisfaction.models.waves import Wave


class SurveyPlanQuerySet(models.QuerySet):
    view_permission = "satisfaction.view_wave"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Lines of the units one reaches."""
        scope = scope_of(user, permission or self.view_permission)
        return self.filter(unit__in=OrgUnit.objects.visible_to(scope))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class SurveyPlan(models.Model):
    """A line of a unit's plan of the year. `wave` is what was made of it."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(_("month"))
    title = models.CharField(_("title"), max_length=120)
    questionnaire = models.ForeignKey(
        Questionnaire,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("questionnaire"),
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("responsible person"),
    )
    wave = models.OneToOneField(
        Wave, models.SET_NULL, null=True, related_name="plan", editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SurveyPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the survey plan")
        verbose_name_plural = _("lines of the survey plan")
        constraints = [
            models.CheckConstraint(
                condition=Q(month__gte=1, month__lte=12), name="survey_plan_month"
            ),
            models.UniqueConstraint(
                fields=["unit", "year", "month", "questionnaire"], name="survey_plan_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("satisfaction:plan", args=[self.pk])


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class PlanStep(models.Model):
    """One step of the work a survey takes: what, who, until when."""

    plan = models.ForeignKey(SurveyPlan, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("step"), max_length=80)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("person"),
    )
    due_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of a survey")
        verbose_name_plural = _("steps of surveys")
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "position"],
                name="plan_step_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.name
