"""What the tree was on any day: every value of a unit that has ever been in force (CHG-03)."""

from datetime import date
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.models.units import DepartmentLevel, Kind, OrgUnit


class Span(Func):
    """`valid_from` to `valid_until` as a range of days without its last one."""

    function = "daterange"
    output_field = DateRangeField()

    def __init__(self, *fields: Any, **extra: Any) -> None:
        super().__init__(*(fields or ("valid_from", "valid_until", RangeBoundary())), **extra)


class SpanQuerySet(models.QuerySet):
    def on(self, day: date) -> Self:
        """Rows whose span contains a day."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=day), valid_from__lte=day
        )


# What a version repeats of its unit: `remember` copies exactly these.
VERSIONED = (
    "kind",
    "code",
    "name",
    "parent",
    "is_active",
    "department_name",
    "department_level",
    "stage",
    "merged_into",
)


class UnitVersion(models.Model):
    """A unit as it was from a day until a day (half-open: `valid_until` is the first day after).

    The spans of one unit never overlap. `recorded_at` says when the row was last written, which
    is how an undo notices that somebody has touched the unit since.
    """

    unit = models.ForeignKey(OrgUnit, models.CASCADE, related_name="versions")
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    kind = models.CharField(pgettext_lazy("unit", "level"), max_length=10, choices=Kind)
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("parent unit")
    )
    is_active = models.BooleanField(_("active"), default=True)
    department_name = models.CharField(
        _("customer relationship department"), max_length=50, blank=True
    )
    department_level = models.CharField(
        _("level of the department"), max_length=10, choices=DepartmentLevel, blank=True
    )
    stage = models.CharField(_("stage"), max_length=20, blank=True)
    merged_into = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("merged into")
    )
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SpanQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a unit")
        verbose_name_plural = _("versions of units")
        ordering = ["unit", "valid_from"]
        constraints = [
            ExclusionConstraint(
                name="unitversion_one_at_a_time",
                expressions=[("unit", RangeOperators.EQUAL), (Span(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="unitversion_span",
            ),
        ]
        indexes = [models.Index(fields=["recorded_at"], name="unitversion_recorded")]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"


class UnitAlias(models.Model):
    """A code by which a unit was known, or the code of a unit that was merged into it."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    unit = models.ForeignKey(
        OrgUnit, models.CASCADE, related_name="aliases", verbose_name=_("unit")
    )
    since = models.DateField(_("since"))

    class Meta:
        verbose_name = _("former code")
        verbose_name_plural = _("former codes")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code
