"""Rounds at units: what was seen, photographed, and mended (KPI-13, ORG-14, GOV-06)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.states import Severity
from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet, scope_of
from expenses.models.common import by_branch


class InspectionKind(models.TextChoices):
    ROUND = "round", pgettext_lazy("inspection", "Round")
    SUPERVISION = "supervision", pgettext_lazy("inspection", "Supervision of the rules")


class InspectionQuerySet(ScopedQuerySet):
    view_permission = "compliance.view_inspection"
    own_fields = ("by_id",)

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Those in reach, and for reading those in which one has something to mend."""
        scope = scope_of(user, permission or self.view_permission)
        seen = scope.q(self.own_fields)
        # The whole group is the empty condition, which an OR would swallow.
        may_read = permission in (None, self.view_permission) and not scope.everything
        if may_read and scope.user_id is not None:
            mine = InspectionPoint.objects.filter(inspection=OuterRef("pk"), owner=scope.user_id)
            return self.filter(seen | Exists(mine))
        return self.filter(seen)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Inspection(Scoped):
    """A visit of supervision staff to a unit, or a look at how it keeps the rules of its region."""

    kind = models.CharField(
        _("kind"), max_length=12, choices=InspectionKind, default=InspectionKind.ROUND
    )
    rule = models.ForeignKey(
        "compliance.ImplementationRule",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("implementation rule"),
    )
    inspected_on = models.DateField(_("day"))
    place = models.CharField(pgettext_lazy("inspection", "place"), max_length=120, blank=True)
    summary = models.TextField(pgettext_lazy("inspection", "summary"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("inspected by"),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        default_permissions = ()
        permissions = [
            ("view_inspection", _("Can see inspections")),
            ("change_inspection", _("Can record inspections and check what was mended")),
        ]
        indexes = by_branch("inspection", F("inspected_on").desc(), F("id").desc())

    def __str__(self) -> str:
        return f"{self.unit_id} {self.inspected_on}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:inspection", args=[self.pk])


class ByInspection(models.QuerySet):
    """Rows that are seen by whoever may see the inspection."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(inspection__in=Inspection.objects.visible_to(user, permission))


class PointState(models.TextChoices):
    OPEN = "open", pgettext_lazy("inspection", "To be mended")
    MENDED = "mended", pgettext_lazy("inspection", "Mended, not checked")
    CHECKED = "checked", pgettext_lazy("inspection", "Checked")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class InspectionPoint(models.Model):
    """Something that was found at an inspection: mended by its owner, checked by somebody else.

    `mended_by` is who reported it as mended; neither he nor the owner checks it (KPI-13).
    """

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="points")
    text = models.TextField(pgettext_lazy("inspection", "what was found"))
    severity = models.CharField(
        _("severity"), max_length=6, choices=Severity, default=Severity.MEDIUM
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("finding", "mended by"),
    )
    due_on = models.DateField(_("until"))
    state = models.CharField(
        _("state"), max_length=8, choices=PointState, default=PointState.OPEN, editable=False
    )
    result = models.TextField(_("result"), blank=True, editable=False)
    mended_at = models.DateTimeField(null=True, editable=False)
    mended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    checked_at = models.DateTimeField(null=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )

    objects = ByInspection.as_manager()

    class Meta:
        verbose_name = _("point of an inspection")
        verbose_name_plural = _("points of inspections")
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=PointState.OPEN) | Q(mended_at__isnull=False),
                name="inspectionpoint_mended_when",
            )
        ]
        indexes = [
            models.Index(
                fields=["owner", "due_on"],
                condition=Q(state=PointState.OPEN),
                name="inspectionpoint_owner",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class InspectionFile(StoredFile):
    """A photograph of an inspection."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="files", db_index=False)

    objects = ByInspection.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("photograph of an inspection")
        verbose_name_plural = _("photographs of inspections")
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["inspection", "sha256"], name="inspectionfile_once"),
        ]
