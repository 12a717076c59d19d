"""Figures kept ready: sums by unit and day or month, and what keeps them true (ADR 0036)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Grain(models.TextChoices):
    """How long the span of a stored figure is."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")


class Rollup(models.Model):
    """A metric of one unit itself, without those below it, in a day or a month.

    `starts_on` is the day or the first of the month. `dimension` is the value the metric is sorted
    by, empty where it has none. `numerator` counts rows or adds up yuan; `denominator` is set for
    shares only. In a `frozen` month both stay what they were on the day of closing: what arrives
    later is counted in `later_numerator` and `later_denominator`, so that both together are what
    the rows say now. Nobody writes rows but `reports.metrics.rollups`.

    `unit` has no constraint: rows of a unit that never came to be vanish with the next rebuild.
    """

    metric = models.CharField(_("metric"), max_length=40)
    unit = models.ForeignKey(
        "regions.OrgUnit",
        models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("unit"),
    )
    grain = models.CharField(max_length=5, choices=Grain)
    starts_on = models.DateField()
    dimension = models.CharField(max_length=40, blank=True, default="")
    numerator = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    denominator = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    later_numerator = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    later_denominator = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    frozen = models.BooleanField(_("frozen"), default=False)

    class Meta:
        verbose_name = _("stored figure")
        verbose_name_plural = _("stored figures")
        default_permissions = ()
        permissions = [("view_dashboard", _("Can see the dashboard"))]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "grain", "starts_on", "unit", "dimension"], name="rollup_once"
            ),
            models.CheckConstraint(
                condition=Q(frozen=True) | Q(later_numerator=0, later_denominator=0),
                name="rollup_later_only_when_frozen",
            ),
            models.CheckConstraint(
                condition=Q(grain="month") | Q(frozen=False), name="rollup_days_stay_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.unit_id} {self.starts_on}"


class Seal(models.Model):
    """What the snapshots of a stock were on the day they were taken, over all units: what there was
    cannot be counted again, but that it was altered can be told."""

    metric = models.CharField(max_length=40)
    day = models.DateField()
    digest = models.CharField(max_length=32)

    class Meta:
        verbose_name = _("seal of snapshots")
        verbose_name_plural = _("seals of snapshots")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["metric", "day"], name="seal_once")]

    def __str__(self) -> str:
        return f"{self.metric} {self.day}"


class Mark(models.Model):
    """Rows of a source that count for a unit on a day have changed; triggers write it.

    Only ever inserted, so that two writers never wait for one another.
    """

    source = models.CharField(max_length=20)
    unit_id = models.IntegerField()
    day = models.DateField()

    class Meta:
        verbose_name = _("mark of a change")
        verbose_name_plural = _("marks of changes")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source} {self.unit_id} {self.day}"


class ClosedMonth(models.Model):
    """A month whose figures are frozen, and since when."""

    month = models.DateField(_("month"), primary_key=True)
    closed_at = models.DateTimeField(_("frozen at"), default=timezone.now)

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        default_permissions = ()
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class RollupState(models.Model):
    """When the figures were brought up to date and compared. The table has one row.

    `judged_on` is the day as of whose beginning time limits were judged; `differences` is what the
    last comparison found, before it was mended.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    refreshed_at = models.DateTimeField(null=True)
    judged_on = models.DateField(null=True)
    verified_at = models.DateTimeField(null=True)
    differences = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("state of the figures")
        verbose_name_plural = _("states of the figures")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="rollupstate_one")]

    def __str__(self) -> str:
        return f"{self.refreshed_at}"
