"""Budgets: what a unit may spend in a period on a category, and every movement of it (EXP-09)."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.scope import Scoped, ScopedQuerySet
from expenses.models.categories import Category
from expenses.models.common import money
from expenses.models.guards import append_only, children_match

ZERO = Decimal("0.00")


class BudgetQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_budget"

    def of_period(self, year: int, quarter: int | None = None) -> Self:
        """Budgets of a year, or of one of its quarters."""
        return self.filter(year=year, quarter=quarter)


class Budget(Scoped):
    """Money of a unit for a category in a year, or in a quarter of it; in yuan.

    The columns say where the money is: `handed_down` to units below, `reserved` by applications
    that wait for a decision, `committed` by approved ones that are not paid, `spent` by payments.
    What is left is `allotted` less these four. A check of the database keeps them within
    `allotted`, so that no two people spend the same yuan (docs/adr/0031-budgets.md), and a
    deferred trigger keeps `handed_down` equal to what the budgets below (`parent`) were allotted.
    Every change of a column is explained by a BudgetEntry.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    quarter = models.PositiveSmallIntegerField(_("quarter"), null=True, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="budgets", verbose_name=_("category")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", editable=False
    )
    allotted = money(pgettext_lazy("budget", "allotted"), default=ZERO, editable=False)
    handed_down = money(pgettext_lazy("budget", "handed down"), default=ZERO, editable=False)
    reserved = money(pgettext_lazy("budget", "reserved"), default=ZERO, editable=False)
    committed = money(
        pgettext_lazy("budget", "approved, not yet paid"), default=ZERO, editable=False
    )
    spent = money(pgettext_lazy("budget", "paid"), default=ZERO, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["-year", "quarter", "category__position", "pk"]
        default_permissions = ()
        permissions = [
            ("view_budget", _("Can see budgets")),
            ("allot_budget", _("Can allot and hand down budgets")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "quarter", "category"],
                name="budget_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(quarter__isnull=True) | Q(quarter__range=(1, 4)), name="budget_quarter"
            ),
            models.CheckConstraint(
                condition=Q(
                    allotted__gte=0,
                    handed_down__gte=0,
                    reserved__gte=0,
                    committed__gte=0,
                    spent__gte=0,
                ),
                name="budget_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    allotted__gte=F("handed_down") + F("reserved") + F("committed") + F("spent")
                ),
                name="budget_within",
            ),
        ]
        indexes = [
            models.Index(fields=["year", "category"], name="budget_year"),
            models.Index(fields=["region", "year"], name="budget_region"),
            models.Index(fields=["city", "year"], name="budget_city"),
            models.Index(fields=["project", "year"], name="budget_project"),
        ]
        triggers = children_match()

    def __str__(self) -> str:
        period = f"{self.year}" if self.quarter is None else f"{self.year} Q{self.quarter}"
        return f"{self.unit} · {self.category} · {period}"

    @property
    def left(self) -> Decimal:
        """What may still be asked for or handed down."""
        return self.allotted - self.handed_down - self.reserved - self.committed - self.spent

    @property
    def used(self) -> Decimal:
        """What is reserved, approved or paid here."""
        return self.reserved + self.committed + self.spent


class BudgetMove(models.TextChoices):
    ALLOT = "allot", _("Allotted")
    HAND_DOWN = "hand_down", _("Handed down")
    TRANSFER = "transfer", pgettext_lazy("budget", "Transfer")
    SUPPLEMENT = "supplement", pgettext_lazy("budget", "Supplement")
    CARRY_OVER = "carry_over", _("Carried over")
    RESERVE = "reserve", _("Reserved")
    COMMIT = "commit", pgettext_lazy("budget", "Approved")
    SPEND = "spend", pgettext_lazy("budget", "Paid")
    FREE = "free", _("Freed")
    REFUND = "refund", _("Refunded")


class BudgetEntryQuerySet(models.QuerySet):
    def visible_to(self, user: object, permission: str | None = None) -> Self:
        """Whoever may see the budget."""
        return self.filter(budget__in=Budget.objects.visible_to(user, permission))


class BudgetEntry(models.Model):
    """One movement of a budget: by how much each column changed, and why. Only ever added."""

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=BudgetMove)
    allotted = money(default=ZERO)
    handed_down = money(default=ZERO)
    reserved = money(default=ZERO)
    committed = money(default=ZERO)
    spent = money(default=ZERO)
    application = models.ForeignKey(
        "expenses.Application", models.PROTECT, null=True, related_name="budget_entries"
    )
    other = models.ForeignKey(Budget, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    objects = BudgetEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("movement of a budget")
        verbose_name_plural = _("movements of budgets")
        ordering = ["-at", "-pk"]
        default_permissions = ()
        indexes = [
            models.Index("budget_id", F("at").desc(), F("id").desc(), name="budgetentry_log")
        ]
        triggers = append_only("expenses_budgetentry")

    def __str__(self) -> str:
        return f"{self.budget} · {self.get_kind_display()}"


class ChangeKind(models.TextChoices):
    TRANSFER = "transfer", pgettext_lazy("budget", "Transfer")
    SUPPLEMENT = "supplement", pgettext_lazy("budget", "Supplement")


class ChangeState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_APPROVAL = "in_approval", _("In approval")
    SENT_BACK = "sent_back", pgettext_lazy("application", "Sent back")
    APPROVED = "approved", pgettext_lazy("application", "Approved")
    REJECTED = "rejected", pgettext_lazy("application", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")
    VOID = "void", pgettext_lazy("application", "Void")


class BudgetChangeQuerySet(ScopedQuerySet):
    view_permission = "expenses.view_budget"
    own_fields = ("asked_by_id",)


class BudgetChange(Scoped):
    """Somebody asks for a transfer between two budgets, or for more money; approved, it is done.

    It lies in the unit whose budget shall grow (`target`). `source` gives in a transfer.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ChangeKind)
    target = models.ForeignKey(
        Budget, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("budget", "to")
    )
    source = models.ForeignKey(
        Budget,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("budget", "from"),
    )
    amount = money(_("amount"))
    reason = models.TextField(_("reason"))
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=ChangeState,
        default=ChangeState.DRAFT,
        editable=False,
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = BudgetChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a budget")
        verbose_name_plural = _("changes of budgets")
        default_permissions = ()
        permissions = [("ask_budgetchange", _("Can ask for a transfer or for more budget"))]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="budgetchange_amount"),
            models.CheckConstraint(
                condition=Q(kind=ChangeKind.TRANSFER, source__isnull=False) & ~Q(source=F("target"))
                | Q(kind=ChangeKind.SUPPLEMENT, source__isnull=True),
                name="budgetchange_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.target}"

    def get_absolute_url(self) -> str:
        return reverse("expenses:budget-change", args=[self.pk])
