"""Flats and who owns them, then and now."""

from typing import Any, Self

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet, scope_of
from customers.models.customers import Customer, places_kept, reached


class PropertyQuerySet(ScopedQuerySet):
    """A flat is seen by whoever may see customers in its project, a keeper by way of its owners."""

    view_permission = "customers.view_customer"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        scope = scope_of(user, permission or self.view_permission)
        kept = places_kept(scope, customer__ownerships__property=OuterRef("pk"))
        return self.filter(reached(scope, kept))


class Property(Scoped):
    """A flat, shop or parking space: building, building unit and room of a project.

    `label` is the normalised address that people type: 3栋2单元1201.
    """

    building = models.CharField(_("building"), max_length=20)
    building_unit = models.CharField(_("building unit"), max_length=20, blank=True)
    room = models.CharField(_("room"), max_length=20)
    label = models.CharField(_("room"), max_length=60, db_collation="C")
    area = models.DecimalField(
        _("floor area (m²)"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )

    objects = PropertyQuerySet.as_manager()

    class Meta:
        verbose_name = _("property")
        verbose_name_plural = _("properties")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "building", "building_unit", "room"], name="property_once"
            )
        ]
        indexes = [
            models.Index(fields=["label", "unit"], name="property_label"),
            models.Index(fields=["region"], name="property_region"),
            models.Index(fields=["city"], name="property_city"),
            models.Index(fields=["project"], name="property_project"),
        ]

    def __str__(self) -> str:
        return self.label


class OwnershipQuerySet(ScopedQuerySet):
    view_permission = "customers.view_customer"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        scope = scope_of(user, permission or self.view_permission)
        kept = places_kept(scope, customer=OuterRef("customer"))
        return self.filter(reached(scope, kept))

    def current(self) -> Self:
        return self.filter(valid_until__isnull=True)


@pghistory.track(
    pghistory.UpdateEvent(level=pgtrigger.Statement),
    pghistory.DeleteEvent(level=pgtrigger.Statement),
    exclude=["region", "city", "project"],
)
class Ownership(Scoped):
    """A customer owns a property, alone, first or with others, from a day until a day."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="ownerships", db_index=False
    )
    property = models.ForeignKey(
        Property, models.CASCADE, related_name="ownerships", db_index=False
    )
    is_primary = models.BooleanField(_("first owner"), default=True)
    share = models.DecimalField(
        _("share (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    handed_over_on = models.DateField(_("handed over on"), null=True, blank=True)
    price = models.DecimalField(
        _("contract price (yuan)"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    payment_method = models.CharField(_("way of payment"), max_length=20, blank=True)
    valid_from = models.DateField(_("from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, db_index=False, editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        constraints = [
            models.UniqueConstraint(
                fields=["property", "customer"],
                condition=Q(valid_until__isnull=True),
                name="ownership_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="ownership_span",
            ),
        ]
        indexes = [
            models.Index(fields=["customer"], name="ownership_customer"),
            # Former owners too: the unique index above holds only the present ones.
            models.Index(fields=["property"], name="ownership_property"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} · {self.property_id}"
