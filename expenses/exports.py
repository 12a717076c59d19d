"""Workbooks of applications: the list exactly as it is filtered, written by a worker.

Accounts and telephone numbers of beneficiaries are left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.exports import ListExport, offer
from core.exports.lists import Payload, Progress
from core.files.writer import SheetColumn, SheetWriter
from expenses.forms.filters import PaperFilter
from expenses.models import ApplicationCustomer
from expenses.selectors.lists import PaperQuery, all_papers
from regions.models import OrgUnit

PERMISSION = "expenses.export_application"
REFUSAL = gettext_lazy("You may not export expenses any more.")

COLUMNS = (
    SheetColumn(gettext_lazy("Application number"), "id"),
    SheetColumn(gettext_lazy("State")),
    SheetColumn(pgettext_lazy("expense", "Category")),
    SheetColumn(pgettext_lazy("application", "Purpose"), width=30),
    SheetColumn(gettext_lazy("Region"), width=16),
    SheetColumn(gettext_lazy("City"), width=16),
    SheetColumn(gettext_lazy("Unit"), width=18),
    SheetColumn(gettext_lazy("Applicant")),
    SheetColumn(gettext_lazy("Applied on"), "date"),
    SheetColumn(gettext_lazy("Date of the event"), "date"),
    SheetColumn(gettext_lazy("People taking part"), "integer"),
    SheetColumn(pgettext_lazy("expense", "Customers"), width=30),
    SheetColumn(gettext_lazy("Amount (yuan)"), "money"),
    SheetColumn(gettext_lazy("Approved (yuan)"), "money"),
    SheetColumn(gettext_lazy("Paid (yuan)"), "money"),
    SheetColumn(gettext_lazy("Over budget")),
    SheetColumn(gettext_lazy("Evidence due on"), "date"),
)


def _rows(user: Any, query: PaperQuery) -> Iterator[tuple[Any, ...]]:
    units = dict(OrgUnit.objects.values_list("pk", "name"))
    for papers in all_papers(user, query, PERMISSION):
        names: dict[int, list[str]] = {}
        customers = ApplicationCustomer.objects.filter(application__in=[p.pk for p in papers])
        for key, name in customers.values_list("application", "customer__name"):
            names.setdefault(key, []).append(name)
        for paper in papers:
            yield (
                *(paper.number, paper.get_state_display(), paper.category.name, paper.title),
                *(units.get(place or 0, "") for place in (paper.region_id, paper.city_id)),
                *(paper.unit.name, paper.applicant.name if paper.applicant else ""),
                *(paper.applied_on, paper.event_on, paper.people),
                "、".join(names.get(paper.pk, [])),
                *(paper.amount, paper.approved_amount, paper.paid_amount),
                _("yes") if paper.over_budget else "",
                paper.evidence_due_on,
            )


def write_export(user: Any, query: PaperQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows."""
    with SheetWriter(target) as book:
        title = _("Applications")
        return book.write_sheet(title, COLUMNS, _rows(user, query), progress=progress)


def _write(user: Any, payload: Payload, target: Path, *, progress: Progress) -> int:
    query = PaperFilter(QueryDict(payload["filter"]), user=user).query()
    return write_export(user, query, target, progress=progress)


PAPERS = offer(
    ListExport(
        kind="expenses.export",
        title=gettext_lazy("Export applications"),
        note=gettext_lazy(
            "The workbook holds exactly the filtered list; accounts of beneficiaries are left out."
        ),
        right=PERMISSION,
        refusal=REFUSAL,
        done=gettext_lazy("{rows} applications were written."),
        file_name=gettext_lazy("Expenses {day}.xlsx"),
        deed="application.exported",
        page="expenses:export-detail",
        file="expenses:export-file",
        write=_write,
    )
)
