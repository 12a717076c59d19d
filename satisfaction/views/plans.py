"""The annual plan of surveys (SAT-04)."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.saving import saved, status_of
from satisfaction.forms.plans import MakeWaveForm, PlanFilter, PlanForm
from satisfaction.forms.waves import ADD, VIEW
from satisfaction.models import SurveyPlan
from satisfaction.selectors.plans import MONTHS, plan_in_reach, plan_rows
from satisfaction.services.plans import make_wave, remove_plan, save_plan
from satisfaction.services.rights import CHANGE, may_run
from satisfaction.views.waves import wave_badge, wave_url

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Annual plan"), reverse("satisfaction:plans") if more else ""), *more]


def _plan_or_404(request: HttpRequest, pk: int, *, to_run: bool = False) -> SurveyPlan:
    plan = plan_in_reach(request.user, pk)
    if plan is None or (to_run and not may_run(plan.unit, request.user)):
        raise Http404("plan")
    return plan


def _year_url(year: int) -> str:
    return f"{reverse('satisfaction:plans')}?year={year}"


@requires(VIEW)
@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """The year of all units in reach as a grid of months."""
    form = PlanFilter(request.GET, user=request.user, today=timezone.localdate())
    year, unit = form.wanted()
    rows = plan_rows(request.user, year, unit)
    context = {
        "filter_form": form,
        "year": year,
        "months": [date_format(date(year, month, 1), "M") for month in MONTHS],
        "rows": [
            {"unit": row.unit, "months": [[_entry(one) for one in cell] for cell in row.months]}
            for row in rows
        ],
        "may_add": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "satisfaction/plans.html", "satisfaction/_plans_rows.html", context
    )


def _entry(plan: SurveyPlan) -> dict[str, Any]:
    """A line in the grid: what it is and how far it has come."""
    state = wave_badge(plan.wave) if plan.wave else None
    return {"plan": plan, "url": plan.get_absolute_url(), "state": state}


@requires(CHANGE)
@SEND
def plan_new(request: HttpRequest) -> HttpResponse:
    """A new line of the plan."""
    year = request.GET.get("year", "")
    initial = {"year": int(year) if year.isdecimal() else timezone.localdate().year}
    form = PlanForm(request.POST or None, user=request.user, initial=initial)
    return _form_page(request, None, form)


@requires(CHANGE)
@SEND
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a line and its steps."""
    plan = _plan_or_404(request, pk, to_run=True)
    initial = {
        "title": plan.title,
        "unit": plan.unit.code,
        "year": plan.year,
        "month": plan.month,
        "questionnaire": plan.questionnaire.code,
        "responsible": plan.responsible.employee_no,
    }
    form = PlanForm(request.POST or None, user=request.user, plan=plan, initial=initial)
    return _form_page(request, plan, form)


def _form_page(request: HttpRequest, plan: SurveyPlan | None, form: PlanForm) -> HttpResponse:
    done = saved(
        request,
        form,
        lambda data: save_plan(plan, by=request.user, **form.facts()),
        _("The plan is saved."),
    )
    if done is not None:
        return redirect(done)
    title = _("Change the plan") if plan else _("New line of the plan")
    context = {
        "form": form,
        "title": title,
        "back": plan.get_absolute_url() if plan else reverse("satisfaction:plans"),
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "satisfaction/plan_form.html", context, status=status_of(request))


@requires(VIEW)
@require_safe
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One line: who sees to it, the steps of the work, the wave made of it."""
    plan = _plan_or_404(request, pk)
    runs = request.user.has_perm(CHANGE) and may_run(plan.unit, request.user)
    context = {
        "plan": plan,
        "steps": list(plan.steps.all()),
        "today": timezone.localdate(),
        "wave_url": wave_url(plan.wave) if plan.wave else "",
        "wave_state": wave_badge(plan.wave) if plan.wave else None,
        "may_change": runs,
        "may_make": runs and plan.wave is None and request.user.has_perm(ADD),
        "crumbs": _crumbs((str(plan), "")),
    }
    return render(request, "satisfaction/plan.html", context)


@requires(ADD)
@SEND
def plan_wave(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the wave of a line, after its code is given."""
    plan = _plan_or_404(request, pk, to_run=True)
    initial = {"code": f"{plan.year}-{plan.month:02d}-{plan.unit.code}"}
    form = MakeWaveForm(request.POST or None, initial=initial)
    wave = saved(
        request,
        form,
        lambda data: make_wave(plan, code=data["code"], by=request.user),
        _("The wave is planned. Next come quotas and the draw."),
    )
    if wave is not None:
        return leave(request, wave_url(wave))
    context = {
        "title": _("Make the wave?"),
        "effect": _("A planned wave of {unit} is made; days and quotas are set there.").format(
            unit=plan.unit.name
        ),
        "action": request.path,
        "verb": _("Make the wave"),
        "form": form,
        "cancel_url": plan.get_absolute_url(),
        "crumbs": _crumbs((str(plan), plan.get_absolute_url()), (_("Make the wave"), "")),
    }
    return ask(request, context, status_of(request))


@requires(CHANGE)
@SEND
def plan_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out of the plan, after a question."""
    plan = _plan_or_404(request, pk, to_run=True)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def remove(data: dict[str, Any]) -> bool:
        remove_plan(plan, by=request.user)
        return True

    if saved(request, form, remove, _("The line is removed.")):
        return leave(request, _year_url(plan.year))
    context = {
        "title": _("Remove this line?"),
        "effect": _("It disappears from the plan; its history stays."),
        "action": request.path,
        "verb": _("Remove"),
        "danger": True,
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": plan.get_absolute_url(),
        "crumbs": _crumbs((str(plan), plan.get_absolute_url()), (_("Remove"), "")),
    }
    return ask(request, context, status_of(request))
