"""The value of a rule in every unit at once, for work on sets."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from regions.policies.reading import one_reading, policy
from regions.policies.registry import find


@dataclass(slots=True)
class _Read:
    """The values read so far in a block that only reads, and the rules that it reads together."""

    together: tuple[str, ...]
    values: dict[tuple[str, date], dict[int, Any]] = field(default_factory=dict)


_READ: ContextVar[_Read | None] = ContextVar("_READ", default=None)  # None outside of such a block

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
    known, day = _READ.get(), on or timezone.localdate()
    if known is None:
        return _values([key], day)[key]
    if (key, day) not in known.values:
        keys = known.together if key in known.together else (key,)
        for name, values in _values(keys, day).items():
            known.values[name, day] = values
    return known.values[key, day]


@contextmanager
def values_once(*together: str) -> Iterator[None]:
    """Inside, the values of a rule are read once, whoever asks: for pages that read and write
    nothing, so that neither rule nor tree changes between two questions. Rules that are named are
    read in one query, with the first of them that is asked for."""
    token = _READ.set(_Read(together))
    try:
        yield
    finally:
        _READ.reset(token)


def _values(keys: Collection[str], day: date) -> dict[str, dict[int, Any]]:
    """Rule → unit → value, in one query."""
    rules = {key: find(key) for key in keys}
    texts, params = [], []
    for key in keys:
        relation = policy_relation(key, day)
        texts.append(f"(SELECT %s, unit_id, value::text FROM ({relation.sql}) AS r)")  # noqa: S608
        params += [key, *relation.params]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), params)
        found = cursor.fetchall()
    read: dict[tuple[str, str], Any] = {}
    broken: set[tuple[str, str]] = set()
    for key, stored in {(key, stored) for key, _unit, stored in found}:
        try:
            read[key, stored] = rules[key].type.from_json(json.loads(stored))
        except (TypeError, ValueError):
            broken.add((key, stored))
    values: dict[str, dict[int, Any]] = {key: {} for key in keys}
    with one_reading():
        for key, unit, stored in found:
            known = (key, stored) not in broken
            values[key][unit] = read[key, stored] if known else policy(key, unit, day)
    return values
