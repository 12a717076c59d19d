"""Of whom the customers consist, and who of them is a managed client (VAL-03, VAL-13, REP-02).

Classes are those the archive has now; purchases and stages are those of the day. Whoever has
places in two parts of a branch counts in both, and once in the branch.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from customers.models import CLASS_WORDS, CustomerKind, CustomerUnit, OwnerStage
from customers.models.customers import years_before
from regions.models import OrgUnit
from regions.policies import policy
from reports.analysis.base import OTHER, Question, rows_of, share, sql_of
from reports.analysis.purchases import purchases_asked

DIMENSIONS = ("level", "stage", "business_type", "source", "unit")


@dataclass(frozen=True, slots=True)
class CompositionLine:
    """A class of customers: how many, what they bought in yuan, and their shares of all that are
    classed this way. `wanted` is the company's share of `of` (customers or amount), parts of 1.
    Of a part of the branch `unit` is the unit: names of units are not unique."""

    by: str
    word: str
    customers: int
    amount: Decimal
    share: float | None
    share_amount: float | None
    wanted: float | None = None
    of: str = ""
    unit: OrgUnit | None = None

    @property
    def gap(self) -> float | None:
        """How much the share lies above what is wanted."""
        found = self.share if self.of == "customers" else self.share_amount
        return None if self.wanted is None or found is None else found - self.wanted


# A place tells the stage by its earliest dates, as the archive does everywhere.
_KNOWN = """
    WITH place AS ({places}),
    held AS (SELECT customer_id, min(signed_on) AS signed, min(handed_over_on) AS handed
             FROM place GROUP BY 1),
    bought AS (SELECT customer_id, sum(amount) AS amount FROM ({bought}) t GROUP BY 1),
    known AS (
      SELECT c.id, c.kind, c.level, c.source,
        CASE WHEN c.kind = 'organisation' THEN coalesce(nullif(c.business_type, ''), %s) END
          AS business_type,
        CASE WHEN h.handed <= %s THEN
               CASE WHEN h.handed >= %s THEN 'settling_in'
                    WHEN h.handed >= %s THEN 'stable' ELSE 'long_standing' END
             WHEN h.handed IS NOT NULL OR h.signed IS NOT NULL THEN 'owner_to_be' END AS stage,
        coalesce(b.amount, 0) AS amount
      FROM held h JOIN customers_customer c ON c.id = h.customer_id
      LEFT JOIN bought b ON b.customer_id = h.customer_id)"""
_BY_CLASS = """
    SELECT CASE WHEN grouping(level) = 0 THEN 'level' WHEN grouping(stage) = 0 THEN 'stage'
                WHEN grouping(business_type) = 0 THEN 'business_type' ELSE 'source' END,
           coalesce(level, stage, business_type, source), count(*), sum(amount)
    FROM known GROUP BY GROUPING SETS ((level), (stage), (business_type), (source))"""
_BY_UNIT = """
    SELECT part, count(*), sum(amount) FROM (
      SELECT DISTINCT coalesce({part}, unit_id) AS part, customer_id FROM place) p
    JOIN known k ON k.id = p.customer_id GROUP BY 1"""


def composition(asked: Question) -> list[CompositionLine]:
    """The customers of a branch by class, stage, business type (of organisations), source and
    part of the branch, the largest class first; what nobody is, but the policy wants, stands with
    nothing. Stages are those of owners: whoever owns nothing has none."""
    sql, params = known_sql(asked)
    found: dict[str, dict[str, tuple[int, Decimal]]] = {by: {} for by in DIMENSIONS}
    for by, word, count, amount in rows_of(sql + _BY_CLASS, params):
        if word is not None:
            found[by][word] = (count, amount)
    parts = rows_of(sql + _BY_UNIT.format(part=asked.part), params)
    units = OrgUnit.objects.in_bulk([part for part, _count, _amount in parts])
    found["unit"] = {units[part].code: (count, amount) for part, count, amount in parts}
    # What the company wants is said of all its customers.
    wanted = {} if asked.among else _wanted(asked)
    for by, word in wanted:
        found[by].setdefault(word, (0, Decimal(0)))
    by_code = {unit.code: unit for unit in units.values()}
    lines = [line for by in DIMENSIONS for line in _lines(by, found[by], wanted)]
    return [_named(line, by_code[line.word]) if line.by == "unit" else line for line in lines]


def _named(line: CompositionLine, unit: OrgUnit) -> CompositionLine:
    """The line of a part of the branch, which was counted by its code."""
    return replace(line, word=unit.name, unit=unit)


def known_sql(asked: Question) -> tuple[str, list[Any]]:
    """The customers of a branch as `known`, with every class they are counted by."""
    places = asked.of(CustomerUnit.objects.visible_to(asked.scope))
    columns = ("customer_id", "unit_id", "region_id", "city_id", "project_id")
    here, params = sql_of(places, *columns, "signed_on", "handed_over_on")
    bought, more = sql_of(purchases_asked(asked), "customer_id", "amount")
    day = asked.as_of
    days = [day, years_before(day, 1), years_before(day, 2)]
    return _KNOWN.format(places=here, bought=bought), [*params, *more, OTHER, *days]


def _wanted(asked: Question) -> dict[tuple[str, str], tuple[float, str]]:
    rows = policy("customers.wanted_shares", unit=asked.unit, on=asked.as_of)
    return {(row["by"], row["word"]): (float(row["share"] / 100), row["of"]) for row in rows}


def _lines(
    by: str,
    words: dict[str, tuple[int, Decimal]],
    wanted: dict[tuple[str, str], tuple[float, str]],
) -> list[CompositionLine]:
    customers = sum(count for count, _amount in words.values())
    total = sum((amount for _count, amount in words.values()), Decimal(0))
    order = list(OwnerStage.values)

    def place(item: tuple[str, tuple[int, Decimal]]) -> Any:
        word, (count, amount) = item
        return order.index(word) if by == "stage" else (-amount, -count, word)

    return [
        CompositionLine(
            by,
            word,
            count,
            amount,
            share(count, customers),
            share(amount, total),
            *wanted.get((by, word), (None, "")),
        )
        for word, (count, amount) in sorted(words.items(), key=place)
    ]


# --- who is a managed client ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CooperationLine:
    """What a customer bought, since when he works with us, how important he is, and how many of
    the three measures he meets (VAL-13)."""

    customer: int
    code: str
    name: str
    level: str
    amount: Decimal
    since: dt.date | None
    rich: bool
    long: bool
    important: bool

    @property
    def met(self) -> int:
        """How many of the three measures are met."""
        return self.rich + self.long + self.important

    def years(self, day: dt.date) -> Decimal | None:
        """How long the cooperation lasts on a day, in years with one decimal."""
        if self.since is None:
            return None
        return round(Decimal((day - self.since).days) / Decimal("365.25"), 1)


# least() passes over what is unknown.
_COOPERATION = """
    WITH bought AS (SELECT customer_id, sum(amount) AS amount, min("on") AS first
                    FROM ({bought}) t GROUP BY 1),
    measured AS (
      SELECT c.id, c.code, c.name, c.level, coalesce(b.amount, 0) AS amount,
             least(CASE WHEN c.first_cooperation_on <= %s THEN c.first_cooperation_on END, b.first)
               AS since
      FROM (SELECT DISTINCT customer_id FROM ({places}) p) h
      JOIN customers_customer c ON c.id = h.customer_id
      LEFT JOIN bought b ON b.customer_id = c.id
      WHERE c.kind = %s OR b.amount IS NOT NULL),
    judged AS (
      SELECT m.*, amount >= %s AS rich, coalesce(since <= %s, false) AS long,
             level = ANY(%s) AS important FROM measured m)"""
_COOPERATION_LINES = """
    SELECT * FROM judged WHERE %s::int IS NULL OR rich::int + long::int + important::int = %s
    ORDER BY rich::int + long::int + important::int DESC, amount DESC,
      code COLLATE "C" LIMIT %s"""
_COOPERATION_SUMS = """
    SELECT rich::int + long::int + important::int, count(*), sum(amount) FROM judged GROUP BY 1"""


def cooperation(asked: Question, limit: int | None = None) -> list[CooperationLine]:
    """Organisations, and persons who bought, those who meet most measures first; where a number
    of measures is chosen, those alone who meet so many."""
    sql, params = _cooperation(asked)
    met = int(asked.chosen) if asked.chosen in ("0", "1", "2", "3") else None
    rows = rows_of(sql + _COOPERATION_LINES, [*params, met, met, limit])
    return [CooperationLine(*row) for row in rows]


def cooperation_sums(asked: Question) -> list[tuple[int, int, Decimal]]:
    """How many customers meet 3, 2, 1 and none of the measures, and what they bought."""
    sql, params = _cooperation(asked)
    found = {
        met: (count, amount) for met, count, amount in rows_of(sql + _COOPERATION_SUMS, params)
    }
    return [(met, *found.get(met, (0, Decimal(0)))) for met in (3, 2, 1, 0)]


def _cooperation(asked: Question) -> tuple[str, list[Any]]:
    places = asked.of(CustomerUnit.objects.visible_to(asked.scope))
    here, params = sql_of(places, "customer_id")
    bought, more = sql_of(
        purchases_asked(asked),
        "customer_id",
        "amount",
        "on",
    )
    unit, day = asked.unit, asked.as_of
    amount = policy("customers.managed_amount", unit=unit, on=day)
    years = policy("customers.managed_years", unit=unit, on=day)
    classes = policy("customers.managed_classes", unit=unit, on=day)
    words = [word for key in classes for word in CLASS_WORDS[key]]
    sql = _COOPERATION.format(bought=bought, places=here)
    measures = [CustomerKind.ORGANISATION, amount, years_before(day, years), words]
    return sql, [*more, day, *params, *measures]
