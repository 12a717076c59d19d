"""The eight subjects of reports."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case, CaseKind, Channel, LimitKind
from complaints.models.cases import CAUSES
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
    Purpose,
)
from expenses.models import Application
from expenses.states import State as PaperState
from regions.policies import policy_values
from reports.builder import made
from reports.builder.registry import Field, Kind, Subject, Text, register
from satisfaction.models import Response, Wave
from satisfaction.models.responses import AskedBy

Words = Callable[[], Mapping[Any, Text]]


def _words(choices: Any) -> Words:
    """Stored word → label of a set of choices."""
    return lambda: dict(choices.choices)


def _yes_no() -> Mapping[Any, Text]:
    return {True: _("Yes"), False: _("No")}


def _yes(key: str, label: Text, how: Any, **more: Any) -> Field:
    """What is true of a row or is not, or cannot be said of it."""
    given: dict[str, Any] = {"groups": True, "rates": True} | more
    return Field(key, label, "bool", f"made_{key}", _yes_no, made=how, **given)


def _figure(key: str, label: Text, how: Any, kind: Kind = "number", **more: Any) -> Field:
    """A figure that is worked out."""
    return Field(key, label, kind, f"made_{key}", made=how, **({"means": True} | more))


def _day(key: str, label: Text, how: Any) -> Field:
    """A day that is worked out."""
    return Field(key, label, "date", f"made_{key}", groups=True, made=how)


def _person(key: str, label: Text, path: str) -> Field:
    """Somebody by name; two of one name are told apart by their employee numbers."""
    apart = f"{path}__employee_no"
    return Field(key, label, "text", f"{path}__name", groups=True, apart=apart)


def _unit(key: str, label: Text) -> Field:
    return Field(
        key, label, "text", f"{key}__name", groups=True, filters=False, apart=f"{key}__code"
    )


def _rules() -> Mapping[Any, Text]:
    return {key: one.sentence for key, one in CHECKS.items()}


PLACE = (
    _unit("region", _("Region")),
    _unit("city", _("City")),
    _unit("project", _("Project")),
    _unit("unit", _("Unit")),
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
            Field(
                "stage",
                _("Owner stage"),
                "choice",
                "made_stage",
                _words(OwnerStage),
                groups=True,
                made=made.stage,
            ),
            Field(
                "business_type",
                _("Business type"),
                "text",
                "customer__business_type",
                groups=True,
            ),
            Field(
                "nature",
                _("Nature of the organisation"),
                "text",
                "customer__nature",
                groups=True,
            ),
            Field("industry", _("Industry"), "text", "customer__industry", groups=True),
            Field("scale", _("Scale"), "text", "customer__scale", groups=True),
            Field(
                "purpose",
                _("Purpose of the purchase"),
                "choice",
                "customer__purpose",
                _words(Purpose),
                groups=True,
            ),
            Field("risk", _("Risk condition"), "text", "customer__risk", groups=True),
            Field("source", _("Customer source"), "text", "source", groups=True),
            _person("keeper", _("Keeper"), "keeper"),
            _yes("unkept", _("Without keeper"), made.says(Q(keeper__isnull=True))),
            _person("specialist", _("Marketing specialist"), "customer__specialist"),
            _person("leader", _("Contact leader"), "customer__contact_leader"),
            Field("entered_at", _("Entered at"), "datetime", "created_at", groups=True),
            Field("signed_on", _("Signed on"), "date", "signed_on", groups=True),
            Field("handed_over_on", _("Handed over on"), "date", "handed_over_on", groups=True),
            Field("last_contact", _("Last contact"), "datetime", "last_contact_at", groups=True),
            Field("next_contact", _("Next contact on"), "date", "next_contact_on", groups=True),
            _yes("contacted", _("Contacted at least once"), made.says(Q(contacted=True))),
            _figure("quiet", _("Days since the last contact"), made.quiet_days),
            _yes("overdue", _("Contact overdue for the class"), made.contact_overdue),
            _yes("due", _("Next contact is due"), made.contact_due),
            Field(
                "first_cooperation",
                _("First cooperation on"),
                "date",
                "customer__first_cooperation_on",
                groups=True,
            ),
            _figure(
                "properties", _("Properties owned"), made.properties_owned, "integer", sums=True
            ),
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
            Field("entrance", _("Building unit"), "text", "building_unit", groups=True),
            *PLACE,
            Field("area", _("Floor area (m²)"), "number", "area", sums=True, means=True),
            _yes("owned", _("Has an owner"), made.has_owner),
            _figure(
                "owners",
                pgettext_lazy("property", "Number of owners"),
                made.owners,
                "integer",
                sums=True,
            ),
            _day("signed_on", _("Signed on"), made.day_of_ownership("signed_on")),
            _day("handed_over_on", _("Handed over on"), made.day_of_ownership("handed_over_on")),
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
            Field("level", _("Level"), "text", "customer__level", groups=True),
            Field(
                "customer_kind",
                _("Kind of customer"),
                "choice",
                "customer__kind",
                _words(CustomerKind),
                groups=True,
            ),
            _person("by", pgettext_lazy("activity", "By"), "by"),
            _yes("touch", _("Counts as contact"), made.says(made.TOUCH)),
            _yes("plan_overdue", _("Planned and overdue"), made.plan_overdue),
            Field("entered_at", _("Entered at"), "datetime", "created_at", groups=True),
            _figure("entered_after", _("Days until it was entered"), made.days("at", "created_at")),
            Field("content", _("Content"), "text", "content"),
            Field("result", _("Result"), "text", "result"),
        ),
        by_branch=False,
        each=("customer", _("Customers, each once")),
    )
)


def _causes() -> Mapping[Any, Text]:
    return {key: label for _group, causes in CAUSES for key, label in causes}


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
            Field(
                "category",
                _("Category"),
                "text",
                "category__name",
                groups=True,
                apart="category__parent__name",
            ),
            Field("level", _("Level of the case"), "text", "level__name", groups=True),
            Field(
                "serious",
                _("Serious"),
                "bool",
                "level__is_serious",
                _yes_no,
                groups=True,
                rates=True,
            ),
            *PLACE,
            Field("room", pgettext_lazy("property", "Room"), "id", "room"),
            Field("complainant", _("Complainant"), "text", "complainant_name"),
            _person("handler", _("Handler"), "handler"),
            Field("taken_in_at", _("Taken in at"), "datetime", "taken_in_at", groups=True),
            Field(
                "first_contact_at",
                _("First contact at"),
                "datetime",
                "first_contact_at",
                groups=True,
            ),
            Field("resolved_at", _("Resolved at"), "datetime", "resolved_at", groups=True),
            Field("closed_at", _("Closed at"), "datetime", "closed_at", groups=True),
            Field("due_at", _("Next limit at"), "datetime", "next_due_at", groups=True),
            Field(
                "due_kind",
                _("Next limit"),
                "choice",
                "next_due_kind",
                _words(LimitKind),
                groups=True,
            ),
            _yes("open", pgettext_lazy("case", "Open"), made.says(made.IS_OPEN)),
            _yes("overdue", _("Over a limit (of open cases)"), made.case_overdue),
            _yes(
                "response_kept",
                pgettext_lazy("case", "First contact in time"),
                made.kept(LimitKind.FIRST_CONTACT),
            ),
            _yes(
                "completion_kept",
                pgettext_lazy("case", "Resolved in time"),
                made.kept(LimitKind.RESOLUTION),
            ),
            _figure(
                "response_hours",
                _("Hours to the first contact"),
                made.hours("taken_in_at", "first_contact_at"),
            ),
            _figure(
                "resolution_days",
                _("Days until resolved"),
                made.days("taken_in_at", "resolved_at"),
            ),
            _figure("closing_days", _("Days until closed"), made.days("taken_in_at", "closed_at")),
            _figure("age", _("Days open"), made.case_age),
            _yes("reopened", pgettext_lazy("case", "Was reopened"), made.says(Q(round__gt=1))),
            _yes(
                "repeat",
                pgettext_lazy("case", "Repeats another"),
                made.says(Q(repeat_of__isnull=False)),
            ),
            Field("cause", pgettext_lazy("case", "Cause"), "choice", "cause", _causes, groups=True),
            _figure("costs", _("Costs (yuan)"), made.case_costs, "money", sums=True),
            _yes(
                "satisfied",
                pgettext_lazy("case", "Satisfied in the call-back (4 or 5)"),
                made.says(Q(rating__gte=4), Q(rating__isnull=False)),
            ),
            Field(
                "rating", _("Call-back satisfaction"), "integer", "rating", groups=True, means=True
            ),
            Field("content", _("Content"), "text", "content"),
            Field("resolution", _("Result"), "text", "resolution"),
        ),
        note=_("Time limits are judged as the figures judge them: as of last midnight."),
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
            _yes("satisfied", _("Overall among the two highest points"), made.satisfied,
                 groups=False, filters=False),
            _yes("promoter", _("Promoters (9 and 10)"), made.promoter, groups=False,
                 filters=False),
            _yes("detractor", _("Detractors (0 to 6)"), made.detractor, groups=False,
                 filters=False),
            Field("partial", _("Partial"), "bool", "is_partial", _yes_no, groups=True,
                  filters=False, rates=True),
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
            _person("applicant", _("Applicant"), "applicant"),
            Field("applied_on", _("Applied on"), "date", "applied_on", groups=True),
            Field("event_on", _("Date of the event"), "date", "event_on", groups=True),
            Field("amount", _("Amount (yuan)"), "money", "amount", sums=True, means=True),
            Field("approved", _("Approved (yuan)"), "money", "approved_amount", sums=True,
                  means=True),
            Field("paid", _("Paid (yuan)"), "money", "paid_amount", sums=True, means=True),
            _figure("unpaid", _("Approved and not paid (yuan)"),
                    lambda _rows: F("approved_amount") - F("paid_amount"), "money", sums=True),
            Field("over", _("Over budget"), "bool", "over_budget", _yes_no, groups=True,
                  rates=True),
            Field("submitted_at", _("Submitted at"), "datetime", "submitted_at", groups=True),
            Field("approved_at", _("Approved at"), "datetime", "approved_at", groups=True),
            _figure("approval_days", _("Days until approved"),
                    made.days("submitted_at", "approved_at")),
            Field("people", _("People taking part"), "integer", "people", sums=True, means=True),
            Field("evidence_due", _("Evidence due on"), "date", "evidence_due_on", groups=True),
            _yes("evidence_late", _("Evidence is late"), made.evidence_late),
            Field("reason_given", pgettext_lazy("application", "Reason"), "text", "reason"),
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
            _person("person", pgettext_lazy("person", "Person"), "person"),
            Field("region", _("Region"), "text", "made_region", groups=True, filters=False,
                  made=made.unit_above("region")),
            Field("city", _("City"), "text", "made_city", groups=True, filters=False,
                  made=made.unit_above("city")),
            _unit("unit", _("Unit")),
            _yes("kept", _("Duty kept (of days with a duty)"), made.log_in_kept),
            Field("working", _("Working day"), "bool", "working", _yes_no, groups=True),
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
            _person("person", pgettext_lazy("person", "Person"), "person"),
            _person("owner", pgettext_lazy("finding", "Given to"), "owner"),
            Field("opened_on", _("Found on"), "date", "opened_on", groups=True),
            Field("closed_on", _("Gone since"), "date", "closed_on", groups=True),
            Field("due_on", pgettext_lazy("finding", "To be mended by"), "date", "due_on",
                  groups=True),
            _yes("overdue", _("Overdue (of findings that stand)"), made.finding_overdue),
            _figure("days", _("Days until gone, or until today"), made.finding_days),
            Field("explanation", _("Explanation"), "text", "explanation"),
        ),
    )
)  # fmt: skip
