"""Figures over the archive, summed by the tree of the time they are about."""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.models import Activity, ActivityState
from customers.models.activities import TOUCHES
from regions.selectors import places_on, tree_on, units_seen


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """A unit as it was at the end of the span: activities done, and customers in touch with."""

    unit_id: int
    name: str
    code: str
    kind: str
    depth: int
    activities: int
    customers: int


def activity_report(reader: Any, first: date, last: date) -> list[ActivityLine]:
    """What was done from `first` to `last`, both included, by region, city and project.

    Units and sums are those of the tree as of `last`, so the figures of a past span stay what they
    were when the organisation changes later (CHG-03). Rows are those the reader may see today. A
    customer counts once in each unit, notes count as no contact.
    """
    rows = Activity.objects.visible_to(reader).filter(
        Q(at__gte=_begin(first), at__lt=_begin(last + timedelta(days=1))),
        state=ActivityState.DONE,
    )
    figures = _sums(rows, last)
    seen = units_seen(reader)
    return [
        ActivityLine(
            unit.pk, unit.name, unit.code, unit.kind, unit.depth, *figures.get(unit.pk, (0, 0))
        )
        for unit in tree_on(last)
        if unit.pk in seen and (unit.is_active or unit.pk in figures)
    ]


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _sums(rows: QuerySet[Activity], day: date) -> dict[int, tuple[int, int]]:
    """Activities and customers by unit of the tree of a day, the units above included.

    Grouped by unit first, so that the tree is walked once a unit and not once a row; customers
    cannot be added up, so they are counted over the distinct pairs.
    """
    places = places_on(day)
    inner, args = rows.order_by().values("unit_id", "customer_id", "kind").query.sql_with_params()
    sql = f"""
        WITH place AS MATERIALIZED ({places.sql}), done AS MATERIALIZED (
            SELECT unit_id, customer_id, count(*) AS times,
                   bool_or(kind = ANY(%s)) AS touched
            FROM ({inner}) AS a (unit_id, customer_id, kind) GROUP BY unit_id, customer_id
        )
        SELECT above.id, sum(done.times), count(DISTINCT done.customer_id) FILTER (WHERE touched)
        FROM done JOIN place USING (unit_id) CROSS JOIN LATERAL unnest(place.path) AS above (id)
        GROUP BY above.id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*places.params, sorted(TOUCHES), *args])
        return {unit: (int(times), customers) for unit, times, customers in cursor.fetchall()}
