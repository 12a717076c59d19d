"""Customers who went away: why, where to, and whether they came back (VAL-12)."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scope, Scoped, ScopedQuerySet, scope_of
from customers.models.customers import Customer, places_kept, whole_branches


class LossQuerySet(ScopedQuerySet):
    view_permission = "customers.view_customer"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """In branches of own reach: those one recorded, and those of customers one keeps there."""
        scope = scope_of(user, permission or self.view_permission)
        rows = whole_branches(scope)
        if scope.own:
            kept = places_kept(scope, customer=OuterRef("customer"), unit=OuterRef("unit"))
            mine = Q(by_id=scope.user_id) | Q(Exists(kept))
            rows |= Scope(scope.user_id, scope.own).q(()) & mine
        return self.filter(rows)

    def still(self) -> Self:
        """Those who have not been won back."""
        return self.filter(won_back_on__isnull=True)


class Loss(Scoped):
    """A unit lost a customer on a day. `cause` and `direction` are words of the group's catalogues
    as they were then; `within_control` is what the catalogue said of the cause."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="losses", verbose_name=_("customer")
    )
    lost_on = models.DateField(_("lost on"))
    cause = models.CharField(_("cause"), max_length=40)
    within_control = models.BooleanField(_("within our control"), default=False)
    direction = models.CharField(_("where to"), max_length=40)
    competitor = models.CharField(_("competitor"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("recorded by"),
    )
    entered_at = models.DateTimeField(default=timezone.now, editable=False)
    won_back_on = models.DateField(_("won back on"), null=True, blank=True)
    won_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    won_back_how = models.CharField(_("how he was won back"), max_length=500, blank=True)

    objects = LossQuerySet.as_manager()

    class Meta:
        verbose_name = _("lost customer")
        verbose_name_plural = _("lost customers")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "unit"],
                condition=Q(won_back_on__isnull=True),
                name="loss_open_once",
            ),
            models.CheckConstraint(
                condition=Q(won_back_on__isnull=True) | Q(won_back_on__gte=F("lost_on")),
                name="loss_before_return",
            ),
        ]
        indexes = [models.Index(fields=["unit", "lost_on"], name="loss_unit_day")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.lost_on}"
