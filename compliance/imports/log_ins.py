"""Log-ins of former systems and of systems beside this one: one row a log-in (LOG-01)."""

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from compliance.imports.people import EMPLOYEE_NO, REASONS, PeopleByNumber
from compliance.models import FormerLogIn
from compliance.services.log_in_days import ask_for_days
from core.files.headers import Field, Header
from core.files.problems import FileProblem
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.models import ImportRun
from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.dates import CHINA, parse_datetime, parse_time

PERMISSION = "compliance.import_log_ins"
CHUNK = 5000
FIELDS = (
    EMPLOYEE_NO,
    Field(
        "at",
        gettext_lazy("Logged in at"),
        (
            *("登录时间", "登录日期时间", "登入时间", "登陆时间", "访问时间", "操作时间", "时间"),
            *("登录时刻", "时刻"),
        ),
    ),
    Field("day", gettext_lazy("Day"), ("登录日期", "登陆日期", "登入日期", "访问日期", "日期")),
    Field("ip", gettext_lazy("Address"), ("IP", "IP地址", "登录IP", "客户端IP", "来源IP")),
)
TIME_MISSING = gettext_lazy("The time of the log-in is missing.")
IP_WRONG = gettext_lazy("“{word}” is no address; the row was taken without it.")
INSERT = """
INSERT INTO compliance_formerlogin (user_id, at, ip, import_run_id)
SELECT r.user_id, r.at, r.ip, %s
FROM unnest(%s::bigint[], %s::timestamptz[], %s::inet[]) AS r(user_id, at, ip)
ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class LogInRow:
    """A good row; `at` is aware."""

    row: int
    user_id: int
    at: dt.datetime
    ip: str | None


@register
class LogInsKind(ImportKind):
    """`logins`: who logged in when."""

    name = "logins"
    title = gettext_lazy("Log-ins")
    permission = PERMISSION
    sheets = (SheetSpec("logins", FIELDS, ("登录日志", "登录记录", "登录明细", "日志")),)
    reasons = REASONS | {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "time_missing": gettext_lazy("Time missing"),
        "date": gettext_lazy("Date wrong"),
    }
    position = 40
    can_undo = True

    def undo(self, run: ImportRun) -> tuple[int, int]:
        """Nobody changes such rows, so all of them go."""
        deleted, _tables = FormerLogIn.objects.filter(import_run=run).delete()
        record("import.undone", by=run.actor, subject=run, rows=deleted)
        ask_for_days()
        return deleted, 0

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writes=False)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, writes=True)
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind=self.name,
        )
        ask_for_days()
        return report

    def _pass(self, source: Source, context: ImportContext, *, writes: bool) -> Report:
        """One pass over the sheet; good rows are written chunk by chunk if `writes`."""
        section = source.sections["logins"]
        section.header.require()
        _require_time(section.header)
        report = Report.from_counts(context.counts)
        report.created["log_ins"] += 0
        checker = RowChecker(section, context, report)
        chunk: list[LogInRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writes and len(chunk) >= CHUNK:
                _write(chunk, context, report)
                chunk = []
            if report.rows % 1000 == 0:
                context.progress(report.rows, section.table.row_count, phase(writing=writes))
        if writes and chunk:
            _write(chunk, context, report)
        context.progress(report.rows, report.rows, phase(writing=writes))
        return report


class RowChecker:
    """Checks rows of one sheet in order; it remembers the rows it has seen."""

    def __init__(self, section: Section, context: ImportContext, report: Report) -> None:
        self.at = section.header.positions
        self.epoch1904 = section.table.epoch1904
        self.people = PeopleByNumber(context, PERMISSION)
        self.report = report
        self.seen: set[bytes] = set()

    def check(self, number: int, values: Sequence[Cell]) -> LogInRow | None:
        """The row ready to write, or None when it was rejected or skipped (see the report)."""
        report = self.report
        report.rows += 1
        print_ = hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).digest()
        if print_ in self.seen:
            report.skip_repeated(number)
            return None
        self.seen.add(print_)
        try:
            person, _unit = self.people.find(self._cell(values, "employee_no"))
            moment = self._moment(self._cell(values, "at"), self._cell(values, "day"))
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            return None
        report.accepted += 1
        ip = self._address(number, self._cell(values, "ip"))
        return LogInRow(number, person, moment.replace(tzinfo=CHINA), ip)

    def _cell(self, values: Sequence[Cell], name: str) -> Cell:
        return values[self.at[name]] if name in self.at else None

    def _moment(self, at: Cell, day: Cell) -> dt.datetime:
        """The local time. Some systems write the day and the time of day in two columns; a day
        alone is enough, because the duty is one of days. Raises BadValue."""
        on = parse_datetime(day, self.epoch1904)
        if on is not None:
            time = parse_time(at) if _is_time_of_day(at) else None
            if time is not None:
                return dt.datetime.combine(on.date(), time)
        moment = parse_datetime(at, self.epoch1904) or on
        if moment is None:
            raise BadValue("time_missing", TIME_MISSING)
        return moment

    def _address(self, row: int, value: Cell) -> str | None:
        word = cell_text(value)
        if is_nothing(word):
            return None
        try:
            return str(ipaddress.ip_address(word.split("%")[0]))
        except ValueError:
            self.report.warn(row, "ip", str(IP_WRONG).format(word=word[:40]))
            return None


def _is_time_of_day(value: Cell) -> bool:
    """Whether a cell holds a time of day alone and no whole moment."""
    try:
        return parse_time(value) is not None and not isinstance(value, dt.datetime)
    except BadValue:
        return False


def _require_time(header: Header) -> None:
    """Moment or day: one of the two columns must be there."""
    if not {"at", "day"} & set(header.positions):
        raise FileProblem(_("The file has no column for the time of the log-in."))


def _write(rows: list[LogInRow], context: ImportContext, report: Report) -> None:
    """Write one chunk and its checkpoint in one transaction; known log-ins stay as they are."""
    before: Any = report.created.copy()
    columns: list[Any] = [
        [row.user_id for row in rows],
        [row.at for row in rows],
        [row.ip for row in rows],
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INSERT, [context.run.pk if context.run else None, *columns])
            report.created["log_ins"] += cursor.rowcount
            context.checkpoint(rows[-1].row, report)
    except BaseException:
        report.created = before
        raise
