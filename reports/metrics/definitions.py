"""The figures of the product. Words of `sentence` stand on the page of figures."""

# ruff: noqa: S608  statements are put together from constants, never from what people write

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case as Choose
from django.db.models import F, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models import Case, CaseKind, Level
from complaints.selectors.timeliness import verdicts
from complaints.states import OPEN
from compliance.actuals import METRICS as ACTUALS
from compliance.checks import sentence as words_of
from compliance.models import DayReason, Finding, LogInDay
from compliance.states import Severity
from customers.models import ActivityKind, CustomerUnit, Loss, Ownership, OwnerStage
from customers.models.customers import stage_condition
from customers.selectors.rhythm import overdue_condition
from expenses.models import Budget, Category, LedgerEntry
from regions.selectors import Relation
from reports.metrics.registry import Adds, Better, Kind, Measure, Metric, midnight, register

CUSTOMERS, CASES, MONEY, PEOPLE = "customers", "complaints", "expenses", "compliance"
GROUPS = {
    CUSTOMERS: _("Customers"),
    CASES: _("Complaints"),
    MONEY: _("Expenses"),
    PEOPLE: _("Organisation & compliance"),
}
SEE_CUSTOMERS, SEE_CASES = "customers.view_customer", "complaints.view_case"
SEE_LEDGER, SEE_BUDGETS = "expenses.view_ledgerentry", "expenses.view_budget"
SEE_DAYS, SEE_FINDINGS = "compliance.view_log_ins", "compliance.view_finding"
NONE = {"": _("None stated")}
EVER = (
    dt.datetime(1900, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2200, 1, 1, tzinfo=dt.UTC),
)


# --- customers ------------------------------------------------------------------------------------


def _place(row: CustomerUnit) -> tuple[str, str]:
    return row.name, row.customer.get_absolute_url()


def _of_customer(row: Any) -> tuple[str, str]:
    return row.customer.name, row.customer.get_absolute_url()


def _stage(today: dt.date) -> Any:
    """The stage of an owner as text, empty for those who are none."""
    return Choose(
        *(When(stage_condition(stage, today), then=Value(stage.value)) for stage in OwnerStage),
        default=Value(""),
        output_field=models.TextField(),
    )


