"""Columns of subjects that no table holds: worked out in the question, under its time limit.

Each is a function of the rows it is asked of and gives an expression. What is true, false or cannot
be said of a row is true, false or NULL, so that a share counts only rows of which it can be said.
"""

from datetime import datetime, time
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from complaints.models import CostLine, LimitKind
from complaints.selectors.timeliness import verdicts
from complaints.states import OPEN
from compliance.models.log_in_days import DayReason
from compliance.states import FINDING_LIVE
from customers.models import ActivityState, Ownership, OwnerStage
from customers.models.activities import TOUCHES
from customers.models.customers import stage_condition
from customers.selectors.rhythm import overdue_condition
from regions.models import OrgUnit
from reports.metrics.definitions import judged_on
from satisfaction.models import Item, ItemRole
from satisfaction.scales import DETRACTOR, PROMOTER

Rows = QuerySet[Any]


class _Hours(Func):
    """The hours of a span by the clock."""

    template = "(EXTRACT(EPOCH FROM (%(expressions)s)) / 3600.0)"
    output_field = FloatField()


class _Days(_Hours):
    """The days of a span by the clock."""

    template = "(EXTRACT(EPOCH FROM (%(expressions)s)) / 86400.0)"


def true_if(condition: Q, among: Q | None = None) -> Any:
    """Whether a condition holds; of rows beyond `among` it cannot be said."""
    whens = [When(condition if among is None else among & condition, then=Value(True))]
    if among is not None:
        whens.append(When(among, then=Value(False)))
    return Case(
        *whens,
        default=Value(False) if among is None else Value(None),
        output_field=BooleanField(null=True),
    )


def hours(since: str, until: str) -> Any:
    """Hours between two moments of a row."""
    return lambda _rows: _Hours(F(until) - F(since))


def days(since: str, until: str) -> Any:
    """Days between two moments of a row."""
    return lambda _rows: _Days(F(until) - F(since))


def says(condition: Q, among: Q | None = None) -> Any:
    """A condition that does not depend on the day."""
    return lambda _rows: true_if(condition, among)


# --- customers and properties ---------------------------------------------------------------------


def stage(_rows: Rows) -> Any:
    """The stage of an owner today, empty for who is none (glossary 6.3)."""
    today = timezone.localdate()
    whens = [When(stage_condition(one, today), then=Value(one.value)) for one in OwnerStage]
    return Case(*whens, default=Value(""), output_field=CharField())


def quiet_days(_rows: Rows) -> Any:
    """Days since the last contact, or since the entry of whom nobody contacted yet."""
    return _Days(Value(timezone.now()) - F("last_contact_at"))


def contact_overdue(_rows: Rows) -> Any:
    """Whether his class asks for a contact more often than he had one (CUS-31)."""
    return true_if(overdue_condition())


def contact_due(_rows: Rows) -> Any:
    """Whether the day noted for the next contact has come."""
    return true_if(Q(next_contact_on__lte=timezone.localdate()), Q(next_contact_on__isnull=False))


def _owned(**here: Any) -> Any:
    return Ownership.objects.current().filter(**here).order_by()


def _counted(rows: Any, by: str) -> Any:
    count = rows.values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count), Value(0), output_field=IntegerField())


def properties_owned(_rows: Rows) -> Any:
    """Properties that a customer owns in the unit now."""
    return _counted(_owned(customer=OuterRef("customer"), unit=OuterRef("unit")), "customer")


def owners(_rows: Rows) -> Any:
    """How many own a property now."""
    return _counted(_owned(property=OuterRef("pk")), "property")


def has_owner(_rows: Rows) -> Any:
    """Whether anybody owns a property now."""
    return true_if(Q(Exists(_owned(property=OuterRef("pk")))))


def day_of_ownership(name: str) -> Any:
    """A day of the ownership that holds, of the first owner before others."""

    def made(_rows: Rows) -> Any:
        first = _owned(property=OuterRef("pk")).order_by("-is_primary", "pk")
        return Subquery(first.values(name)[:1])

    return made


# --- activities -----------------------------------------------------------------------------------

PLANNED = Q(state=ActivityState.PLANNED)
TOUCH = Q(state=ActivityState.DONE, kind__in=sorted(TOUCHES))


