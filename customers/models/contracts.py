"""What was agreed with a customer, what he pays when, and what may come of him (SCH-02)."""

import datetime as dt
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped
from customers.models.customers import Customer
from customers.models.losses import LossQuerySet

VIEW, CHANGE = "customers.view_contract", "customers.change_contract"
MONEY: Any = DecimalField(max_digits=17, decimal_places=2)
ZERO = Decimal("0.00")


class DealQuerySet(LossQuerySet):
    """In branches of own reach: what one entered, and what customers have whom one keeps there."""

    view_permission = VIEW


class ContractQuerySet(DealQuerySet):
    def with_sums(self, today: dt.date) -> Self:
        """With `received`, `owed` (all that the contract makes him pay) and `fallen` (what fell
        due before a day), in yuan. Of a contract that ended early only what fell due by then."""
        in_force = Q(contract__ended_on__isnull=True) | Q(due_on__lte=F("contract__ended_on"))
        mine = Instalment.objects.filter(in_force, contract=OuterRef("pk"))
        paid = Receipt.objects.filter(contract=OuterRef("pk"))
        due = _sum(mine)
        return self.annotate(
            received=_sum(paid),
            owed=models.Case(
                models.When(status=ContractStatus.DRAFT, then=Value(ZERO)),
                models.When(status=ContractStatus.ENDED, then=due),
                default=F("amount"),
                output_field=MONEY,
            ),
            fallen=models.Case(
                models.When(status=ContractStatus.DRAFT, then=Value(ZERO)),
                default=_sum(mine.filter(due_on__lt=today)),
                output_field=MONEY,
            ),
        )

    def overdue(self) -> Self:
        """Those of `with_sums` where money that fell due has not come."""
        return self.filter(fallen__gt=F("received"))


def _sum(rows: models.QuerySet) -> Any:
    """The sum of the amounts of rows tied to an outer contract."""
    sums = rows.order_by().values("contract").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(sums), Value(ZERO), output_field=MONEY)


class ContractStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("contract", "Draft")
    RUNNING = "running", pgettext_lazy("contract", "Running")
    FINISHED = "finished", pgettext_lazy("contract", "Finished")
    ENDED = "ended", _("Ended early")


class Deal(Scoped):
    """Something between a unit and a customer, and who wrote it last. `version` guards forms
    against each other."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
        default_permissions = ()


class Contract(Deal):
    """A contract of a unit with a customer; `amount` in yuan is all that he is to pay.
    `checked_by` is who examined its words before it was signed. `ended_on` is the day on which it
    ended early: instalments that would fall due after it are not owed."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="contracts", verbose_name=_("customer")
    )
    number = models.CharField(_("contract number"), max_length=60)
    title = models.CharField(pgettext_lazy("contract", "title"), max_length=120)
    status = models.CharField(
        pgettext_lazy("contract", "status"),
        max_length=10,
        choices=ContractStatus,
        default=ContractStatus.DRAFT,
    )
    amount = models.DecimalField(_("contract amount"), max_digits=17, decimal_places=2)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid through"), null=True, blank=True)
    ended_on = models.DateField(_("ended early on"), null=True, blank=True)
    checked_by = models.CharField(_("examined by"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = ContractQuerySet.as_manager()

    class Meta(Deal.Meta):
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        permissions = [
            ("view_contract", _("Can see contracts, payments and opportunities of customers")),
            ("change_contract", _("Can write contracts, payments and opportunities of customers")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "number"], name="contract_number_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="contract_amount"),
            models.CheckConstraint(
                condition=Q(status=ContractStatus.DRAFT) | Q(signed_on__isnull=False),
                name="contract_signed",
            ),
            models.CheckConstraint(
                condition=Q(status=ContractStatus.ENDED, ended_on__isnull=False)
                | (~Q(status=ContractStatus.ENDED) & Q(ended_on__isnull=True)),
                name="contract_ended",
            ),
        ]
        indexes = [models.Index(fields=["unit", "signed_on"], name="contract_unit_day")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("customers:contract", args=[self.pk])


class Instalment(models.Model):
    """A part of a contract's amount that falls due on a day, in yuan."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="instalments")
    due_on = models.DateField(_("due on"))
    amount = models.DecimalField(_("amount"), max_digits=17, decimal_places=2)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        default_permissions = ()
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_above_zero")
        ]

    def __str__(self) -> str:
        return f"{self.due_on} {self.amount}"


class Receipt(models.Model):
    """Money of a contract that came in, in yuan. `reference` is the voucher or bank number; the
    same one again is the same money."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="receipts")
    on = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), max_digits=17, decimal_places=2)
    reference = models.CharField(_("voucher number"), max_length=60, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = pgettext_lazy("contract", "receipt")
        verbose_name_plural = pgettext_lazy("contract", "receipts")
        default_permissions = ()
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_above_zero"),
            models.UniqueConstraint(
                fields=["contract", "reference"],
                condition=~Q(reference=""),
                name="receipt_voucher_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.amount}"


class Outcome(models.TextChoices):
    OPEN = "open", pgettext_lazy("opportunity", "Open")
    WON = "won", pgettext_lazy("opportunity", "Won")
    LOST = "lost", pgettext_lazy("opportunity", "Lost")


class Opportunity(Deal):
    """Something a customer may buy. `stage` is a word of the group's catalogue as it was then,
    `chance` (per cent) and `outcome` what the catalogue said of it; `moved_on` is since when."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="opportunities", verbose_name=_("customer")
    )
    title = models.CharField(pgettext_lazy("opportunity", "title"), max_length=120)
    stage = models.CharField(pgettext_lazy("opportunity", "stage"), max_length=20)
    outcome = models.CharField(max_length=4, choices=Outcome, editable=False)
    chance = models.PositiveSmallIntegerField(editable=False)
    moved_on = models.DateField(editable=False)
    expected_amount = models.DecimalField(
        _("expected amount"), max_digits=17, decimal_places=2, null=True, blank=True
    )
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    lost_reason = models.CharField(_("why it was lost"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = DealQuerySet.as_manager()

    class Meta(Deal.Meta):
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.LOST) | ~Q(lost_reason=""),
                name="opportunity_lost_for_something",
            ),
            models.CheckConstraint(
                condition=Q(chance__lte=100)
                & (Q(expected_amount__isnull=True) | Q(expected_amount__gte=0)),
                name="opportunity_within",
            ),
        ]
        indexes = [models.Index(fields=["unit", "outcome"], name="opportunity_unit")]

    def __str__(self) -> str:
        return self.title
