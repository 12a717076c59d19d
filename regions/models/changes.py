"""Changes of the organisation: dated, approved by a second person, applied once, undoable."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.models.units import OrgUnit


class ChangeKind(models.TextChoices):
    CREATE = "create", _("New unit")
    RENAME = "rename", _("New name or department")
    MOVE = "move", _("Another parent")
    UPGRADE = "upgrade", _("Raised by one level")
    DOWNGRADE = "downgrade", _("Lowered by one level")
    MERGE = "merge", _("Merged into another unit")
    SPLIT = "split", _("Split")
    CLOSE = "close", pgettext_lazy("kind of change", "Closed")
    REOPEN = "reopen", _("Opened again")


class ChangeState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    READY = "ready", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    APPLIED = "applied", _("In force")
    UNDONE = "undone", _("Undone")
    CANCELLED = "cancelled", _("Cancelled")


# States from which a change may still come into force.
PENDING = (ChangeState.DRAFT, ChangeState.READY, ChangeState.APPROVED)


class OrgChangeQuerySet(models.QuerySet):
    def pending(self) -> Self:
        """Changes that may still come into force."""
        return self.filter(state__in=PENDING)

    def visible_to(self, user: Any, permission: str = "regions.view_orgchange") -> Self:
        """Changes of units in reach, and those whose other side lies in reach."""
        from core.scope import scope_of

        if scope_of(user, permission).everything:
            return self
        units = OrgUnit.objects.visible_to(user, permission).values("pk")
        return self.filter(Q(unit__in=units) | Q(target__in=units))


class OrgChange(models.Model):
    """One change of the tree from a day on (CHG-01…05).

    `unit` is what changes (a new unit has none until it is applied), `target` the other side: the
    parent, the unit merged into, the successor. `payload` holds what the kind needs, by the names
    of its form. `unit_ids` are all units whose place or values the change touched.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ChangeKind)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="changes", verbose_name=_("unit")
    )
    target = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("other unit")
    )
    effective_on = models.DateField(_("in force from"))
    payload = models.JSONField(default=dict)
    reason = models.TextField(_("reason"))
    source = models.CharField(_("source document"), max_length=200, blank=True)
    approval_by = models.CharField(_("decided by"), max_length=60, blank=True)
    approval_number = models.CharField(_("number of the decision"), max_length=60, blank=True)
    approval_on = models.DateField(_("decided on"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ChangeState, default=ChangeState.DRAFT
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("change", "author"),
    )
    created_at = models.DateTimeField(_("entered at"), default=timezone.now, editable=False)
    proposed_at = models.DateTimeField(null=True, editable=False)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, editable=False)
    end_reason = models.TextField(_("why it ended"), blank=True)
    problem = models.TextField(_("why it could not be applied"), blank=True)
    late_by = models.PositiveSmallIntegerField(_("days late"), default=0, editable=False)
    unit_ids = ArrayField(models.IntegerField(), default=list, editable=False)

    # How many rows a change that was just undone left as others had written them since.
    kept_rows: int = 0

    objects = OrgChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation change")
        verbose_name_plural = _("organisation changes")
        default_permissions = ("view",)
        permissions = [
            ("propose_orgchange", _("Can propose changes of the organisation")),
            ("approve_orgchange", _("Can approve changes of the organisation")),
        ]
        constraints = [
            models.CheckConstraint(
                name="orgchange_applied_when",
                condition=~Q(state="applied") | Q(applied_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "effective_on", "id"], name="orgchange_due"),
            models.Index(fields=["-effective_on", "-id"], name="orgchange_recent"),
            GinIndex(fields=["unit_ids"], name="orgchange_units"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"

    def get_absolute_url(self) -> str:
        return reverse("regions:change", args=[self.pk])

    @property
    def is_pending(self) -> bool:
        """Whether the change may still come into force."""
        return self.state in PENDING


class OrgChangeRow(models.Model):
    """What one row was before a change and after it, so that the change can be undone.

    No `before`: the row was made. No `after`: the row was deleted and `before` is all of it.
    """

    change = models.ForeignKey(OrgChange, models.CASCADE, related_name="rows", db_index=False)
    step = models.PositiveSmallIntegerField()
    table = models.CharField(max_length=63)
    key = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name = _("row of a change")
        verbose_name_plural = _("rows of changes")
        default_permissions = ()
        indexes = [models.Index(fields=["change", "step"], name="orgchangerow_step")]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"
