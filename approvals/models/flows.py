"""Approval flows as versioned data (WF-01…04)."""

from typing import Any, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import scope_of
from regions.models import OrgUnit


class FlowModel(models.TextChoices):
    """Who shapes the way of a paper (WF-04)."""

    FIXED = "fixed", _("Fixed flow")
    PREDEFINED = "predefined", _("Predefined flow")
    FREE = "free", _("Free flow")


class FlowQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, user: Any, permission: str = "approvals.view_flow") -> Self:
        """Flows of the whole group for everybody with the right, those of units in reach."""
        scope = scope_of(user, permission)
        if scope.nothing:
            return self.none()
        if scope.everything:
            return self
        units = OrgUnit.objects.visible_to(user, permission)
        return self.filter(Q(unit__isnull=True) | Q(unit__in=units))


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Flow(models.Model):
    """The way a kind of paper takes. Of several that fit a paper the one of the nearest unit is
    taken, then the lowest `position` (approvals.services.flows.flow_for).

    `unit` None means the whole group. `condition` is data of approvals.definitions; empty always
    fits. A fixed flow is the product's: its definition comes from the library alone.
    """

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    subject_kind = models.CharField(_("kind of paper"), max_length=60)
    model = models.CharField(
        _("model"), max_length=10, choices=FlowModel, default=FlowModel.PREDEFINED
    )
    unit = models.ForeignKey(
        OrgUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    condition = models.JSONField(_("condition"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = FlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval flow")
        verbose_name_plural = _("approval flows")
        ordering = ["subject_kind", "position", "key"]
        default_permissions = ("view", "change")
        indexes = [models.Index(fields=["subject_kind", "position"], name="flow_of_kind")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("approvals:flow", args=[self.pk])


_FROZEN = """
    RAISE EXCEPTION 'a published version of a flow is frozen' USING ERRCODE = 'check_violation';
"""


class FlowVersion(models.Model):
    """One wording of a flow. Cases that run keep the version they began with, so a published one
    is never changed or deleted: the database refuses. A draft has no `published_at`."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"), default=dict)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("version of a flow")
        verbose_name_plural = _("versions of flows")
        ordering = ["flow", "-number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="flowversion_number"),
            models.UniqueConstraint(
                fields=["flow"],
                condition=Q(published_at__isnull=True),
                name="flowversion_one_draft",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
                func=_FROZEN,
            )
        ]

    def __str__(self) -> str:
        return f"{self.flow} · {self.number}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None
