"""Workbooks of answers: the list exactly as it is filtered, without identity unless permitted."""

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
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import UserState
from accounts.shutting import sweeps
from audit.services import record
from core.errors import Refused
from core.exports import hold_back
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify
from customers.exports import folder
from customers.models import OwnerStage
from regions.models import OrgUnit
from satisfaction.forms.answers import AnswerFilter
from satisfaction.models import Flag, Item, ItemRole, Response, Wave
from satisfaction.models.questionnaires import UNRATED
from satisfaction.selectors.answers import IDENTITY, VIEW, AnswerQuery, Said, all_answers
from satisfaction.selectors.questionnaires import asked_of

KIND = "satisfaction.export_answers"


class AnswerSheet:
    """Columns and rows of a wave's answers. Who gave them stands in its own column for readers who
    may know, for each answer in the reach of that right; the column is missing for all others."""

    def __init__(self, user: Any, query: AnswerQuery) -> None:
        self.user, self.query = user, query
        self.items = asked_of(query.wave.version)
        self.units = dict(OrgUnit.objects.values_list("pk", "name"))
        self.anonymous = query.wave.is_anonymous
        self.names = not self.anonymous and user.has_perm(IDENTITY)

    def columns(self) -> list[SheetColumn]:
        found = [
            SheetColumn(_("Region"), width=16),
            SheetColumn(_("City"), width=16),
            SheetColumn(_("Project"), width=18),
            *([] if self.anonymous else [SheetColumn(_("Stage"))]),
            *([SheetColumn(_("Customer"), width=16)] if self.names else []),
            SheetColumn(_("Sample number"), "id"),
            SheetColumn(_("Channel")),
            SheetColumn(_("Answered on"), "date"),
            SheetColumn(_("Duration in seconds"), "integer"),
            SheetColumn(_("Partial")),
            SheetColumn(_("Quality"), width=20),
            SheetColumn(_("Reason for voiding"), width=20),
        ]
        for item in self.items:
            found += self._item_columns(item)
        return found

    def _item_columns(self, item: Item) -> list[SheetColumn]:
        name = item.shown_name
        if item.role in UNRATED:
            return [SheetColumn(name, width=40)]
        columns = [SheetColumn(name, "integer")]
        if item.asks_importance:
            columns.append(SheetColumn(_("{name}: importance").format(name=name), "integer"))
        if item.asks_expectation:
            columns.append(SheetColumn(_("{name}: expectation").format(name=name), "integer"))
        return columns

    def rows(self) -> Iterator[tuple[Any, ...]]:
        for chunk in all_answers(self.user, self.query):
            known = self._known([response.pk for response, _said in chunk])
            for response, said in chunk:
                cells = [cell for item in self.items for cell in _cells(item, said.get(item.pk))]
                yield (*self._facts(response, response.pk in known), *cells)

    def _known(self, keys: list[int]) -> set[int]:
        if not self.names:
            return set()
        rows = Response.objects.visible_to(self.user, IDENTITY).filter(pk__in=keys)
        return set(rows.values_list("pk", flat=True))

    def _facts(self, response: Response, is_known: bool) -> tuple[Any, ...]:
        person = response.customer.name if is_known and response.customer else ""
        day = timezone.localdate(response.answered_at) if response.answered_at else None
        return (
            *(self.units.get(key or 0, "") for key in (response.region_id, response.city_id)),
            self.units.get(response.project_id or response.unit_id, ""),
            *([] if self.anonymous else [stage_words(response.stage)]),
            *([person] if self.names else []),
            *(response.sample_no, response.get_asked_by_display(), day, response.seconds),
            _("yes") if response.is_partial else "",
            "、".join(str(Flag(flag).label) for flag in response.flags),
            response.void_reason,
        )


def stage_words(stage: str) -> str:
    """An owner stage in words; files of agencies may bring others, which stay as they are."""
    return str(OwnerStage(stage).label) if stage in OwnerStage.values else stage


def _cells(item: Item, said: Said | None) -> list[Any]:
    if item.role == ItemRole.REMARK:
        return [said.words if said else ""]
    if item.role in UNRATED:
        return ["、".join(said.chosen) if said else ""]
    cells = [said.score if said else None]
    if item.asks_importance:
        cells.append(said.importance if said else None)
    if item.asks_expectation:
        cells.append(said.expectation if said else None)
    return cells


def write_export(user: Any, query: AnswerQuery, target: Path, *, progress: Any = None) -> int:
    """Write the list to a workbook. Returns the number of rows."""
    sheet = AnswerSheet(user, query)
    with SheetWriter(target) as book:
        return book.write_sheet(
            pgettext("survey", "Answers"), sheet.columns(), sheet.rows(), progress=progress
        )


def start_export(wave: Wave, *, by: Any, filter_query: str) -> Job:
    """Ask a worker for the export of a filtered list. Raises Refused while one is running."""
    name = f"{secrets.token_hex(16)}.xlsx"
    payload = {"wave": wave.pk, "filter": filter_query, "file": name}
    job = enqueue(KIND, key=f"{KIND}:{by.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


@handles(KIND, title=gettext_lazy("Export answers"), queue=Queue.FILES)
def _export_job(running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(VIEW):
        raise Refused(_("You may not export answers any more."))
    wave = Wave.objects.visible_to(user, VIEW).select_related("version")
    found = wave.filter(pk=running.payload["wave"]).first()
    if found is None:
        raise Refused(_("You may not export answers any more."))
    query = AnswerFilter(QueryDict(running.payload["filter"]), user=user).query(found)
    target = folder() / running.payload["file"]

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    rows = write_export(user, query, target, progress=progress)
    target.chmod(0o600)
    return Ending(
        _("{rows} answers were written.").format(rows=f"{rows:,}"),
        partial(_exported, running.job, user, found, rows, target),
    )


def _exported(job: Job, user: Any, wave: Wave, rows: int, target: Path) -> None:
    """Record the export, and tell whoever waits for it elsewhere. Raises StopAsked for somebody
    whose account was closed after the last batch."""
    people = get_user_model().objects.select_for_update(of=("self",))
    if not people.filter(pk=user.pk, state=UserState.ACTIVE).exists():
        target.unlink(missing_ok=True)
        raise StopAsked
    record("satisfaction.answers_exported", by=user, subject=job, rows=rows, code=wave.code)
    url = reverse("satisfaction:answers-export-detail", args=[job.pk])
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
