"""A file's way through the system: stored, recognised, checked, applied, given back.

The stored file and the workbook of rejected rows lie in a folder only the application may enter,
under random names; both are deleted after 30 days.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

import pghistory
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.faults import fault_point
from core.files.parts import written_whole
from core.files.problems import FileProblem
from core.files.writer import write_rejected
from core.imports.kinds import ImportContext, ImportKind, Source, kind_named
from core.imports.report import Report
from core.jobs import Ending, Running, StopAsked, enqueue, handles
from core.models import ImportRun, ImportState, Job, JobState, Queue
from core.notices import notify
from core.personal_data import mask
from core.values.base import Cell, cell_text

KEPT_FOR = timedelta(days=30)
WORTH_LEAVING = timedelta(minutes=1)
CHUNK_BYTES = 1 << 20
CHECK, APPLY = "imports.check", "imports.apply"  # kinds of jobs


def folder() -> Path:
    """The private folder of import files, made on first use."""
    path = Path(settings.PRIVATE_FILES) / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def create_run(
    kind: ImportKind, file: IO[bytes], filename: str, *, by: Any, look: bool = True
) -> ImportRun:
    """Store an uploaded file and recognise its columns. Raises FileProblem, storing nothing.

    Without `look` the columns are left to the reading that follows at once: a large file is
    then read once and not twice.
    """
    stored = f"{secrets.token_hex(16)}{_suffix(filename)}"
    path = folder() / stored
    digest = _store(file, path)
    run = ImportRun(
        kind=kind.name,
        actor=by,
        file_name=clean_file_name(filename),
        file_hash=digest,
        stored_name=stored,
    )
    if not look:
        run.save()
        return run
    try:
        recognise(run, kind)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return run


def clean_file_name(filename: str) -> str:
    """The name a person gave, without folders and control characters, at most 200 long."""
    name = re.split(r"[\\/]", filename)[-1]
    name = "".join(letter for letter in name if letter.isprintable()).strip() or "file"
    return name[-200:]


def _suffix(filename: str) -> str:
    return Path(clean_file_name(filename)).suffix.lower()[:8]


def _store(file: IO[bytes], path: Path) -> str:
    """Write the upload in pieces; returns its SHA-256. Raises FileProblem when it is too large."""
    digest, size = hashlib.sha256(), 0
    with written_whole(path) as part, os.fdopen(_opened(part), "wb") as target:
        while piece := file.read(CHUNK_BYTES):
            size += len(piece)
            if size > settings.IMPORT_MAX_BYTES:
                limit = settings.IMPORT_MAX_BYTES // CHUNK_BYTES
                sentence = _("The file is larger than {limit} MB. Please split it.")
                raise FileProblem(sentence.format(limit=limit))
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def _opened(path: Path) -> int:
    """A new file that only we may read."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def open_source(run: ImportRun, kind: ImportKind) -> Source:
    """Open the stored file with the run's corrections. Raises FileProblem when it is gone."""
    path = folder() / run.stored_name
    if not run.stored_name or not path.exists():
        raise FileProblem(_("The uploaded file is no longer kept. Please upload it again."))
    return kind.open(path, run.file_name, run.overrides)


def recognise(run: ImportRun, kind: ImportKind) -> None:
    """Read the header with the run's corrections and save what the mapping page shows."""
    with open_source(run, kind) as source:
        if not any(section.header.data_row for section in source.sections.values()):
            raise FileProblem(_("The file has no rows below its header. Please fill it in first."))
        run.header = {name: _header_json(section) for name, section in source.sections.items()}
    run.state = ImportState.UPLOADED
    run.save()


def _header_json(section: Any) -> dict[str, Any]:
    header = section.header
    personal = {field.name for field in header.fields if field.personal}
    return {
        "sheet": section.table.sheet,
        "header_row": header.header_row,
        "rows": section.table.row_count - len(header.rows),
        "missing": [field.name for field in header.missing],
        "columns": [
            {
                "head": column.head,
                "field": column.field,
                "how": column.how or "",
                "samples": [_sample(value, column.field in personal) for value in column.samples],
            }
            for column in header.columns
        ],
    }


def _sample(value: Cell, personal: bool) -> str:
    text = cell_text(value).removesuffix(" 00:00:00")[:40]
    return mask(text) if personal else text


