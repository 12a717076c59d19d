"""The pages of an export: asking, how far it is, the file. A view of an app calls each of them
with its `ListExport`, so that its access stands where the app's other views declare theirs."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.exports.files import path_of
from core.exports.gates import why_held
from core.exports.lists import ListExport, notice_key, start
from core.htmx import STOP_POLLING, wants_rows
from core.models import Job, JobState
from core.notices import mark_read

Crumbs = list[tuple[str, str]]


def asking(
    request: HttpRequest, export: ListExport, *, crumbs: Crumbs, **asked: Any
) -> HttpResponse:
    """Ask for the filtered list (the posted `filter`), then show how far it is."""
    try:
        job = start(export, by=request.user, filter=request.POST.get("filter", ""), **asked)
    except Refused as refusal:
        context = {"message": str(refusal), "crumbs": crumbs}
        return render(request, "409.html", context, status=409)
    return redirect(export.page, job.pk)


def progress(request: HttpRequest, export: ListExport, pk: int, *, crumbs: Crumbs) -> HttpResponse:
    """How far an export of the reader is, and the file once he may have it."""
    job = _mine_or_404(request, export, pk)
    held = why_held(job)
    context = {
        "export": export,
        "job": {
            "pk": job.pk,
            "state": job.state,
            "phase": job.heading,
            "done": job.done,
            "total": job.total,
            "message": held or job.message,
        },
        "poll_url": request.path,
        "result_url": reverse(export.file, args=[pk]) if _is_ready(job) and not held else "",
        "result_label": _("Download the workbook"),
        "crumbs": crumbs,
    }
    if not job.is_live:
        mark_read(request.user, keys=[notice_key(job)])
    if not wants_rows(request):
        return render(request, "core/export.html", context)
    status = 200 if job.is_live else STOP_POLLING
    return render(request, "components/job_progress.html", context, status=status)


def file(request: HttpRequest, export: ListExport, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it. Raises Http404 until he may have it."""
    job = _mine_or_404(request, export, pk)
    if not _is_ready(job) or why_held(job):
        raise Http404("file")
    facts = {"day": timezone.localdate().isoformat()} | export.named(job.payload)
    name = " ".join(str(export.file_name).format(**facts).split())
    return FileResponse(path_of(job).open("rb"), as_attachment=True, filename=name)


def _mine_or_404(request: HttpRequest, export: ListExport, pk: int) -> Job:
    job = Job.objects.filter(pk=pk, kind=export.kind, actor=request.user.pk).first()
    if job is None:
        raise Http404("export")
    return job


def _is_ready(job: Job) -> bool:
    return job.state == JobState.DONE and path_of(job).exists()
