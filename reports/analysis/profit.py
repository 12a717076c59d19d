"""Which customers bring profit, which bring none, what tells them apart (CUS-32, REP-07).

Only lines whose cost is known count as profit; what was sold without a known cost is said beside
it, never guessed.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from expenses.models import LedgerEntry
from regions.policies import policy
from reports.analysis.base import Question, rows_of, share, sql_of
from reports.analysis.purchases import purchases

DAYS = 365
HIGH, ORDINARY, NONE, UNKNOWN = "high", "ordinary", "none", "unknown"
CLASSES = (HIGH, ORDINARY, NONE, UNKNOWN)
LEDGER = "expenses.view_ledgerentry"
LEAST = 10  # customers of whom an attribute must be known before anything is said of it
ATTRIBUTES = ("level", "business_type", "industry", "nature", "scale", "ownership_class", "source")


@dataclass(frozen=True, slots=True)
class ProfitLine:
    """What a customer bought in the 365 days and what it brought, in yuan. `costed` is the part of
    the sales whose cost is known; cost and `profit` are of that part, None where there is none.
    `share` is his part of the profit of all who bring one, a part of 1; `spent` what was paid for
    him, None where the reader does not see the ledger."""

    customer: int
    code: str
    name: str
    level: str
    sales: Decimal
    costed: Decimal
    cost: Decimal | None
    profit: Decimal | None
    share: float | None
    word: str
    spent: Decimal | None = None

    @property
    def margin(self) -> float | None:
        """Profit of the sales whose cost is known, a part of 1."""
        return None if self.profit is None else share(self.profit, self.costed)

    @property
    def left(self) -> Decimal | None:
        """Profit less what was paid for him."""
        return None if self.profit is None or self.spent is None else self.profit - self.spent


@dataclass(frozen=True, slots=True)
class ClassLine:
    """All customers of a class together, as in ProfitLine."""

    word: str
    customers: int
    sales: Decimal
    costed: Decimal
    cost: Decimal
    profit: Decimal
    share: float | None


@dataclass(frozen=True, slots=True)
class Telling:
    """How far an attribute of customers tells profitable ones from others. `known` is the part of
    the customers of whom it is filled in; `explains` the part of the differences in profit between
    them (epsilon squared), None where too few are known; `best` the word with most profit a
    customer, `mean` that profit."""

    attribute: str
    known: float
    explains: float | None
    best: str
    mean: Decimal | None


# High are customers, the most profit first, while the share before them is under the limit; without
# value is who brings no profit or less of it than the other limit. Products of exact sums are
# compared, equal profits stand in the order of codes.
_SCORED = """
    WITH bought AS (
      SELECT customer_id, sum(amount) AS sales,
             coalesce(sum(amount) FILTER (WHERE cost IS NOT NULL), 0) AS costed, sum(cost) AS cost
      FROM ({rows}) AS t GROUP BY 1),
    gained AS (
      SELECT c.id, c.code, c.name, c.level, b.sales, b.costed, b.cost, b.costed - b.cost AS profit,
             {attributes}
      FROM bought b JOIN customers_customer c ON c.id = b.customer_id),
    summed AS (
      SELECT g.*, sum(greatest(profit, 0)) OVER () AS total,
             sum(greatest(profit, 0)) OVER (
               ORDER BY profit DESC NULLS LAST, code COLLATE "C" ROWS UNBOUNDED PRECEDING
             ) AS through
      FROM gained g),
    scored AS (
      SELECT s.*, CASE WHEN total > 0 THEN (profit / total)::float8 END AS part,
             CASE WHEN profit IS NULL THEN %s
                  WHEN profit <= 0 OR profit * 100 < total * %s THEN %s
                  WHEN (through - profit) * 100 < total * %s THEN %s ELSE %s END AS word
      FROM summed s)"""
_LINES = """
    SELECT id, code, name, level, sales, costed, cost, profit, part, word FROM scored
    WHERE (%s::bigint IS NULL OR id = %s) AND (%s::text IS NULL OR word = %s)
    ORDER BY profit DESC NULLS LAST, sales DESC, code COLLATE "C" LIMIT %s"""
_SUMS = """
    SELECT word, count(*), sum(sales), sum(costed), coalesce(sum(cost), 0),
           coalesce(sum(profit), 0), sum(part) FROM scored GROUP BY 1"""


def _first(asked: Question) -> dt.date:
    return asked.as_of - dt.timedelta(days=DAYS - 1)


def _scored(asked: Question) -> tuple[str, list[Any]]:
    """The common part of the statements, and its parameters: everybody of the branch is scored,
    also where one customer is asked for."""
    rows = purchases(asked.as_of, asked.scope, among=asked.among).filter(on__gte=_first(asked))
    sql, params = sql_of(rows, "customer_id", "amount", "cost")
    named = ", ".join(f"c.{name} AS by_{name}" for name in ATTRIBUTES)
    high = policy("customers.high_profit_share", unit=asked.unit, on=asked.as_of)
    least = policy("customers.least_profit_share", unit=asked.unit, on=asked.as_of)
    limits = [UNKNOWN, least, NONE, high, HIGH, ORDINARY]
    return _SCORED.format(rows=sql, attributes=named), [*params, *limits]


def profit(asked: Question, limit: int | None = None) -> list[ProfitLine]:
    """Who bought in the 365 days through the day, the most profit first and those without a known
    cost last; of a class alone where one is chosen."""
    sql, params = _scored(asked)
    one, only = asked.customer.pk if asked.customer else None, asked.chosen or None
    rows = rows_of(sql + _LINES, [*params, one, one, only, only, limit])
    if asked.reach(LEDGER).nothing:
        return [ProfitLine(*row) for row in rows]
    paid = spent(asked, [row[0] for row in rows])
    return [ProfitLine(*(*row, paid.get(row[0], Decimal(0)))) for row in rows]


def profit_classes(asked: Question) -> list[ClassLine]:
    """The four classes with what their customers bought and brought; the shares of those with a
    profit add up to 1."""
    sql, params = _scored(asked)
    found = {row[0]: ClassLine(*row) for row in rows_of(sql + _SUMS, params)}
    zero = Decimal(0)
    return [found.get(word, ClassLine(word, 0, zero, zero, zero, zero, None)) for word in CLASSES]


_SPENT = """
    WITH paid AS (SELECT application_id, sum(paid) AS paid FROM ({entries}) e GROUP BY 1)
    SELECT a.customer_id, round(sum(p.paid / n.people), 2)
    FROM paid p JOIN expenses_applicationcustomer a ON a.application_id = p.application_id
    JOIN LATERAL (SELECT count(*) AS people FROM expenses_applicationcustomer o
                  WHERE o.application_id = p.application_id) n ON true
    WHERE a.customer_id = ANY(%s) GROUP BY 1"""


def spent(asked: Question, customers: list[int]) -> dict[int, Decimal]:
    """What was paid for customers in the 365 days, of what the reader may see of the ledger;
    several customers of one application share it in equal parts."""
    entries = LedgerEntry.objects.visible_to(asked.reach(LEDGER)).filter(
        booked_on__gte=_first(asked), booked_on__lte=asked.as_of
    )
    sql, params = sql_of(entries, "application_id", "paid")
    return dict(rows_of(_SPENT.format(entries=sql), [*params, customers]))


# Within the words of an attribute: how many, their profit, its squares; all words of all attributes
# in one pass.
_TELLING = """
    SELECT a.name, a.word, count(*), sum(s.profit), sum(s.profit * s.profit)
    FROM scored s CROSS JOIN LATERAL (VALUES {pairs}) AS a (name, word)
    WHERE s.profit IS NOT NULL GROUP BY 1, 2"""


def telling(asked: Question) -> list[Telling]:
    """The attributes by how much of the differences in profit they explain, the most first."""
    sql, params = _scored(asked)
    pairs = ", ".join(f"('{name}', s.by_{name})" for name in ATTRIBUTES)
    words: dict[str, list[tuple[str, int, Decimal, Decimal]]] = defaultdict(list)
    for name, *rest in rows_of(sql + _TELLING.format(pairs=pairs), params):
        words[name].append(tuple(rest))  # type: ignore[arg-type]
    found = [_telling(name, words[name]) for name in ATTRIBUTES if words[name]]
    return sorted(found, key=lambda x: -1 if x.explains is None else x.explains, reverse=True)


def _telling(name: str, words: list[tuple[str, int, Decimal, Decimal]]) -> Telling:
    everybody = sum(count for _word, count, _sum, _squares in words)
    known = [row for row in words if row[0]]
    best = max(known, key=lambda row: (row[2] / row[1], row[0]), default=None)
    return Telling(
        name,
        sum(row[1] for row in known) / everybody,
        _explains(known),
        best[0] if best else "",
        (best[2] / best[1]).quantize(Decimal("0.01")) if best else None,
    )


def _explains(words: list[tuple[str, int, Decimal, Decimal]]) -> float | None:
    """Epsilon squared: 1 less the mean square within the words by that of all. It is that of
    chance alone where the attribute says nothing, and never below 0 here."""
    people = sum(row[1] for row in words)
    profits = sum((row[2] for row in words), Decimal(0))
    if people < LEAST or not 1 < len(words) < people:
        return None
    squares = sum((row[3] for row in words), Decimal(0))
    whole = squares - profits * profits / people
    within = squares - sum((row[2] * row[2] / row[1] for row in words), Decimal(0))
    if not whole:
        return None
    found = 1 - (within / (people - len(words))) / (whole / (people - 1))
    return max(float(found), 0.0)
