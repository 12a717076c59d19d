"""Lapses: long stretches without log-in, found each night (LOG-03)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet


class LapseQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_log_ins"
    own_fields = ("person_id",)

    def lasting(self) -> Self:
        """Those that neither a log-in has ended nor a later trip or leave explained."""
        return self.filter(ended_on=None, explained_on=None)


class Lapse(Scoped):
    """A run of counted days without log-in, long enough to stand in a notice.

    It grows each night until `ended_on`, the day of the log-in that ended it, or the last day of
    somebody who left. `dated_on` is the day
    by which it was long enough. Once it stands in a published notice (`noticed_on`) it is kept
    even if a later trip or leave explains it; `explained_on` then says since when.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="lapses", verbose_name=_("person")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    days = models.PositiveIntegerField(_("days"))
    dated_on = models.DateField(_("dated on"))
    ended_on = models.DateField(_("ended on"), null=True)
    noticed_on = models.DateField(_("published on"), null=True)
    explained_on = models.DateField(_("explained on"), null=True)
    found_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LapseQuerySet.as_manager()

    class Meta:
        verbose_name = _("lapse")
        verbose_name_plural = _("lapses")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "first_day"], name="lapse_once"),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("dated_on"), dated_on__lte=F("last_day")),
                name="lapse_days_in_order",
            ),
        ]
        indexes = [
            models.Index("unit", F("dated_on").desc(), F("id").desc(), name="lapse_unit"),
            models.Index(F("dated_on").desc(), F("id").desc(), name="lapse_dated"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_day} – {self.last_day}"
