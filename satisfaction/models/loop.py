"""The closed loop: low answers that became cases, and whether their owners were recovered."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped, ScopedQuerySet
from satisfaction.models.questionnaires import Item
from satisfaction.models.responses import Response


class Cause(models.TextChoices):
    """What in an answer is followed up."""

    OVERALL = "overall", _("Low overall answer")
    ITEM = "item", _("Low single answer")
    REMARK = "remark", _("Alarming remark")


class RecoveryQuerySet(ScopedQuerySet):
    """Whoever sees the cases of a unit; in branches of own reach those of cases one handles."""

    view_permission = "complaints.view_case"
    own_fields = ("case__handler_id",)


def _newest_of(column: str) -> models.Index:
    short = column.removesuffix("_id")
    return models.Index(column, F("id").desc(), name=f"recovery_{short}")


class Recovery(Scoped):
    """A low answer that is followed up, once ever: the row decides, not the run that wrote it.

    `case` was opened for it; without one `held_back` says that a file brought more low answers
    than it may open cases. `points` is the answer on a scale of five, `word` the alarming word.
    `again` is what the same owner answered when he was asked after the case, and `recovered`
    whether that was good enough. Of an anonymous answer the row names nobody either.
    """

    response = models.OneToOneField(Response, models.CASCADE, related_name="recovery")
    case = models.OneToOneField(
        "complaints.Case", models.SET_NULL, null=True, related_name="recovery"
    )
    cause = models.CharField(pgettext_lazy("low answer", "cause"), max_length=8, choices=Cause)
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", db_index=False)
    points = models.DecimalField(_("points of five"), max_digits=3, decimal_places=2, null=True)
    word = models.CharField(_("word"), max_length=40, blank=True)
    held_back = models.BooleanField(_("held back"), default=False)
    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    again = models.OneToOneField(Response, models.SET_NULL, null=True, related_name="recovers")
    recovered = models.BooleanField(_("recovered"), null=True)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("low answer followed up")
        verbose_name_plural = _("low answers followed up")
        constraints = [
            models.CheckConstraint(
                condition=Q(cause=Cause.REMARK, points__isnull=True) & ~Q(word="")
                | ~Q(cause=Cause.REMARK) & Q(points__isnull=False, item__isnull=False),
                name="recovery_cause",
            ),
            models.CheckConstraint(
                condition=Q(held_back=False) | Q(case__isnull=True), name="recovery_held_back"
            ),
        ]
        indexes = [
            _newest_of(column) for column in ("unit_id", "region_id", "city_id", "project_id")
        ]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.cause}"
