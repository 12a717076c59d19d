"""Lists as files: asked for on a page, written by a worker, kept for whoever asked.

The rights and the reach are those of the moment the worker runs, not those of the asking.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.deeds import record
from core.errors import Refused
from core.exports.files import delete_files, path_of
from core.exports.gates import hold_back
from core.files.parts import written_whole
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import Job, Queue
from core.notices import notify

Payload = Mapping[str, Any]
Progress = Callable[[int], None]


def _nothing(_payload: Payload) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class ListExport:
    """A list that people take away as a workbook.

    `write(user, payload, target, progress=…)` writes the file under the rights of `user` and
    returns its rows; it calls `progress(rows so far)` now and then and raises Refused for what
    cannot be written. `done` is the sentence at its end with `{rows}`. `about(payload)` adds
    details to the entry of the record, whose action is `deed`. `file_name` is the file's name for
    the reader with `{day}` and whatever else `named(payload)` tells. `page` and `file` are names of
    addresses that take the key of the job. `queue` is whose worker writes it.
    """

    kind: str
    title: str | Promise
    note: str | Promise
    right: str
    refusal: str | Promise
    done: str | Promise
    file_name: str | Promise
    deed: str
    page: str
    file: str
    write: Callable[..., int]
    about: Callable[[Payload], dict[str, Any]] = _nothing
    named: Callable[[Payload], dict[str, Any]] = _nothing
    queue: str = Queue.FILES


EXPORTS: dict[str, ListExport] = {}


def offer(export: ListExport) -> ListExport:
    """Let workers write this list, and have its files deleted with the accounts they are for."""
    EXPORTS[export.kind] = export
    handles(export.kind, title=export.title, queue=export.queue)(partial(_do, export))
    return export


def start(export: ListExport, *, by: Any, **asked: Any) -> Job:
    """Ask a worker for the file; `asked` says which rows. Raises Refused while one is running."""
    payload = asked | {"file": f"{secrets.token_hex(16)}.xlsx"}
    job = enqueue(export.kind, key=f"{export.kind}:{by.pk}", by=by, payload=payload)
    if job.payload != payload:
        raise Refused(_("An export of yours is still running. Please wait for it."))
    return job


def notice_key(job: Job) -> str:
    """The event of an export being ready (core.notices)."""
    return f"export:{job.pk}"


def announce(job: Job, *, to: Any, rows: int, url: str) -> None:
    """Tell whoever asked that the file may be fetched."""
    notify([to], "core.export_ready", key=notice_key(job), url=url, rows=rows, outcome="done")


def delete_files_of(people: Collection[int]) -> None:
    """Delete the files that were written for people whose accounts close (reliability 13)."""
    delete_files(Job.objects.filter(kind__in=EXPORTS, actor__in=people))


# --- the work -------------------------------------------------------------------------------------


def _do(export: ListExport, running: Running) -> Ending:
    user = running.job.actor
    if user is None or not user.has_perm(export.right):
        raise Refused(str(export.refusal))

    def progress(done: int) -> None:
        running.progress(done, 0, _("Writing the workbook"))

    target = path_of(running.job)
    with written_whole(target) as part:
        rows = export.write(user, running.payload, part, progress=progress)
        part.chmod(0o600)
    return Ending(
        str(export.done).format(rows=f"{rows:,}"),
        partial(_written, export, running.job, user, rows, target),
    )


def _written(export: ListExport, job: Job, user: Any, rows: int, target: Path) -> None:
    """Record the export; tell whoever asked, unless the file waits for its release.

    Raises StopAsked for somebody whose account was closed after the last batch: his files were
    deleted then, and this one must not come after.
    """
    person = get_user_model().objects.select_for_update(of=("self",)).filter(pk=user.pk).first()
    if person is None or not person.is_active:
        target.unlink(missing_ok=True)
        raise StopAsked
    record(export.deed, by=user, subject=job, rows=rows, **export.about(job.payload))
    url = reverse(export.page, args=[job.pk])
    if not hold_back(job, rows=rows, by=user, url=url):
        announce(job, to=user, rows=rows, url=url)
