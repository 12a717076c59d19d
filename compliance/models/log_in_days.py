"""What the log-in rule came to, day by day, and the months that are closed (LOG-01, LOG-07)."""

from dataclasses import replace
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped, ScopedQuerySet, scope_of
from regions.models import OrgUnit


class DayReason(models.TextChoices):
    """Why a day was or was not expected, and whether it was met."""

    MET = "met", pgettext_lazy("log-in day", "Logged in")
    MISSED = "missed", pgettext_lazy("log-in day", "Not logged in")
    TRIP = "trip", _("Business trip")
    LEAVE = "leave", pgettext_lazy("absence", "Leave")
    FREE = "free", _("No working day")
    NO_DUTY = "no_duty", _("No log-in asked for")
    NOT_HELD = "not_held", _("Not held to the rule")


class LogInDayQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "compliance.view_log_ins") -> Self:
        """Days stored for units in reach, and one's own."""
        scope = scope_of(user, permission)
        if scope.everything:
            return self
        units = OrgUnit.objects.visible_to(replace(scope, own=frozenset()), permission)
        return self.filter(Q(unit__in=units) | Q(person=scope.user_id))


class LogInDay(models.Model):
    """A day of a person's employment as the rule judged it; `unit` is the one he belonged to.

    `reason` decides the rest: only `met` and `missed` days are expected. `log_ins` counts those
    that count, `needed` is what the rule asked for: log-ins on the day, or on a trip days with a
    log-in in the week; `working` says whether the calendar has work on the day.
    """

    pk = models.CompositePrimaryKey("person_id", "day")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="log_in_days"
    )
    day = models.DateField(_("day"))
    unit = models.ForeignKey(OrgUnit, models.PROTECT, db_index=False, related_name="+")
    reason = models.CharField(_("reason"), max_length=8, choices=DayReason)
    working = models.BooleanField(_("working day"))
    log_ins = models.PositiveSmallIntegerField(_("log-ins"))
    needed = models.PositiveSmallIntegerField(_("needed"))

    objects = LogInDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day of the log-in duty")
        verbose_name_plural = _("days of the log-in duty")
        default_permissions = ()
        indexes = [
            models.Index(fields=["unit", "day"], name="loginday_unit"),
            models.Index(fields=["day"], name="loginday_day"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.day} {self.reason}"


class LogInMonth(models.Model):
    """A month of stored days: through which day, and since when it is frozen.

    The days of a frozen month never change again, whatever is learnt later.
    """

    month = models.DateField(_("month"), primary_key=True, help_text="Its first day.")
    stored_through = models.DateField(null=True)
    frozen_at = models.DateTimeField(_("frozen at"), null=True)
    rewarded_at = models.DateTimeField(
        null=True, help_text="When those who kept the rule were put into drafts (LOG-08)."
    )

    class Meta:
        verbose_name = _("month of the log-in duty")
        verbose_name_plural = _("months of the log-in duty")
        default_permissions = ()
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class LogInSumQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_log_ins"


class LogInSum(Scoped):
    """The days of a month added up for the people of one unit itself, without those below it.

    `people` were employed on a stored day, `users` of them logged in at least once in the month,
    `adopters` at least once by its end (LOG-07).
    """

    month = models.DateField(_("month"))
    expected = models.PositiveIntegerField(_("expected"))
    met = models.PositiveIntegerField(_("met"))
    people = models.PositiveIntegerField(_("people"))
    users = models.PositiveIntegerField(_("people who logged in"))
    adopters = models.PositiveIntegerField(_("people who ever logged in"), default=0)

    objects = LogInSumQuerySet.as_manager()

    class Meta:
        verbose_name = _("month of the log-in duty in a unit")
        verbose_name_plural = _("months of the log-in duty in units")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["month", "unit"], name="loginsum_once"),
            models.CheckConstraint(
                condition=Q(
                    met__lte=F("expected"), users__lte=F("people"), adopters__lte=F("people")
                ),
                name="loginsum_parts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"
