"""The file of public days: a row a day or span, as the State Council announces a year."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from core.errors import Refused
from core.files.headers import Field
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report
from core.values.base import BadValue, Cell
from core.values.dates import parse_date
from regions.calendars.publication import read_days, refuse_twice
from regions.models import PublicDay
from regions.services.calendars import enter_public_days

FIELDS = (
    Field("first", gettext_lazy("Day"), ("日期", "开始日期", "首日", "起始日期"), True),
    Field("last", gettext_lazy("Last day"), ("结束日期", "末日", "截止日期")),
    Field("kind", gettext_lazy("Kind"), ("类型", "安排", "性质"), True),
    Field("name", gettext_lazy("Name"), ("名称", "节日", "节假日", "节日名称"), True),
    Field("hours_as", gettext_lazy("Works the hours of"), ("按周几上班", "对应星期", "补哪天")),
)


@register
class PublicDaysKind(ImportKind):
    """`public_days`: holidays and make-up working days. Days that the file does not name stay."""

    name = "public_days"
    title = gettext_lazy("Public holidays and make-up working days")
    permission = "regions.change_publicday"
    sheets = (SheetSpec("days", FIELDS, ("节假日", "公共假日", "放假安排"), 0),)
    reasons = {
        "date": gettext_lazy("Day"),
        "span": gettext_lazy("Last day"),
        "kind": gettext_lazy("Kind"),
        "name": gettext_lazy("Name"),
        "twice": gettext_lazy("Given twice"),
        "weekday": gettext_lazy("Weekday"),
        "known": gettext_lazy("Entered already"),
    }
    position = 900

    def check(self, source: Source, context: ImportContext) -> Report:
        """What each row says, without writing."""
        return _read(source.sections["days"], context)[0]

    @transaction.atomic
    def apply(self, source: Source, context: ImportContext) -> Report:
        """All good rows in one transaction; rows that say nothing new are skipped."""
        report, days = _read(source.sections["days"], context)
        fresh, changed = enter_public_days(days, by=context.actor)
        report.created["public_days"] = fresh
        report.updated["public_days"] = changed
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind=self.name,
        )
        return report


def _read(section: Section, context: ImportContext) -> tuple[Report, list[PublicDay]]:
    """The days of good rows. Raises Refused for a reach that is not the whole group."""
    if not context.scope(PublicDaysKind.permission).everything:
        raise Refused(_("Public days hold for the whole group; please ask its administrator."))
    report = Report()
    days: dict[date, PublicDay] = {}
    known = PublicDay.objects.in_bulk()
    at = section.header.positions
    for number, values in section.rows():
        report.rows += 1
        try:
            found = _days(values, at, epoch1904=section.table.epoch1904)
            refuse_twice(found, days)
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            continue
        days |= {one.day: one for one in found}
        if all(one.day in known and one.says_the_same(known[one.day]) for one in found):
            report.skip(number, "known", _("These days have been entered already."))
        else:
            report.accepted += 1
    return report, list(days.values())


def _days(values: Sequence[Cell], at: dict[str, int], *, epoch1904: bool) -> list[PublicDay]:
    """The days of one row. Raises BadValue."""

    def cell(name: str) -> Cell:
        index = at.get(name)
        return values[index] if index is not None and index < len(values) else None

    def day(name: str) -> date | None:
        return parse_date(cell(name), epoch1904)

    return read_days(day("first"), day("last"), cell("kind"), cell("name"), cell("hours_as"))
