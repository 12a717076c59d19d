"""Trips and leave of other systems: one row a span of days (LOG-02).

They count as approved: whoever keeps the other system decided. A day that is known already is left
as it is, so that the same file again, or a longer one, only adds what is missing.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from audit.services import record
from compliance.imports.people import EMPLOYEE_NO, REASONS, PeopleByNumber
from compliance.models import Absence, AbsenceKind, AbsenceSource, AbsenceState
from compliance.services.absences import LONGEST, hold_people
from compliance.services.log_in_days import ask_for_days
from core.files.headers import Field
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.models import ImportRun
from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.dates import parse_date
from regions.models import Kind, OrgUnit

PERMISSION = "compliance.import_absence"
CHUNK = 1000
ONE_DAY = dt.timedelta(days=1)
FIELDS = (
    EMPLOYEE_NO,
    Field(
        "first",
        gettext_lazy("First day"),
        (
            *("开始日期", "起始日期", "开始时间", "起始时间", "出发日期", "首日", "自", "起"),
            *("请假开始日期", "出差开始日期", "开始"),
        ),
        required=True,
    ),
    Field(
        "last",
        gettext_lazy("Last day"),
        (
            *("结束日期", "终止日期", "结束时间", "截止日期", "终止时间", "返回日期", "末日"),
            *("请假结束日期", "出差结束日期", "结束", "至", "止"),
        ),
        required=True,
    ),
    Field(
        "kind",
        gettext_lazy("Kind"),
        ("类型", "类别", "假别", "请假类型", "考勤类型", "单据类型", "性质", "种类"),
        required=True,
    ),
    Field("destination", gettext_lazy("Destination"), ("目的地", "出差地点", "地点", "前往地点")),
    Field(
        "reason", gettext_lazy("Reason"), ("事由", "出差事由", "请假事由", "原因", "说明", "备注")
    ),
)
# Words of files: whatever names a duty elsewhere is a trip, whatever names a free day is leave.
TRIP_WORDS = ("差", "公出", "外勤", "外出", "trip", "travel")
LEAVE_WORDS = ("假", "休", "leave", "holiday")
MESSAGES: dict[str, Any] = {
    "first_missing": gettext_lazy("The first day is missing."),
    "last_missing": gettext_lazy("The last day is missing."),
    "order": gettext_lazy("The last day lies before the first."),
    "too_long": gettext_lazy("More than a year away: please check the dates."),
    "kind_missing": gettext_lazy("Whether it is a trip or leave is missing."),
    "kind": gettext_lazy("“{word}” is neither a trip nor leave."),
    "overlap": gettext_lazy(
        "{first} to {last} is entered as {kind} already. Please correct one of them."
    ),
    "joined": gettext_lazy("Some of these days were known already; only the others were added."),
}


@dataclass(frozen=True, slots=True)
class TripRow:
    """A good row."""

    row: int
    person_id: int
    unit_id: int | None
    kind: str
    first: dt.date
    last: dt.date
    destination: str
    reason: str


@register
class TripsKind(ImportKind):
    """`trips`: who was on a trip or on leave."""

    name = "trips"
    title = gettext_lazy("Trips and leave")
    permission = PERMISSION
    sheets = (SheetSpec("trips", FIELDS, ("出差休假", "出差", "休假", "请假", "考勤")),)
    reasons = REASONS | {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "first_missing": gettext_lazy("First day missing"),
        "last_missing": gettext_lazy("Last day missing"),
        "date": gettext_lazy("Date wrong"),
        "order": gettext_lazy("Days in the wrong order"),
        "too_long": gettext_lazy("Too long"),
        "kind_missing": gettext_lazy("Kind missing"),
        "kind": gettext_lazy("Kind unknown"),
        "overlap": gettext_lazy("Overlaps what is known"),
    }
    position = 41
    can_undo = True

    def undo(self, run: ImportRun) -> tuple[int, int]:
        """Whatever nobody has corrected since goes."""
        brought = Absence.objects.filter(import_run=run)
        untouched = brought.filter(state=AbsenceState.APPROVED, version=1)
        count = brought.count()
        deleted = len(list(untouched.values_list("pk", flat=True)))
        untouched.delete()
        record("import.undone", by=run.actor, subject=run, rows=deleted)
        ask_for_days()
        return deleted, count - deleted

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, writer=TripWriter(context))
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind=self.name,
        )
        ask_for_days()
        return report

    def _pass(self, source: Source, context: ImportContext, writer: "TripWriter | None") -> Report:
        """One pass over the sheet; with a writer, good rows are written chunk by chunk."""
        section = source.sections["trips"]
        section.header.require()
        report = Report.from_counts(context.counts)
        report.created["absences"] += 0
        checker = RowChecker(section, context, report)
        chunk: list[TripRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
        if writer and chunk:
            writer.write(chunk, report)
        context.progress(report.rows, report.rows, phase(writing=bool(writer)))
        return report


class RowChecker:
    """Checks rows of one sheet in order; it remembers the rows it has seen."""

    def __init__(self, section: Section, context: ImportContext, report: Report) -> None:
        self.at = section.header.positions
        self.epoch1904 = section.table.epoch1904
        self.people = PeopleByNumber(context, PERMISSION)
        self.report = report
        self.seen: set[bytes] = set()

    def check(self, number: int, values: Sequence[Cell]) -> TripRow | None:
        """The row ready to write, or None when it was rejected or skipped (see the report)."""
        report = self.report
        report.rows += 1
        print_ = hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).digest()
        if print_ in self.seen:
            report.skip_repeated(number)
            return None
        self.seen.add(print_)
        try:
            row = self._read(number, values)
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            return None
        report.accepted += 1
        return row

    def _read(self, number: int, values: Sequence[Cell]) -> TripRow:
        """Raises BadValue with the first reason that applies."""

        def cell(name: str) -> Cell:
            return values[self.at[name]] if name in self.at else None

        person, unit = self.people.find(cell("employee_no"))
        first, last = (self._day(cell(name), name) for name in ("first", "last"))
        if last < first:
            raise BadValue("order", MESSAGES["order"])
        if (last - first).days >= LONGEST:
            raise BadValue("too_long", MESSAGES["too_long"])
        return TripRow(
            row=number,
            person_id=person,
            unit_id=unit,
            kind=kind_of(cell("kind")),
            first=first,
            last=last,
            destination=self.report.text(number, cell("destination"), 120, one_line=True),
            reason=self.report.text(number, cell("reason"), 500),
        )

    def _day(self, value: Cell, name: str) -> dt.date:
        day = parse_date(value, self.epoch1904)
        if day is None:
            raise BadValue(f"{name}_missing", MESSAGES[f"{name}_missing"])
        return day


def kind_of(value: Cell) -> str:
    """Trip or leave, by the word of the file. Raises BadValue."""
    word = cell_text(value)
    if is_nothing(word):
        raise BadValue("kind_missing", MESSAGES["kind_missing"])
    lower = word.lower()
    if any(part in lower for part in TRIP_WORDS):
        return AbsenceKind.TRIP
    if any(part in lower for part in LEAVE_WORDS):
        return AbsenceKind.LEAVE
    raise BadValue("kind", str(MESSAGES["kind"]).format(word=word[:30]))


Span = tuple[dt.date, dt.date]


def missing_parts(first: dt.date, last: dt.date, known: Sequence[Span]) -> list[Span]:
    """The stretches from `first` through `last` that none of the known spans covers."""
    parts, day = [], first
    for begins, ends in sorted(known):
        if ends < day or begins > last:
            continue
        if begins > day:
            parts.append((day, begins - ONE_DAY))
        day = max(day, ends + ONE_DAY)
    if day <= last:
        parts.append((day, last))
    return parts


class TripWriter:
    """Writes chunks of one import."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.units = OrgUnit.objects.in_bulk()
        self.group = next((unit for unit in self.units.values() if unit.kind == Kind.GROUP), None)

    def write(self, rows: Sequence[TripRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        before = report.created.copy()
        try:
            with transaction.atomic():
                self._write(rows, report)
                self.context.checkpoint(rows[-1].row, report)
        except BaseException:
            report.created = before
            raise

    def _write(self, rows: Sequence[TripRow], report: Report) -> None:
        people = {row.person_id for row in rows}
        hold_people(people)
        known: dict[int, list[tuple[str, Span]]] = defaultdict(list)
        approved = Absence.objects.approved().filter(person__in=people)
        for person, kind, first, last in approved.values_list(
            "person_id", "kind", "first_day", "last_day"
        ):
            known[person].append((kind, (first, last)))
        fresh: list[Absence] = []
        for row in rows:
            mine = known[row.person_id]
            other = self._contradiction(row, mine)
            if other is not None:
                report.take_back(row.row, "overlap", other)
                continue
            spans = [span for kind, span in mine if kind == row.kind]
            parts = missing_parts(row.first, row.last, spans)
            if parts and parts != [(row.first, row.last)]:
                report.warn(row.row, "joined", MESSAGES["joined"])
            fresh += [self._absence(row, part) for part in parts]
            known[row.person_id] += [(row.kind, part) for part in parts]
        Absence.objects.bulk_create(fresh)
        report.created["absences"] += len(fresh)

    def _contradiction(self, row: TripRow, known: list[tuple[str, Span]]) -> str | None:
        """The sentence for a row whose days are known as something else."""
        for kind, (first, last) in known:
            if kind != row.kind and first <= row.last and last >= row.first:
                word = AbsenceKind(kind).label
                return str(MESSAGES["overlap"]).format(first=first, last=last, kind=word)
        return None

    def _absence(self, row: TripRow, days: Span) -> Absence:
        absence = Absence(
            person_id=row.person_id,
            kind=row.kind,
            first_day=days[0],
            last_day=days[1],
            destination=row.destination,
            reason=row.reason,
            state=AbsenceState.APPROVED,
            source=AbsenceSource.FILE,
            import_run=self.context.run,
            entered_by=self.context.actor,
        )
        absence.place_in(self.units.get(row.unit_id or 0) or self.group)
        return absence