class _StageToday:
    """The stage as of the day on which it is asked."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        return _stage(timezone.localdate()).resolve_expression(*args, **kwargs)


PLACE: dict[str, Any] = {
    "right": SEE_CUSTOMERS,
    "group": CUSTOMERS,
    "related": ("unit", "customer"),
    "describe": _place,
}
register(
    Metric(
        key="customers",
        title=pgettext_lazy("metric", "Customers"),
        sentence=_(
            "Customers by class, counted once in each unit that keeps them: who has places in two "
            "projects counts in both."
        ),
        kind=Kind.STOCK,
        rows=lambda: CustomerUnit.objects.all(),
        dimension=F("level"),
        labels=lambda: NONE,
        better=Better.UP,
        **PLACE,
    )
)
register(
    Metric(
        key="owners",
        title=pgettext_lazy("metric", "Owners"),
        sentence=_(
            "Customers who signed for or took over a property, by stage: until hand-over, in the "
            "first year, in the second year, longer. Counted once in each unit."
        ),
        kind=Kind.STOCK,
        rows=lambda: CustomerUnit.objects.exclude(signed_on=None, handed_over_on=None),
        among="customers",
        dimension=_StageToday(),
        labels=lambda: dict(OwnerStage.choices),
        **PLACE,
    )
)
register(
    Metric(
        key="customers_new",
        title=_("New customers"),
        sentence=_("Customers entered in a unit in the period, by hand or by a file."),
        kind=Kind.FLOW,
        rows=lambda: CustomerUnit.objects.all(),
        moment="created_at",
        source="places",
        better=Better.UP,
        **PLACE,
    )
)
register(
    Metric(
        key="owners_lost",
        title=_("Ownerships ended"),
        sentence=_(
            "Properties that an owner sold or gave up in the period; one who gave up two counts "
            "twice."
        ),
        right=SEE_CUSTOMERS,
        group=CUSTOMERS,
        kind=Kind.FLOW,
        rows=lambda: Ownership.objects.all(),
        moment="valid_until",
        source="ownerships",
        better=Better.DOWN,
        related=("unit", "customer"),
        describe=_of_customer,
    )
)
register(
    Metric(
        key="customers_lost",
        title=pgettext_lazy("metric", "Customers lost"),
        sentence=_(
            "Customers whom a unit recorded as lost in the period, by cause; who was won back later"
            " counts too."
        ),
        right=SEE_CUSTOMERS,
        group=CUSTOMERS,
        kind=Kind.FLOW,
        rows=lambda: Loss.objects.all(),
        moment="lost_on",
        dimension=F("cause"),
        source="losses",
        better=Better.DOWN,
        related=("unit", "customer"),
        describe=_of_customer,
    )
)
register(
    Metric(
        key="contacts",
        title=_("Contacts made"),
        sentence=_("Calls, visits, messages and meetings that took place; notes do not count."),
        right=SEE_CUSTOMERS,
        group=CUSTOMERS,
        kind=Kind.FLOW,
        rows=lambda: ACTUALS["contacts"].rows(*EVER),
        moment="at",
        dimension=F("kind"),
        labels=lambda: dict(ActivityKind.choices),
        source="activities",
        better=Better.UP,
        target="contacts",
        related=("unit", "customer"),
        describe=_of_customer,
    )
)
register(
    Metric(
        key="contacts_overdue",
        title=_("Contact overdue for the class"),
        sentence=_(
            "Customers whose class asks for a contact more often than they had one, as the policy "
            "of their unit says."
        ),
        kind=Kind.STOCK,
        rows=lambda: CustomerUnit.objects.filter(overdue_condition()),
        among="customers",
        dimension=F("level"),
        labels=lambda: NONE,
        better=Better.DOWN,
        **PLACE,
    )
)


# --- complaints -----------------------------------------------------------------------------------


def _case(row: Case) -> tuple[str, str]:
    return row.number, row.get_absolute_url()


def _levels() -> dict[str, Any]:
    return NONE | {str(level.pk): level.name for level in _all_levels().values()}


def _all_levels() -> dict[int, Level]:
    """The levels of cases in their order, read once inside `judged_once`."""
    known = _JUDGED.get()
    if known is None:
        return {level.pk: level for level in Level.objects.all()}
    if "levels" not in known:
        known["levels"] = {level.pk: level for level in Level.objects.all()}
    return known["levels"]


def _complaints() -> QuerySet[Case]:
    return Case.objects.filter(kind=CaseKind.COMPLAINT)


def _open_complaints() -> QuerySet[Case]:
    return _complaints().filter(state__in=sorted(OPEN))


AGES = {"3": _("Up to 3 days"), "7": _("4 to 7 days"), "30": _("8 to 30 days"), "": _("Older")}


class _Age:
    """For how long a case has been open, in the steps of AGES."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        now = timezone.now()
        steps = [
            When(taken_in_at__gt=now - dt.timedelta(days=int(days)), then=Value(days))
            for days in AGES
            if days
        ]
        choose = Choose(*steps, default=Value(""), output_field=models.TextField())
        return choose.resolve_expression(*args, **kwargs)


_JUDGED: ContextVar[dict[str, Any] | None] = ContextVar("judged", default=None)


@contextmanager
def judged_once() -> Iterator[None]:
    """Inside, the limits of the same cases are judged once, whichever figure asks; the state of the
    sums and the levels are read once. In a block inside of another it is still once."""
    if _JUDGED.get() is not None:
        yield
        return
    token = _JUDGED.set({})
    try:
        yield
    finally:
        _JUDGED.reset(token)


def _verdicts(rows: QuerySet[Any]) -> Relation:
    """Which of the cases kept their limits as of the last midnight judged by."""
    known = _JUDGED.get()
    if known is None:
        return verdicts(rows, midnight(judged_on()))
    key = str(rows.query)
    if key not in known:
        known[key] = verdicts(rows, midnight(judged_on()), _all_levels())
    return known[key]


_KEPT = """
SELECT f.unit_id, f.day, CASE WHEN v.kept THEN 'kept' ELSE 'missed' END,
  CASE WHEN v.kept THEN 1 ELSE 0 END, 1
FROM ({verdicts}) v JOIN ({rows}) f (case_id, unit_id, day) ON f.case_id = v.case_id
WHERE v.kind = %s AND v.kept IS NOT NULL"""


