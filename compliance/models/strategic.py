"""The file of a strategic customer: plan, talks, signals, summaries, resources (CUS-33, CAL-06).

The file is the company's: it hangs on the customer and belongs to no unit, because specialist and
contact leader run him for all of them (docs/adr/0034-strategic-file.md).
"""

from typing import Any, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.models.rounds import VIEW
from core.scope import scope_of
from customers.models import Customer, CustomerUnit

WORK = "customers.log_activity"


def strategic_in_reach(user: Any, permission: str = VIEW) -> models.QuerySet[Customer]:
    """Customers of whom the reader has a place in reach of a right."""
    scope = scope_of(user, permission)
    if scope.everything:
        return Customer.objects.all()
    here = CustomerUnit.objects.visible_to(scope, permission).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Exists(here))


class OfCustomerQuerySet(models.QuerySet):
    """Rows of the strategic file: seen by whoever has a place of the customer in reach. A share
    by hand opens the customer, not this file."""

    def visible_to(self, user: Any, permission: str = VIEW) -> Self:
        return self.filter(customer__in=strategic_in_reach(user, permission))


class Charge(models.Model):
    """Since when a strategic customer stands on the list and who runs him from where: contacts
    are owed from these days on. The pair itself stands on the customer (ORG-18)."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="charge")
    unit = models.ForeignKey(
        "regions.OrgUnit",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("unit"),
    )
    specialist_since = models.DateField(null=True)
    leader_since = models.DateField(null=True)
    listed_on = models.DateField(null=True)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.customer_id)


class OfCustomer(models.Model):
    """What hangs on a strategic customer, with whoever wrote it down."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        abstract = True


class PlanState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", pgettext_lazy("customer plan", "Waits for the market head")
    RETURNED = "returned", pgettext_lazy("customer plan", "Sent back")
    REVIEWED = "reviewed", pgettext_lazy("customer plan", "Reviewed")


