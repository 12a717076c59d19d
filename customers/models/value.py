"""What a customer needs in all, how far he is trusted, what he gets for what he gives up.

These sheets are the customer's as a whole, as his purchases are: whoever reaches one of his places
sees them. A share of a customer does not open them.
"""

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import scope_of
from customers.models.customers import Customer, CustomerUnit

MOST_POINTS = 10  # of each value and cost on a sheet of delivered value
FIRST_YEAR, LAST_YEAR = 1990, 2100


class SheetQuerySet(models.QuerySet):
    def visible_to(self, user: Any, permission: str = "customers.view_customer") -> Self:
        """Those of customers with a place in reach; a share is no place."""
        if scope_of(user, permission).everything:
            return self
        places = CustomerUnit.objects.visible_to(user, permission)
        return self.filter(customer__in=places.values("customer"))


def _year(name: str) -> Any:
    return models.CheckConstraint(
        condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR), name=f"{name}_year"
    )


class YearSheet(models.Model):
    """Something noted of a customer for a year, and who noted it when."""

    year = models.PositiveSmallIntegerField(_("year"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
        default_permissions = ()


class DemandSource(models.TextChoices):
    """How the whole demand of a customer was learned (VAL-04)."""

    ASKED = "asked", _("Asked him directly")
    PLAN = "plan", _("His sales plan of the year")
    EXPECTED = "expected", _("What he expects to buy of us")
    OUR_SALES = "our_sales", _("Inferred from our sales")
    TURNOVER = "turnover", _("Inferred from his stock turnover")
    ACCOUNTS = "accounts", _("His accounts")
    OTHERS = "others", _("Asked other companies")


class Demand(YearSheet):
    """What a customer buys of a product in a year, of everybody, in yuan. Without a product: of
    everything, which then counts in place of the sum of the products."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="demands")
    product = models.CharField(_("product"), max_length=120, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=17, decimal_places=2)
    method = models.CharField(_("how it was learned"), max_length=10, choices=DemandSource)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta(YearSheet.Meta):
        verbose_name = pgettext_lazy("customer", "demand")
        verbose_name_plural = pgettext_lazy("customers", "demands")
        constraints = [
            models.UniqueConstraint(fields=["customer", "year", "product"], name="demand_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="demand_amount"),
            _year("demand"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.year} {self.product}"


class CreditSheet(YearSheet):
    """How far a business customer is trusted in a year (VAL-01).

    `lines` are the criteria of the group as they were on the day of the assessment: `word`, `most`
    and `points` as text. `grade` and `proposed` follow from the sum of points by the group's grades
    of that day; `limit` is what was granted, in yuan, with a `reason` where it is another one.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="credit_sheets")
    lines = models.JSONField(default=list)
    points = models.DecimalField(_("points"), max_digits=4, decimal_places=1)
    grade = models.CharField(pgettext_lazy("credit", "grade"), max_length=10)
    proposed = models.DecimalField(_("proposed limit"), max_digits=14, decimal_places=2)
    limit = models.DecimalField(_("credit limit"), max_digits=14, decimal_places=2)
    reason = models.CharField(_("reason for another limit"), max_length=300, blank=True)
    remark = models.TextField(_("remark"), blank=True)
    criteria_of = models.DateField(_("criteria of the day"))

    objects = SheetQuerySet.as_manager()

    class Meta(YearSheet.Meta):
        verbose_name = _("credit assessment")
        verbose_name_plural = _("credit assessments")
        permissions = [("assess_credit", _("Can assess the credit of customers"))]
        constraints = [
            models.UniqueConstraint(fields=["customer", "year"], name="credit_once"),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=100, limit__gte=0, proposed__gte=0),
                name="credit_within",
            ),
            models.CheckConstraint(
                condition=Q(limit=F("proposed")) | ~Q(reason=""), name="credit_reason"
            ),
            _year("credit"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.year}"


VALUES = ("product", "service", "personnel", "image")
COSTS = ("money", "time", "energy", "psychic")


def _points(label: Any) -> Any:
    return models.PositiveSmallIntegerField(label)


class ValueSheet(YearSheet):
    """What a customer gets for what he gives up, in points of 0 to 10 as he judges it (VAL-09).

    `offer` is whose offer is judged: empty for ours, else the name of a competitor.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="value_sheets")
    offer = models.CharField(_("competitor"), max_length=60, blank=True)
    product = _points(pgettext_lazy("delivered value", "product value"))
    service = _points(pgettext_lazy("delivered value", "service value"))
    personnel = _points(pgettext_lazy("delivered value", "personnel value"))
    image = _points(pgettext_lazy("delivered value", "image value"))
    money = _points(pgettext_lazy("delivered value", "monetary cost"))
    time = _points(pgettext_lazy("delivered value", "time cost"))
    energy = _points(pgettext_lazy("delivered value", "energy cost"))
    psychic = _points(pgettext_lazy("delivered value", "psychic cost"))
    note = models.TextField(_("note"), blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta(YearSheet.Meta):
        verbose_name = _("delivered-value sheet")
        verbose_name_plural = _("delivered-value sheets")
        constraints = [
            models.UniqueConstraint(fields=["customer", "year", "offer"], name="value_once"),
            models.CheckConstraint(
                condition=Q(**{f"{part}__lte": MOST_POINTS for part in (*VALUES, *COSTS)}),
                name="value_within",
            ),
            _year("value"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.year} {self.offer}"

    @property
    def value(self) -> int:
        """What he gets: the four values together, 0 to 40."""
        return sum(getattr(self, part) for part in VALUES)

    @property
    def cost(self) -> int:
        """What he gives up: the four costs together, 0 to 40."""
        return sum(getattr(self, part) for part in COSTS)

    @property
    def delivered(self) -> int:
        """Total value less total cost, −40 to 40."""
        return self.value - self.cost


def whole_demand(rows: "list[Demand]") -> Decimal:
    """The demand of one year: what was noted of everything, else the sum of the products."""
    of_all = [row.amount for row in rows if not row.product]
    return of_all[0] if of_all else sum((row.amount for row in rows), Decimal(0))
