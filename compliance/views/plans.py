"""Function coverage, function plans, headcount, implementation rules, duties (ORG-08…ORG-14)."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from compliance.duty_tables import TABLES
from compliance.forms.staffing import (
    FunctionPlanForm,
    HeadcountFilter,
    ImplementationRuleForm,
    PlannedPostForm,
    UnitFilter,
)
from compliance.selectors import staffing as reading
from compliance.selectors.staffing import PLAN, PLANS
from compliance.services import plans as verbs
from compliance.views.common import SEND, plain_form
from compliance.views.staffing import reached
from core.access import requires
from core.htmx import ask, leave, page_or_rows
from core.saving import saved, status_of
from regions.models import Kind, OrgUnit
from regions.policies import effective, find

MOST_UNITS = 60  # rows of the matrix on one page; a branch narrows it


def _unit_or_404(request: HttpRequest, code: str, right: str = PLANS) -> OrgUnit:
    unit = reading.units_in_reach(request.user, right).filter(code=code).first()
    if unit is None:
        raise Http404("unit")
    return unit


# --- functions ------------------------------------------------------------------------------------


def _function_crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Function coverage"), reverse("compliance:functions") if more else ""), *more]


@requires(PLANS)
@require_safe
def functions(request: HttpRequest) -> HttpResponse:
    """The matrix unit × nine functions; projects with the functions of their own."""
    form = UnitFilter(request.GET, user=request.user)
    branch = form.found().get("unit")
    units = reading.units_in_reach(request.user)
    if branch is not None:
        units = units.filter(path__startswith=branch.path)
    departments = list(units.filter(kind__in=(Kind.REGION, Kind.CITY))[: MOST_UNITS + 1])
    projects = list(units.filter(kind=Kind.PROJECT)[: MOST_UNITS + 1])
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "core": reading.core_functions(),
        "rows": reading.coverage(departments[:MOST_UNITS]),
        "projects": reading.coverage(projects[:MOST_UNITS]),
        "more": len(departments) > MOST_UNITS or len(projects) > MOST_UNITS,
        "count": "",
        "crumbs": _function_crumbs(),
    }
    return page_or_rows(
        request, "compliance/functions.html", "compliance/_function_rows.html", context
    )


@requires(PLANS)
@require_safe
def function_plan(request: HttpRequest, code: str) -> HttpResponse:
    """The functions of one unit: who carries each, and the reasons of the plan."""
    unit = _unit_or_404(request, code)
    row = reading.coverage([unit])[0]
    context = {
        "unit": unit,
        "core": list(zip(reading.core_functions(), row.cells, strict=True)),
        "others": row.others,
        "is_project": unit.kind == Kind.PROJECT,
        "plan": reading.function_plan_of(unit),
        "may_change": reading.units_in_reach(request.user, PLAN).filter(pk=unit.pk).exists(),
        "crumbs": _function_crumbs((unit.name, "")),
    }
    return render(request, "compliance/function_plan.html", context)


@requires(PLAN)
@SEND
def function_plan_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Lay down the functions of a unit and why."""
    unit = _unit_or_404(request, code, PLAN)
    plan = reading.function_plan_of(unit)
    initial: dict[str, Any] = {}
    if plan is not None:
        initial = {name: getattr(plan, name) for name in ("pace", "targets", "results")}
        initial["functions"] = list(plan.functions.all())
    form = FunctionPlanForm(request.POST or None, unit=unit, initial=initial)
    done = saved(
        request,
        form,
        lambda data: verbs.save_function_plan(unit, by=request.user, **data),
        _("The function plan is saved."),
    )
    back = reverse("compliance:function-plan", args=[unit.code])
    if done is not None:
        return redirect(back)
    title = _("Function plan")
    crumbs = _function_crumbs((unit.name, back), (title, ""))
    return plain_form(request, form, title=title, back=back, crumbs=crumbs, question=unit.name)


# --- headcount ------------------------------------------------------------------------------------


def _headcount_crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Headcount plan"), reverse("compliance:headcount") if more else ""), *more]


@requires(PLANS)
@require_safe
def headcount(request: HttpRequest) -> HttpResponse:
    """Planned posts of a year beside the people in post."""
    form = HeadcountFilter(request.GET, user=request.user)
    data = form.found()
    year = data.get("year") or timezone.localdate().year
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "year": year,
        "rows": reading.headcount(request.user, year, data.get("unit")),
        "rules": reading.implementation_rules(request.user),
        "own_rules": reading.implementation_rules_in_charge(request.user),
        "units": list(reading.units_in_reach(request.user, PLAN)[:1]),
        "count": str(year),
        "crumbs": _headcount_crumbs(),
    }
    return page_or_rows(
        request, "compliance/headcount.html", "compliance/_headcount_rows.html", context
    )


