"""What people enter of the service of a unit, because no record of the system knows it (VAL-16)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of
from regions.models import OrgUnit
from reports.models.saved import VIEW

ENTER = "reports.enter_servicemeasure"


class ServiceMeasureQuerySet(models.QuerySet["ServiceMeasure"]):
    def visible_to(self, user: Any, permission: str = VIEW) -> Self:
        """Those of the units in reach."""
        return self.filter(unit__in=OrgUnit.objects.visible_to(scope_of(user, permission)))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ServiceMeasure(models.Model):
    """A measure of the service of a unit with all below it in a period.

    `item` is a key of reports.standard.service_items, in whose unit `value` is (shares in per
    cent); `period` a key of reports.metrics.periods. `source` says where the value comes from,
    `known_on` the day it was known.
    """

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    period = models.CharField(_("period"), max_length=7)
    item = models.CharField(_("service measure"), max_length=30)
    value = models.DecimalField(
        _("value"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    source = models.CharField(_("source"), max_length=200)
    known_on = models.DateField(_("known on"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ServiceMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("service measure")
        verbose_name_plural = _("service measures")
        default_permissions = ()
        permissions = [
            ("enter_servicemeasure", _("Can enter measures of the service of units")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit", "period", "item"], name="servicemeasure_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="servicemeasure_not_negative"),
            models.CheckConstraint(condition=~Q(source=""), name="servicemeasure_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period} {self.item}"
