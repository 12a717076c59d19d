"""What records tell of the service of a unit in a period (VAL-16)."""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

from statistics import median, pstdev
from typing import Any

from django.db.models import Exists, F, OuterRef

from complaints.models import SparePart, WorkOrder
from compliance.models import RuleDocument, RuleVersion
from compliance.selectors.staffing import PLANS, coverage
from core.values.dates import CHINA
from expenses.models import Gift, GiftLine, GiftMovement
from regions.models import Kind, OrgUnit
from reports.analysis.base import rows_of, sql_of
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS, midnight
from reports.standard.base import Question
from reports.standard.project import perimeter_of

CASES, MONEY, GIFTS = "complaints.view_case", "expenses.view_application", "expenses.view_gift"
METRIC_OF = {
    "complaints": "complaints_opened",
    "response": "response_on_time",
    "completion": "completion_on_time",
}


def counted(asked: Question) -> dict[str, Any]:
    """Item → its value in the item's unit, shares in per cent; None where there is nothing to
    measure. What the reader has no right to is missing."""
    found: dict[str, Any] = {"rules": _rules(asked)}
    if asked.may(PLANS):
        found["posts"] = _posts(asked)
    if asked.may(GIFTS):
        found["stock_outs"] = _stock_outs(asked)
    if asked.may(MONEY):
        found |= _orders(asked)
    if asked.may(CASES):
        found |= _works(asked) | _complaints(asked)
    return found


def _rules(asked: Question) -> int:
    issued = RuleVersion.objects.filter(
        document=OuterRef("pk"), issued_at__isnull=False, effective_on__lte=asked.last
    )
    rows = RuleDocument.objects.visible_to(asked.reader).filter(is_retired=False)
    return rows.filter(Exists(issued), unit__in=asked.unit.ancestor_ids()).count()


def _posts(asked: Question) -> float | None:
    below = OrgUnit.objects.visible_to(asked.reach(PLANS)).active()
    units = list(below.filter(kind__in=(Kind.REGION, Kind.CITY)))
    if asked.unit.kind == Kind.PROJECT:
        units = [asked.unit]
    rows = coverage(units, asked.last)
    return _percent(sum(row.covered for row in rows), sum(len(row.cells) for row in rows))


# The stock of a gift after each movement; it ran out when something went and nothing was left.
_OUT = """
    SELECT count(*) FROM (
      SELECT at, quantity, sum(quantity) OVER (
        PARTITION BY gift_id ORDER BY at, id ROWS UNBOUNDED PRECEDING) AS left_over
      FROM ({rows}) m) s
    WHERE quantity < 0 AND left_over = 0 AND at >= %s AND at < %s"""


def _stock_outs(asked: Question) -> int:
    gifts = Gift.objects.visible_to(asked.reach(GIFTS))
    rows = GiftMovement.objects.filter(gift__in=gifts)
    sql, params = sql_of(rows, "id", "gift_id", "at", "quantity")
    span = [midnight(asked.first), midnight(asked.after)]
    [(count,)] = rows_of(_OUT.format(rows=sql), [*params, *span])
    return int(count)


def _orders(asked: Question) -> dict[str, Any]:
    """Lines of gifts whose application was approved in the period: median and standard deviation
    of the hours until they were handed over, and how many were not by the end of the period."""
    rows = GiftLine.objects.visible_to(asked.reach(MONEY)).filter(
        application__approved_at__gte=midnight(asked.first),
        application__approved_at__lt=midnight(asked.after),
    )
    pairs = list(rows.values_list(F("application__approved_at"), "given_at"))
    end = midnight(asked.after)
    hours = [
        (given - approved).total_seconds() / 3600
        for approved, given in pairs
        if given is not None and given < end
    ]
    return {
        "order_time": median(hours) if hours else None,
        "order_spread": pstdev(hours) if len(hours) > 1 else None,
        "orders_open": len(pairs) - len(hours),
    }


def _works(asked: Question) -> dict[str, Any]:
    rows = WorkOrder.objects.visible_to(asked.reach(CASES)).filter(
        accepted_at__gte=midnight(asked.first), accepted_at__lt=midnight(asked.after)
    )
    days = list(rows.values_list("finished_at", "planned_until"))
    on_time = sum(1 for done, plan in days if done and done.astimezone(CHINA).date() <= plan)
    parts = SparePart.objects.filter(work__in=rows)
    free = list(parts.values_list("under_warranty", flat=True))
    return {
        "works": len(days),
        "works_on_time": _percent(on_time, len(days)),
        "parts": len(free),
        "parts_free": _percent(sum(free), len(free)),
    }


def _complaints(asked: Question) -> dict[str, Any]:
    metrics = [METRICS[key] for key in METRIC_OF.values()]
    several = {x.metric.key: x for x in series_of(perimeter_of(asked), asked.period, metrics)}
    found: dict[str, Any] = {}
    for item, key in METRIC_OF.items():
        value = several[key].value
        share = METRICS[key].is_share
        found[item] = None if value is None else float(value) * (100 if share else 1)
    return found


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
