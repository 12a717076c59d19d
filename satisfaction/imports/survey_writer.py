"""Writing checked rows of answers by the thousand.

One chunk is one transaction with its checkpoint, so a killed import has written whole chunks and
goes on behind them. New responses are copied in; of known ones, found by their sample number,
ratings are filled or replaced as the importer chose. Nothing is asked of the database while rows
flow into a COPY.
"""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.bulk import copy_rows, next_ids
from core.imports.kinds import ImportContext
from core.imports.report import Report
from regions.models import OrgUnit
from satisfaction.imports.survey_rows import AnswerRow
from satisfaction.models import Item, Response, Wave
from satisfaction.services.answers import SUMMARY, summarise, summary_of

IMPORT_LOCK = 7_231_003
RESPONSE_COLUMNS = (
    "id wave_id is_anonymous sample_no stage asked_by interviewer answered_at seconds is_partial "
    "void_reason flags language import_run_id created_at unit_id region_id city_id project_id "
) + " ".join(SUMMARY)
RATING_COLUMNS = "response_id item_id wave_id score importance expectation"
REMARK_COLUMNS = "response_id item_id wave_id text"
# Tables of answers: their columns, the columns' types, and those that say something.
FILLED = {
    "satisfaction_rating": (
        RATING_COLUMNS,
        ("bigint", "bigint", "bigint", "int2", "int2", "int2"),
        ("score", "importance", "expectation"),
    ),
    "satisfaction_remark": (REMARK_COLUMNS, ("bigint", "bigint", "bigint", "text"), ("text",)),
}
# What is known stays and gets what it lacks; or the file wins.
FILL = "coalesce({1}.{0}, excluded.{0})"
UPDATE = "coalesce(excluded.{0}, {1}.{0})"

FACTS = ("stage", "interviewer", "answered_at", "seconds")

Pairs = Sequence[tuple[AnswerRow, int]]  # a row and the key of its response


