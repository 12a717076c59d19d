"""What units write about the figures of a standard report, and hand in (VAL-18, CMP-07, REP-05)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from regions.models import OrgUnit
from reports.models.saved import VIEW

WRITE = "reports.write_commentary"
RECEIVE = "reports.receive_commentary"


class CommentaryState(models.TextChoices):
    """Where a commentary is on its way: with its unit, with the unit above, or accepted."""

    DRAFT = "draft", pgettext_lazy("commentary", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("commentary", "Submitted")
    RETURNED = "returned", pgettext_lazy("commentary", "Sent back")
    ACCEPTED = "accepted", pgettext_lazy("commentary", "Accepted")


WRITABLE = (CommentaryState.DRAFT, CommentaryState.RETURNED)


class CommentaryQuerySet(models.QuerySet["Commentary"]):
    def visible_to(self, user: Any, permission: str = VIEW) -> Self:
        """Those of the units in reach; drafts for whoever writes there alone."""
        units = OrgUnit.objects.visible_to(scope_of(user, permission))
        mine = OrgUnit.objects.visible_to(scope_of(user, WRITE))
        return self.filter(~Q(state=CommentaryState.DRAFT) | Q(unit__in=mine), unit__in=units)


class Commentary(models.Model):
    """The written part of a standard report of a unit and a period.

    `period` is a key of reports.metrics.periods. It changes while it is a draft or was sent back;
    accepted it never changes again.
    """

    standard = models.CharField(_("report"), max_length=30)
    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    period = models.CharField(_("period"), max_length=7)
    text = models.TextField(_("written analysis"))
    state = models.CharField(
        _("state"), max_length=9, choices=CommentaryState, default=CommentaryState.DRAFT
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    received_at = models.DateTimeField(null=True, editable=False)
    note = models.TextField(pgettext_lazy("commentary", "opinion"), blank=True)

    objects = CommentaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("written analysis")
        verbose_name_plural = _("written analyses")
        default_permissions = ()
        permissions = [
            ("write_commentary", _("Can write and submit the analysis of standard reports")),
            ("receive_commentary", _("Can accept analyses that units below submit")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["standard", "unit", "period"], name="commentary_once"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False),
                name="commentary_submitted_at",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("returned", "accepted")) | Q(received_at__isnull=False),
                name="commentary_received_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period}"

    def get_absolute_url(self) -> str:
        query = urlencode({"unit": self.unit.code, "period": self.period})
        return f"{reverse('reports:standard-report', args=[self.standard])}?{query}"

    @property
    def is_writable(self) -> bool:
        return self.state in WRITABLE
