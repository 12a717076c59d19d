"""The value of a rule in every unit at once, for work on sets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from regions.policies.reading import one_reading, policy
from regions.policies.registry import find

# The values read so far in a block that only reads; none outside of one.
_READ: ContextVar[dict[tuple[str, date], dict[int, Any]] | None] = ContextVar("_READ", default=None)

SQL = """
    WITH in_force AS (
        SELECT DISTINCT ON (unit_id) unit_id, value, effective_from
        FROM regions_policyvalue
        WHERE key = %s AND effective_from <= %s
          AND (%s OR unit_id IN (SELECT id FROM regions_orgunit WHERE kind = 'group'))
        ORDER BY unit_id, effective_from DESC, version DESC
    ), nearest AS (
        SELECT DISTINCT ON (u.id) u.id AS unit_id, f.value, f.unit_id AS source_id, f.effective_from
        FROM regions_orgunit AS u
        CROSS JOIN LATERAL unnest(string_to_array(btrim(u.path, '/'), '/')::int[])
            WITH ORDINALITY AS above(id, depth)
        JOIN in_force AS f ON f.unit_id = above.id AND f.value IS NOT NULL
        ORDER BY u.id, above.depth DESC
    )
    SELECT u.id AS unit_id, COALESCE(n.value, %s::jsonb) AS value, n.source_id, n.effective_from
    FROM regions_orgunit AS u LEFT JOIN nearest AS n ON n.unit_id = u.id"""


@dataclass(frozen=True)
class Relation:
    """A SELECT and its parameters. Columns: unit_id, value (jsonb as the policy writes it),
    source_id (the unit that says so, NULL for the default), effective_from.

    Use it as `WITH limits AS ({relation.sql}) SELECT …`, its parameters first.
    """

    sql: str
    params: tuple[Any, ...]


def policy_relation(key: str, on: date | None = None) -> Relation:
    """What a rule says in every unit on a day, as SQL to join. Raises LookupError.

    A value that its type cannot read any more is passed on as it is; `policy` skips it.
    """
    rule = find(key)
    default = json.dumps(rule.type.to_json(rule.default))
    return Relation(SQL, (key, on or timezone.localdate(), rule.differs_below, default))


def policy_values(key: str, on: date | None = None) -> dict[int, Any]:
    """Unit → value on a day, every unit, in one query. Raises LookupError.

    Where a value is one that its type cannot read any more, what is above holds, as `policy` says.
    """
    known, asked = _READ.get(), (key, on or timezone.localdate())
    if known is None:
        return _values(key, on)
    if asked not in known:
        known[asked] = _values(key, on)
    return known[asked]


@contextmanager
def values_once() -> Iterator[None]:
    """Inside, the values of a rule are read once, whoever asks: for pages that read and write
    nothing, so that neither rule nor tree changes between two questions."""
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def _values(key: str, on: date | None) -> dict[int, Any]:
    rule, relation = find(key), policy_relation(key, on)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unit_id, value::text FROM ({relation.sql}) AS r", relation.params)  # noqa: S608
        found = cursor.fetchall()
    read: dict[str, Any] = {}
    broken: set[str] = set()
    for stored in {stored for _unit, stored in found}:
        try:
            read[stored] = rule.type.from_json(json.loads(stored))
        except (TypeError, ValueError):
            broken.add(stored)
    with one_reading():
        return {
            unit: policy(key, unit, on) if stored in broken else read[stored]
            for unit, stored in found
        }
