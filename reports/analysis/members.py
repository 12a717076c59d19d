"""Who stands behind a figure: the members of a class, stage, year or product of a method.

Each list asks the same statement as the figure it explains, so that both count the same rows.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from customers.models import Customer
from reports.analysis.base import Question, rows_of, sql_of
from reports.analysis.owners import HANDING, PLACES, SPANS, places_asked
from reports.analysis.portfolio import known_sql
from reports.analysis.purchases import purchases_asked
from reports.analysis.retention import FIRST_YEARS, last_whole_year

CLASSES = ("level", "stage", "business_type", "source")


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of a class, and what he bought in yuan."""

    customer: int
    code: str
    name: str
    level: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OwnerMember:
    """An owner, when he first signed and when a home was first handed over to him."""

    customer: int
    code: str
    name: str
    signed_on: dt.date | None
    handed_over_on: dt.date | None


@dataclass(frozen=True, slots=True)
class BuyerMember:
    """A customer with the lines and yuan of what he bought, and the day of the last of them."""

    customer: int
    code: str
    name: str
    lines: int
    amount: Decimal
    last: dt.date


_OF_CLASS = """
    SELECT k.id, c.code, c.name, k.level, k.amount
    FROM known k JOIN customers_customer c ON c.id = k.id WHERE k.{by} = %s
    ORDER BY k.amount DESC, c.code COLLATE "C" LIMIT %s"""


def of_class(asked: Question, limit: int | None) -> list[Member]:
    """Who is counted under a word of the composition, chosen as "by:word"; most money first."""
    by, _colon, word = asked.chosen.partition(":")
    if by not in CLASSES:
        return []
    sql, params = known_sql(asked)
    rows = rows_of(sql + _OF_CLASS.format(by=by), [*params, word, limit])
    return [Member(*row) for row in rows]


_OF_YEAR = """
    SELECT c.id, c.code, c.name, o.signed, o.handed FROM (
      SELECT customer_id, min(signed_on) AS signed, min(handed_over_on) AS handed
      FROM ({places}) p WHERE signed_on <= %s GROUP BY 1) o
    JOIN customers_customer c ON c.id = o.customer_id
    WHERE extract(year FROM o.signed)::int = %s
    ORDER BY o.signed DESC, c.code COLLATE "C" LIMIT %s"""


def of_year(asked: Question, limit: int | None) -> list[OwnerMember]:
    """The owners who first signed in the chosen year, the latest first."""
    if not asked.chosen.isdecimal() or len(asked.chosen) > 4:
        return []
    sql, params = sql_of(places_asked(asked), "customer_id", "signed_on", "handed_over_on")
    values = [*params, asked.as_of, int(asked.chosen), limit]
    return [OwnerMember(*row) for row in rows_of(_OF_YEAR.format(places=sql), values)]


# A stage counts places, as its figure does: whoever owns homes in two projects stands twice.
_IN_STAGE = """
    SELECT c.id, c.code, c.name, p.signed_on, p.handed_over_on FROM span s
    JOIN place p ON p.customer_id = s.customer_id AND p.unit_id = s.unit_id
    JOIN customers_customer c ON c.id = s.customer_id
    WHERE s.stage = %s AND s.begins <= %s AND s.ends > %s
    ORDER BY coalesce(p.handed_over_on, p.signed_on) DESC, c.code COLLATE "C" LIMIT %s"""


def in_stage(asked: Question, limit: int | None) -> list[OwnerMember]:
    """The owners who are in the chosen stage of the life cycle on the day, the latest first."""
    places, params = sql_of(places_asked(asked), *PLACES)
    sql = SPANS.format(places=places, handing=HANDING) + _IN_STAGE
    rows = rows_of(sql, [*params, asked.chosen, asked.as_of, asked.as_of, limit])
    return [OwnerMember(*row) for row in rows]


_BUYERS = """
    SELECT c.id, c.code, c.name, b.lines, b.amount, b.last FROM (
      SELECT customer_id, count(*) AS lines, sum(amount) AS amount, max("on") AS last
      FROM ({rows}) t GROUP BY 1) b
    JOIN customers_customer c ON c.id = b.customer_id
    ORDER BY b.amount DESC, c.code COLLATE "C" LIMIT %s"""


def of_product(asked: Question, limit: int | None) -> list[BuyerMember]:
    """Who bought the chosen product ("product:" before its name, nothing after it for lines
    without a name), most money first."""
    _head, colon, product = asked.chosen.partition(":")
    if not colon:
        return []
    rows = purchases_asked(asked).filter(product=product)
    sql, params = sql_of(rows, "customer_id", "amount", "on")
    return [BuyerMember(*row) for row in rows_of(_BUYERS.format(rows=sql), [*params, limit])]


_COHORT = """
    SELECT c.id, c.code, c.name, m.lines, m.amount, m.last FROM (
      SELECT f.customer_id, count(*) AS lines, sum(t.amount) AS amount, max(t."on") AS last
      FROM first f JOIN ({rows}) t ON t.customer_id = f.customer_id
        AND extract(year FROM t."on")::int >= f.cohort
      WHERE f.cohort = %s GROUP BY 1) m
    JOIN customers_customer c ON c.id = m.customer_id
    ORDER BY m.amount DESC, c.code COLLATE "C" LIMIT %s"""


def of_cohort(asked: Question, limit: int | None) -> list[BuyerMember]:
    """Who first bought in the chosen year, with what whole years have brought, most first."""
    if not asked.chosen.isdecimal() or len(asked.chosen) > 4:
        return []
    last = dt.date(last_whole_year(asked.as_of), 12, 31)
    sql, params = sql_of(purchases_asked(asked, last), "customer_id", "on", "amount")
    statement = FIRST_YEARS.format(rows=sql) + _COHORT.format(rows=sql)
    rows = rows_of(statement, [*params, *params, int(asked.chosen), limit])
    return [BuyerMember(*row) for row in rows]


def not_assessed(amounts: dict[int, Decimal], limit: int | None) -> list[Member]:
    """Those who bought without an assessment of their credit, most money first."""
    known = Customer.objects.in_bulk(list(amounts))
    found = [Member(x.pk, x.code, x.name, x.level, amounts[x.pk]) for x in known.values()]
    return sorted(found, key=lambda x: (-x.amount, x.code))[:limit]