class AnswerWriter:
    """Writes chunks of one import into one wave."""

    def __init__(self, context: ImportContext, wave: Wave) -> None:
        self.context, self.wave = context, wave
        self.run_id = context.run.pk if context.run else None
        self.units = {unit.pk: unit for unit in OrgUnit.objects.all()}
        self.items = {item.pk: item for item in Item.objects.filter(version=wave.version_id)}

    def write(self, rows: Sequence[AnswerRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        with self.context.chunk(rows[-1].row, report):
            self._write(rows, report)

    def _write(self, rows: Sequence[AnswerRow], report: Report) -> None:
        with connection.cursor() as cursor:
            # Two imports at once would both find a response missing and both write it.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
            known = self._known(rows)
            new = [row for row in rows if row.sample_no not in known]
            self._insert(cursor, new, report)
            old = [(row, known[row.sample_no]) for row in rows if row.sample_no in known]
            self._merge(cursor, self._mine(old, report), report)

    def _known(self, rows: Sequence[AnswerRow]) -> dict[str, tuple[int, int, bool]]:
        """Sample number → key, unit and whether voided, of responses that exist."""
        found = Response.objects.filter(
            wave=self.wave, sample_no__in=[row.sample_no for row in rows]
        ).values_list("sample_no", "pk", "unit_id", "voided_at")
        return {number: (key, unit, voided is not None) for number, key, unit, voided in found}

    def _insert(self, cursor: Any, rows: Sequence[AnswerRow], report: Report) -> None:
        if not rows:
            return
        keys = next_ids(cursor, "satisfaction_response", len(rows))
        now = timezone.now()
        lines = [self._response(key, row, now) for key, row in zip(keys, rows, strict=True)]
        pairs = list(zip(rows, keys, strict=True))
        copy_rows(cursor, "satisfaction_response", RESPONSE_COLUMNS, lines)
        copy_rows(cursor, "satisfaction_rating", RATING_COLUMNS, self._ratings(pairs))
        copy_rows(cursor, "satisfaction_remark", REMARK_COLUMNS, self._remarks(pairs))
        report.created["responses"] += len(rows)

    def _response(self, key: int, row: AnswerRow, now: Any) -> tuple[Any, ...]:
        summary = summary_of(self.items, row.given)
        return (
            *(key, self.wave.pk, self.wave.is_anonymous, row.sample_no, row.stage),
            *(row.asked_by, row.interviewer, row.answered_at, row.seconds),
            # What an agency hands over it holds for complete.
            *(False, "", [], "", self.run_id, now),
            *(row.unit_id, *self.units[row.unit_id].scope_columns()),
            *(getattr(summary, name) for name in SUMMARY),
        )

    def _ratings(self, pairs: Pairs) -> list[tuple[Any, ...]]:
        return [
            (key, item, self.wave.pk, *astuple(given))
            for row, key in pairs
            for item, given in row.given.items()
        ]

    def _remarks(self, pairs: Pairs) -> list[tuple[Any, ...]]:
        return [
            (key, item, self.wave.pk, text)
            for row, key in pairs
            for item, text in row.remarks.items()
        ]

    # --- known responses ----------------------------------------------------------------------

    def _mine(
        self, rows: Sequence[tuple[AnswerRow, tuple[int, int, bool]]], report: Report
    ) -> list[tuple[AnswerRow, int]]:
        """Rows that may change what exists; the others are told why not."""
        found = []
        for row, (key, unit, voided) in rows:
            if unit != row.unit_id:
                sentence = _("The sample number {number} belongs to answers of another project.")
                report.take_back(row.row, "number_taken", sentence.format(number=row.sample_no))
            elif voided:
                sentence = _("These answers were voided here; nothing of them was changed.")
                report.warn(row.row, "voided", sentence)
            else:
                found.append((row, key))
        return [] if self.context.mode == "skip" else found

    def _merge(self, cursor: Any, pairs: Pairs, report: Report) -> None:
        """Give known responses what the file knows beyond them."""
        is_update = self.context.mode == "update"
        rated = _filled(cursor, "satisfaction_rating", self._ratings(pairs), is_update)
        said = _filled(cursor, "satisfaction_remark", self._remarks(pairs), is_update)
        told = _facts_filled(cursor, pairs, is_update)
        if rated:
            summarise(Response.objects.filter(pk__in=rated))
        report.updated["responses"] += len(rated | said | told)


def _filled(cursor: Any, table: str, lines: Sequence[tuple], is_update: bool) -> set[int]:
    """Write ratings or remarks of known responses; the keys of those that it changed."""
    if not lines:
        return set()
    columns, types, values = FILLED[table]
    rule = UPDATE if is_update else FILL
    sets = ", ".join(f"{name} = {rule.format(name, table)}" for name in values)
    same = " AND ".join(
        f"{rule.format(name, table)} IS NOT DISTINCT FROM {table}.{name}" for name in values
    )
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns.split())}) "
        f"SELECT * FROM unnest({', '.join(f'%s::{type_}[]' for type_ in types)}) "
        f"ON CONFLICT (response_id, item_id) DO UPDATE SET {sets} "
        f"WHERE NOT ({same}) RETURNING response_id",
        [list(column) for column in zip(*lines, strict=True)],
    )
    return {found[0] for found in cursor.fetchall()}


def _facts_filled(cursor: Any, pairs: Pairs, is_update: bool) -> set[int]:
    """The same for what stands on the response itself."""
    lines = [
        (key, row.stage or None, row.interviewer or None, row.answered_at, row.seconds)
        for row, key in pairs
    ]
    if not lines:
        return set()
    rule = "coalesce(new.{0}, known.{0})" if is_update else "coalesce(known.{0}, new.{0})"
    # Empty texts say nothing; NULL stands for them while old and new are compared.
    known = "id, nullif(stage, '') stage, nullif(interviewer, '') interviewer, answered_at, seconds"
    cursor.execute(
        f"WITH filled AS (SELECT known.id, {', '.join(f'{rule.format(c)} {c}' for c in FACTS)} "
        "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::int[]) "
        f"AS new (id, {', '.join(FACTS)}) "
        f"JOIN (SELECT {known} FROM satisfaction_response WHERE id = ANY(%s)) known USING (id)) "
        "UPDATE satisfaction_response r SET stage = coalesce(f.stage, ''), "
        "interviewer = coalesce(f.interviewer, ''), answered_at = f.answered_at, "
        "seconds = f.seconds FROM filled f WHERE r.id = f.id AND "
        "(r.stage, r.interviewer, r.answered_at, r.seconds) IS DISTINCT FROM "
        "(coalesce(f.stage, ''), coalesce(f.interviewer, ''), f.answered_at, f.seconds) "
        "RETURNING r.id",
        [*(list(column) for column in zip(*lines, strict=True)), [line[0] for line in lines]],
    )
    return {found[0] for found in cursor.fetchall()}