def correct_mapping(run: ImportRun, overrides: Mapping[str, str]) -> None:
    """Save corrected columns. Raises Refused once the run has been applied, or FileProblem."""
    if settled_state(run) in (ImportState.APPLYING, ImportState.APPLIED):
        raise Refused(_("This file has already been imported. Please upload it as a new import."))
    run.overrides = dict(overrides)
    recognise(run, kind_named(run.kind))


def context_of(run: ImportRun, **more: Any) -> ImportContext:
    """The context a stored run is checked and applied in."""
    options = run.options
    keeper = None
    if options.get("keeper"):
        from django.contrib.auth import get_user_model

        keeper = get_user_model().objects.filter(employee_no=options["keeper"]).first()
    return ImportContext(
        actor=run.actor,
        keeper=keeper,
        mode=options.get("mode", "fill"),
        options=options,
        run=run,
        applied_through=run.applied_through,
        counts=run.report if run.applied_through else {},
        **more,
    )


def check_run(run: ImportRun, context: ImportContext) -> Report:
    """Check all rows, keep the report and the workbook of rejected rows. Writes no business row."""
    kind = kind_named(run.kind)
    with open_source(run, kind) as source:
        report = kind.check(source, context)
        _give_back(run, source, report)
    run.report, run.state = report.as_json(), ImportState.CHECKED
    run.save(update_fields=["report", "state", "rejected_name"])
    return report


def apply_run(
    run: ImportRun, context: ImportContext, *, hold: Callable[[], None] = lambda: None
) -> Report:
    """Write the good rows in resumable chunks; a killed run goes on behind its last chunk.

    `hold` is asked inside each chunk's transaction whether this worker still has the work; it
    raises otherwise (core.jobs.Running.hold).
    """
    kind = kind_named(run.kind)
    ImportRun.objects.filter(pk=run.pk).update(state=ImportState.APPLYING)
    context.checkpoint = _checkpoint(run, hold)
    with (
        open_source(run, kind) as source,
        pghistory.context(import_run=run.pk, user=run.actor_id),
    ):
        report = kind.apply(source, context)
        _give_back(run, source, report)
    run.report, run.state, run.applied_at = report.as_json(), ImportState.APPLIED, timezone.now()
    run.save(update_fields=["report", "state", "applied_at", "rejected_name"])
    return report


def _checkpoint(run: ImportRun, hold: Callable[[], None]) -> Any:
    def save(row: int, report: Report) -> None:
        hold()
        fault_point("import.batch")
        counts = {"created": dict(report.created), "updated": dict(report.updated)}
        ImportRun.objects.filter(pk=run.pk).update(applied_through=row, report=counts)

    return save


def _give_back(run: ImportRun, source: Source, report: Report) -> None:
    """Write the rejected rows of the first sheet with their reasons; skipped rows stay out."""
    skipped = {"duplicate_row"}
    reasons = {p.row: str(p.message) for p in report.errors if p.code not in skipped and p.row}
    remove_file(run.rejected_name)
    run.rejected_name = ""
    if reasons:
        section = next(iter(source.sections.values()))
        run.rejected_name = f"{secrets.token_hex(16)}.xlsx"
        path = folder() / run.rejected_name
        with written_whole(path) as part:
            write_rejected(section.table, reasons, part, header_row=section.header.header_row)
            part.chmod(0o600)


def remove_file(name: str) -> None:
    """Delete a stored file; one that is gone already is no error."""
    if name:
        with contextlib.suppress(FileNotFoundError):
            (folder() / name).unlink()


def settled_state(run: ImportRun) -> str:
    """The state of a run whose work may have ended without a word, as given-up work does."""
    job = run.job
    if run.state not in (ImportState.CHECKING, ImportState.APPLYING) or job is None or job.is_live:
        return str(run.state)
    return ImportState.STOPPED if job.state == JobState.STOPPED else ImportState.FAILED


def can_go_on(run: ImportRun) -> bool:
    """Whether the writing ended early. A check that ended early is done again instead."""
    ended = settled_state(run) in (ImportState.STOPPED, ImportState.FAILED)
    return ended and run.job is not None and run.job.kind == APPLY


