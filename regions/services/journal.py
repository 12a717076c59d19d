"""Writing rows of a change so that it can be undone: each statement notes what it overwrites.

Set-based: a statement and its notes are one SQL command, whatever the number of rows. Undoing goes
through the steps backwards and touches only rows that still are as the change left them.
"""

# ruff: noqa: S608  tables and columns come from code, never from people

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

from regions.models import OrgChange, OrgChangeRow

# Columns that follow others. They are not brought back but mended afterwards: what stands above a
# unit may have moved since, and a row differs by them although nobody edited it.
DERIVED = {"regions_orgunit": {"path"}}
NOTES = 'INSERT INTO regions_orgchangerow (change_id, step, "table", key, before, after)'


class Journal:
    """What one change writes. `step` grows with each statement."""

    def __init__(self, change: OrgChange) -> None:
        self.change = change
        self.step = 0

    def rewrite(
        self,
        table: str,
        values: Mapping[str, str],
        params: Sequence[Any] = (),
        *,
        where: str,
        args: Sequence[Any] = (),
        source: str = "",
    ) -> int:
        """Set columns of the rows `t` of a table to SQL expressions. Returns how many rows.

        `source` joins further tables (`JOIN x ON …`), each row of `t` at most once. `params` belong
        to the expressions, `args` to `source` and `where`.
        """
        self.step += 1
        news = ", ".join(f"({expression}) AS new_{name}" for name, expression in values.items())
        olds = ", ".join(f"'{name}', t.{name}" for name in values)
        after = ", ".join(f"'{name}', hit.new_{name}" for name in values)
        sets = ", ".join(f"{name} = hit.new_{name}" for name in values)
        return self._run(
            f"""
            WITH hit AS MATERIALIZED (
                SELECT t.id, jsonb_build_object({olds}) AS before, {news}
                FROM {table} t {source} WHERE {where} FOR UPDATE OF t
            ), noted AS (
                {NOTES} SELECT %s, %s, %s, hit.id, hit.before, jsonb_build_object({after}) FROM hit
            )
            UPDATE {table} t SET {sets} FROM hit WHERE t.id = hit.id""",
            [*params, *args, *self._note(table)],
        )

    def insert(self, table: str, columns: str, select: str, args: Sequence[Any] = ()) -> int:
        """Insert what a SELECT gives. Returns how many rows."""
        self.step += 1
        return self._run(
            f"""
            WITH made AS (INSERT INTO {table} ({columns}) {select} RETURNING id)
            {NOTES} SELECT %s, %s, %s, made.id, NULL, '{{}}' FROM made""",
            [*args, *self._note(table)],
        )

    def delete(self, table: str, *, where: str, args: Sequence[Any] = ()) -> int:
        """Delete the rows `t` of a table. Returns how many."""
        self.step += 1
        return self._run(
            f"""
            WITH gone AS (DELETE FROM {table} t WHERE {where} RETURNING t.*)
            {NOTES} SELECT %s, %s, %s, gone.id, to_jsonb(gone), NULL FROM gone""",
            [*args, *self._note(table)],
        )

    def keep(self, table: str, *, where: str, args: Sequence[Any] = ()) -> None:
        """Note whole rows that something else is about to rewrite."""
        self.step += 1
        self._run(
            f"{NOTES} SELECT %s, %s, %s, t.id, to_jsonb(t), NULL FROM {table} t WHERE {where}",
            [*self._note(table), *args],
        )

    def made(self, row: models.Model) -> None:
        """Note a row that was saved by its model."""
        self.step += 1
        OrgChangeRow.objects.create(
            change=self.change, step=self.step, table=row._meta.db_table, key=row.pk, after={}
        )

    def _note(self, table: str) -> list[Any]:
        return [self.change.pk, self.step, table]

    def _run(self, sql: str, args: Sequence[Any]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.rowcount


def rewritten_units(change: OrgChange) -> list[int]:
    """Keys of the units whose history a change wrote, new ones included."""
    rows = OrgChangeRow.objects.filter(change=change)
    kept = rows.filter(table="regions_unitversion").values_list("before__unit_id", flat=True)
    made = rows.filter(table="regions_orgunit", before__isnull=True).values_list("key", flat=True)
    return sorted({*kept, *made})


def take_back(change: OrgChange) -> int:
    """Undo all noted rows, last step first. Returns how many rows had changed since and stay.

    The caller mends what follows from them (`DERIVED`). Raises IntegrityError when newer rows stand
    in the way.
    """
    kept = 0
    rows = OrgChangeRow.objects.filter(change=change)
    steps = rows.order_by("-step", "table").distinct("step", "table")
    for sample in steps:
        if sample.before is None:
            _unmake(sample)
        elif sample.after is None:
            _bring_back(sample)
        else:
            kept += _write_back(sample)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return kept


def _unmake(sample: OrgChangeRow) -> None:
    """Delete what the step made."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""DELETE FROM {sample.table} t USING regions_orgchangerow r
                WHERE r.change_id = %s AND r.step = %s AND t.id = r.key""",
            [sample.change_id, sample.step],
        )


def _bring_back(sample: OrgChangeRow) -> None:
    """Insert what the step deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {sample.table} SELECT (jsonb_populate_record(NULL::{sample.table},
                r.before)).* FROM regions_orgchangerow r WHERE r.change_id = %s AND r.step = %s""",
            [sample.change_id, sample.step],
        )


def _write_back(sample: OrgChangeRow) -> int:
    """Give rows that are still as the step left them their former values."""
    table = sample.table
    columns = [name for name in sample.before or {} if name not in DERIVED.get(table, ())]
    if not columns:
        return 0
    old = f"jsonb_populate_record(NULL::{table}, r.before)"
    sets = ", ".join(f"{name} = ({old}).{name}" for name in columns)
    same = ", ".join(f"'{name}', t.{name}" for name in columns)
    args = [sample.change_id, sample.step]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} t SET {sets} FROM regions_orgchangerow r
                WHERE r.change_id = %s AND r.step = %s AND t.id = r.key
                  AND jsonb_build_object({same}) = r.after - %s::text[]""",
            [*args, sorted(DERIVED.get(table, ()))],
        )
        written = cursor.rowcount
    return OrgChangeRow.objects.filter(change=sample.change_id, step=sample.step).count() - written
