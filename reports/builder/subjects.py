"""The eight subjects of reports."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case, CaseKind, Channel
from complaints.states import State as CaseState
from compliance.checks import CHECKS
from compliance.models import Finding, LogInDay
from compliance.models.log_in_days import DayReason
from compliance.states import FindingState, Severity
from customers.models import (
    Activity,
    ActivityKind,
    ActivityState,
    CustomerKind,
    CustomerUnit,
    OwnerStage,
    Property,
)
from expenses.models import Application
from expenses.states import State as PaperState
from regions.policies import policy_values
from reports.builder.registry import Field, Subject, Text, register
from satisfaction.models import Response, Wave
from satisfaction.models.responses import AskedBy

Words = Callable[[], Mapping[Any, Text]]


def _words(choices: Any) -> Words:
    """Stored word → label of a set of choices."""
    return lambda: dict(choices.choices)


def _yes_no() -> Mapping[Any, Text]:
    return {True: _("Yes"), False: _("No")}


def _rules() -> Mapping[Any, Text]:
    return {key: one.sentence for key, one in CHECKS.items()}


PLACE = (
    Field("region", _("Region"), "text", "region__name", groups=True, filters=False),
    Field("city", _("City"), "text", "city__name", groups=True, filters=False),
    Field("project", _("Project"), "text", "project__name", groups=True, filters=False),
    Field("unit", _("Unit"), "text", "unit__name", groups=True, filters=False),
)


CUSTOMERS = register(
    Subject(
        "customers",
        _("Customers"),
        "customers.view_customer",
        "customers.export_customer",
        CustomerUnit,
        (
            Field("code", _("Customer code"), "id", "customer__code"),
            Field("name", pgettext_lazy("organisation", "Name"), "text", "customer__name"),
            Field("kind", _("Kind"), "choice", "customer__kind", _words(CustomerKind), groups=True),
            *PLACE,
            Field("level", _("Level"), "text", "level", groups=True),
            Field("ownership", _("Ownership class"), "text", "ownership_class", groups=True),
            Field("industry", _("Industry"), "text", "customer__industry", groups=True),
            Field("source", _("Customer source"), "text", "source", groups=True),
            Field("keeper", _("Keeper"), "text", "keeper__name", groups=True),
            Field("entered_at", _("Entered at"), "datetime", "created_at", groups=True),
            Field("signed_on", _("Signed on"), "date", "signed_on", groups=True),
            Field("handed_over_on", _("Handed over on"), "date", "handed_over_on", groups=True),
            Field("last_contact", _("Last contact"), "datetime", "last_contact_at", groups=True),
            Field("next_contact", _("Next contact on"), "date", "next_contact_on", groups=True),
        ),
        each=("customer", _("Customers, each once")),
        note=_("A customer with places in several units has a row for each of them."),
    )
)

PROPERTIES = register(
    Subject(
        "properties",
        _("Properties"),
        "customers.view_customer",
        "customers.export_customer",
        Property,
        (
            Field("label", pgettext_lazy("property", "Room"), "id", "label"),
            Field("building", _("Building"), "text", "building", groups=True),
            *PLACE,
            Field("area", _("Floor area (m²)"), "number", "area", sums=True, means=True),
        ),
        by_branch=False,
    )
)

ACTIVITIES = register(
    Subject(
        "activities",
        _("Activities"),
        "customers.view_customer",
        "customers.export_customer",
        Activity,
        (
            Field("at", pgettext_lazy("activity", "When"), "datetime", "at", groups=True),
            Field("kind", _("Kind"), "choice", "kind", _words(ActivityKind), groups=True),
            Field("state", _("State"), "choice", "state", _words(ActivityState), groups=True),
            Field("customer", _("Customer"), "text", "customer__name"),
            Field("code", _("Customer code"), "id", "customer__code"),
            *PLACE,
            Field("by", pgettext_lazy("activity", "By"), "text", "by__name", groups=True),
            Field("content", _("Content"), "text", "content"),
            Field("result", _("Result"), "text", "result"),
        ),
        by_branch=False,
        each=("customer", _("Customers, each once")),
    )
)

CASES = register(
    Subject(
        "cases",
        _("Complaints and other cases"),
        "complaints.view_case",
        "complaints.export_case",
        Case,
        (
            Field("number", _("Case number"), "id", "number"),
            Field("kind", _("Kind"), "choice", "kind", _words(CaseKind), groups=True),
            Field("state", _("State"), "choice", "state", _words(CaseState), groups=True),
            Field("channel", _("Channel"), "choice", "channel", _words(Channel), groups=True),
            Field("top", _("Category (first level)"), "text", "top_category__name", groups=True),
            Field("category", _("Category"), "text", "category__name", groups=True),
            Field("level", _("Level of the case"), "text", "level__name", groups=True),
            *PLACE,
            Field("room", pgettext_lazy("property", "Room"), "id", "room"),
            Field("handler", _("Handler"), "text", "handler__name", groups=True),
            Field("taken_in_at", _("Taken in at"), "datetime", "taken_in_at", groups=True),
            Field("first_contact_at", _("First contact at"), "datetime", "first_contact_at"),
            Field("resolved_at", _("Resolved at"), "datetime", "resolved_at", groups=True),
            Field("closed_at", _("Closed at"), "datetime", "closed_at", groups=True),
            Field(
                "rating", _("Call-back satisfaction"), "integer", "rating", groups=True, means=True
            ),
            Field("content", _("Content"), "text", "content"),
        ),
    )
)


def _fewest() -> int:
    """The strictest minimum of all units: a group of answers may span several of them."""
    return max(policy_values("satisfaction.minimum_n").values(), default=30)


def _waves(user: Any) -> list[tuple[str, str]]:
    """Waves that somebody may ask about, the latest first."""
    waves = Wave.objects.visible_to(user, "satisfaction.view_response").order_by("-opens_on", "-pk")
    return [(wave.code, str(wave)) for wave in waves[:100]]


ANSWERS = register(
    Subject(
        "answers",
        _("Answers of surveys"),
        "satisfaction.view_response",
        "satisfaction.view_response",
        Response,
        (
            Field("wave", _("Wave"), "id", "wave__code"),
            *(one for one in PLACE if one.key != "unit"),
            Field("stage", _("Owner stage"), "choice", "stage", _words(OwnerStage), groups=True,
                  filters=False),
            Field("asked_by", _("Channel"), "choice", "asked_by", _words(AskedBy), groups=True,
                  filters=False),
            Field("overall", _("Overall satisfaction"), "number", "overall", means=True,
                  filters=False),
            Field("recommendation", _("Willing to recommend"), "number", "recommendation",
                  means=True, filters=False),
        ),
        refine=lambda rows: rows.filter(voided_at__isnull=True),
        has_units=False,
        lists=False,
        alone="wave",
        offered=_waves,
        fewest=_fewest,
        note=_(
            "Answers are shown in groups only, one wave at a time. Groups of too few answers are "
            "hidden, and others by which they could be worked out."
        ),
    )
)  # fmt: skip

EXPENSES = register(
    Subject(
        "expenses",
        _("Expense applications"),
        "expenses.view_application",
        "expenses.export_application",
        Application,
        (
            Field("number", _("Application number"), "id", "number"),
            Field("title", pgettext_lazy("application", "Purpose"), "text", "title"),
            Field("category", _("Category"), "text", "category__name", groups=True),
            Field("state", _("State"), "choice", "state", _words(PaperState), groups=True),
            *PLACE,
            Field("applicant", _("Applicant"), "text", "applicant__name", groups=True),
            Field("applied_on", _("Applied on"), "date", "applied_on", groups=True),
            Field("event_on", _("Date of the event"), "date", "event_on", groups=True),
            Field("amount", _("Amount (yuan)"), "money", "amount", sums=True, means=True),
            Field("approved", _("Approved (yuan)"), "money", "approved_amount", sums=True,
                  means=True),
            Field("paid", _("Paid (yuan)"), "money", "paid_amount", sums=True, means=True),
            Field("over", _("Over budget"), "bool", "over_budget", _yes_no, groups=True),
        ),
    )
)  # fmt: skip

LOG_INS = register(
    Subject(
        "log-ins",
        _("Days of the log-in duty"),
        "compliance.view_log_ins",
        "compliance.view_log_ins",
        LogInDay,
        (
            Field("day", pgettext_lazy("log-in", "Day"), "date", "day", groups=True),
            Field("reason", pgettext_lazy("log-in", "Outcome"), "choice", "reason",
                  _words(DayReason), groups=True),
            Field("person", pgettext_lazy("person", "Person"), "text", "person__name",
                  groups=True),
            Field("unit", _("Unit"), "text", "unit__name", groups=True, filters=False),
            Field("log_ins", _("Log-ins"), "integer", "log_ins", sums=True, means=True),
        ),
        by_branch=False,
        has_units=False,
        lists=False,
        note=_("Days are shown in groups; group by person and day to see single ones."),
    )
)  # fmt: skip

FINDINGS = register(
    Subject(
        "findings",
        _("Findings"),
        "compliance.view_finding",
        "compliance.view_finding",
        Finding,
        (
            Field("rule", pgettext_lazy("finding", "Rule"), "choice", "rule", _rules, groups=True),
            Field("severity", pgettext_lazy("finding", "Weight"), "choice", "severity",
                  _words(Severity), groups=True),
            Field("state", _("State"), "choice", "state", _words(FindingState), groups=True),
            *PLACE,
            Field("person", pgettext_lazy("person", "Person"), "text", "person__name",
                  groups=True),
            Field("owner", pgettext_lazy("finding", "Given to"), "text", "owner__name",
                  groups=True),
            Field("opened_on", _("Found on"), "date", "opened_on", groups=True),
            Field("closed_on", _("Gone since"), "date", "closed_on", groups=True),
        ),
    )
)  # fmt: skip
