"""Analysis of customers from their purchases: ABC, RFM, seasons, products (VAL-02, VAL-06…VAL-08).

Each method is one statement over the purchases of a scope; sums are exact, shares unrounded.
Methods, formulas and worked examples: docs/analysis.md. Purchases belong to a customer as a
whole, so those of a customer with places in two branches count in the figures of both.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from core.scope import EVERYTHING, Scope
from customers.models import Customer, CustomerUnit, Transaction
from regions.policies import policy
from reports.analysis.base import ALL, OTHER, Among, Question

YEARS = 3
MONTHS = 12


@dataclass(frozen=True, slots=True)
class AbcLine:
    """A customer within his business type, largest amount first. Shares are parts of 1."""

    business_type: str
    customer: int
    code: str
    name: str
    amount: Decimal
    share: float
    cumulative: float
    abc: str


@dataclass(frozen=True, slots=True)
class RfmLine:
    """What a customer bought, and his score from 1 to 5 in each of the three respects."""

    customer: int
    code: str
    name: str
    recency_days: int
    frequency: int
    monetary: Decimal
    r: int
    f: int
    m: int

    @property
    def segment(self) -> str:
        """A stable key, see `segment_of`."""
        return segment_of(self.r, self.f, self.m)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product with its lines, quantity, yuan, and share and cumulative share of all yuan."""

    product: str
    lines: int
    quantity: Decimal | None
    amount: Decimal
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class SeasonLine:
    """A month of the year: its mean over the years in yuan, index (mean 1) and share of a year.

    Index and share are None when nothing was sold in all the years.
    """

    month: int
    mean: Decimal
    index: float | None
    share: float | None


def purchases(
    as_of: dt.date,
    scope: Scope = EVERYTHING,
    customer: Customer | None = None,
    among: Among = ALL,
) -> QuerySet[Transaction]:
    """Purchases through a day (counted), of the customers with a place in the scope."""
    rows = among.of(Transaction.objects.filter(on__lte=as_of))
    if customer is not None:
        rows = rows.filter(customer=customer)
    if not scope.everything:
        places = CustomerUnit.objects.visible_to(scope)
        rows = rows.filter(customer__in=places.values("customer"))
    return rows.order_by()


def purchases_asked(asked: Question, through: dt.date | None = None) -> QuerySet[Transaction]:
    """Purchases of the customers that are asked for, through the day asked for or another one."""
    return purchases(through or asked.as_of, asked.scope, asked.customer, asked.among)


# With the shares 75, 20 and 5 a customer is A while the share before him is under 75 %, B under
# 95 %, else C: compared as products of exact sums. Where nothing was sold all shares are 0, so that
# all are A. Equal amounts stand in the order of codes, the same at each run.
_ABC = """
    WITH bought AS (SELECT customer_id, sum(amount) AS amount FROM ({rows}) AS t GROUP BY 1),
    typed AS (
      SELECT coalesce(nullif(c.business_type, ''), %s) AS business_type, c.id, c.code, c.name,
             b.amount
      FROM bought b JOIN customers_customer c ON c.id = b.customer_id),
    summed AS (
      SELECT t.*, sum(amount) OVER (PARTITION BY business_type) AS total,
             sum(amount) OVER (PARTITION BY business_type ORDER BY amount DESC, code COLLATE "C"
                               ROWS UNBOUNDED PRECEDING) AS through
      FROM typed t),
    classed AS (
      SELECT business_type, id, code, name, amount,
             CASE WHEN total > 0 THEN (amount / total)::float8 ELSE 0 END AS share,
             CASE WHEN total > 0 THEN (through / total)::float8 ELSE 0 END AS cumulative,
             CASE WHEN total <= 0 THEN 1 ELSE least(cardinality(%s::numeric[]), 1 + (
               SELECT count(*) FROM unnest(%s::numeric[]) AS bound
               WHERE (through - amount) * 100 >= total * bound)) END AS place
      FROM summed)"""
_ABC_LINES = """
    SELECT business_type, id, code, name, amount, share, cumulative, (%s::text[])[place]
    FROM classed WHERE (%s::bigint IS NULL OR id = %s)
      AND (%s::text IS NULL OR business_type || '/' || (%s::text[])[place] = %s)
    ORDER BY business_type, amount DESC, code COLLATE "C" LIMIT %s"""