def _kept(limit: str) -> Any:
    """Facts of a share of limits that were kept, judged as of the last midnight judged by."""

    def compute(metric: Metric, rows: QuerySet[Any]) -> Relation:
        judged = _verdicts(rows)
        found = rows.order_by().values_list("pk", "unit_id", metric.day())
        sql, params = found.query.sql_with_params()
        text = _KEPT.format(verdicts=judged.sql, rows=sql)
        return Relation(text, (*judged.params, *params, limit))

    return compute


def _judged(limit: str) -> Any:
    """The cases of which it can be said whether they kept a limit, or those that did or did not."""

    def counted(rows: QuerySet[Any], dimension: str | None) -> QuerySet[Any]:
        judged = _verdicts(rows)
        wanted = {"kept": "v.kept", "missed": "NOT v.kept"}.get(dimension or "")
        text = f"SELECT v.case_id FROM ({judged.sql}) v WHERE v.kind = %s AND {{}}"
        text = text.format(wanted or "v.kept IS NOT NULL")
        return rows.filter(pk__in=RawSQL(text, (*judged.params, limit)))  # noqa: S611

    return counted


KEPT = {
    "kept": pgettext_lazy("time limit", "Kept"),
    "missed": pgettext_lazy("time limit", "Not kept"),
}


def _verdicts_of(limit: str) -> Any:
    """What each judged case adds."""

    def adding(rows: QuerySet[Any], _first: dt.date, _last: dt.date) -> dict[Any, Adds]:
        kept = set(_judged(limit)(rows, "kept").values_list("pk", flat=True))
        one = Decimal(1)
        return {
            pk: Adds(one, one, "kept") if pk in kept else Adds(Decimal(0), one, "missed")
            for pk in rows.values_list("pk", flat=True)
        }

    return adding


def state_of_sums() -> Any:
    """When the stored figures were added up, judged and compared last (a RollupState), or None."""
    from reports.models import RollupState

    known = _JUDGED.get()
    if known is None:
        return RollupState.objects.first()
    if "state" not in known:
        known["state"] = RollupState.objects.first()
    return known["state"]


def judged_on() -> dt.date:
    """The day as of whose beginning time limits are judged: that of the last night."""
    state = state_of_sums()
    return (state and state.judged_on) or timezone.localdate()


CASE: dict[str, Any] = {"right": SEE_CASES, "group": CASES, "describe": _case}
BY_LEVEL: dict[str, Any] = CASE | {
    "dimension": Coalesce(
        Cast("level_id", models.TextField()), Value(""), output_field=models.TextField()
    ),
    "labels": _levels,
}
register(
    Metric(
        key="complaints_opened",
        title=_("Complaints taken in"),
        sentence=_("Complaints taken in within the period, by level; requests do not count."),
        kind=Kind.FLOW,
        rows=_complaints,
        moment="taken_in_at",
        source="cases",
        better=Better.DOWN,
        **BY_LEVEL,
    )
)
register(
    Metric(
        key="complaints_closed",
        title=_("Complaints closed"),
        sentence=_("Complaints closed within the period, by level, whenever they were taken in."),
        kind=Kind.FLOW,
        rows=_complaints,
        moment="closed_at",
        source="cases",
        better=Better.UP,
        **BY_LEVEL,
    )
)
register(
    Metric(
        key="cases_closed",
        title=_("Cases closed"),
        sentence=_("Cases of every kind closed within the period."),
        kind=Kind.FLOW,
        rows=lambda: ACTUALS["cases"].rows(*EVER),
        moment="closed_at",
        source="cases",
        better=Better.UP,
        target="cases",
        **CASE,
    )
)
register(
    Metric(
        key="complaints_open",
        title=_("Open complaints"),
        sentence=_("Complaints that are not closed, by level."),
        kind=Kind.STOCK,
        rows=_open_complaints,
        better=Better.DOWN,
        **BY_LEVEL,
    )
)
register(
    Metric(
        key="complaints_age",
        title=_("Open complaints by age"),
        sentence=_("Complaints that are not closed, by the days since they were taken in."),
        kind=Kind.STOCK,
        rows=_open_complaints,
        better=Better.DOWN,
        tile=False,
        **(CASE | {"dimension": _Age(), "labels": lambda: AGES}),
    )
)
register(
    Metric(
        key="complaints_late",
        title=_("Complaints over a limit"),
        sentence=_("Open complaints of which a time limit has passed, by level."),
        kind=Kind.STOCK,
        rows=lambda: _open_complaints().filter(next_due_at__lte=timezone.now()),
        better=Better.DOWN,
        **BY_LEVEL,
    )
)
for key, limit, title, sentence in (
    (
        "response_on_time",
        "first_contact",
        _("First response on time"),
        _(
            "Of the cases taken in within the period whose first contact was made or due before "
            "today, the share that kept the limit."
        ),
    ),
    (
        "completion_on_time",
        "resolution",
        _("Completion on time"),
        _(
            "Of the cases taken in within the period that were resolved or due before today, the "
            "share that kept the limit."
        ),
    ),
):
    register(
        Metric(
            key=key,
            title=title,
            sentence=sentence,
            kind=Kind.FLOW,
            rows=lambda: Case.objects.all(),
            moment="taken_in_at",
            measure=Measure.SHARE,
            source="cases",
            judged=True,
            better=Better.UP,
            compute=_kept(limit),
            counted=_judged(limit),
            adding=_verdicts_of(limit),
            labels=lambda: KEPT,
            **CASE,
        )
    )


