"""What figure a unit shall reach in a year (SAT-09)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of
from regions.models import OrgUnit


class Figure(models.TextChoices):
    """A figure of a unit; the value is the name of its column in UnitScore."""

    MEAN = "mean", _("Mean")
    TOP2 = "top2", _("Top-2 share")
    NPS = "nps", _("Net promoter score")
    DUAL = "dual", _("Dual evaluation")
    IMPROVED_DUAL = "improved_dual", _("Improved dual evaluation")
    INDEX = "index", _("Index")


class TargetQuerySet(models.QuerySet):
    view_permission = "satisfaction.view_unitscore"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Targets of the units one reaches, and of those above them: they hold below too."""
        scope = scope_of(user, permission or self.view_permission)
        if scope.everything:
            return self
        mine = OrgUnit.objects.visible_to(scope)
        return self.filter(Exists(mine.filter(path__startswith=OuterRef("unit__path"))))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Target(models.Model):
    """The value that a figure of a unit shall reach in a calendar year.

    It holds for every unit below that has none of its own. `value` is in the figure's own
    measure; top-2 is a share 0–1.
    """

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    figure = models.CharField(_("figure"), max_length=13, choices=Figure)
    value = models.DecimalField(_("target"), max_digits=7, decimal_places=4)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    set_at = models.DateTimeField(auto_now=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.UniqueConstraint(fields=["unit", "year", "figure"], name="target_once"),
            models.CheckConstraint(
                condition=(
                    Q(figure="mean", value__gte=0, value__lte=10)
                    | Q(figure="top2", value__gte=0, value__lte=1)
                    | Q(figure="nps", value__gte=-100, value__lte=100)
                    | Q(figure__in=["dual", "improved_dual", "index"], value__gte=0, value__lte=100)
                ),
                name="target_in_measure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.figure}: {self.value}"