def undo_run(run: ImportRun) -> tuple[int, int]:
    """Take a written file back, as far as nobody has touched what it brought: (deleted, kept).

    Raises Refused for a kind that cannot, and for a file that was not written or is taken back.
    """
    kind = kind_named(run.kind)
    with transaction.atomic(), pghistory.context(import_run=run.pk, user=run.actor_id):
        held = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not kind.can_undo or held.state != ImportState.APPLIED or "undone" in held.report:
            raise Refused(_("This import cannot be taken back."))
        deleted, kept = kind.undo(held)
        held.report["undone"] = {"deleted": deleted, "kept": kept}
        held.save(update_fields=["report"])
    return deleted, kept


def start_check(run: ImportRun, *, by: Any) -> Job:
    """Ask a worker to check the file; the run's page shows the progress."""
    return _start(run, CHECK, ImportState.CHECKING, by)


def start_apply(run: ImportRun, *, by: Any) -> Job:
    """Ask a worker to write the checked rows. Raises Refused unless the run was checked."""
    if run.state != ImportState.CHECKED and not can_go_on(run):
        raise Refused(_("Please check the file before it is written."))
    return _start(run, APPLY, ImportState.APPLYING, by)


def _start(run: ImportRun, kind: str, state: str, by: Any) -> Job:
    """Queue the work and note it on the run at once, before a worker can know of it."""
    with transaction.atomic():
        job = enqueue(kind, key=f"import:{run.pk}", by=by, payload={"run": run.pk}, files=True)
        if job.kind != kind:  # the check has its report and is about to end
            raise Refused(_("This file is still being worked on. Please try again in a moment."))
        run.job, run.state, run.message = job, state, ""
        run.save(update_fields=["job", "state", "message"])
    return job


@handles(CHECK, title=gettext_lazy("Check a file"), queue=Queue.FILES)
def _check_job(running: Running) -> Ending:
    run = ImportRun.objects.get(pk=running.payload["run"])
    with _failing_with(run, running):
        report = check_run(run, context_of(run, progress=running.progress))
    sentence = _("{accepted} rows can be written, {rejected} are given back.")
    message = sentence.format(accepted=report.accepted, rejected=report.rejected)
    return Ending(message, partial(_tell, run, running, "done", report))


@handles(APPLY, title=gettext_lazy("Import a file"), queue=Queue.FILES)
def _apply_job(running: Running) -> Ending:
    run = ImportRun.objects.get(pk=running.payload["run"])
    with _failing_with(run, running):
        context = context_of(run, progress=running.progress)
        report = apply_run(run, context, hold=running.hold)
    sentence = _("{accepted} rows were written, {rejected} are given back.")
    message = sentence.format(accepted=report.accepted, rejected=report.rejected)
    return Ending(message, partial(_tell, run, running, "done", report))


@contextlib.contextmanager
def _failing_with(run: ImportRun, running: Running) -> Any:
    """Tell the run's page and its uploader how the work ended, whatever ended it."""
    try:
        yield
    except StopAsked:
        ImportRun.objects.filter(pk=run.pk).update(state=ImportState.STOPPED)
        raise
    except Refused as refusal:
        with transaction.atomic():
            failed = ImportRun.objects.filter(pk=run.pk)
            failed.update(state=ImportState.FAILED, message=str(refusal))
            _tell(run, running, "failed")
        raise


def notice_key(run: ImportRun) -> str:
    """The event of a run's present work having ended (core.notices)."""
    return f"import:{run.pk}:{run.job_id}"


def _tell(run: ImportRun, running: Running, outcome: str, report: Report | None = None) -> None:
    """Tell the uploader, who may have left the page; a check only when it was worth leaving."""
    job = running.job
    act = job.kind.rpartition(".")[2]
    begun = job.started_at or timezone.now()
    if act == "check" and timezone.now() - begun < WORTH_LEAVING:
        return
    notify(
        [run.actor_id],
        "core.import_finished",
        key=notice_key(run),
        url=run.get_absolute_url(),
        file=run.file_name,
        act=act,
        outcome=outcome,
        accepted=report.accepted if report else 0,
        rejected=report.rejected if report else 0,
    )


def delete_old_files() -> int:
    """Delete stored files older than KEPT_FOR; reports stay. Returns how many runs lost theirs."""
    old = ImportRun.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).exclude(
        stored_name="", rejected_name=""
    )
    count = 0
    for run in old.iterator(chunk_size=200):
        remove_file(run.stored_name)
        remove_file(run.rejected_name)
        run.stored_name = run.rejected_name = ""
        run.save(update_fields=["stored_name", "rejected_name"])
        count += 1
    return count
