"""Workbooks of cases: the list exactly as it is filtered, and the monthly summary.

Telephone numbers stay masked. A page asks for a job, so that a worker writes long files under the
rights of the moment it runs; the command writes in its own process.
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
from complaints.forms.filters import CaseFilter
from complaints.models import Case, Complainant
from complaints.selectors.contract_works import cost_by_case
from complaints.selectors.lists import CaseQuery, all_cases
from complaints.selectors.summary import AGES, Figures, Part, Summary
from core.errors import Refused
from core.exports import exports, hold_back
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify
from core.scope import EVERYTHING
from customers.exports import folder
from regions.models import OrgUnit

PERMISSION = "complaints.export_case"
KIND = "complaints.export"

COLUMNS = (
    SheetColumn(gettext_lazy("Case number"), "id"),
    SheetColumn(gettext_lazy("Kind")),
    SheetColumn(gettext_lazy("State")),
    SheetColumn(gettext_lazy("Region"), width=16),
    SheetColumn(gettext_lazy("City"), width=16),
    SheetColumn(gettext_lazy("Project"), width=18),
    SheetColumn(gettext_lazy("Room"), "id", 18),
    SheetColumn(gettext_lazy("Complainant")),
    SheetColumn(gettext_lazy("Phone (masked)"), "id", 16),
    SheetColumn(gettext_lazy("Channel")),
    SheetColumn(gettext_lazy("Category (first level)")),
    SheetColumn(gettext_lazy("Category (second level)")),
    SheetColumn(gettext_lazy("Level of the case")),
    SheetColumn(gettext_lazy("Content"), width=50),
    SheetColumn(gettext_lazy("Handler")),
    SheetColumn(gettext_lazy("Taken in at"), "datetime"),
    SheetColumn(gettext_lazy("First contact at"), "datetime"),
    SheetColumn(gettext_lazy("Resolved at"), "datetime"),
    SheetColumn(gettext_lazy("Closed at"), "datetime"),
    SheetColumn(gettext_lazy("Call-back satisfaction"), "integer"),
    SheetColumn(pgettext_lazy("case", "Cause")),
    SheetColumn(gettext_lazy("Result"), width=40),
    SheetColumn(gettext_lazy("Costs (yuan)"), "money"),
)


class CaseSheet:
    """Rows of the export, chunk by chunk; unit names are read once."""

    def __init__(self, user: Any, query: CaseQuery) -> None:
        self.user = user
        self.query = query
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for cases in all_cases(self.user, self.query, permission=PERMISSION):
            keys = [case.pk for case in cases]
            results = dict(Case.objects.filter(pk__in=keys).values_list("pk", "resolution"))
            people = Complainant.objects.filter(case__in=keys, is_first=True)
            phones = {one.case_id: one.phone_masked for one in people.select_related("subject")}
            costs = cost_by_case(keys)
            for case in cases:
                row = self._row(case, phones.get(case.pk, ""), results[case.pk])
                yield (*row, costs.get(case.pk))

    def _row(self, case: Case, phone: str, result: str) -> tuple[Any, ...]:
        category = case.category
        top = category.parent or category if category else None
        return (
            *(case.number, case.get_kind_display(), case.get_state_display()),
            *(self.units.get(key or 0, "") for key in (case.region_id, case.city_id)),
            *(self.units.get(case.project_id or case.unit_id, ""), case.room),
            *(case.complainant_name, phone),
            case.channel_words or case.get_channel_display(),
            top.name if top else "",
            category.name if category and category.parent else "",
            case.level.name if case.level else "",
            case.content,
            case.handler.name if case.handler else "",
            *(_local(case.taken_in_at), _local(case.first_contact_at)),
            *(_local(case.resolved_at), _local(case.closed_at)),
            *(case.rating, case.get_cause_display(), result),
        )


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if moment else None


def write_export(user: Any, query: CaseQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows. `user` may be a scope."""
    with SheetWriter(target) as book:
        return book.write_sheet(
            _("Cases"), COLUMNS, CaseSheet(user, query).rows(), progress=progress
        )


