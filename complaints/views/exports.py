"""Exports of cases: asked for from the list, written by a worker, fetched by whoever asked."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.exports import KIND, PERMISSION, notice_key, start_export
from complaints.views.common import crumbs
from core.access import fresh, requires
from core.errors import Refused
from core.exports import why_held
from core.htmx import wants_rows
from core.models import Job, JobState
from core.notices import mark_read
from customers.exports import folder

STOP_POLLING = 286


@fresh
@requires(PERMISSION)
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for the export of the filtered list, then show its progress."""
    try:
        job = start_export(by=request.user, filter_query=request.POST.get("filter", ""))
    except Refused as refusal:
        context = {"message": str(refusal), "crumbs": crumbs((_("Export"), ""))}
        return render(request, "409.html", context, status=409)
    return redirect("complaints:export-detail", job.pk)


def _mine_or_404(request: HttpRequest, pk: int) -> Job:
    job = Job.objects.filter(pk=pk, kind=KIND, actor=request.user.pk).first()
    if job is None:
        raise Http404("export")
    return job


@requires(PERMISSION)
@require_safe
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the export is, and the file once it is written."""
    job = _mine_or_404(request, pk)
    held = why_held(job)
    ready = job.state == JobState.DONE and (folder() / job.payload["file"]).exists() and not held
    context = {
        "job": {
            "pk": job.pk,
            "state": job.state,
            "phase": job.heading,
            "done": job.done,
            "total": job.total,
            "message": held or job.message,
        },
        "poll_url": request.path,
        "result_url": reverse("complaints:export-file", args=[pk]) if ready else "",
        "result_label": _("Download the workbook"),
        "crumbs": crumbs((_("Export"), "")),
    }
    if not job.is_live:
        mark_read(request.user, keys=[notice_key(job)])
    if not wants_rows(request):
        return render(request, "complaints/export.html", context)
    status = 200 if job.is_live else STOP_POLLING
    return render(request, "components/job_progress.html", context, status=status)


@requires(PERMISSION)
@require_safe
def export_file(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook, for whoever asked for it and still may export."""
    job = _mine_or_404(request, pk)
    path = folder() / job.payload["file"]
    if job.state != JobState.DONE or not path.exists() or why_held(job):
        raise Http404("file")
    name = _("Cases {day}.xlsx").format(day=timezone.localdate().isoformat())
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
