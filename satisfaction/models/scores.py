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
from satisfaction.models.questionnaires import Indicator, Item
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
    `shown` on pages, nor those `withheld` because they would tell, by subtraction, a figure that
    is not shown (ADR 0029). `index` is the root of the indicator tree, 0–100. The bounds of the
    three indices come from resampling, in a pass of its own (`Analysis`), and are empty until it
    ends.
    """

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="units", db_index=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    shown = models.BooleanField(_("shown"), default=False)
    withheld = models.BooleanField(_("withheld"), default=False)
    responses = models.IntegerField(_("responses"))
    n = models.IntegerField("n")
    mean, mean_low, mean_high = _figure(_("mean")), _figure(), _figure()
    top2, top2_low, top2_high = _figure(_("top-2 share")), _figure(), _figure()
    nps_n = models.IntegerField(default=0)
    nps, nps_low, nps_high = _figure(_("net promoter score")), _figure(), _figure()
    dual, dual_low, dual_high = _figure(_("dual evaluation")), _figure(), _figure()
    improved_dual = _figure(_("improved dual evaluation"))
    improved_dual_low, improved_dual_high = _figure(), _figure()
    index, index_low, index_high = _figure(_("index")), _figure(), _figure()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of a unit")
        verbose_name_plural = _("scores of units")
        constraints = [
            models.UniqueConstraint(fields=["run", "unit", "stage"], name="unit_score_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.mean}"


# A run of the group writes a hundred thousand rows, and nothing else writes them: checking four
# keys of each took longer than computing all figures.
BULK: dict[str, Any] = {"db_constraint": False, "db_index": False}


class ItemScore(models.Model):
    """The figures of one item in a unit; `importance` is the mean of what people said it matters,
    `weight` its weight in the improved dual evaluation, `gap` perception less expectation. It is
    `shown` on pages when its unit is and enough people rated it, and `withheld` like a unit's."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="items", **BULK)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", **BULK)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", **BULK)
    shown = models.BooleanField(_("shown"), default=False)
    withheld = models.BooleanField(_("withheld"), default=False)
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


class IndicatorScore(models.Model):
    """The index of a node of the indicator tree in a unit, 0–100, with the weight it had."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="indicators", **BULK)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", **BULK)
    stage = models.CharField(_("owner stage"), max_length=16, blank=True)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+", **BULK)
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    n = models.IntegerField("n")
    index, index_low, index_high = _figure(_("index")), _figure(), _figure()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of an indicator")
        verbose_name_plural = _("scores of indicators")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "unit", "stage", "indicator"], name="indicator_score_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.index}"


class Analysis(models.Model):
    """The second pass over a run: what needs the single answers again and takes its time.

    It resamples the indices, compares with the last wave and with the rest, and finds drivers.
    All its figures become visible at once, when `state` is done. The same seed over the same
    answers gives the same `checksum`.
    """

    run = models.OneToOneField(ScoringRun, models.CASCADE, related_name="analysis")
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.RUNNING)
    seed = models.BigIntegerField(_("seed"))
    resamples = models.PositiveIntegerField(_("resamples"))
    checksum = models.CharField(_("checksum"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("analysis of a run")
        verbose_name_plural = _("analyses of runs")

    def __str__(self) -> str:
        return f"{self.run_id}"


class Driver(models.Model):
    """How much an item moves overall satisfaction in a unit: the standardised coefficient of a
    regression, and its Shapley share of what the regression explains, 0–1."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="drivers", db_index=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    n = models.IntegerField("n")
    beta, beta_low, beta_high = _figure(_("coefficient")), _figure(), _figure()
    share, share_low, share_high = _figure(_("share")), _figure(), _figure()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        constraints = [
            models.UniqueConstraint(fields=["run", "unit", "item"], name="driver_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.share}"


class Against(models.TextChoices):
    LAST_WAVE = "last_wave", _("Last wave")
    REST = "rest", _("All other units")


class Comparison(models.Model):
    """The mean of a unit against itself in the last wave, or against all other answers of its
    parent. `p_adjusted` is the p-value after Holm over all comparisons of the run of this sort;
    below 0.05 the difference is more than chance."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="comparisons", db_index=False)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    against = models.CharField(max_length=9, choices=Against)
    other = models.ForeignKey(
        ScoringRun, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    n, other_n = models.IntegerField("n"), models.IntegerField()
    other_mean = _figure()
    difference, low, high = _figure(_("difference")), _figure(), _figure()
    p, p_adjusted = _figure("p"), _figure()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        constraints = [
            models.UniqueConstraint(fields=["run", "unit", "against"], name="comparison_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.difference}"
