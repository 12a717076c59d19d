"""Work on a case: jobs of contractors with spare parts, what a case cost, and who bears it.

CMP-14, CMP-17. Money is in yuan.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Self

import pghistory
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Case
from complaints.work_states import GOING_ON, UNFINISHED, WorkState
from core.scope import Scoped, ScopedQuerySet, scope_of

CENT = Decimal("0.01")


def indexes_by_branch(prefix: str, *order: Any, condition: Q | None = None) -> list[models.Index]:
    """An index of a list for each column of a scope, and one for the whole group."""
    columns = ("unit_id", "region_id", "city_id", "project_id")
    return [
        models.Index(column, *order, condition=condition, name=f"{prefix}_{column[:-3]}")
        for column in columns
    ] + [models.Index(*order, condition=condition, name=f"{prefix}_group")]


class ContractorQuerySet(ScopedQuerySet):
    view_permission = "complaints.view_case"

    def offered_in(self, unit: Any) -> Self:
        """Active ones of a unit and of those above it: a city's contract serves its projects."""
        return self.filter(unit__in=unit.ancestor_ids(), is_active=True)


class Contractor(Scoped):
    """A firm or crew that mends things for a unit and for everything below it.

    The number is that of the firm or its site office, not a person's.
    """

    name = models.CharField(pgettext_lazy("contractor", "name"), max_length=80)
    trade = models.CharField(
        _("trade"), max_length=40, blank=True, help_text=_("Waterproofing, doors, electricity …")
    )
    phone = models.CharField(
        _("office telephone"),
        max_length=40,
        blank=True,
        help_text=_("Of the firm or its site office, not of a person."),
    )
    is_active = models.BooleanField(
        _("works for us"), default=True, help_text=_("Others are not offered for new works.")
    )

    objects = ContractorQuerySet.as_manager()

    class Meta:
        verbose_name = _("contractor")
        verbose_name_plural = _("contractors")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "name"], name="contractor_once_a_unit")
        ]
        indexes = indexes_by_branch("contractor", "name", "id")

    def __str__(self) -> str:
        return self.name


class WorkQuerySet(ScopedQuerySet):
    view_permission = "complaints.view_case"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """In branches of own reach: works of the cases one sees there."""
        scope = scope_of(user, permission or self.view_permission)
        rows = scope.q(())
        if scope.own:
            rows |= Q(case__in=_own_cases(scope))
        return self.filter(rows)

    def branches_of(self, user: Any, permission: str | None = None) -> list[Self]:
        """As visible_to, one queryset a part; parts may overlap, so unite them without ALL."""
        scope = scope_of(user, permission or self.view_permission)
        own = [self.filter(case__in=_own_cases(scope))] if scope.own else []
        return super().branches_of(user, permission) + own

    def unfinished(self) -> Self:
        """Works that still keep a case from being resolved."""
        return self.filter(state__in=UNFINISHED)

    def late(self, today: Any) -> Self:
        """Works that should have been done before today and are not."""
        return self.filter(state__in=GOING_ON, planned_until__lt=today)