FOUR_C = (
    ("problem", _("Customer's problem")),
    ("cost", _("Customer's cost")),
    ("convenience", _("Convenience")),
    ("communication", _("Communication")),
)


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class CustomerPlan(OfCustomer):
    """The plan of a year, written by the specialist and reviewed by the market head (CAL-06).

    `answers` is the 4C list (VAL-10): what was thought of for each of FOUR_C, by its key.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    goals = models.TextField(_("goals of the year"))
    steps = models.TextField(_("what is done when"))
    answers = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=PlanState, default=PlanState.DRAFT, editable=False
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    reviewed_at = models.DateTimeField(null=True, editable=False)
    advice = models.TextField(_("advice of the market head"), blank=True)

    class Meta:
        verbose_name = _("customer plan")
        verbose_name_plural = _("customer plans")
        default_permissions = ()
        permissions = [("review_customerplan", _("Can review plans of strategic customers"))]
        constraints = [
            models.UniqueConstraint(fields=["customer", "year"], name="customerplan_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.year}"


class SignalKind(models.TextChoices):
    PEOPLE = "people", _("Decision-makers change")
    PLANNING = "planning", _("Construction planning changes")
    INVESTMENT = "investment", _("Investment intention changes")
    OTHER = "other", pgettext_lazy("signal", "Other")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class EarlySignal(OfCustomer):
    """Something learnt before the customer decides against the company (OPP-17, CON-04). It gives
    the specialist a task that is due on `act_by`; the outcome closes it."""

    kind = models.CharField(_("kind"), max_length=10, choices=SignalKind)
    content = models.TextField(_("what was learnt"))
    learnt_on = models.DateField(_("learnt on"))
    act_by = models.DateField(_("act by"))
    outcome = models.TextField(_("outcome"), blank=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("early signal")
        verbose_name_plural = _("early signals")
        ordering = ["-learnt_on", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""), name="signal_closed_outcome"
            )
        ]
        indexes = [models.Index(fields=["customer", "-learnt_on"], name="signal_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind}"


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class MonthlySummary(OfCustomer):
    """What the specialist reports of a month to the contact leader (ACT-02). `month` is its first
    day."""

    month = models.DateField(_("month"))
    progress = models.TextField(_("progress of construction"))
    requests = models.TextField(_("requests and complaints"), blank=True)
    next_steps = models.TextField(_("next steps"))

    class Meta:
        verbose_name = _("month-end summary")
        verbose_name_plural = _("month-end summaries")
        ordering = ["-month"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["customer", "month"], name="summary_once_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.month:%Y-%m}"


class ResourceKind(models.TextChoices):
    STAFF = "staff", pgettext_lazy("resource", "Staff")
    EQUIPMENT = "equipment", _("Equipment")
    MATERIALS = "materials", _("Materials")
    FUNDS = "funds", _("Funds")
    SUPPORT = "support", _("Technical support")


class ResourceState(models.TextChoices):
    OPEN = "open", pgettext_lazy("resource", "Asked for")
    GRANTED = "granted", pgettext_lazy("resource", "Promised")
    DONE = "done", pgettext_lazy("resource", "Provided")
    REFUSED = "refused", pgettext_lazy("resource", "Refused")


RESOURCES_OPEN = (ResourceState.OPEN, ResourceState.GRANTED)


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ResourceRequest(OfCustomer):
    """What a department shall provide for a strategic customer, with priority where he has it, and
    urged until it is provided or refused (CUS-33)."""

    kind = models.CharField(_("kind"), max_length=10, choices=ResourceKind)
    content = models.TextField(_("what is needed"))
    department = models.CharField(_("department"), max_length=60)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("person who provides it"),
    )
    needed_by = models.DateField(_("needed by"))
    is_priority = models.BooleanField(_("priority"), default=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ResourceState,
        default=ResourceState.OPEN,
        editable=False,
    )
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(null=True, editable=False)
    urged = models.PositiveSmallIntegerField(_("times urged"), default=0, editable=False)
    urged_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name = _("request for resources")
        verbose_name_plural = _("requests for resources")
        ordering = ["needed_by", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="resource_refused_why"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "needed_by"], name="resource_customer"),
            models.Index(
                fields=["to", "needed_by"],
                condition=Q(state__in=["open", "granted"]),
                name="resource_to_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind}"


class TalkKind(models.TextChoices):
    VISIT = "visit", _("Visit to the customer's headquarters")
    TRIP = "trip", _("Visit on a leader's inspection trip")
    INVITATION = "invitation", _("Customer visits us")
    TALK = "talk", _("High-level talk")


class TalkState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    HELD = "held", pgettext_lazy("event", "Held")
    CANCELLED = "cancelled", _("Cancelled")


@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Talk(OfCustomer):
    """Leaders of both sides meet: planned and prepared by the specialist, then minuted (ACT-03…05,
    CON-06). Held, it becomes a visit in the customer's timeline done by our leader.

    `misfit` says what the check of rank and region found; a talk that does not fit needs
    `override`, the reason why it takes place all the same.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=TalkKind, default=TalkKind.VISIT)
    place = models.ForeignKey(
        CustomerUnit,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("unit"),
    )
    at = models.DateTimeField(_("when"))
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("our leader")
    )
    host = models.ForeignKey(
        "customers.Contact",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("their leader"),
    )
    purpose = models.TextField(_("purpose and preparation"))
    misfit = models.JSONField(default=list, editable=False)
    override = models.CharField(_("why it takes place all the same"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=TalkState, default=TalkState.PLANNED, editable=False
    )
    minutes = models.TextField(_("minutes"), blank=True)
    activity = models.ForeignKey(
        "customers.Activity", models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("high-level talk")
        verbose_name_plural = _("high-level talks")
        ordering = ["-at", "-pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="held") | ~Q(minutes=""), name="talk_held_minutes"
            ),
            models.CheckConstraint(
                condition=Q(misfit=[]) | ~Q(override=""), name="talk_misfit_override"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-at"], name="talk_customer"),
            models.Index(fields=["leader", "at"], name="talk_leader"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:talk", args=[self.customer_id, self.pk])


class ContactFigure(models.Model):
    """How many contacts of a unit itself were overdue when a month was last looked at: places by
    the rhythm of their class, and strategic customers at home there. Written each night, so that a
    month that has passed stays as its last night found it."""

    unit = models.ForeignKey("regions.OrgUnit", models.CASCADE, related_name="+")
    month = models.DateField()
    overdue = models.PositiveIntegerField(default=0)
    strategic = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["unit", "month"], name="contactfigure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month:%Y-%m}"
