"""The ledger as a workbook: exactly the filtered lines, under the rights of who asked.

Written by a worker, or by the command `export expenses` in its own process. Beneficiaries and
their accounts stay out of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.services import record
from core.exports import ListExport, exports, offer
from core.exports.lists import Payload, Progress
from core.files.writer import SheetColumn, SheetWriter
from core.paging import page_of
from core.scope import EVERYTHING
from expenses.exports import PERMISSION, REFUSAL
from expenses.forms.filters import LedgerFilter
from expenses.models import LedgerEntry
from expenses.selectors.lists import CHUNK, LedgerQuery, ledger_parts, ledger_rows
from regions.selectors.units import branch_of_code

COLUMNS = (
    SheetColumn(gettext_lazy("Booked on"), "date"),
    SheetColumn(gettext_lazy("Application number"), "id"),
    SheetColumn(pgettext_lazy("application", "Purpose"), width=30),
    SheetColumn(gettext_lazy("Category")),
    SheetColumn(gettext_lazy("Unit"), width=22),
    SheetColumn(gettext_lazy("Code"), "id", 12),
    SheetColumn(gettext_lazy("Kind"), width=16),
    SheetColumn(gettext_lazy("Approved (yuan)"), "money"),
    SheetColumn(gettext_lazy("Paid (yuan)"), "money"),
    SheetColumn(pgettext_lazy("ledger", "Text"), width=40),
    SheetColumn(pgettext_lazy("ledger", "By")),
    SheetColumn(gettext_lazy("Written at"), "datetime"),
)


def _row(line: LedgerEntry) -> tuple[Any, ...]:
    paper = line.application
    return (
        *(line.booked_on, paper.number, paper.title, line.category.name),
        *(line.unit.name, line.unit.code, line.get_kind_display(), line.approved, line.paid),
        *(line.text, line.by.name if line.by else "", timezone.localtime(line.at)),
    )


def _rows(user: Any, query: LedgerQuery) -> Iterator[tuple[Any, ...]]:
    """The lines in the order of the page, chunk by chunk."""
    parts, after = ledger_parts(user, query), ""
    while True:
        page = page_of(parts, query.order, ledger_rows, after=after, size=CHUNK)
        yield from map(_row, page.rows)
        after = page.next
        if not after:
            return


def write_ledger(user: Any, query: LedgerQuery, target: Path, *, progress: Any = None) -> int:
    """Write the lines to a workbook. Returns their number. `user` may be a scope."""
    with SheetWriter(target) as book:
        return book.write_sheet(_("Ledger"), COLUMNS, _rows(user, query), progress=progress)


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    query = LedgerFilter(QueryDict(payload["filter"]), user=user).query()
    return write_ledger(user, query, target, progress=progress)


LEDGER = offer(
    ListExport(
        kind="expenses.ledger_export",
        title=gettext_lazy("Export the ledger"),
        note=gettext_lazy(
            "The workbook holds exactly the filtered lines; beneficiaries stay out of it."
        ),
        right=PERMISSION,
        refusal=REFUSAL,
        done=gettext_lazy("{rows} lines were written."),
        file_name=gettext_lazy("Ledger {day}.xlsx"),
        deed="ledger.exported",
        page="expenses:ledger-export-detail",
        file="expenses:ledger-export-file",
        write=_write,
    )
)


@exports("expenses")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    rows = write_ledger(EVERYTHING, LedgerQuery(unit=branch_of_code(unit_code)), target)
    record("ledger.exported", by=None, rows=rows)
    return rows