_ABC_CLASSES = """
    SELECT business_type, (%s::text[])[place], count(*), sum(amount) FROM classed
    GROUP BY business_type, place ORDER BY business_type, place"""


def _classed(as_of: dt.date, scope: Scope, among: Among) -> tuple[str, list[Any]]:
    """The common part of both statements, and its parameters with the words of the classes."""
    sql, params = _columns(purchases(as_of, scope, among=among), "customer_id", "amount")
    classes = policy("customers.abc_shares", on=as_of)
    bounds = list(accumulate(row["share"] for row in classes))
    words = [row["word"] for row in classes]
    return _ABC.format(rows=sql), [*params, OTHER, bounds, bounds, words]


def abc(
    as_of: dt.date,
    scope: Scope = EVERYTHING,
    customer: Customer | None = None,
    limit: int | None = None,
    among: Among = ALL,
    chosen: str = "",
) -> list[AbcLine]:
    """ABC classes within each business type (VAL-02); the shares are those among all customers
    of the scope, also where one customer, or a class ("type/class"), is asked for."""
    sql, params = _classed(as_of, scope, among)
    one, only, words = customer.pk if customer else None, chosen or None, params[-1]
    # The words of the classes stand in the list of columns before the conditions.
    values = [*params, one, one, only, words, only, limit]
    rows = _rows(sql + _ABC_LINES, values)
    return [AbcLine(*row) for row in rows]


def abc_classes(
    as_of: dt.date, scope: Scope = EVERYTHING, among: Among = ALL
) -> list[tuple[str, str, int, Decimal]]:
    """How many customers each class of each business type has, and what they bought."""
    sql, params = _classed(as_of, scope, among)
    return [
        (kind, letter, count, amount)
        for kind, letter, count, amount in _rows(sql + _ABC_CLASSES, params)
    ]


# Quintiles by the share of customers who are no better: equal values share a score, the best
# have 5. Goods that came back lessen the money, and are no purchase of their day.
_RFM = """
    WITH bought AS (
      SELECT customer_id, max("on") FILTER (WHERE amount >= 0) AS last,
             count(DISTINCT "on") FILTER (WHERE amount >= 0) AS times, sum(amount) AS money
      FROM ({rows}) AS t GROUP BY 1),
    scored AS (
      SELECT b.*, ceil(5 * cume_dist() OVER (ORDER BY last))::int AS r,
             ceil(5 * cume_dist() OVER (ORDER BY times))::int AS f,
             ceil(5 * cume_dist() OVER (ORDER BY money))::int AS m
      FROM bought b WHERE last IS NOT NULL)"""
_RFM_LINES = """
    SELECT c.id, c.code, c.name, %s::date - s.last, s.times, s.money, s.r, s.f, s.m
    FROM scored s JOIN customers_customer c ON c.id = s.customer_id
    WHERE (%s::bigint IS NULL OR c.id = %s)
      AND (%s::int[] IS NULL OR s.r * 100 + s.f * 10 + s.m = ANY(%s))
    ORDER BY {order} c.code COLLATE "C" LIMIT %s"""
_RFM_SCORES = """
    SELECT r, f, m, count(*), sum(money) FROM scored GROUP BY 1, 2, 3"""


def rfm(
    as_of: dt.date,
    scope: Scope = EVERYTHING,
    customer: Customer | None = None,
    limit: int | None = None,
    among: Among = ALL,
    segment: str = "",
) -> list[RfmLine]:
    """Recency, frequency and money of every customer with a purchase, scored among all customers
    of the scope (VAL-08), those of a segment alone where one is asked for. By code; with a limit
    those who bought for most."""
    bought = purchases(as_of, scope, among=among)
    sql, params = _columns(bought, "customer_id", "on", "amount")
    one = customer.pk if customer else None
    lines = _RFM_LINES.format(order="s.money DESC," if limit else "")
    scores = _scores_of(segment) if segment else None
    values = [*params, as_of, one, one, scores, scores, limit]
    rows = _rows(_RFM.format(rows=sql) + lines, values)
    return [RfmLine(*row) for row in rows]


