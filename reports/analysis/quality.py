"""How good the archive's data are: complete, fresh, without duplicates (VAL-14, CUS-24).

One statement over the places of a branch. Which fields count, and how much, is policy.
"""

# ruff: noqa: S608  expressions are those of this module; weights are whole numbers of policies

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from customers.models import CustomerUnit
from customers.value_policies import QUALITY_FIELDS, QUALITY_PARTS
from regions.models import OrgUnit
from regions.policies import policy
from reports.analysis.base import Question, rows_of, sql_of

# What must hold for a field to be there; c is the customer, h what his places say together.
EXPRESSIONS = {
    "phone": "c.phone_cipher IS NOT NULL",
    "identity": "c.identity_cipher IS NOT NULL",
    "gender": "c.gender <> ''",
    "address": "c.address <> ''",
    "source": "(c.source <> '' OR h.source)",
    "ownership_class": "c.ownership_class <> ''",
    "level": "c.level <> ''",
    "industry": "c.industry <> ''",
    "nature": "c.nature <> ''",
    "business_type": "c.business_type <> ''",
    "scale": "c.scale <> ''",
    "assets": "c.assets IS NOT NULL",
    "payment_record": "c.payment_record <> ''",
    "first_cooperation_on": "c.first_cooperation_on IS NOT NULL",
    "keeper": "h.keeper",
    "signed_on": "h.signed",
    "contact": "EXISTS (SELECT 1 FROM customers_contact o WHERE o.customer_id = c.id)",
    "key_person": "EXISTS (SELECT 1 FROM customers_contact o"
    " WHERE o.customer_id = c.id AND o.is_key)",
}
FIELD_WORDS = dict(QUALITY_FIELDS)
PART_WORDS = dict(QUALITY_PARTS)


@dataclass(frozen=True, slots=True)
class QualityLine:
    """A customer's data: three parts of 1 and their weighted sum, when they were last confirmed
    (a contact or a change), and the fields that he lacks."""

    customer: int
    code: str
    name: str
    score: float
    complete: float
    fresh: float
    unique: bool
    confirmed: dt.date
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitQuality:
    """The mean score of a part of the branch, the means of its parts, and its duplicates."""

    unit: OrgUnit
    customers: int
    score: float
    complete: float
    fresh: float
    duplicates: int


# Duplicates: organisations of one name, persons of one name and one telephone number, both within
# the reader's reach, so that a score never tells of somebody elsewhere.
_SCORED = """
    WITH place AS ({places}),
    held AS (
      SELECT customer_id, bool_or(keeper_id IS NOT NULL) AS keeper,
             bool_or(source <> '') AS source, bool_or(signed_on IS NOT NULL) AS signed,
             max(last_contact_at) FILTER (WHERE contacted) AS contact_at
      FROM place GROUP BY 1),
    looked AS (
      SELECT c.id, c.code, c.name, c.kind,
        (greatest(h.contact_at, c.updated_at) AT TIME ZONE 'Asia/Shanghai')::date AS confirmed,
        count(*) OVER (PARTITION BY c.kind, c.name,
                       CASE WHEN c.kind = 'person' THEN c.phone_index END) > 1
          AND (c.kind = 'organisation' OR c.phone_index IS NOT NULL) AS twice,
        CASE c.kind WHEN 'person' THEN {person} ELSE {organisation} END AS complete,
        array_remove(CASE c.kind WHEN 'person' THEN {no_person} ELSE {no_organisation} END, NULL)
          AS lacking
      FROM held h JOIN customers_customer c ON c.id = h.customer_id),
    aged AS (
      SELECT l.*, least(1, greatest(0, 2 - (%s::date - confirmed)::numeric / %s)) AS fresh
      FROM looked l),
    scored AS MATERIALIZED (
      SELECT a.*, (%s * complete + %s * fresh + %s * (NOT twice)::int) / 100 AS score
      FROM aged a {chosen})"""
