"""Applications for money spent on customers: who asks for how much, for whom and why (EXP-01)."""

from decimal import Decimal
from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import personal_data
from core.models import StoredFile
from core.scope import Scoped, ScopedQuerySet
from core.values.phones import national_format
from expenses.models.budgets import Budget
from expenses.models.categories import Category
from expenses.models.common import by_branch, money, rounded
from expenses.states import EDITABLE, VIEW, State

ZERO = Decimal("0.00")


class ApplicationQuerySet(ScopedQuerySet):
    view_permission = VIEW
    own_fields = ("applicant_id", "entered_by_id")


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["region", "city", "project", "updated_at"],
)
class Application(Scoped):
    """Money asked for; all sums in yuan. `unit` is the unit it is booked to (EXP-11).

    `applied_on` decides year and quarter of the budget. `budget` is the one that pays, empty
    while it is a draft and for what a file of former times brought. `over_budget` says that it
    was submitted although its budget does not suffice. `approved_amount` and `paid_amount` repeat
    the sums of its ledger lines. `evidence_due_on` is the last day for evidence. Account and
    telephone number of the beneficiary are personal data (core.personal_data). `values` answers
    the further questions of the category. `version` guards forms against each other.
    """

    number = models.CharField(_("application number"), max_length=40, unique=True)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="applications", verbose_name=_("category")
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("applicant"),
    )
    title = models.CharField(pgettext_lazy("application", "purpose"), max_length=120)
    reason = models.TextField(_("reason"), blank=True)
    applied_on = models.DateField(_("applied on"), default=timezone.localdate)
    event_on = models.DateField(_("date of the event"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people taking part"), null=True, blank=True)
    amount = money(_("amount"))
    one_off = models.BooleanField(
        _("one-off application"),
        default=True,
        help_text=_("Not one of a series: small ones need no general manager (flow C)."),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.DRAFT, editable=False
    )
    budget = models.ForeignKey(
        Budget, models.PROTECT, null=True, related_name="applications", editable=False
    )
    over_budget = models.BooleanField(_("over budget"), default=False, editable=False)
    case = models.ForeignKey(
        "complaints.Case",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=pgettext_lazy("expense", "complaint"),
    )
    event = models.ForeignKey(
        "expenses.Event",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("customer event"),
    )
    key_date = models.ForeignKey(
        "expenses.KeyDate", models.SET_NULL, null=True, related_name="+", editable=False
    )
    values = models.JSONField(default=dict, blank=True)
    beneficiary_name = models.CharField(_("beneficiary"), max_length=60, blank=True)
    beneficiary_bank = models.CharField(_("bank"), max_length=80, blank=True)
    subject = models.ForeignKey(
        "core.SubjectKey", models.PROTECT, null=True, related_name="+", editable=False
    )
    account_cipher = models.BinaryField(null=True, editable=False)
    account_last4 = models.CharField(max_length=4, blank=True, editable=False)
    phone_cipher = models.BinaryField(null=True, editable=False)
    phone_last4 = models.CharField(max_length=4, blank=True, editable=False)
    approved_amount = money(_("approved amount"), default=ZERO, editable=False)
    paid_amount = money(_("paid amount"), default=ZERO, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    evidence_due_on = models.DateField(_("evidence due on"), null=True, editable=False)
    evidence_done_at = models.DateTimeField(null=True, editable=False)
    import_run = models.ForeignKey(
        "core.ImportRun", models.SET_NULL, null=True, related_name="+", editable=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application for expenses")
        verbose_name_plural = _("applications for expenses")
        default_permissions = ()
        permissions = [
            ("view_application", _("Can see expense applications")),
            ("add_application", _("Can apply for expenses")),
            ("pay_application", _("Can record payments and settle expenses")),
            ("review_application", _("Can review unusual expenses")),
            ("import_application", _("Can import former expenses")),
            ("export_application", _("Can export expenses")),
            ("view_beneficiary", _("Can show the account of a beneficiary")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, approved_amount__gte=0, paid_amount__gte=0),
                name="application_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.APPROVED, State.PAID, State.SETTLED])
                | Q(approved_amount=0, paid_amount=0),
                name="application_booked_when_granted",
            ),
        ]
        indexes = [
            *by_branch("application", F("applied_on").desc(), F("id").desc()),
            models.Index("applicant_id", F("applied_on").desc(), F("id").desc(), name="appl_mine"),
            models.Index(
                fields=["unit", "evidence_due_on"],
                condition=Q(evidence_due_on__isnull=False, evidence_done_at__isnull=True),
                name="application_unproved",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("expenses:detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def still_owed(self) -> Decimal:
        """What is approved and not paid."""
        return self.approved_amount - self.paid_amount

    @property
    def account_masked(self) -> str:
        """The end of the beneficiary's account; empty without one."""
        return f"****{self.account_last4}" if self.account_last4 else ""

    @property
    def phone_masked(self) -> str:
        """The end of the beneficiary's telephone number; empty without one."""
        return f"****{self.phone_last4}" if self.phone_last4 else ""

    def clear(self, field: str) -> str:
        """A personal value in clear: `account` or `phone`. Showing it to somebody is recorded by
        the service. Raises personal_data.Erased, LookupError for any other field."""
        if field not in ("account", "phone"):
            raise LookupError(field)
        cipher = getattr(self, f"{field}_cipher")
        if not cipher or self.subject is None:
            return ""
        key = personal_data.unwrap(self.subject.wrapped)
        value = personal_data.decrypt(key, cipher, f"application.{field}")
        return national_format(value) if field == "phone" else value


class ByApplication(models.QuerySet):
    """Rows that are seen by whoever may see the application."""

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        return self.filter(application__in=Application.objects.visible_to(user, permission))


class ApplicationLine(models.Model):
    """A line of what the money is for: quantity times price, rounded to the cent."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(pgettext_lazy("expense line", "what for"), max_length=120)
    quantity = models.DecimalField(_("quantity"), max_digits=10, decimal_places=2)
    price = money(pgettext_lazy("expense line", "price"))
    amount = money(_("amount"), editable=False)

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("line of an application")
        verbose_name_plural = _("lines of applications")
        ordering = ["position", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, price__gte=0) & rounded("amount", "quantity", "price"),
                name="applicationline_amount",
            )
        ]

    def __str__(self) -> str:
        return self.text


class ApplicationCustomer(models.Model):
    """A customer for whom the money is spent. Several share it in equal parts."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="customers")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="expenses")
    contact = models.ForeignKey(
        "customers.Contact", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ByApplication.as_manager()

    class Meta:
        verbose_name = _("customer of an application")
        verbose_name_plural = _("customers of applications")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["application", "customer"], name="applicationcustomer_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.customer)


class ApplicationFile(StoredFile):
    """A file that goes with the application: the plan of an event, an offer."""

    application = models.ForeignKey(
        Application, models.CASCADE, related_name="files", db_index=False
    )

    objects = ByApplication.as_manager()

    class Meta(StoredFile.Meta):
        verbose_name = _("file of an application")
        verbose_name_plural = _("files of applications")
        default_permissions = ()
        constraints = [
            *StoredFile.Meta.constraints,
            models.UniqueConstraint(fields=["application", "sha256"], name="applicationfile_once"),
        ]
