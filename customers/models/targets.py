"""How much is to be sold in a year: of a product, of everything, to a customer (VAL-06, VAL-07)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.scope import Scoped, ScopedQuerySet
from customers.models.customers import Customer
from customers.models.value import FIRST_YEAR, LAST_YEAR

CHANGE = "customers.change_salestarget"


class SalesTargetQuerySet(ScopedQuerySet):
    """In branches seen whole: whoever sees his own customers alone is not measured by all."""

    view_permission = "customers.view_customer"


class SalesTarget(Scoped):
    """What a unit with all below it is to sell in a year, in yuan: of a product, of everything
    (without one), or to a customer."""

    year = models.PositiveSmallIntegerField(_("year"))
    product = models.CharField(_("product"), max_length=120, blank=True)
    customer = models.ForeignKey(
        Customer,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="sales_targets",
        verbose_name=_("customer"),
    )
    amount = models.DecimalField(_("amount"), max_digits=17, decimal_places=2)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SalesTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("sales target")
        verbose_name_plural = _("sales targets")
        default_permissions = ()
        permissions = [("change_salestarget", _("Can set sales targets"))]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "product"],
                condition=Q(customer__isnull=True),
                name="salestarget_product_once",
            ),
            models.UniqueConstraint(
                fields=["unit", "year", "customer"],
                condition=Q(customer__isnull=False),
                name="salestarget_customer_once",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=True) | Q(product=""), name="salestarget_of_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, year__gte=FIRST_YEAR, year__lte=LAST_YEAR),
                name="salestarget_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.product}"