def _own_cases(scope: Any) -> Any:
    """Cases that somebody handles, entered or helps with, in branches of own reach."""
    return Case.objects.visible_to(replace(scope, branches=frozenset())).values("pk")


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["region", "city", "project", "updated_at"],
)
class WorkOrder(Scoped):
    """A job for a contractor or a crew, planned from a day until a day (both count).

    It lies where its case lies. `contractor` is one of the unit's list, or `crew` says who comes.
    `refused_times` counts how often the work was not accepted. `version` guards forms.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="works", verbose_name=_("case"))
    title = models.CharField(_("what is to be done"), max_length=120)
    trade = models.CharField(_("trade"), max_length=40, blank=True)
    contractor = models.ForeignKey(
        Contractor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="works",
        verbose_name=_("contractor"),
    )
    crew = models.CharField(_("crew"), max_length=60, blank=True)
    planned_from = models.DateField(_("planned from"))
    planned_until = models.DateField(_("planned until"))
    state = models.CharField(
        _("state"), max_length=10, choices=WorkState, default=WorkState.PLANNED, editable=False
    )
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)
    refused_times = models.PositiveSmallIntegerField(default=0, editable=False)
    labour_cost = models.DecimalField(
        _("labour cost"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
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
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work")
        verbose_name_plural = _("works")
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_until__gte=F("planned_from")), name="work_span"
            ),
            models.CheckConstraint(
                condition=~Q(crew="") | Q(contractor__isnull=False), name="work_somebody"
            ),
            models.CheckConstraint(
                condition=Q(labour_cost__isnull=True) | Q(labour_cost__gte=0), name="work_labour"
            ),
            models.CheckConstraint(
                condition=Q(state=WorkState.ACCEPTED, accepted_at__isnull=False)
                | ~Q(state=WorkState.ACCEPTED) & Q(accepted_at__isnull=True),
                name="work_accepted_when",
            ),
        ]
        indexes = [
            *indexes_by_branch("work_all", F("planned_until").desc(), F("id").desc()),
            *indexes_by_branch(
                "work_open", "planned_until", "id", condition=Q(state__in=sorted(UNFINISHED))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("complaints:work", args=[self.pk])

    @property
    def who(self) -> str:
        """Who does it: the contractor, the crew, or both."""
        names = [self.contractor.name if self.contractor else "", self.crew]
        return " · ".join(name for name in names if name)

    @property
    def days_late(self) -> int:
        """Days beyond the plan: until today while the work goes on, then until it was done."""
        if self.state in (WorkState.DONE, WorkState.ACCEPTED) and self.finished_at:
            end = timezone.localdate(self.finished_at)
        elif self.state in GOING_ON:
            end = timezone.localdate()
        else:
            return 0
        return max(0, (end - self.planned_until).days)


class SparePart(models.Model):
    """Material put in by a work. What is under warranty costs nothing here."""

    work = models.ForeignKey(WorkOrder, models.CASCADE, related_name="parts")
    name = models.CharField(pgettext_lazy("spare part", "name"), max_length=80)
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(CENT)],
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
    )
    under_warranty = models.BooleanField(_("under warranty"), default=False)

    class Meta:
        verbose_name = _("spare part")
        verbose_name_plural = _("spare parts")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(unit_price__gte=0), name="part_amounts"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cost(self) -> Decimal:
        """What it costs, in yuan."""
        if self.under_warranty:
            return Decimal("0.00")
        return (self.quantity * self.unit_price).quantize(CENT)


class CostKind(models.TextChoices):
    LABOUR = "labour", _("Labour")
    MATERIAL = "material", _("Material and spare parts")
    COMPENSATION = "compensation", _("Compensation")
    GOODWILL = "goodwill", _("Goodwill")
    EXPERTISE = "expertise", _("Survey and expert opinion")
    OTHER = "other", pgettext_lazy("kind of cost", "Other")


class Bearer(models.TextChoices):
    DEVELOPER = "developer", _("Developer")
    CONTRACTOR = "contractor", pgettext_lazy("bearer", "Contractor")
    PROPERTY = "property", _("Property company")
    OWNER = "owner", pgettext_lazy("bearer", "Owner")
    INSURER = "insurer", _("Insurer")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class CostLine(models.Model):
    """What a case cost in yuan, and who bears it. A wrong line is taken out and entered anew."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="costs")
    work = models.ForeignKey(
        WorkOrder, models.SET_NULL, null=True, blank=True, related_name="costs", editable=False
    )
    kind = models.CharField(_("kind"), max_length=14, choices=CostKind)
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, validators=[MinValueValidator(CENT)]
    )
    bearer = models.CharField(_("borne by"), max_length=12, choices=Bearer)
    reason = models.CharField(_("reason"), max_length=200)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("cost of a case")
        verbose_name_plural = _("costs of cases")
        ordering = ["created_at", "pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="cost_amount")]

    def __str__(self) -> str:
        return f"{self.case} · {self.amount}"
