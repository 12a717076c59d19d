"""The customer list as a workbook: exactly what is filtered, under the requester's rights.

Numbers of persons stay masked. A page asks for a job, so that a worker writes long files and the
rights are those of the moment it runs; the command writes in its own process.
"""

import secrets
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import UserState
from accounts.shutting import sweeps
from audit.services import record
from core.errors import Refused
from core.exports import exports, hold_back
from core.files.parts import PART, written_whole
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify
from core.scope import EVERYTHING
from customers.forms import CustomerFilter
from customers.models import CustomerUnit
from customers.selectors.lists import ListQuery, all_places
from regions.models import OrgUnit

PERMISSION = "customers.export_customer"
KIND = "customers.export"

COLUMNS = (
    SheetColumn(gettext_lazy("Customer code"), "id"),
    SheetColumn(gettext_lazy("Name"), width=18),
    SheetColumn(gettext_lazy("Kind")),
    SheetColumn(gettext_lazy("Region"), width=16),
    SheetColumn(gettext_lazy("City"), width=16),
    SheetColumn(gettext_lazy("Project"), width=18),
    SheetColumn(gettext_lazy("Properties"), width=30),
    SheetColumn(gettext_lazy("Stage")),
    SheetColumn(gettext_lazy("Level")),
    SheetColumn(gettext_lazy("Ownership class")),
    SheetColumn(gettext_lazy("Phone (masked)"), "id", 16),
    SheetColumn(gettext_lazy("Keeper")),
    SheetColumn(gettext_lazy("Signed on"), "date"),
    SheetColumn(gettext_lazy("Handed over on"), "date"),
    SheetColumn(gettext_lazy("Last contact"), "datetime", 18),
    SheetColumn(gettext_lazy("Next contact on"), "date"),
)


def folder() -> Path:
    """The private folder of exported files, made on first use."""
    path = Path(settings.PRIVATE_FILES) / "exports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


class CustomerSheet:
    """Rows of the export, chunk by chunk; unit names are read once."""

    def __init__(self, user: Any, query: ListQuery) -> None:
        self.user = user
        self.query = query
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))
        self.today = timezone.localdate()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for places in all_places(self.user, self.query, permission=PERMISSION):
            for place in places:
                yield self._row(place)

    def _row(self, place: CustomerUnit) -> tuple[Any, ...]:
        customer: Any = place.customer
        stage = place.stage(self.today)
        return (
            customer.code,
            customer.name,
            customer.get_kind_display(),
            self.units.get(place.region_id or 0, ""),
            self.units.get(place.city_id or 0, ""),
            self.units.get(place.project_id or 0, ""),
            "、".join(f"{row.unit.name}{row.property.label}" for row in customer.owned),
            stage.label if stage else "",
            place.level,
            place.ownership_class,
            customer.phone_masked,
            place.keeper.name if place.keeper else "",
            place.signed_on,
            place.handed_over_on,
            timezone.localtime(place.last_contact_at) if place.contacted else None,
            place.next_contact_on,
        )


def write_export(user: Any, query: ListQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows. `user` may be a scope."""
    with SheetWriter(target) as book:
        return book.write_sheet(
            _("Customers"), COLUMNS, CustomerSheet(user, query).rows(), progress=progress
        )


def start_export(*, by: Any, filter_query: str) -> Job:
    """Ask a worker for the export of a filtered list. Raises Refused while one is running."""
    payload = {"filter": filter_query, "file": f"{secrets.token_hex(16)}.xlsx"}
    job = enqueue(KIND, key=f"customers.export:{by.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


@handles(KIND, title=gettext_lazy("Export customers"), queue=Queue.FILES)
def _export_job(running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(PERMISSION):
        raise Refused(_("You may not export customers any more."))
    form = CustomerFilter(QueryDict(running.payload["filter"]), user=user)
    data = QueryDict(running.payload["filter"])
    query = form.query(data.get("sort", ""))
    if query.term.problem:
        raise Refused(str(query.term.problem))
    target = folder() / running.payload["file"]

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    with written_whole(target) as part:
        rows = write_export(user, query, part, progress=progress)
        part.chmod(0o600)
    return Ending(
        _("{rows} customers were written.").format(rows=f"{rows:,}"),
        partial(_exported, running.job, user, rows, target),
    )


def _exported(job: Job, user: Any, rows: int, target: Path) -> None:
    """Record the export, and tell whoever waits for it elsewhere.

    Raises StopAsked for somebody whose account was closed after the last batch: his files were
    deleted then, and this one must not come after.
    """
    people = get_user_model().objects.select_for_update(of=("self",))
    if not people.filter(pk=user.pk, state=UserState.ACTIVE).exists():
        target.unlink(missing_ok=True)
        raise StopAsked
    record("customer.exported", by=user, subject=job, rows=rows)
    url = reverse("customers:export-detail", args=[job.pk])
    if hold_back(job, rows=rows, by=user, url=url):
        return
    notify(
        [user],
        "core.export_ready",
        key=notice_key(job),
        url=url,
        rows=rows,
        outcome="done",
    )


def notice_key(job: Job) -> str:
    """The event of an export being ready (core.notices)."""
    return f"export:{job.pk}"


@sweeps
def _delete_files_of(people: Collection[int]) -> None:
    """Workbooks written for people whose accounts close are deleted at once (reliability 13)."""
    payloads = Job.objects.filter(kind=KIND, actor__in=people).values_list("payload", flat=True)
    for name in [payload["file"] for payload in payloads]:
        for path in (folder() / name, folder() / f"{PART}{name}"):
            transaction.on_commit(partial(path.unlink, missing_ok=True))


@exports("customers")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    unit = OrgUnit.objects.filter(code=unit_code).first() if unit_code else None
    if unit_code and unit is None:
        raise Refused(_("There is no unit with the code {code}.").format(code=unit_code))
    rows = write_export(EVERYTHING, ListQuery(unit=unit), target)
    record("customer.exported", by=None, rows=rows)
    return rows
