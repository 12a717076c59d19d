"""Writing checked rows of answers by the thousand.

One chunk is one transaction with its checkpoint, so a killed import has written whole chunks and
goes on behind them. New responses are copied in; of known ones, found by their sample number,
ratings are filled or replaced as the importer chose. Nothing is asked of the database while rows
flow into a COPY.
"""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.imports.kinds import ImportContext
from core.imports.report import Report
from regions.models import OrgUnit
from satisfaction.imports.survey_rows import AnswerRow
from satisfaction.models import Item, Response, Wave
from satisfaction.services.answers import SUMMARY, summarise, summary_of

IMPORT_LOCK = 7_231_003
RESPONSE_COLUMNS = (
    "id wave_id is_anonymous sample_no stage asked_by interviewer answered_at seconds is_partial "
    "void_reason import_run_id created_at unit_id region_id city_id project_id"
).split() + SUMMARY
RATING_COLUMNS = "response_id item_id wave_id score importance expectation".split()
REMARK_COLUMNS = "response_id item_id wave_id text".split()
# A known rating keeps its numbers and gets those it lacks; or the file's numbers win.
FILL = "coalesce(satisfaction_rating.{0}, excluded.{0})"
UPDATE = "coalesce(excluded.{0}, satisfaction_rating.{0})"


class AnswerWriter:
    """Writes chunks of one import into one wave."""

    def __init__(self, context: ImportContext, wave: Wave) -> None:
        self.context, self.wave = context, wave
        self.run_id = context.run.pk if context.run else None
        self.units = {unit.pk: unit for unit in OrgUnit.objects.all()}
        self.items = {item.pk: item for item in Item.objects.filter(version=wave.version_id)}

    def write(self, rows: Sequence[AnswerRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        before = (report.created.copy(), report.updated.copy())
        try:
            with transaction.atomic():
                self._write(rows, report)
                self.context.checkpoint(rows[-1].row, report)
        except BaseException:
            report.created, report.updated = before
            raise

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
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('satisfaction_response', 'id')) "
            "FROM generate_series(1, %s)",
            [len(rows)],
        )
        keys = [row[0] for row in cursor.fetchall()]
        now = timezone.now()
        lines = [self._response(key, row, now) for key, row in zip(keys, rows, strict=True)]
        _copy(cursor, "satisfaction_response", RESPONSE_COLUMNS, lines)
        ratings = [
            (key, item, self.wave.pk, *astuple(given))
            for key, row in zip(keys, rows, strict=True)
            for item, given in row.given.items()
        ]
        _copy(cursor, "satisfaction_rating", RATING_COLUMNS, ratings)
        remarks = [
            (key, item, self.wave.pk, text)
            for key, row in zip(keys, rows, strict=True)
            for item, text in row.remarks.items()
        ]
        _copy(cursor, "satisfaction_remark", REMARK_COLUMNS, remarks)
        report.created["responses"] += len(rows)

    def _response(self, key: int, row: AnswerRow, now: Any) -> tuple[Any, ...]:
        summary = summary_of(self.items, row.given)
        return (
            *(key, self.wave.pk, self.wave.is_anonymous, row.sample_no, row.stage),
            *(row.asked_by, row.interviewer, row.answered_at, row.seconds),
            *(summary.overall is None, "", self.run_id, now),
            *(row.unit_id, *self.units[row.unit_id].scope_columns()),
            *(getattr(summary, name) for name in SUMMARY),
        )

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

    def _merge(self, cursor: Any, rows: list[tuple[AnswerRow, int]], report: Report) -> None:
        """Give known responses what the file knows beyond them."""
        changed: set[int] = set()
        rule = UPDATE if self.context.mode == "update" else FILL
        numbers = ("score", "importance", "expectation")
        sets = ", ".join(f"{name} = {rule.format(name)}" for name in numbers)
        same = " AND ".join(
            f"{rule.format(name)} IS NOT DISTINCT FROM satisfaction_rating.{name}"
            for name in numbers
        )
        lines = [
            (key, item, self.wave.pk, *astuple(given))
            for row, key in rows
            for item, given in row.given.items()
        ]
        if lines:
            arrays = "%s::bigint[], %s::bigint[], %s::bigint[], %s::int2[], %s::int2[], %s::int2[]"
            cursor.execute(
                f"INSERT INTO satisfaction_rating ({', '.join(RATING_COLUMNS)}) "  # noqa: S608
                f"SELECT * FROM unnest({arrays}) "
                f"ON CONFLICT (response_id, item_id) DO UPDATE SET {sets} "
                f"WHERE NOT ({same}) RETURNING response_id",
                [list(column) for column in zip(*lines, strict=True)],
            )
            changed = {found[0] for found in cursor.fetchall()}
        if changed:
            summarise(Response.objects.filter(pk__in=changed))
            report.updated["responses"] += len(changed)


def _copy(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[tuple]) -> None:
    """Rows are complete before the COPY opens: while it is open the connection answers nothing."""
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
