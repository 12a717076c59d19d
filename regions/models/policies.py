"""Values of policies that people have set, and the stamp by which caches know they are old."""

import uuid
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.models.units import OrgUnit


class PolicyValueQuerySet(models.QuerySet):
    """Versions of values; what a person reads of them is what he reads of their units."""

    def visible_to(self, user: Any, permission: str = "regions.view_policyvalue") -> Self:
        """Versions set in the units a person reaches with a right, or above one of them.

        What was set above decides what holds below, so it is shown to whoever it binds.
        """
        reached = OrgUnit.objects.visible_to(user, permission)
        above = {key for unit in reached.only("path") for key in unit.ancestor_ids()}
        return self.filter(unit__in=above)

    def of(self, key: str, unit: OrgUnit | int) -> Self:
        """The versions of one value, newest first."""
        return self.filter(key=key, unit=unit).order_by("-version")

    def in_force(self, day: date) -> Self:
        """One row a key and unit: the version that says what holds on a day, resets included."""
        begun = self.filter(effective_from__lte=day)
        newest = begun.order_by("key", "unit_id", "-effective_from", "-version")
        return newest.distinct("key", "unit_id")


class PolicyValue(models.Model):
    """One version of what a unit says about a policy. Rows are only ever added.

    `value` is JSON in the form of the policy's type; NULL takes the unit's own value back, so that
    the inherited one holds again. On a day the version with the latest `effective_from` up to that
    day counts, of several with the same date the one with the highest number.
    """

    key = models.CharField(_("policy"), max_length=80)
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="policy_values", verbose_name=_("unit")
    )
    version = models.PositiveIntegerField(_("version"))
    value = models.JSONField(_("value"), null=True)
    effective_from = models.DateField(_("effective from"))
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = PolicyValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("value of a policy")
        verbose_name_plural = _("values of policies")
        default_permissions = ("view", "change")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "unit", "version"], name="policyvalue_one_version"
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="policyvalue_version_from_one"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="policyvalue_has_a_reason"),
        ]
        indexes = [
            models.Index(
                fields=["key", "unit", "-effective_from", "-version"], name="policyvalue_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.unit_id} v{self.version}"


class PolicyStamp(models.Model):
    """One row whose stamp is new after every change that may change a value.

    Triggers write it in the transaction of the change: a new version, or a unit that hangs
    elsewhere. It is drawn at random and not counted, so that a transaction that was rolled back,
    or a restored backup, never brings a stamp back under which something else was remembered.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="policystamp_is_one_row")
        ]

    def __str__(self) -> str:
        return str(self.stamp)
