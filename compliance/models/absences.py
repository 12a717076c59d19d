"""Trips and leave: days on which a person is away with somebody's consent (LOG-02)."""

import datetime as dt
from typing import Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped, ScopedQuerySet


class AbsenceKind(models.TextChoices):
    TRIP = "trip", _("Business trip")
    LEAVE = "leave", pgettext_lazy("absence", "Leave")


class AbsenceState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("absence", "Draft")
    IN_APPROVAL = "in_approval", pgettext_lazy("absence", "In approval")
    APPROVED = "approved", pgettext_lazy("absence", "Approved")
    REJECTED = "rejected", pgettext_lazy("absence", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("absence", "Withdrawn")
    CANCELLED = "cancelled", pgettext_lazy("absence", "Cancelled")


class AbsenceSource(models.TextChoices):
    REQUEST = "request", _("Request")
    FILE = "file", _("File")
    CORRECTION = "correction", _("Correction")


class AbsenceQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_absence"
    own_fields = ("person_id", "entered_by_id")

    def approved(self) -> Self:
        """Those that excuse from duties."""
        return self.filter(state=AbsenceState.APPROVED)

    def within(self, first: dt.date, last: dt.date) -> Self:
        """Those with a day from `first` through `last`."""
        return self.filter(first_day__lte=last, last_day__gte=first)

    def of_or_visible_to(self, user: Any) -> Self:
        """Those in reach of a person, and his own whatever he reaches."""
        from core.scope import scope_of

        scope = scope_of(user, self.view_permission)
        if scope.everything:  # an empty condition in an OR would count for nothing
            return self
        return self.filter(scope.q(self.own_fields) | Q(person=user.pk))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Absence(Scoped):
    """A trip or a leave of a person, from its first through its last day, both counted.

    Only approved ones count; two of them never share a day of a person. One that was changed
    after the fact stays, cancelled, and `corrected_of` of its successor names it.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="absences",
        verbose_name=_("person"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=AbsenceKind)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    destination = models.CharField(_("destination"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stand-in"),
    )
    stand_in = models.ForeignKey(
        "accounts.StandIn", models.SET_NULL, null=True, editable=False, related_name="+"
    )
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=AbsenceState,
        default=AbsenceState.DRAFT,
        editable=False,
    )
    source = models.CharField(
        max_length=10, choices=AbsenceSource, default=AbsenceSource.REQUEST, editable=False
    )
    corrected_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="corrections"
    )
    change_reason = models.CharField(_("reason of the change"), max_length=500, blank=True)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, editable=False, related_name="+"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("trip or leave")
        verbose_name_plural = _("trips and leave")
        default_permissions = ()
        permissions = [
            ("view_absence", _("Can see trips and leave")),
            ("correct_absence", _("Can correct trips and leave of others")),
            ("import_absence", _("Can import trips and leave")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_span"),
            models.CheckConstraint(condition=~Q(person=F("deputy")), name="absence_deputy_another"),
            ExclusionConstraint(
                name="absence_one_a_day",
                condition=Q(state=AbsenceState.APPROVED),
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        Func(
                            "first_day",
                            "last_day",
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            models.Index("person", F("first_day").desc(), name="absence_person"),
            models.Index("unit", F("first_day").desc(), name="absence_unit"),
            models.Index("last_day", "first_day", name="absence_days"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_day} – {self.last_day}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:trip", args=[self.pk])

    @property
    def days(self) -> int:
        """Calendar days, first and last counted."""
        return (self.last_day - self.first_day).days + 1
