"""Rows of a file of answers: each is checked alone, a good one becomes an `AnswerRow`."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy

from core.imports.kinds import ImportContext, Section
from core.imports.report import Report
from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.dates import CHINA, parse_datetime
from core.values.numbers import parse_number
from customers.imports import directory
from satisfaction.imports.columns import EXPECTATION, IMPORTANCE, SCORE, Asked
from satisfaction.imports.words import NO_ANSWER, asked_by_of, rating_of, stage_of
from satisfaction.models import AskedBy, ItemRole
from satisfaction.services.answers import Given

PERMISSION = "satisfaction.import_response"
REMARK_LENGTH = 5000
LONGEST = 24 * 3600

MESSAGES: dict[str, Any] = {
    "duplicate_sample": gettext_lazy(
        "The sample number {number} occurs twice with different answers. Please correct one."
    ),
    "no_answers": gettext_lazy("The row holds no answer. Please delete it or fill it in."),
    "scale": gettext_lazy("“{word}” is not on the scale of “{item}” and was left out."),
    "stage": gettext_lazy("The owner stage “{word}” is unknown and was left out."),
}


@dataclass(slots=True)
class AnswerRow:
    """One person's answers, ready to write; ratings by column of the file."""

    row: int
    sample_no: str
    unit_id: int
    stage: str
    asked_by: AskedBy
    interviewer: str
    answered_at: dt.datetime | None
    seconds: int | None
    given: dict[int, Given] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)


class AnswerChecker:
    """Checks rows one by one; what is wrong goes into the report.

    `items` says which item a column asks of, by the item's key and the aspect.
    """

    def __init__(
        self,
        section: Section,
        context: ImportContext,
        report: Report,
        items: Mapping[int, tuple[int, Asked]],
    ) -> None:
        self.at = section.header.positions
        self.epoch1904 = section.table.epoch1904
        self.directory = directory.ProjectDirectory(context.scope(PERMISSION))
        self.report, self.items = report, items
        self.prints: dict[str, bytes] = {}
        self.alike: Counter[bytes] = Counter()

    def check(self, number: int, values: Sequence[Cell]) -> AnswerRow | None:
        """The row ready to write, or None when it was rejected or skipped (see the report)."""
        report = self.report
        report.rows += 1
        try:
            row = self._read(number, values)
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            return None
        if row is None:
            report.skip_repeated(number)
            return None
        report.accepted += 1
        return row

    def _read(self, row: int, values: Sequence[Cell]) -> AnswerRow | None:
        """None for a row that repeats another. Raises BadValue with the first reason."""

        def cell(name: str) -> Cell:
            return values[self.at[name]] if name in self.at else None

        content = repr(values).encode("utf-8", "replace")
        digest = hashlib.blake2b(content, digest_size=12).digest()
        number = cell_text(cell("sample_no"))[:40]
        if not is_nothing(number) and number in self.prints:
            if self.prints[number] == digest:
                return None
            sentence = str(MESSAGES["duplicate_sample"]).format(number=number)
            raise BadValue("duplicate_sample", sentence)
        found = AnswerRow(
            row=row,
            sample_no=number,
            unit_id=self._project(cell),
            stage=self._stage(row, cell("stage")),
            asked_by=asked_by_of(cell_text(cell("asked_by"))),
            interviewer=self.report.text(row, cell("interviewer"), 40, one_line=True),
            answered_at=self._moment(row, cell("answered")),
            seconds=self._seconds(cell("seconds")),
        )
        self._answers(found, values)
        if not found.given and not found.remarks:
            raise BadValue("no_answers", MESSAGES["no_answers"])
        # Only a row that is taken holds its number: of a bad row and its correction the latter
        # counts.
        if is_nothing(number):
            found.sample_no = self._numbered(digest)
        else:
            self.prints[number] = digest
        return found

    def _numbered(self, digest: bytes) -> str:
        """A number for a row that brings none: its content, so that the file can come again;
        equal rows are told apart by counting them."""
        self.alike[digest] += 1
        return f"={digest.hex()}-{self.alike[digest]}"

    def _project(self, cell: Any) -> int:
        """By code, else by name; a code that nobody knows may stand beside a known name."""
        code, name = cell("project_code"), cell("project")
        found = None
        for words in (code, name):
            if is_nothing(cell_text(words)):
                continue
            found = self.directory.find(cell("region"), cell("city"), words)
            if found.unit is not None:
                return found.unit.pk
        words = cell_text(name)[:60] or cell_text(code)[:60]
        reason = found.code if found else "unknown_project"
        raise BadValue(reason, str(directory.MESSAGES[reason]).format(project=words))

    def _stage(self, row: int, value: Cell) -> str:
        word = cell_text(value)
        if is_nothing(word):
            return ""
        stage = stage_of(word)
        if stage is None:
            self.report.warn(row, "stage", str(MESSAGES["stage"]).format(word=word[:30]))
        return stage.value if stage else ""

    def _moment(self, row: int, value: Cell) -> dt.datetime | None:
        try:
            moment = parse_datetime(value, self.epoch1904)
        except BadValue as bad:
            self.report.warn(row, bad.code, bad.message)
            return None
        return moment.replace(tzinfo=CHINA) if moment else None

    def _seconds(self, value: Cell) -> int | None:
        """Whole seconds; `05:30` and `5分30秒` are read too, anything else says nothing."""
        text = cell_text(value)
        for mark in ("分钟", "分", "'", "："):
            text = text.replace(mark, ":")
        text = text.rstrip("秒s\"'")
        try:
            if ":" in text:
                minutes, _colon, rest = text.partition(":")
                return min(int(minutes) * 60 + int(rest or 0), LONGEST)
            number = parse_number(text)
        except (BadValue, ValueError):
            return None
        return int(number) if number is not None and 0 <= number <= LONGEST else None

    # --- answers ------------------------------------------------------------------------------

    def _answers(self, row: AnswerRow, values: Sequence[Cell]) -> None:
        for index, (item, asked) in self.items.items():
            value = values[index] if index < len(values) else None
            if asked.role == ItemRole.REMARK:
                if text := self.report.text(row.row, value, REMARK_LENGTH):
                    row.remarks[item] = text
                continue
            number = self._rating(row.row, value, asked)
            if number is not None:
                row.given[item] = _with(row.given.get(item, Given()), asked.aspect, number)

    def _rating(self, row: int, value: Cell, asked: Asked) -> int | None:
        text = cell_text(value)
        number = rating_of(text) if text else None
        if number is not None and number.is_integer():
            low, high = asked.low or 0, asked.high or 0
            if low <= number <= high:
                return int(number)
        if text.lower() not in NO_ANSWER:
            sentence = str(MESSAGES["scale"]).format(word=text[:20], item=asked.name)
            self.report.warn(row, "scale", sentence)
        return None


def _with(given: Given, aspect: str, number: int) -> Given:
    values = {
        SCORE: given.score,
        IMPORTANCE: given.importance,
        EXPECTATION: given.expectation,
    } | {aspect: number}
    return Given(values[SCORE], values[IMPORTANCE], values[EXPECTATION])