_LINES = """
    SELECT id, code, name, score::float8, complete::float8, fresh::float8, NOT twice, confirmed,
           lacking
    FROM scored WHERE (%s = '' OR %s = ANY(lacking)) AND (%s::bigint IS NULL OR id = %s)
    ORDER BY score, code COLLATE "C" LIMIT %s"""
_UNITS = """
    SELECT p.part, count(*), avg(score)::float8, avg(complete)::float8, avg(fresh)::float8,
           count(*) FILTER (WHERE twice)
    FROM (SELECT DISTINCT coalesce({part}, unit_id) AS part, customer_id FROM place) p
    JOIN scored s ON s.id = p.customer_id GROUP BY 1 ORDER BY 3, 1"""
_FIELDS = """
    SELECT field, count(*) FROM scored, unnest(lacking) AS field GROUP BY 1 ORDER BY 2 DESC, 1"""


def quality(asked: Question, limit: int | None = None) -> list[QualityLine]:
    """Customers of a branch, the worst data first; those who lack a field where one is asked."""
    sql, params = _scored(asked)
    one = asked.customer.pk if asked.customer else None
    more = [asked.lacks, asked.lacks, one, one, limit]
    rows = rows_of(sql + _LINES, [*params, *more])
    return [QualityLine(*(*row[:-1], tuple(row[-1]))) for row in rows]


def quality_by_unit(asked: Question) -> list[UnitQuality]:
    """The parts of a branch, the worst first."""
    sql, params = _scored(asked)
    rows = rows_of(sql + _UNITS.format(part=asked.part), params)
    units = OrgUnit.objects.in_bulk([row[0] for row in rows])
    return [UnitQuality(units[row[0]], *row[1:]) for row in rows]


def lacking(asked: Question) -> list[tuple[str, int]]:
    """How many customers lack each field, the field most lack first."""
    sql, params = _scored(replace(asked, lacks=""))
    return [(field, count) for field, count in rows_of(sql + _FIELDS, params)]


def _scored(asked: Question) -> tuple[str, list[Any]]:
    unit, day = asked.unit, asked.as_of
    table = policy("customers.quality_fields", unit=unit, on=day)
    weights = {
        row["part"]: row["weight"] for row in policy("customers.quality_parts", unit=unit, on=day)
    }
    span = policy("customers.quality_fresh_days", unit=unit, on=day)
    columns = ("customer_id", "unit_id", "region_id", "city_id", "project_id", "keeper_id")
    places = CustomerUnit.objects.visible_to(asked.scope)
    more = ("source", "signed_on", "last_contact_at", "contacted")
    sql, params = sql_of(places, *columns, *more)
    parts = {"places": sql, "chosen": ""}
    chosen: tuple[Any, ...] = ()
    if asked.among:
        # Chosen after the scores: somebody may stand twice under two classes.
        some, chosen = sql_of(asked.among.of(places), "customer_id")
        parts["chosen"] = f"WHERE a.id IN ({some})"
    for kind in ("person", "organisation"):
        fields = [(row["field"], row["weight"]) for row in table if row["kind"] == kind]
        parts[kind] = _filled(fields)
        parts[f"no_{kind}"] = _missing(fields)
    shares = [weights.get(part, 0) for part in PART_WORDS]
    return _SCORED.format(**parts), [*params, day, span, *shares, *chosen]


def _filled(fields: list[tuple[str, int]]) -> str:
    """The weighted part of the fields that are there; no field asked for is none lacking."""
    total = sum(weight for _field, weight in fields)
    if not total:
        return "1.0"
    sums = " + ".join(f"{int(weight)} * ({EXPRESSIONS[field]})::int" for field, weight in fields)
    return f"({sums})::numeric / {int(total)}"


def _missing(fields: list[tuple[str, int]]) -> str:
    if not fields:
        return "ARRAY[]::text[]"
    cases = (f"CASE WHEN NOT ({EXPRESSIONS[field]}) THEN '{field}' END" for field, _w in fields)
    return f"ARRAY[{', '.join(cases)}]"