def rfm_segments(
    as_of: dt.date, scope: Scope = EVERYTHING, among: Among = ALL
) -> dict[str, tuple[int, Decimal]]:
    """Customers of each segment and what they bought; all segments, the best first."""
    bought = purchases(as_of, scope, among=among)
    sql, params = _columns(bought, "customer_id", "on", "amount")
    found = dict.fromkeys(SEGMENTS, (0, Decimal(0)))
    for r, f, m, count, money in _rows(_RFM.format(rows=sql) + _RFM_SCORES, params):
        customers, sums = found[segment_of(r, f, m)]
        found[segment_of(r, f, m)] = (customers + count, sums + money)
    return found


SEGMENTS = (
    "champion",
    "loyal",
    "big_new",
    "new",
    "promising",
    "needs_attention",
    "cannot_lose",
    "at_risk",
    "sleeping_big",
    "lost",
)


def segment_of(r: int, f: int, m: int) -> str:
    """The segment of three scores; the first rule that fits decides."""
    if r >= 4 and f >= 4 and m >= 4:
        return "champion"
    if r <= 2 and f >= 4 and m >= 4:
        return "cannot_lose"
    if f >= 4 or (f == 3 and m >= 4):
        return "loyal" if r >= 3 else "at_risk"
    if r >= 4:
        return "big_new" if m >= 4 else "new"
    if r == 3:
        return "promising" if m >= 3 else "needs_attention"
    return "sleeping_big" if m >= 4 else "lost"


def _scores_of(segment: str) -> list[int]:
    """The scores of a segment as numbers of three digits; none of a word that is no segment."""
    fifths = range(1, 6)
    return [
        r * 100 + f * 10 + m
        for r in fifths
        for f in fifths
        for m in fifths
        if segment_of(r, f, m) == segment
    ]


_PRODUCTS = """
    WITH sold AS (SELECT product, count(*) AS lines, sum(quantity) AS quantity,
                         sum(amount) AS amount FROM ({rows}) AS t GROUP BY 1)
    SELECT product, lines, quantity, amount,
           CASE WHEN sum(amount) OVER () > 0
                THEN (amount / sum(amount) OVER ())::float8 ELSE 0 END,
           CASE WHEN sum(amount) OVER () > 0
                THEN (sum(amount) OVER (ORDER BY amount DESC, product COLLATE "C"
                      ROWS UNBOUNDED PRECEDING) / sum(amount) OVER ())::float8 ELSE 0 END
    FROM sold ORDER BY amount DESC, product COLLATE "C" LIMIT %s"""


def products(
    as_of: dt.date,
    scope: Scope = EVERYTHING,
    customer: Customer | None = None,
    limit: int | None = None,
    among: Among = ALL,
) -> list[ProductLine]:
    """What was bought, the product with most money first (VAL-07)."""
    rows = purchases(as_of, scope, customer, among)
    sql, params = _columns(rows, "product", "quantity", "amount")
    return [ProductLine(*row) for row in _rows(_PRODUCTS.format(rows=sql), [*params, limit])]


_SEASONAL = """
    SELECT extract(month FROM "on")::int, sum(amount) FROM ({rows}) AS t GROUP BY 1"""


def seasonal(
    as_of: dt.date,
    scope: Scope = EVERYTHING,
    customer: Customer | None = None,
    among: Among = ALL,
) -> list[SeasonLine]:
    """The seasonal index over the 36 whole calendar months before a day (VAL-06)."""
    end = as_of.replace(day=1)
    start = end.replace(year=end.year - YEARS)
    rows = purchases(end - dt.timedelta(days=1), scope, customer, among)
    rows = rows.filter(on__gte=start)
    sql, params = _columns(rows, "on", "amount")
    sums = dict(_rows(_SEASONAL.format(rows=sql), params))
    total = sum(sums.values(), Decimal(0))
    return [_season(month, sums.get(month, Decimal(0)), total) for month in range(1, MONTHS + 1)]


def _season(month: int, sold: Decimal, total: Decimal) -> SeasonLine:
    mean = sold / YEARS
    if total == 0:
        return SeasonLine(month, mean, None, None)
    return SeasonLine(month, mean, float(sold * MONTHS / total), float(sold / total))


def _columns(rows: QuerySet[Transaction], *columns: str) -> tuple[str, tuple[Any, ...]]:
    return rows.values(*columns).query.sql_with_params()


def _rows(sql: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
