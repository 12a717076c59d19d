"""Scoring runs and how figures are computed (SAT-03, SAT-09)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import requires, signed_in
from core.errors import Refused
from core.htmx import STOP_POLLING, page_or_rows, wants_rows
from core.models import Job
from core.paging import asked_page, page_of
from satisfaction.models import Analysis, RunState, ScoringRun
from satisfaction.selectors.runs import (
    LATEST,
    SCORE,
    run_in_reach,
    run_parts,
    run_rows,
    waves_to_score,
)
from satisfaction.services.scoring_jobs import analysis_job_of, ask_for_scoring, job_of

TONES = {
    RunState.RUNNING: ("info", "progress"),
    RunState.DONE: ("ok", "circle-check"),
    RunState.FAILED: ("bad", "circle-x"),
}


def state_badge(one: ScoringRun | Analysis | None) -> dict[str, str]:
    """Label, tone and icon of a pass."""
    if one is None:
        return {"label": _("Not begun"), "tone": "off", "icon": "clock"}
    tone, icon = TONES[RunState(one.state)]
    return {"label": one.get_state_display(), "tone": tone, "icon": icon}


def _analysis(run: ScoringRun) -> Analysis | None:
    return getattr(run, "analysis", None)


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    here = reverse("satisfaction:runs") if more else ""
    return [(_("Results"), reverse("satisfaction:results")), (_("Scoring runs"), here), *more]


@requires(SCORE)
@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Runs of the waves in reach, the latest first; ?wave= those of one wave."""
    wave = request.GET.get("wave", "").strip()
    page = page_of(run_parts(request.user, wave), LATEST, run_rows, **asked_page(request))
    rows = [
        {"run": run, "state": state_badge(run), "analysis": state_badge(_analysis(run))}
        for run in page.rows
    ]
    context: dict[str, Any] = {"page": page, "rows": rows, "wave": wave, "crumbs": _crumbs()}
    if not wants_rows(request):
        context["waves"] = list(waves_to_score(request.user)[:50])
    return page_or_rows(request, "satisfaction/runs.html", "satisfaction/_runs_rows.html", context)


@requires(SCORE)
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: inputs, method, checksum, and how far its passes are."""
    run = run_in_reach(request.user, pk)
    if run is None:
        raise Http404("run")
    analysis = _analysis(run)
    job = analysis_job_of(run)
    polled = wants_rows(request)
    context = {
        "run": run,
        "state": state_badge(run),
        "analysis": analysis,
        "analysis_state": state_badge(analysis),
        "is_shown": run.wave.run_id == run.pk,
        "job": _shown(job) if job and job.is_live else None,
        "failed": job.message if job and not job.is_live and not _is_done(analysis) else "",
        "poll_url": request.path,
        "may_score": waves_to_score(request.user).filter(pk=run.wave_id).exists(),
        "crumbs": _crumbs((f"{run.wave.code} · {run.pk}", "")),
    }
    if polled and context["job"]:
        return render(request, "components/job_progress.html", context)
    if polled:  # the pass has ended: the page as a whole tells its figures
        response = HttpResponse(status=STOP_POLLING)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "satisfaction/run.html", context)


def _is_done(analysis: Analysis | None) -> bool:
    return analysis is not None and analysis.state == RunState.DONE


def _shown(job: Job) -> dict[str, Any]:
    return {
        "pk": job.pk,
        "state": job.state,
        "phase": job.heading,
        "done": job.done,
        "total": job.total,
        "message": job.message,
    }


@requires(SCORE)
@require_POST
def run_again(request: HttpRequest) -> HttpResponse:
    """Ask for the scoring of a wave, then show how far it is."""
    wave = waves_to_score(request.user).filter(code=request.POST.get("wave", "")).first()
    if wave is None:
        raise Http404("wave")
    try:
        ask_for_scoring(wave, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("satisfaction:runs")
    return redirect("satisfaction:scoring", code=wave.code)


@requires(SCORE)
@require_safe
def scoring(request: HttpRequest, code: str) -> HttpResponse:
    """How far the scoring of a wave is that somebody asked for; at its end its run."""
    wave = waves_to_score(request.user).filter(code=code).first()
    job = job_of(wave) if wave else None
    if wave is None or job is None:
        raise Http404("scoring")
    is_done = not job.is_live and wave.run_id is not None
    context = {
        "wave": wave,
        "job": _shown(job),
        "poll_url": request.path,
        "result_url": reverse("satisfaction:run", args=[wave.run_id]) if is_done else "",
        "result_label": _("See the run"),
        "crumbs": _crumbs((wave.code, "")),
    }
    if not wants_rows(request):
        return render(request, "satisfaction/scoring.html", context)
    status = 200 if job.is_live else STOP_POLLING
    return render(request, "components/job_progress.html", context, status=status)


@signed_in
@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    """Every formula with a worked example."""
    crumbs = [(_("Results"), reverse("satisfaction:results")), (_("Scoring methods"), "")]
    return render(request, "satisfaction/methods.html", {"crumbs": crumbs})
