"""Purchases of customers, as sales systems export them (VAL-02…VAL-08)."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from customers.models.customers import Customer, CustomerUnit


class TransactionFile(models.Model):
    """A file of purchases. The same bytes again are this file, however it is named."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("file name"), max_length=200)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file of purchases")
        verbose_name_plural = _("files of purchases")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class TransactionQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "customers.view_customer") -> Self:
        """Purchases of customers with a place in reach: they belong to the customer, not to one
        branch. A share of a customer is no place and opens no dealings (docs/adr/0018)."""
        if scope_of(user, permission).everything:
            return self
        places = CustomerUnit.objects.visible_to(user, permission)
        return self.filter(customer__in=places.values("customer"))


class Transaction(models.Model):
    """One line of a purchase in yuan; lines below zero are goods that came back.

    `cost` is what the goods of the line cost us, of the same sign as the amount, None where the
    file did not say it: then the profit of the line is not known (CUS-32).
    `file` and `row` say where the line stands: equal lines of a file are purchases of their own,
    while a line that is read again is known.
    """

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="transactions", verbose_name=_("customer")
    )
    on = models.DateField(pgettext_lazy("purchase", "date"))
    product = models.CharField(_("product"), max_length=120, blank=True)
    quantity = models.DecimalField(
        _("quantity"), max_digits=18, decimal_places=3, null=True, blank=True
    )
    amount = models.DecimalField(_("amount"), max_digits=17, decimal_places=2)
    cost = models.DecimalField(
        pgettext_lazy("purchase", "cost"), max_digits=17, decimal_places=2, null=True, blank=True
    )
    file = models.ForeignKey(
        TransactionFile, models.CASCADE, related_name="transactions", db_index=False
    )
    row = models.PositiveIntegerField()

    objects = TransactionQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        default_permissions = ()
        permissions = [("import_transaction", _("Can import purchases"))]
        constraints = [models.UniqueConstraint(fields=["file", "row"], name="transaction_once")]
        indexes = [models.Index(fields=["on"], name="transaction_on")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.on} {self.amount}"
