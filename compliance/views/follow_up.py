"""Follow-up: what is late by each rule, planned activities past due, the contact plan by class."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance.forms.strategic import LatePlanFilter
from compliance.selectors.contact_plan import contact_plan
from compliance.selectors.follow_up import Asked, late_plan_page, late_plans, rules_for
from core.access import requires
from core.display import capped
from core.htmx import page_or_rows
from core.paging import COUNT_CAP, asked_page, count_of

VIEW = "customers.view_customer"


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Follow-up"), reverse("compliance:follow-up") if more else ""), *more]


def _asked(request: HttpRequest, form: LatePlanFilter) -> Asked:
    form.is_valid()
    data = form.cleaned_data
    return Asked(
        request.user,
        unit=data.get("unit"),
        below=not data.get("only"),
        person=data.get("person"),
    )


@requires(VIEW)
@require_safe
def follow_up(request: HttpRequest) -> HttpResponse:
    """Every rule with what breaks it; each number leads to exactly those rows."""
    form = LatePlanFilter(request.GET, user=request.user)
    asked = _asked(request, form)
    rows = []
    for rule in rules_for(request.user):
        number, more = rule.count(asked)
        rows.append(
            {
                "rule": rule,
                "number": number,
                "value": capped(number + 1, COUNT_CAP) if more else f"{number:,}",
                "url": rule.url(asked),
            }
        )
    context = {
        "filter_form": form,
        "rows": rows,
        "late": sum(1 for row in rows if row["number"]),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request,
        "compliance/strategic/follow_up.html",
        "compliance/strategic/_follow_up_rows.html",
        context,
    )


@requires(VIEW)
@require_safe
def late_plan_list(request: HttpRequest) -> HttpResponse:
    """Planned activities whose time has passed, the longest waiting first."""
    form = LatePlanFilter(request.GET, user=request.user)
    asked = _asked(request, form)
    page = late_plan_page(asked, **asked_page(request))
    number, more = count_of(late_plans(asked))
    words = ngettext("{count} activity", "{count} activities", number)
    context: dict[str, Any] = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": page.rows,
        "count": _("{count}+ activities").format(count=f"{number:,}")
        if more
        else words.format(count=f"{number:,}"),
        "may_act": request.user.has_perm("customers.log_activity"),
        "crumbs": _crumbs((_("Planned activities past due"), "")),
    }
    return page_or_rows(
        request,
        "compliance/strategic/late_plans.html",
        "compliance/strategic/_late_plan_rows.html",
        context,
    )


@requires(VIEW)
@require_safe
def contact_plan_page(request: HttpRequest) -> HttpResponse:
    """How often, by whom and by what means customers of each class are kept in touch with."""
    user: Any = request.user
    context = {
        "rows": contact_plan(user.unit),
        "unit": user.unit,
        "may_see_rules": user.has_perm("regions.view_policyvalue"),
        "crumbs": _crumbs((_("Contact plan by class"), "")),
    }
    return render(request, "compliance/strategic/contact_plan.html", context)