def start_export(*, by: Any, filter_query: str) -> Job:
    """Ask a worker for the export of a filtered list. Raises Refused while one is running."""
    payload = {"filter": filter_query, "file": f"{secrets.token_hex(16)}.xlsx"}
    job = enqueue(KIND, key=f"{KIND}:{by.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


@handles(KIND, title=gettext_lazy("Export cases"), queue=Queue.FILES)
def _export_job(running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(PERMISSION):
        raise Refused(_("You may not export cases any more."))
    data = QueryDict(running.payload["filter"])
    query = CaseFilter(data, user=user).query(data.get("sort", ""))
    if query.term.problem:
        raise Refused(str(query.term.problem))
    target = folder() / running.payload["file"]

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    rows = write_export(user, query, target, progress=progress)
    target.chmod(0o600)
    return Ending(
        _("{rows} cases were written.").format(rows=f"{rows:,}"),
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
    record("case.exported", by=user, subject=job, rows=rows)
    url = reverse("complaints:export-detail", args=[job.pk])
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
        transaction.on_commit(partial((folder() / name).unlink, missing_ok=True))


@exports("complaints")
def _export_command(unit_code: str, target: Path) -> int:
    """The operator's export of a branch or of the whole group."""
    unit = OrgUnit.objects.filter(code=unit_code).first() if unit_code else None
    if unit_code and unit is None:
        raise Refused(_("There is no unit with the code {code}.").format(code=unit_code))
    rows = write_export(EVERYTHING, CaseQuery(unit=unit), target)
    record("case.exported", by=None, rows=rows)
    return rows


# --- the monthly summary --------------------------------------------------------------------------


def write_summary(summary: Summary, target: Path) -> None:
    """A sheet of the units with the total below, and one for each way of sorting cases."""
    with SheetWriter(target) as book:
        book.write_sheet(_("Units"), _summary_columns(), _summary_rows(summary))
        for title, parts in (
            (_("By category"), summary.by_category),
            (_("By level"), summary.by_level),
            (_("By channel"), summary.by_channel),
            (_("By cause"), summary.by_cause),
        ):
            columns = (SheetColumn(title, width=30), SheetColumn(_("Cases"), "integer"))
            book.write_sheet(title, columns, map(_part, parts))
        columns = (SheetColumn(_("Borne by"), width=30), SheetColumn(_("Costs (yuan)"), "money"))
        book.write_sheet(_("Costs"), columns, summary.costs)


def age_labels() -> list[str]:
    """The ages of open cases in words."""
    first, second, third = AGES
    return [
        _("Open up to {days} days").format(days=first),
        _("Open {first}–{last} days").format(first=first + 1, last=second),
        _("Open {first}–{last} days").format(first=second + 1, last=third),
        _("Open more than {days} days").format(days=third),
    ]


def _summary_columns() -> list[SheetColumn]:
    return [
        SheetColumn(_("Unit"), width=22),
        SheetColumn(_("Code"), "id", 12),
        SheetColumn(_("Cases taken in"), "integer"),
        SheetColumn(_("Complaints"), "integer"),
        SheetColumn(_("First contact within limit"), "percent"),
        SheetColumn(_("Resolution within limit"), "percent"),
        SheetColumn(_("Reopened"), "integer"),
        SheetColumn(_("Repeat complaints"), "integer"),
        SheetColumn(_("Rated"), "integer"),
        SheetColumn(_("Call-back satisfaction"), "number"),
        SheetColumn(_("Satisfied (4 and 5)"), "percent"),
        *(SheetColumn(label, "integer") for label in age_labels()),
        SheetColumn(_("Households"), "integer"),
        SheetColumn(_("Complaints per 1,000 households"), "number"),
    ]


def _summary_rows(summary: Summary) -> Iterator[tuple[Any, ...]]:
    for line in summary.lines:
        yield (line.unit.name, line.unit.code, *_figures(line.figures))
    yield (_("Total"), "", *_figures(summary.total))


def _figures(one: Figures) -> tuple[Any, ...]:
    return (
        *(one.taken_in, one.complaints, one.contact_share, one.resolution_share, one.reopened),
        *(one.repeated, one.rated, one.satisfaction, one.satisfied_share, *one.open),
        *(one.households, one.rate),
    )


def _part(part: Part) -> tuple[str, int]:
    label = part.label or _("not stated")
    return f"{'　' * part.depth}{label}", part.count