# --- expenses -------------------------------------------------------------------------------------


def _entry(row: LedgerEntry) -> tuple[str, str]:
    return str(row.application), row.application.get_absolute_url()


def _budget(row: Budget) -> tuple[str, str]:
    return str(row), reverse("expenses:budget-unit", args=[row.unit.code, row.year])


def _categories() -> dict[str, Any]:
    return {str(one.pk): one.name for one in Category.objects.all()}


register(
    Metric(
        key="expenses_paid",
        title=_("Expenses paid"),
        sentence=_(
            "Yuan paid for approved applications by the day of booking, less what came back, by "
            "category."
        ),
        right=SEE_LEDGER,
        group=MONEY,
        kind=Kind.FLOW,
        rows=lambda: LedgerEntry.objects.exclude(paid=0),
        moment="booked_on",
        measure=Measure.YUAN,
        amount=F("paid"),
        dimension=F("category_id"),
        labels=_categories,
        source="ledger",
        related=("unit", "application"),
        describe=_entry,
    )
)
register(
    Metric(
        key="budget_used",
        title=_("Budget used"),
        sentence=_(
            "Reserved, approved and paid as a share of this year's budgets, without what was "
            "handed down."
        ),
        right=SEE_BUDGETS,
        group=MONEY,
        kind=Kind.STOCK,
        rows=lambda: Budget.objects.filter(year=timezone.localdate().year),
        measure=Measure.SHARE,
        amount=F("reserved") + F("committed") + F("spent"),
        whole=F("allotted") - F("handed_down"),
        dimension=F("category_id"),
        labels=_categories,
        related=("unit", "category"),
        describe=_budget,
    )
)


# --- people and organisation ----------------------------------------------------------------------


def _day(row: LogInDay) -> tuple[str, str]:
    return f"{row.person.name} {row.person.employee_no}", ""


def _finding(row: Finding) -> tuple[str, str]:
    said = words_of(row.rule, row.evidence, row.message)
    return said or row.rule, row.get_absolute_url()


register(
    Metric(
        key="log_in_rate",
        title=_("Log-in rate"),
        sentence=_(
            "Of the working days on which people had to log in, the share on which they did."
        ),
        right=SEE_DAYS,
        group=PEOPLE,
        kind=Kind.FLOW,
        rows=lambda: LogInDay.objects.filter(reason__in=(DayReason.MET, DayReason.MISSED)),
        moment="day",
        measure=Measure.SHARE,
        amount=Choose(
            When(reason=DayReason.MET, then=Value(1)),
            default=Value(0),
            output_field=models.IntegerField(),
        ),
        whole=Value(1),
        dimension=F("reason"),
        labels=lambda: dict(DayReason.choices),
        source="log_in_days",
        better=Better.UP,
        related=("unit", "person"),
        describe=_day,
    )
)
register(
    Metric(
        key="findings",
        title=_("Open findings"),
        sentence=_("Breaches of rules that the checks found and that last, by severity."),
        right=SEE_FINDINGS,
        group=PEOPLE,
        kind=Kind.STOCK,
        rows=lambda: Finding.objects.live(),
        dimension=F("severity"),
        labels=lambda: dict(Severity.choices),
        better=Better.DOWN,
        describe=_finding,
    )
)
