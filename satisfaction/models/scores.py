"""Figures: one run computes all of a wave; the wave points at the run that is shown (SAT-09)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models.questionnaires import Item
from satisfaction.models.waves import Wave


class RunState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("scoring", "Running")
    DONE = "done", pgettext_lazy("scoring", "Done")
    FAILED = "failed", pgettext_lazy("scoring", "Failed")


class ScoringRun(models.Model):
    """One computation of a wave's figures: what went in, by which method, and what came out.

    `inputs` holds counts and parameters, `weighted` the figures of the group weighted to its
    owners, `checksum` is SHA-256 of all figures: two runs over the same answers have the same.
    """

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="runs")
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.RUNNING)
    method_version = models.CharField(_("version of the method"), max_length=20)
    inputs = models.JSONField(_("inputs"), default=dict)
    weighted = models.JSONField(default=dict, editable=False)
    checksum = models.CharField(_("checksum"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("scoring run")
        verbose_name_plural = _("scoring runs")
        constraints = [
            models.UniqueConstraint(
                fields=["wave"], condition=Q(state="running"), name="run_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wave} · {self.pk}"


class ScoreQuerySet(models.QuerySet):
    view_permission = "satisfaction.view_unitscore"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Figures of the units one reaches."""
        scope = scope_of(user, permission or self.view_permission)
        return self.filter(unit__in=OrgUnit.objects.visible_to(scope))


def _figure(title: Any = "") -> models.FloatField:
    return models.FloatField(title, null=True)


class UnitScore(models.Model):
    """The figures of a unit with everything below it, of one owner stage or of all (empty).

    `mean` stands on the scale of the overall item, `top2` is a share 0–1, `nps` −100…100, `dual`
    and `improved_dual` 0–100; `_low` and `_high` bound the figure at 95 %. `n` counts answers to
    the overall item, `responses` all answers. Figures of fewer than the policy's minimum are not
    `shown` on pages.
    """

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="units", db_index=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    shown = models.BooleanField(_("shown"), default=False)
    responses = models.IntegerField(_("responses"))
    n = models.IntegerField("n")
    mean, mean_low, mean_high = _figure(_("mean")), _figure(), _figure()
    top2, top2_low, top2_high = _figure(_("top-2 share")), _figure(), _figure()
    nps_n = models.IntegerField(default=0)
    nps, nps_low, nps_high = _figure(_("net promoter score")), _figure(), _figure()
    dual = _figure(_("dual evaluation"))
    improved_dual = _figure(_("improved dual evaluation"))

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of a unit")
        verbose_name_plural = _("scores of units")
        constraints = [
            models.UniqueConstraint(fields=["run", "unit", "stage"], name="unit_score_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.mean}"


class ItemScore(models.Model):
    """The figures of one item in a unit; `importance` is the mean of what people said it matters,
    `weight` its weight in the improved dual evaluation, `gap` perception less expectation."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="items", db_index=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    n = models.IntegerField("n")
    mean, mean_low, mean_high = _figure(_("mean")), _figure(), _figure()
    top2 = _figure(_("top-2 share"))
    importance, weight = _figure(_("importance")), _figure()
    gap, gap_low, gap_high = _figure(_("gap")), _figure(), _figure()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of an item")
        verbose_name_plural = _("scores of items")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "unit", "stage", "item"], name="item_score_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.mean}"
