"""Commendations: what keeping the log-in rule for months brings a person (LOG-08)."""

from typing import Self

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.common import OfPerson, Voidable, by_branch, void_with_reason
from compliance.policies.duties import BONUS, PRAISES
from core.scope import Scoped


class CommendationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("commendation", "Not decided yet")
    GIVEN = "given", pgettext_lazy("commendation", "Given")
    NOT_GIVEN = "not_given", pgettext_lazy("commendation", "Not given")
    VOID = "void", pgettext_lazy("commendation", "Void")


class CommendationQuerySet(OfPerson):
    view_permission = "compliance.view_circular"

    def given(self) -> Self:
        """Those that were published, also such as were declared void since."""
        return self.filter(state__in=(CommendationState.GIVEN, CommendationState.VOID))


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Commendation(Voidable, Scoped):
    """Whole months in which a person met every expected day and every week of a trip, and what his
    subsidiary has laid down for that: praise, or a sum (yuan).

    The night finds it, a person confirms it with the notice that it stands in. Its months count for
    no other one, whatever was decided.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="commendations",
        verbose_name=_("person"),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    days = models.PositiveIntegerField(_("days met"))
    measure = models.CharField(_("measure"), max_length=8, choices=PRAISES)
    amount = models.DecimalField(
        pgettext_lazy("commendation", "amount"), max_digits=10, decimal_places=2, default=0
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CommendationState,
        default=CommendationState.DRAFT,
        editable=False,
    )
    given_at = models.DateTimeField(_("given at"), null=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = CommendationQuerySet.as_manager()

    class Meta:
        verbose_name = _("commendation")
        verbose_name_plural = _("commendations")
        default_permissions = ()
        constraints = [
            void_with_reason("commendation"),
            models.CheckConstraint(
                condition=Q(measure=BONUS, amount__gt=0) | (~Q(measure=BONUS) & Q(amount=0)),
                name="commendation_amount",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("draft", "not_given"), given_at__isnull=True)
                | Q(state__in=("given", "void"), given_at__isnull=False),
                name="commendation_given",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day")), name="commendation_days_in_order"
            ),
            ExclusionConstraint(
                name="commendation_months_once",
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
            *by_branch("commendation", F("given_at").desc(), F("id").desc()),
            models.Index("person", F("given_at").desc(), name="commendation_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_measure_display()}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:commendation", args=[self.pk])
