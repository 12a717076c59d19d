"""Gifts: what lies in a unit's stock, and where it went (EXP-01)."""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scope, Scoped, ScopedQuerySet, scope_of
from expenses.models.applications import Application, ByApplication
from expenses.models.common import money
from expenses.models.guards import append_only


class GiftQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_gift"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """A stock is nobody's own: who sees his own papers in a branch sees its gifts."""
        scope = scope_of(user, permission or self.view_permission)
        return self.filter(Scope(scope.user_id, scope.branches | scope.own).q(()))

    def offered_in(self, unit: Any) -> Self:
        """Gifts of a unit and of those above it that are still given away."""
        return self.filter(unit__in=unit.ancestor_ids(), is_active=True)


@pghistory.track(
    pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["region", "city", "project"]
)
class Gift(Scoped):
    """A kind of gift in the stock of a unit, for it and the units below.

    `promised` pieces stand in submitted applications and are not free; a check keeps them within
    `stock`, so that the last piece is given once.
    """

    name = models.CharField(pgettext_lazy("gift", "name"), max_length=80)
    is_own_product = models.BooleanField(_("own product"), default=False)
    price = money(_("value of a piece"))
    stock = models.PositiveIntegerField(_("in stock"), default=0, editable=False)
    promised = models.PositiveIntegerField(_("promised"), default=0, editable=False)
    is_active = models.BooleanField(_("given away"), default=True)

    objects = GiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        ordering = ["name", "pk"]
        default_permissions = ()
        permissions = [
            ("view_gift", _("Can see the stock of gifts")),
            ("change_gift", _("Can keep the stock of gifts")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="gift_once_a_unit"),
            models.CheckConstraint(
                condition=Q(promised__lte=F("stock"), price__gte=0), name="gift_promised_within"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        return self.stock - self.promised


class GiftLine(models.Model):
    """Gifts that an application asks for. They are part of its amount at the price of the day."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="gift_lines")
    gift = models.ForeignKey(Gift, models.PROTECT, related_name="lines")
    quantity = models.PositiveIntegerField(_("quantity"))
    price = money(_("value of a piece"))
    given_at = models.DateTimeField(null=True, editable=False)

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("gift of an application")
        verbose_name_plural = _("gifts of applications")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["application", "gift"], name="giftline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="giftline_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.gift} × {self.quantity}"


class GiftMove(models.TextChoices):
    RECEIVE = "receive", pgettext_lazy("gift", "Received")
    GIVE = "give", pgettext_lazy("gift", "Given")
    RETURN = "return", pgettext_lazy("gift", "Came back")
    CORRECT = "correct", _("Counted anew")


class GiftMovementQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Whoever may see the gift."""
        return self.filter(gift__in=Gift.objects.visible_to(user, permission))


class GiftMovement(models.Model):
    """Pieces that came or went; the sum of `quantity` is the stock. Only ever added."""

    gift = models.ForeignKey(Gift, models.PROTECT, related_name="movements", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=GiftMove)
    quantity = models.IntegerField(_("quantity"))
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="gift_movements"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    objects = GiftMovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("movement of gifts")
        verbose_name_plural = _("movements of gifts")
        ordering = ["-at", "-pk"]
        default_permissions = ()
        indexes = [models.Index("gift_id", F("at").desc(), F("id").desc(), name="giftmovement_log")]
        triggers = append_only("expenses_giftmovement")

    def __str__(self) -> str:
        return f"{self.gift} · {self.quantity}"
