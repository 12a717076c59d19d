"""Customers who may be one and the same, and those who were two records once (CUS-24)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer

MERGE, CHANGE = "customers.merge_customer", "customers.change_customer"


def mergeable(user: Any) -> Any:
    """The customers whom somebody may merge: he reaches them with the right and may change them."""
    reached = Customer.objects.visible_to(user, MERGE)
    return reached.filter(pk__in=Customer.objects.visible_to(user, CHANGE).values("pk"))


class Likeness(models.TextChoices):
    """What two customers have in common. The same number alone is never enough: families share."""

    NUMBER_AND_NAME = "number_name", _("Same number and name")
    FLAT_AND_NAME = "flat_name", _("Same flat and name")
    NUMBER_AND_READING = "number_reading", _("Same number, names that sound alike")
    FIRM_NAME = "firm_name", _("Same name of the organisation")


class PairQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = MERGE) -> Self:
        """Pairs of which one at least is in reach; pages name nothing of the other one."""
        reached = Customer.objects.visible_to(user, permission)
        one = models.Exists(reached.filter(pk=OuterRef("first")))
        other = models.Exists(reached.filter(pk=OuterRef("second")))
        return self.filter(Q(one) | Q(other))


class DuplicatePair(models.Model):
    """Two customers who may be one. What somebody said of a pair stays said; the rest is found
    anew each night."""

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    likeness = models.CharField(_("in common"), max_length=16, choices=Likeness)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    dismissed_at = models.DateTimeField(null=True, blank=True, editable=False)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicatepair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicatepair_order"),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True, reason="")
                | Q(dismissed_at__isnull=False) & ~Q(reason=""),
                name="duplicatepair_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class MergeQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "customers.view_customer") -> Self:
        """Merges of customers in reach."""
        return self.filter(survivor__in=Customer.objects.visible_to(user, permission))


class CustomerMerge(models.Model):
    """A record that went into another one. It is the former record's alias: its key, code, name
    and numbers lead to `survivor`, also when that one is merged on later.

    `before` holds fields of both before the merge, without telephone and identity numbers;
    `moved` the keys of the rows that were moved, table by table; `united` the rows that could not
    stand twice, as they were. `subject` is the key of the former record's numbers: whoever erases
    a person destroys it, too.
    """

    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="merges")
    former_id = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=12)
    code = models.CharField(_("customer code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    phone_index = models.BinaryField(null=True)
    other_phone_index = models.BinaryField(null=True)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    likeness = models.CharField(max_length=16, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    before = models.JSONField(default=dict)
    moved = models.JSONField(default=list)
    united = models.JSONField(default=list)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merged customer")
        verbose_name_plural = _("merged customers")
        default_permissions = ()
        indexes = [
            models.Index(fields=["name"], name="customermerge_name"),
            models.Index(fields=["phone_index"], name="customermerge_phone"),
        ]

    def __str__(self) -> str:
        return self.code