@requires(PLAN)
@SEND
def planned_post_new(request: HttpRequest, code: str) -> HttpResponse:
    """Plan a post of a unit for this year."""
    unit = _unit_or_404(request, code, PLAN)
    year = timezone.localdate().year
    form = PlannedPostForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.save_planned_post(unit, year=year, by=request.user, **data),
        _("The plan is saved."),
    )
    if done is not None:
        return redirect("compliance:headcount")
    title = _("Plan a post")
    return plain_form(
        request,
        form,
        title=title,
        back=reverse("compliance:headcount"),
        crumbs=_headcount_crumbs((title, "")),
        question=f"{unit.name} {year}",
    )


@requires(PLAN)
@SEND
def planned_post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a planned post."""
    row = reached(request, reading.planned_post_in_reach, pk, PLANS, PLAN)
    # The function says which line it is: another one is another line.
    form = PlannedPostForm(request.POST or None, instance=row)
    form.fields.pop("function")
    function = row.function
    done = saved(
        request,
        form,
        lambda data: verbs.save_planned_post(
            row.unit, year=row.year, function=function, by=request.user, **data
        ),
        _("The plan is saved."),
    )
    if done is not None:
        return redirect("compliance:headcount")
    title = _("Change the planned post")
    return plain_form(
        request,
        form,
        title=title,
        back=reverse("compliance:headcount"),
        crumbs=_headcount_crumbs((title, "")),
        question=f"{row.unit.name} {row.year} {function.name}",
    )


@requires(PLAN)
@SEND
def planned_post_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a post out of the plan, after a question."""
    row = reached(request, reading.planned_post_in_reach, pk, PLANS, PLAN)
    form = forms.Form(request.POST if request.method == "POST" else None)
    back = reverse("compliance:headcount")
    gone = saved(
        request,
        form,
        lambda data: verbs.drop_planned_post(row, by=request.user) or True,
        _("The post is no longer planned."),
    )
    if gone is not None:
        return leave(request, back)
    context = {
        "title": _("Take this post out of the plan?"),
        "effect": f"{row.unit.name} {row.year} {row.function.name}",
        "action": request.path,
        "verb": _("Take out"),
        "danger": True,
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": back,
        "crumbs": _headcount_crumbs((_("Take out"), "")),
    }
    return ask(request, context, status_of(request))


# --- implementation rules and duties --------------------------------------------------------------


@requires(PLAN)
@SEND
def implementation_rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """Record the rules that a region issued (ORG-14)."""
    unit = _unit_or_404(request, code, PLAN)
    form = ImplementationRuleForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.save_implementation_rule(unit, by=request.user, **data),
        _("The implementation rules are recorded."),
    )
    if done is not None:
        return redirect("compliance:headcount")
    title = _("Record implementation rules")
    return plain_form(
        request,
        form,
        title=title,
        back=reverse("compliance:headcount"),
        crumbs=_headcount_crumbs((title, "")),
        question=unit.name,
    )


@requires(PLAN)
@SEND
def implementation_rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the rules of a region, or end them with their last day."""
    row = reached(request, reading.implementation_rule_in_reach, pk, PLANS, PLAN)
    form = ImplementationRuleForm(request.POST or None, instance=row)
    done = saved(
        request,
        form,
        lambda data: verbs.save_implementation_rule(row.unit, by=request.user, rule=row, **data),
        _("The implementation rules are saved."),
    )
    if done is not None:
        return redirect("compliance:headcount")
    title = _("Change the implementation rules")
    return plain_form(
        request,
        form,
        title=title,
        back=reverse("compliance:headcount"),
        crumbs=_headcount_crumbs((title, "")),
        question=row.unit.name,
    )


@requires(PLANS)
@require_safe
def duties(request: HttpRequest) -> HttpResponse:
    """Who collects, surveys, settles and supervises at each tier (ORG-20, ORG-21, SAT-06)."""
    form = UnitFilter(request.GET, user=request.user)
    user: Any = request.user
    unit = form.found().get("unit") or user.unit
    rule = effective("compliance.duty_table", unit=unit)
    context = {
        "filter_form": form,
        "unit": unit,
        "table": TABLES[rule.value],
        "named": find("compliance.duty_table").words(rule.value),
        "is_default": rule.source_id is None,
        "policy_url": reverse("regions:policy", args=["compliance.duty_table"])
        if request.user.has_perm("regions.view_policyvalue")
        else "",
        "crumbs": [(_("Duties of the tiers"), "")],
    }
    return render(request, "compliance/duties.html", context)
