"""Pages of administrators: the schedule, the runs, the dead letters, one job."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import requires
from core.errors import Refused
from core.htmx import page_or_rows, wants_rows
from core.models import Job, JobState
from core.scope import scope_of
from core.work import selectors, verbs
from core.work.forms import RunFilter

VIEW, RUN = selectors.VIEW, "core.run_job"
POLL_ENDED = 286  # htmx stops asking
TABS = ("", "runs", "dead")


@requires(VIEW)
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The schedule, or by the tab in the address the runs or the dead letters."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    context: dict[str, Any] = {
        "tab": tab,
        "dead_letters": selectors.dead_letters(request.user),
        "may_run": request.user.has_perm(RUN),
        "may_run_periodic": scope_of(request.user, RUN).everything,
        "crumbs": [(_("Jobs"), "")],
    }
    if not tab:
        context["lines"] = selectors.schedule_lines()
        return page_or_rows(request, "core/work/jobs.html", "core/work/_schedule.html", context)
    form = RunFilter(request.GET)
    found: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    context |= {
        "filter_form": form,
        "page": selectors.runs_page(
            request.user,
            kind=found.get("kind", ""),
            state=found.get("state", ""),
            given_up=tab == "dead",
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        ),
    }
    return page_or_rows(request, "core/work/jobs.html", "core/work/_runs.html", context)


@requires(VIEW)
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: how far it is, each attempt, what may be done; htmx asks for the progress alone."""
    row = get_object_or_404(selectors.visible(request.user).select_related("actor"), pk=pk)
    shown = selectors.shown([row])[0]
    address = reverse("core:job", args=[row.pk])
    may_run = _may_act_on(request, row)
    context: dict[str, Any] = {
        "job": {
            "pk": row.pk,
            "state": row.state,
            "phase": row.phase or row.get_state_display(),
            "done": row.done,
            "total": row.total,
            "message": row.message,
            "reference": row.reference,
        },
        "poll_url": address,
        "stop_url": reverse("core:job-stop", args=[row.pk]) if may_run else "",
        "retry_url": reverse("core:job-retry", args=[row.pk]) if may_run else "",
    }
    if wants_rows(request):
        answer = render(request, "components/job_progress.html", context)
        if not row.is_live:
            answer.status_code = POLL_ENDED
            answer["HX-Refresh"] = "true"
        return answer
    context |= {
        "shown": shown,
        "attempts": selectors.attempts_of(row),
        "may_retry": may_run and row.state in (JobState.STOPPED,),
        "may_put_aside": may_run and row.given_up,
        "crumbs": [(_("Jobs"), reverse("core:jobs")), (f"{shown.title} {row.reference}", "")],
    }
    return render(request, "core/work/job.html", context)


def _may_act_on(request: HttpRequest, row: Job) -> bool:
    """Whether the reader may stop and retry this job, not only see it."""
    return Job.objects.visible_to(request.user, RUN).filter(pk=row.pk).exists()


@requires(RUN, whole_group=True)
@require_POST
def job_run(request: HttpRequest, kind: str) -> HttpResponse:
    """Run periodic work now; it belongs to no unit."""
    started = verbs.run_now(kind, by=request.user)
    messages.success(request, _("The work has been started."))
    return redirect("core:job", started.pk)


@requires(RUN)
@require_POST
def job_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try failed or stopped work again."""
    return _act(request, pk, verbs.retry, _("The work will be tried again."))


@requires(RUN)
@require_POST
def job_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask work to stop."""
    return _act(request, pk, verbs.stop, _("The work stops at its next step."))


@requires(RUN)
@require_POST
def job_put_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a dead letter from the list."""
    return _act(request, pk, verbs.put_aside, _("The work has been put aside."))


def _act(request: HttpRequest, pk: int, verb: Callable[..., None], said: str) -> HttpResponse:
    """Do a verb to a job in reach and say what happened."""
    row = get_object_or_404(Job.objects.visible_to(request.user, RUN), pk=pk)
    try:
        verb(row, by=request.user)
        messages.success(request, said)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("core:job", row.pk)
