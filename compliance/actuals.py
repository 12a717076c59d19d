"""What monthly targets are set against: each metric is rows that are counted (CAL-04).

    register_metric(Metric("visits", _("Visits"), rows=visits, person="by"))

`rows(begin, end)` gives what counts in a span of instants, the end not in it: rows with a unit;
`person` names the field of whoever it counts for.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from complaints.models import Case
from compliance.agenda import span
from compliance.models import Assignment, AssignmentState
from compliance.months import month_end
from customers.models import Activity, ActivityKind, ActivityState
from regions.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is counted each month."""

    key: str
    label: Any  # a lazy sentence
    rows: Callable[[dt.datetime, dt.datetime], QuerySet[Any]]
    person: str


METRICS: dict[str, Metric] = {}


def register_metric(metric: Metric) -> Metric:
    """Let targets be set for one more metric; the same key again replaces it."""
    METRICS[metric.key] = metric
    return metric


def of_people(metric: Metric, people: Collection[int], month: dt.date) -> dict[int, int]:
    """Person → how many in the month that begins on `month`. One query."""
    rows = metric.rows(*span(month, month_end(month)))
    found = rows.filter(**{f"{metric.person}__in": people}).order_by()
    return dict(found.values_list(metric.person).annotate(Count("pk")))


def of_units(metric: Metric, units: Collection[OrgUnit], month: dt.date) -> dict[int, int]:
    """Unit → how many in it and below in the month that begins on `month`. One query."""
    if not units:
        return {}
    branch = Q()
    for unit in units:
        branch |= Q(unit__path__startswith=unit.path)
    rows = metric.rows(*span(month, month_end(month))).filter(branch).order_by()
    counted = list(rows.values_list("unit__path").annotate(Count("pk")))
    return {
        unit.pk: sum(number for path, number in counted if path.startswith(unit.path))
        for unit in units
    }


def _contacts(begin: dt.datetime, end: dt.datetime) -> QuerySet[Activity]:
    done = Activity.objects.filter(state=ActivityState.DONE, at__gte=begin, at__lt=end)
    return done.exclude(kind=ActivityKind.NOTE)


def _visits(begin: dt.datetime, end: dt.datetime) -> QuerySet[Activity]:
    return _contacts(begin, end).filter(kind=ActivityKind.VISIT)


def _cases(begin: dt.datetime, end: dt.datetime) -> QuerySet[Case]:
    return Case.objects.filter(closed_at__gte=begin, closed_at__lt=end)


def _tasks(begin: dt.datetime, end: dt.datetime) -> QuerySet[Assignment]:
    done = Assignment.objects.filter(
        state=AssignmentState.DONE, finished_at__gte=begin, finished_at__lt=end
    )
    return done.filter(Q(due_at=None) | Q(finished_at__lte=F("due_at")))


register_metric(Metric("contacts", _("Customer contacts"), _contacts, "by"))
register_metric(Metric("visits", _("Visits"), _visits, "by"))
register_metric(Metric("cases", _("Cases closed"), _cases, "handler"))
register_metric(Metric("tasks", _("Tasks done in time"), _tasks, "to"))
