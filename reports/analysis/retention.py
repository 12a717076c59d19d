"""Who came back, and what a customer is worth over the time he stays (VAL-11)."""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from reports.analysis.base import Question, rows_of, sql_of
from reports.analysis.purchases import purchases_asked
from satisfaction.intervals import share_interval

FEWEST = 30  # customer-years below which nothing is said about staying


@dataclass(slots=True)
class RetentionLine:
    """Customers who first bought in a year. Only whole years count.

    `back` is how many of them bought again one, two … years later; `active` the customer-years
    with a purchase, `amount` what was bought in all of them (yuan), `chances` those of them that
    are followed by another whole year, and `stayed` how many of those were followed by a purchase.
    """

    cohort: int
    customers: int = 0
    back: dict[int, int] = field(default_factory=dict)
    active: int = 0
    amount: Decimal = Decimal(0)
    chances: int = 0
    stayed: int = 0

    @property
    def mean(self) -> Decimal | None:
        """What an active customer bought in a year, yuan."""
        return self.amount / self.active if self.active else None

    @property
    def enough(self) -> bool:
        return self.chances >= FEWEST

    @property
    def retention(self) -> float | None:
        """The share of customer-years that were followed by another one."""
        return self.stayed / self.chances if self.enough else None

    @property
    def value(self) -> Decimal | None:
        """Lifetime value: mean × 1 / (1 − retention), yuan; None where it has no end."""
        if not self.enough or self.mean is None or self.stayed == self.chances:
            return None
        return self.mean * self.chances / (self.chances - self.stayed)

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """The value at both ends of Wilson's interval of the retention (95 %)."""
        if self.value is None or self.mean is None:
            return None
        low, high = share_interval(self.stayed / self.chances, self.chances)
        return tuple(self.mean / (1 - Decimal(repr(float(end)))) for end in (low, high))  # type: ignore[return-value]


# A customer-year is a year with a purchase; what came back lessens the money of its year, and
# makes no year of its own.
FIRST_YEARS = """
    WITH bought AS (
      SELECT customer_id, extract(year FROM "on")::int AS year, sum(amount) AS amount,
             bool_or(amount >= 0) AS active
      FROM ({rows}) t GROUP BY 1, 2),
    first AS (SELECT customer_id, min(year) AS cohort FROM bought WHERE active GROUP BY 1)"""
_YEARS = """
    SELECT f.cohort, b.year, count(*) FILTER (WHERE b.active), sum(b.amount),
           count(*) FILTER (WHERE b.active AND n.active)
    FROM first f JOIN bought b USING (customer_id)
    LEFT JOIN bought n ON n.customer_id = b.customer_id AND n.year = b.year + 1
    WHERE b.year >= f.cohort GROUP BY 1, 2 ORDER BY 1, 2"""


def last_whole_year(day: dt.date) -> int:
    """The last year that is over on a day; its last day counts."""
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def retention(asked: Question) -> list[RetentionLine]:
    """Customers by the year of their first purchase, the earliest first."""
    last = last_whole_year(asked.as_of)
    rows = purchases_asked(asked, dt.date(last, 12, 31))
    sql, params = sql_of(rows, "customer_id", "on", "amount")
    found: dict[int, RetentionLine] = {}
    for cohort, year, active, amount, stayed in rows_of(
        FIRST_YEARS.format(rows=sql) + _YEARS, params
    ):
        line = found.setdefault(cohort, RetentionLine(cohort))
        if year == cohort:
            line.customers = active
        else:
            line.back[year - cohort] = active
        line.active += active
        line.amount += amount
        if year < last:
            line.chances += active
            line.stayed += stayed
    for line in found.values():
        for later in range(1, last - line.cohort + 1):
            line.back.setdefault(later, 0)
    return list(found.values())


def together(lines: list[RetentionLine]) -> RetentionLine:
    """All cohorts as one, for whom more can be said."""
    whole = RetentionLine(0)
    for line in lines:
        whole.customers += line.customers
        whole.active += line.active
        whole.amount += line.amount
        whole.chances += line.chances
        whole.stayed += line.stayed
    return whole
