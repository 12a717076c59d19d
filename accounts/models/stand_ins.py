"""Who stands in for whom while somebody is on a trip or on leave."""

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class StandInQuerySet(models.QuerySet):
    def at(self, moment: datetime | None = None) -> Self:
        """Those in force at a moment, now unless said otherwise."""
        when = moment or timezone.now()
        return self.filter(starts_at__lte=when, ends_at__gt=when)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> Self:
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def absent_for(self, user: Any, moment: datetime | None = None) -> Any:
        """Keys of the people for whom somebody stands in at a moment, as a subquery."""
        return self.at(moment).filter(deputy=user).values("person")


class StandIn(models.Model):
    """From a moment until another `deputy` does the work of `person`, who is away.

    Nothing changes hands: the work stays the person's and is his again at `ends_at`. Half-open:
    the moment of `ends_at` is the person's again. A deputy is not away himself, so that nobody
    has to follow a line of deputies.
    """

    person = models.ForeignKey(
        User, models.CASCADE, related_name="stand_ins", verbose_name=_("person")
    )
    deputy = models.ForeignKey(
        User, models.PROTECT, related_name="stands_in", verbose_name=_("stand-in")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    given_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    given_at = models.DateTimeField(auto_now_add=True)

    objects = StandInQuerySet.as_manager()

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        default_permissions = ()
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="stand_in_span"),
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="stand_in_another"),
            ExclusionConstraint(
                name="stand_in_one_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
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
        indexes = [models.Index(fields=["ends_at"], name="stand_in_until")]

    def __str__(self) -> str:
        return f"{self.person} · {self.deputy}"
