"""Acts of a wave: open, close, invite, remind, and files of personal links (SAT-04)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.services import record
from core.access import fresh, requires
from core.errors import Refused
from core.htmx import STOP_POLLING, ask, leave, wants_rows
from core.models import Job, JobState
from core.notices import mark_read
from regions.models import OrgUnit
from satisfaction.link_files import (
    ACTS,
    CODES,
    FILE,
    HOURS,
    IDENTITY,
    UNASKED,
    notice_key,
    path_of,
    start_asking,
    start_file,
)
from satisfaction.models import Sample, Wave, WaveState
from satisfaction.services.invitations import by_mail, by_message, to_invite, to_remind
from satisfaction.services.rights import CHANGE
from satisfaction.services.waves import close_wave, open_wave
from satisfaction.views.waves import own_wave_or_404, wave_crumbs, wave_url

SEND = require_http_methods(["GET", "HEAD", "POST"])


@requires(CHANGE)
@SEND
def wave_open(request: HttpRequest, code: str) -> HttpResponse:
    """Open a wave, after a question."""
    wave = own_wave_or_404(request, code)
    effect = _("The questions are frozen, and owners can answer from now on.")
    if wave.drawn_at is None:
        effect += " " + _("No sample is drawn: nobody gets a personal link.")
    words = {"title": _("Open the wave?"), "effect": effect, "verb": _("Open the wave")}
    return _act(request, wave, words, open_wave, _("The wave is open."))


@requires(CHANGE)
@SEND
def wave_close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a wave, after a question."""
    wave = own_wave_or_404(request, code)
    words = {
        "title": _("Close the wave?"),
        "effect": _("Links end and nobody is asked any more. A closed wave is not opened again."),
        "verb": _("Close the wave"),
        "danger": True,
    }
    return _act(request, wave, words, close_wave, _("The wave is closed."))


def _act(
    request: HttpRequest,
    wave: Wave,
    words: dict[str, Any],
    act: Callable[..., Any],
    done: str,
) -> HttpResponse:
    """Ask, then act: a refusal stands in the question."""
    status, refused = 200, []
    if request.method == "POST":
        try:
            act(wave, by=request.user)
        except Refused as refusal:
            status, refused = 422, [str(refusal)]
        else:
            messages.success(request, done)
            return leave(request, wave_url(wave))
    context = words | {
        "action": request.path,
        "refused": refused,
        "cancel_url": wave_url(wave),
        "crumbs": wave_crumbs(wave, (words["verb"], "")),
    }
    return ask(request, context, status)


@requires(CHANGE)
@require_safe
def asking_page(request: HttpRequest, code: str) -> HttpResponse:
    """Who is to be asked or reminded now, and by which way."""
    wave = own_wave_or_404(request, code)
    first, again = to_invite(wave), to_remind(wave, timezone.now())
    units = _units_with_codes(wave)
    context = {
        "wave": wave,
        "is_open": wave.state == WaveState.OPEN,
        "invite": {"mail": by_mail(first).count(), "message": by_message(first).count()},
        "remind": {"mail": by_mail(again).count(), "message": by_message(again).count()},
        "units": units,
        "may_name": request.user.has_perm(IDENTITY),
        "hours": HOURS,
        "crumbs": wave_crumbs(wave, (_("Invite and remind"), "")),
    }
    return render(request, "satisfaction/asking.html", context)


def _units_with_codes(wave: Wave) -> list[OrgUnit]:
    """Projects where somebody may still be asked by a code."""
    people = Sample.objects.filter(wave=wave, state__in=UNASKED).order_by()
    return list(OrgUnit.objects.filter(pk__in=people.values("unit")).in_tree_order())


@requires(CHANGE)
@require_POST
def asking_start(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """Invite or remind by mail: a worker writes them."""
    wave = own_wave_or_404(request, code)
    if act not in ACTS:
        raise Http404("act")
    try:
        start_asking(wave, act, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The mails are being written. You may go on working."))
    return redirect(wave_url(wave, "asking"))


@fresh
@requires(IDENTITY)
@require_POST
def file_new(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """Ask for a file of links, then show its progress."""
    wave = own_wave_or_404(request, code)
    unit = OrgUnit.objects.filter(code=request.POST.get("unit", "")).first()
    if act not in (*ACTS, CODES) or (act == CODES and unit is None):
        raise Http404("unit")
    try:
        job = start_file(wave, act, by=request.user, unit=unit if act == CODES else None)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(wave_url(wave, "asking"))
    return redirect("satisfaction:wave-file", wave.code, job.pk)


def _mine_or_404(request: HttpRequest, wave: Wave, pk: int) -> Job:
    job = Job.objects.filter(pk=pk, kind=FILE, actor=request.user.pk).first()
    if job is None or job.payload["wave"] != wave.pk:
        raise Http404("file")
    return job


@requires(IDENTITY)
@require_safe
def file_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """How far the file is, and the file once it is written."""
    wave = own_wave_or_404(request, code)
    job = _mine_or_404(request, wave, pk)
    ready = job.state == JobState.DONE and path_of(job).exists()
    context = {
        "wave": wave,
        "job": {
            "pk": job.pk,
            "state": job.state,
            "phase": job.heading,
            "done": job.done,
            "total": job.total,
            "message": job.message,
        },
        "poll_url": request.path,
        "result_url": f"{request.path}content/" if ready else "",
        "result_label": _("Download the file"),
        "hours": HOURS,
        "crumbs": wave_crumbs(
            wave, (_("Invite and remind"), wave_url(wave, "asking")), (_("Links"), "")
        ),
    }
    if not job.is_live:
        mark_read(request.user, keys=[notice_key(job)])
    if not wants_rows(request):
        return render(request, "satisfaction/links_file.html", context)
    status = 200 if job.is_live else STOP_POLLING
    return render(request, "components/job_progress.html", context, status=status)


@fresh
@requires(IDENTITY)
@require_safe
def file_content(request: HttpRequest, code: str, pk: int) -> FileResponse:
    """The file, for whoever asked for it; each time it is fetched is on the record."""
    wave = own_wave_or_404(request, code)
    job = _mine_or_404(request, wave, pk)
    path = path_of(job)
    if job.state != JobState.DONE or not path.exists():
        raise Http404("file")
    record("satisfaction.links_fetched", by=request.user, subject=wave, code=wave.code)
    name = _("Links {code} {day}").format(code=wave.code, day=timezone.localdate().isoformat())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name}{path.suffix}")
