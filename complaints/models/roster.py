"""Who answers day and night: the contact sheet of a unit and its duty roster (CCH-06)."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from regions.models import OrgUnit


class ContactSheet(models.Model):
    """How a unit is reached at any hour. The numbers are the office's, not a person's."""

    unit = models.OneToOneField(
        OrgUnit, models.CASCADE, related_name="contact_sheet", verbose_name=_("unit")
    )
    phone = models.CharField(_("duty telephone"), max_length=40)
    other_phone = models.CharField(_("other telephone"), max_length=40, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("contact sheet")
        verbose_name_plural = _("contact sheets")

    def __str__(self) -> str:
        return f"{self.unit} · {self.phone}"


class ShiftQuerySet(models.QuerySet):
    def at(self, moment: datetime) -> Self:
        """Shifts that run at a moment; the end is no longer part of a shift."""
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)


class DutyShift(models.Model):
    """A person is on duty for a unit from a moment until another."""

    unit = models.ForeignKey(
        OrgUnit, models.CASCADE, related_name="duty_shifts", verbose_name=_("unit")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="duty_shifts",
        verbose_name=_("person"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duty roster")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_span"),
            ExclusionConstraint(
                name="duty_once_at_a_time",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_at",
                            "ends_at",
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="duty_of_unit")]

    def __str__(self) -> str:
        return f"{self.unit} · {self.user}"
