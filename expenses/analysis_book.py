"""The expense analysis as a workbook with charts, from the same figures as the page (EXP-10)."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.files.writer import SheetChart, SheetColumn, SheetWriter
from expenses.forms.analysis import WAYS
from expenses.selectors.analysis import MONTH, Share


def workbook_of(found: Any, ways: Mapping[str, list[Share]]) -> bytes:
    """The workbook: facts, a sheet for each way of sorting, budgets, money per owner. `found` is
    what the page shows (expenses.views.analysis.Found)."""
    with TemporaryDirectory() as place:
        path = Path(place) / "analysis.xlsx"
        with SheetWriter(path) as book:
            _write_facts(book, found)
            for key, label in WAYS:
                _write_way(book, key, str(label), ways[key])
            _write_budgets(book, found)
            _write_owners(book, found)
        return path.read_bytes()


def _write_facts(book: SheetWriter, found: Any) -> None:
    asked, total, cost = found.asked, found.total, found.cost
    rows: list[tuple[str, Any]] = [
        (_("Unit"), asked.unit.name),
        (_("From"), asked.since),
        (_("Until"), asked.until),
        (_("Applications"), total.papers),
        (_("Asked for (yuan)"), f"{total.asked:.2f}"),
        (_("Approved (yuan)"), f"{total.approved:.2f}"),
        (_("Paid (yuan)"), f"{total.paid:.2f}"),
        (_("Complaints resolved"), cost.resolved),
        (_("of which cost money"), cost.with_money),
        (
            _("Paid for a resolved complaint (yuan)"),
            "" if cost.each is None else f"{cost.each:.2f}",
        ),
    ]
    columns = (
        SheetColumn(pgettext("overview", "About"), width=34),
        SheetColumn(_("Content"), width=40),
    )
    book.write_sheet(_("Overview"), columns, rows)


def _write_way(book: SheetWriter, key: str, label: str, shares: list[Share]) -> None:
    columns = [
        SheetColumn(label, width=28),
        SheetColumn(_("Applications"), "integer"),
        SheetColumn(_("Asked for (yuan)"), "money"),
        SheetColumn(_("Approved (yuan)"), "money"),
        SheetColumn(_("Paid (yuan)"), "money"),
    ]
    rows = [
        (
            one.label or pgettext("expense", "others"),
            *(one.money.papers, one.money.asked, one.money.approved, one.money.paid),
        )
        for one in shares
    ]
    book.write_sheet(label, columns, rows)
    kind: Literal["bar", "line"] = "line" if key == MONTH else "bar"
    book.draw(SheetChart(kind, _("Paid (yuan)"), 0, 4, len(rows), len(columns) + 1))


def _write_budgets(book: SheetWriter, found: Any) -> None:
    if not found.outlook:
        return
    columns = [
        SheetColumn(_("Category"), width=18),
        SheetColumn(pgettext("budget", "Allotted"), "money"),
        SheetColumn(_("Reserved"), "money"),
        SheetColumn(_("Approved, not yet paid"), "money"),
        SheetColumn(pgettext("budget", "Paid"), "money"),
        SheetColumn(pgettext("budget", "Left"), "money"),
        SheetColumn(_("Forecast at the end of the year"), "money", 22),
    ]
    rows = [
        (
            one.row.category.name,
            *(one.row.allotted, one.row.reserved, one.row.committed, one.row.spent),
            *(one.row.left, one.forecast),
        )
        for one in found.outlook
    ]
    book.write_sheet(_("Budgets"), columns, rows)


def _write_owners(book: SheetWriter, found: Any) -> None:
    columns = [
        SheetColumn(_("Unit"), width=22),
        SheetColumn(_("Paid (yuan)"), "money"),
        SheetColumn(pgettext("expense", "Owners"), "integer"),
        SheetColumn(_("Paid per owner (yuan)"), "money"),
        SheetColumn(_("Satisfaction (mean)"), "number"),
    ]
    rows = [
        (
            *(one.unit.name, one.paid, one.owners, one.each),
            round(one.reading.value, 4) if one.reading else None,
        )
        for one in found.owners
    ]
    book.write_sheet(_("Money and satisfaction"), columns, rows)
