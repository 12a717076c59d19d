"""The ledger as a workbook: exactly the filtered lines, under the rights of who asked.

Written by a worker, or by the command `export expenses` in its own process. Beneficiaries and
their accounts stay out of it.
"""

import secrets
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import UserState
from accounts.shutting import sweeps
from audit.services import record
from complaints.selectors.paging import page_of
from core.errors import Refused
from core.exports import exports
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify
from core.scope import EVERYTHING
from customers.exports import folder
from expenses.exports import PERMISSION, notice_key
from expenses.forms.filters import LedgerFilter
from expenses.models import LedgerEntry
from expenses.selectors.lists import CHUNK, LedgerQuery, ledger_parts, ledger_rows
from regions.models import OrgUnit

KIND = "expenses.ledger_export"

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


def start_export(*, by: Any, filter_query: str) -> Job:
    """Ask a worker for the export of a filtered ledger. Raises Refused while one is running."""
    payload = {"filter": filter_query, "file": f"{secrets.token_hex(16)}.xlsx"}
    job = enqueue(KIND, key=f"{KIND}:{by.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


@handles(KIND, title=gettext_lazy("Export the ledger"), queue=Queue.FILES)
def _export_job(running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(PERMISSION):
        raise Refused(_("You may not export expenses any more."))
    query = LedgerFilter(QueryDict(running.payload["filter"]), user=user).query()
    target = folder() / running.payload["file"]

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    rows = write_ledger(user, query, target, progress=progress)
    target.chmod(0o600)
    return Ending(
        _("{rows} lines were written.").format(rows=f"{rows:,}"),
        partial(_exported, running.job, user, rows, target),
    )


def _exported(job: Job, user: Any, rows: int, target: Path) -> None:
    """Record the export and tell whoever waits for it. Raises StopAsked for somebody whose account
    was closed after the last row: his files were deleted then, this one must not come after."""
    people = get_user_model().objects.select_for_update(of=("self",))
    if not people.filter(pk=user.pk, state=UserState.ACTIVE).exists():
        target.unlink(missing_ok=True)
        raise StopAsked
    record("ledger.exported", by=user, subject=job, rows=rows)
    notify(
        [user],
        "core.export_ready",
        key=notice_key(job),
        url=reverse("expenses:ledger-export-detail", args=[job.pk]),
        rows=rows,
        outcome="done",
    )


@sweeps
def _delete_files_of(people: Collection[int]) -> None:
    """Workbooks written for people whose accounts close are deleted at once."""
    payloads = Job.objects.filter(kind=KIND, actor__in=people).values_list("payload", flat=True)
    for name in [payload["file"] for payload in payloads]:
        transaction.on_commit(partial((folder() / name).unlink, missing_ok=True))


@exports("expenses")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    unit = OrgUnit.objects.filter(code=unit_code).first() if unit_code else None
    if unit_code and unit is None:
        raise Refused(_("There is no unit with the code {code}.").format(code=unit_code))
    rows = write_ledger(EVERYTHING, LedgerQuery(unit=unit), target)
    record("ledger.exported", by=None, rows=rows)
    return rows
