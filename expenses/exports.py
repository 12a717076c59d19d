"""Workbooks of applications: the list exactly as it is filtered, written by a worker.

Accounts and telephone numbers of beneficiaries are left out.
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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import UserState
from accounts.shutting import sweeps
from audit.services import record
from core.errors import Refused
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify
from customers.exports import folder
from expenses.forms.filters import PaperFilter
from expenses.models import ApplicationCustomer
from expenses.selectors.lists import PaperQuery, all_papers
from regions.models import OrgUnit

PERMISSION = "expenses.export_application"
KIND = "expenses.export"

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


def start_export(*, by: Any, filter_query: str) -> Job:
    """Ask a worker for the export of a filtered list. Raises Refused while one is running."""
    payload = {"filter": filter_query, "file": f"{secrets.token_hex(16)}.xlsx"}
    job = enqueue(KIND, key=f"{KIND}:{by.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


@handles(KIND, title=gettext_lazy("Export applications"), queue=Queue.FILES)
def _export_job(running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(PERMISSION):
        raise Refused(_("You may not export expenses any more."))
    query = PaperFilter(QueryDict(running.payload["filter"]), user=user).query()
    target = folder() / running.payload["file"]

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    rows = write_export(user, query, target, progress=progress)
    target.chmod(0o600)
    return Ending(
        _("{rows} applications were written.").format(rows=f"{rows:,}"),
        partial(_exported, running.job, user, rows, target),
    )


def _exported(job: Job, user: Any, rows: int, target: Path) -> None:
    """Record the export and tell whoever waits for it. Raises StopAsked for somebody whose account
    was closed after the last row: his files were deleted then, this one must not come after."""
    people = get_user_model().objects.select_for_update(of=("self",))
    if not people.filter(pk=user.pk, state=UserState.ACTIVE).exists():
        target.unlink(missing_ok=True)
        raise StopAsked
    record("application.exported", by=user, subject=job, rows=rows)
    notify(
        [user],
        "core.export_ready",
        key=notice_key(job),
        url=reverse("expenses:export-detail", args=[job.pk]),
        rows=rows,
        outcome="done",
    )


def notice_key(job: Job) -> str:
    """The event of an export being ready (core.notices)."""
    return f"export:{job.pk}"


@sweeps
def _delete_files_of(people: Collection[int]) -> None:
    """Workbooks written for people whose accounts close are deleted at once."""
    payloads = Job.objects.filter(kind=KIND, actor__in=people).values_list("payload", flat=True)
    for name in [payload["file"] for payload in payloads]:
        transaction.on_commit(partial((folder() / name).unlink, missing_ok=True))