def plan_overdue(_rows: Rows) -> Any:
    """Of what is planned: whether its time has passed."""
    return true_if(Q(at__lt=timezone.now()), PLANNED)


# --- cases ----------------------------------------------------------------------------------------

IS_OPEN = Q(state__in=sorted(OPEN))


def case_overdue(_rows: Rows) -> Any:
    """Of open cases: whether a limit has passed (CMP-02)."""
    return true_if(Q(next_due_at__lte=timezone.now()), IS_OPEN)


def case_age(_rows: Rows) -> Any:
    """Days since an open case was taken in."""
    age = _Days(Value(timezone.now()) - F("taken_in_at"))
    return Case(When(IS_OPEN, then=age), default=Value(None), output_field=FloatField(null=True))


def kept(limit: LimitKind) -> Any:
    """Whether a limit was kept, as the figures judge it: as of the last midnight judged by."""

    def made(rows: Rows) -> Any:
        midnight = timezone.make_aware(datetime.combine(judged_on(), time.min))
        judged = verdicts(rows, midnight)
        which = "SELECT v.case_id FROM ({}) v WHERE v.kind = %s AND {}"

        def among(words: str) -> Q:
            text = which.format(judged.sql, words)
            return Q(pk__in=RawSQL(text, (*judged.params, limit.value)))  # noqa: S611

        return Case(
            When(among("v.kept"), then=Value(True)),
            When(among("NOT v.kept"), then=Value(False)),
            default=Value(None),
            output_field=BooleanField(null=True),
        )

    return made


def case_costs(_rows: Rows) -> Any:
    """What a case cost, in yuan; empty without costs."""
    lines = CostLine.objects.filter(case=OuterRef("pk")).order_by().values("case")
    return Subquery(lines.annotate(sum=Sum("amount")).values("sum"))


# --- answers --------------------------------------------------------------------------------------


def satisfied(_rows: Rows) -> Any:
    """Whether the overall answer is one of the two highest points of its scale."""
    overall = Item.objects.filter(version=OuterRef("wave__version"), role=ItemRole.OVERALL)
    high = Subquery(overall.values("high")[:1], output_field=IntegerField())
    return true_if(Q(overall__gte=high - Value(1)), Q(overall__isnull=False))


RECOMMENDED = Q(recommendation__isnull=False)
promoter = says(Q(recommendation__gte=PROMOTER), RECOMMENDED)
detractor = says(Q(recommendation__lte=DETRACTOR), RECOMMENDED)


# --- expenses -------------------------------------------------------------------------------------


def evidence_late(_rows: Rows) -> Any:
    """Of those that owe evidence: whether its day has passed without any (EXP-08)."""
    owing = Q(evidence_due_on__isnull=False)
    late = Q(evidence_due_on__lt=timezone.localdate(), evidence_done_at__isnull=True)
    return true_if(late, owing)


# --- compliance -----------------------------------------------------------------------------------

EXPECTED = Q(reason__in=[DayReason.MET, DayReason.MISSED])
log_in_kept = says(Q(reason=DayReason.MET), EXPECTED)
LEVELS = {"region": 3, "city": 4}  # place in the path "/1/5/17/40/" cut at the slashes


def unit_above(level: str) -> Any:
    """The name of the region or city of a row that knows its unit alone."""

    def made(_rows: Rows) -> Any:
        path, place = OuterRef("unit__path"), Value(LEVELS[level])
        part = Func(path, Value("/"), place, function="split_part", output_field=CharField())
        key = Cast(NullIf(part, Value("")), IntegerField())
        return Subquery(OrgUnit.objects.filter(pk=key).values("name"))

    return made


def finding_overdue(_rows: Rows) -> Any:
    """Of findings that stand and have a day: whether it has passed."""
    standing = Q(state__in=FINDING_LIVE, due_on__isnull=False)
    return true_if(Q(due_on__lt=timezone.localdate()), standing)


def finding_days(_rows: Rows) -> Any:
    """Days from the day it was found until it was gone, or until today."""
    end = Coalesce(F("closed_on"), Value(timezone.localdate()), output_field=DateField())
    return _Days(end - F("opened_on"))
