"""Ledgers of expenses of former times: one row a paper.

They come as history: states and sums stay what the file says; no ceiling, no budget and no rule
about leavers is asked, no flow starts and nobody is told. `rows` checks rows, `writer` writes
them by the thousand.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from core.files.headers import Header
from core.files.problems import FileProblem
from core.imports.kinds import ImportContext, ImportKind, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.models import ImportRun
from expenses.imports.fields import FIELDS
from expenses.imports.rows import PERMISSION, ExpenseRow, RowChecker
from expenses.imports.writer import ExpenseWriter
from expenses.services.undo_import import undo_expense_import

CHUNK = 2000


@register
class ExpensesKind(ImportKind):
    """`expenses`: former applications with their sums and states."""

    name = "expenses"
    title = gettext_lazy("Expenses")
    permission = PERMISSION
    sheets = (SheetSpec("expenses", FIELDS, ("客户关系费用台账", "费用台账", "费用明细", "费用")),)
    reasons = {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "number_twice": gettext_lazy("Number stands twice"),
        "unit_missing": gettext_lazy("Unit missing"),
        "unknown_unit": gettext_lazy("Unit unknown"),
        "unit_ambiguous": gettext_lazy("Several units of this name"),
        "applied_on_missing": gettext_lazy("Date of the application missing"),
        "date": gettext_lazy("Date wrong"),
        "category_missing": gettext_lazy("Category missing"),
        "amount_missing": gettext_lazy("Amount missing"),
        "amount_negative": gettext_lazy("Amount not above zero"),
        "amount_too_large": gettext_lazy("Amount too large"),
        "money": gettext_lazy("Amount wrong"),
        "state_missing": gettext_lazy("State missing"),
        "state": gettext_lazy("State unknown"),
        "number_taken": gettext_lazy("Number belongs to another paper"),
        "differs": gettext_lazy("Differs from what was booked"),
    }
    position = 6
    can_undo = True
    list_address = "expenses:applications"

    def undo(self, run: ImportRun) -> tuple[int, int]:
        return undo_expense_import(run)

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, writer=ExpenseWriter(context))
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="expenses",
        )
        return report

    def _pass(self, source: Source, context: ImportContext, writer: ExpenseWriter | None) -> Report:
        """One pass over the sheet; with a writer, good rows are written chunk by chunk."""
        section = source.sections["expenses"]
        section.header.require()
        _require_unit(section.header)
        report = Report.from_counts(context.counts)
        for name in ("applications", "expense_categories"):
            report.created[name] += 0
        report.updated["applications"] += 0
        checker = RowChecker(section, context, report)
        chunk: list[ExpenseRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
            if report.rows % 1000 == 0:
                total = section.table.row_count
                context.progress(report.rows, total, phase(writing=bool(writer)))
        if writer and chunk:
            writer.write(chunk, report)
        context.progress(report.rows, report.rows, phase(writing=bool(writer)))
        return report


def _require_unit(header: Header) -> None:
    """Code or name: one of the two columns must be there."""
    if not {"unit", "unit_name"} & set(header.positions):
        raise FileProblem(_("The file has no column for the unit: neither its code nor its name."))
