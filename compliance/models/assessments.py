"""The yearly assessment of marketing specialists and contact leaders (KPI-01, KPI-03, ORG-17)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.common import by_branch
from compliance.models.rounds import RUN, VIEW
from core.scope import Scoped, ScopedQuerySet, scope_of


class AssessedRole(models.TextChoices):
    SPECIALIST = "specialist", _("Marketing specialist")
    LEADER = "leader", _("Contact leader")


class AssessmentQuerySet(ScopedQuerySet):
    """Drafts are the committee's office's alone, and nobody sees that of himself."""

    view_permission = VIEW
    own_fields = ("person_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return super().visible_to(user, permission).filter(_shown(user, permission))

    def branches_of(self, user: Any, permission: str | None = None) -> list[Self]:
        shown = _shown(user, permission)
        return [rows.filter(shown) for rows in super().branches_of(user, permission)]


def _shown(user: Any, permission: str | None) -> Q:
    confirmed = Q(confirmed_at__isnull=False)
    if permission != RUN:
        return confirmed
    return confirmed | ~Q(person=scope_of(user, RUN).user_id)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Assessment(Scoped):
    """How somebody ran strategic customers in a year, judged by the committee.

    `sheet` holds the criteria of the day with weight, mark (0…100, empty: not marked) and note:
    [{"word", "weight", "mark", "note"}]; `mark` is their weighted mark, None until all are marked.
    `unit` is the person's unit when it was written last. The person sees it once it is confirmed.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="assessments",
        verbose_name=_("staff member"),
    )
    role = models.CharField(
        pgettext_lazy("assessment", "role"), max_length=10, choices=AssessedRole
    )
    sheet = models.JSONField(default=list, blank=True)
    mark = models.DecimalField(_("mark"), max_digits=5, decimal_places=1, null=True, blank=True)
    excellent = models.BooleanField(_("excellent"), default=False)
    remark = models.TextField(_("remark"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("yearly assessment")
        verbose_name_plural = _("yearly assessments")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["year", "person", "role"], name="assessment_once_a_year"
            ),
            models.CheckConstraint(
                condition=Q(mark__isnull=False) | Q(excellent=False, confirmed_at__isnull=True),
                name="assessment_marked",
            ),
        ]
        indexes = by_branch("assessment", F("year").desc(), F("id").desc())

    def __str__(self) -> str:
        return f"{self.year} {self.person_id} {self.role}"

    def get_absolute_url(self) -> str:
        return reverse(
            "compliance:assessment", args=[self.year, self.role, self.person.employee_no]
        )
