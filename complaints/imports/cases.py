"""Lists of complaints as offices and service systems export them: one row a case.

Cases come as history: their times, states and ratings stay what the file says, and no clock
starts, nobody is told, nothing escalates. `case_rows` checks rows, `case_writer` writes them by
the thousand.
"""

import dataclasses

from django.utils.translation import gettext_lazy

from audit.services import record
from complaints.imports.case_fields import FIELDS
from complaints.imports.case_rows import PERMISSION, CaseRow, RowChecker
from complaints.imports.case_writer import CaseWriter
from complaints.models import Category
from complaints.services.undo_import import undo_case_import
from core.files.headers import Header
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.models import ImportRun
from customers.imports.directory import REASONS

CHUNK = 5000


@register
class ComplaintsKind(ImportKind):
    """`complaints`: former and present cases with their times, states and ratings."""

    name = "complaints"
    title = gettext_lazy("Complaints")
    permission = PERMISSION
    sheets = (SheetSpec("complaints", FIELDS, ("投诉台账", "投诉", "工单", "客诉台账")),)
    reasons = {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "name_missing": gettext_lazy("Complainant missing"),
        **REASONS,
        "taken_in_missing": gettext_lazy("Time of intake missing"),
        "date": gettext_lazy("Date wrong"),
        "number_taken": gettext_lazy("Case number belongs to another project"),
    }
    position = 3
    takes_mode = True
    can_undo = True
    list_address = "complaints:list"

    def _section(self, *args: object) -> Section:
        """A list that only tells the day of the intake has its column taken for the time."""
        section = super()._section(*args)  # type: ignore[arg-type]
        return dataclasses.replace(section, header=_day_for_time(section.header))

    def undo(self, run: ImportRun) -> tuple[int, int]:
        return undo_case_import(run)

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        with CaseWriter(context) as writer:
            report = self._pass(source, context, writer)
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="complaints",
        )
        return report

    def _pass(self, source: Source, context: ImportContext, writer: CaseWriter | None) -> Report:
        """One pass over the sheet; with a writer, good rows are written chunk by chunk."""
        section = source.sections["complaints"]
        section.header.require()
        report = Report.from_counts(context.counts)
        for name in ("cases", "categories", "levels"):
            report.created[name] += 0
        report.updated["cases"] += 0
        tops = set(Category.objects.filter(parent=None).values_list("name", flat=True))
        checker = RowChecker(section, context, report, tops)
        total = section.table.row_count
        chunk: list[CaseRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
            if report.rows % 1000 == 0:
                context.progress(report.rows, total, phase(writing=bool(writer)))
        if writer and chunk:
            writer.write(chunk, report)
        context.progress(report.rows, report.rows, phase(writing=bool(writer)))
        return report


def _day_for_time(header: Header) -> Header:
    if "taken_in" in header.positions or "taken_on" not in header.positions:
        return header
    columns = tuple(
        dataclasses.replace(column, field="taken_in") if column.field == "taken_on" else column
        for column in header.columns
    )
    return dataclasses.replace(header, columns=columns)
