"""Findings of the checks: the list, one finding, who mends it, why it is so, exceptions."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import npgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Post
from approvals import services as approvals
from compliance.checks import CHECKS, find
from compliance.checks.plans import KEPT
from compliance.checks.responsible import responsible_for
from compliance.forms.staffing import (
    AssignForm,
    ExceptionForm,
    FindingFilter,
    OverrideForm,
    TextForm,
)
from compliance.models import CheckRun, Finding, PostOverride
from compliance.policies.staffing import REGISTERS
from compliance.selectors import staffing as reading
from compliance.selectors.checks import live_by_rule, lowest_points
from compliance.selectors.staffing import FINDINGS, MANAGE
from compliance.services import findings as verbs
from compliance.views.common import SEND, plain_form
from compliance.views.staffing import (
    FINDING_TONES,
    SEVERITY_TONES,
    reached,
    toned,
)
from core.access import requires
from core.display import listed
from core.htmx import page_or_rows
from core.paging import asked_page, count_of, page_of, page_of_rows
from core.saving import saved
from regions.models import Kind
from regions.policies import find as policy_of
from regions.policies import policy

FEWEST = 20  # units with the fewest points, beside the rules


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Findings"), reverse("compliance:findings") if more else ""), *more]


def shown(finding: Finding) -> dict[str, Any]:
    """A finding with its words and badges."""
    return {
        "finding": finding,
        "words": verbs.said(finding),
        "severity": toned(finding.severity, SEVERITY_TONES),
        "state": toned(finding.state, FINDING_TONES),
    }


@requires(FINDINGS)
@require_safe
def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings in reach, the gravest first."""
    form = FindingFilter(request.GET, user=request.user)
    parts = reading.finding_parts(request.user, form.query())
    page = page_of(parts, reading.GRAVEST, reading.finding_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ findings")
        if capped
        else npgettext("check", "{count} finding", "{count} findings", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [shown(one) for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "run": CheckRun.objects.filter(pk=1).first(),
        "tab": "findings",
        "may_run": request.user.has_perm(MANAGE),
        "unkept": listed([str(label) for key, label in REGISTERS if key not in policy(KEPT)]),
        "kept_url": reverse("regions:policy", args=[KEPT])
        if request.user.has_perm("regions.view_policyvalue")
        else "",
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "compliance/findings.html", "compliance/_finding_rows.html", context
    )


@requires(FINDINGS)
@require_safe
def check_list(request: HttpRequest) -> HttpResponse:
    """Every rule that is checked: its source, where it holds, what it asks, what it finds now; and
    the units with the fewest points."""
    found = live_by_rule(request.user)
    may_read = request.user.has_perm("regions.view_policyvalue")
    context = {
        "rows": [
            {
                "check": one,
                "severity": toned(one.severity, SEVERITY_TONES),
                "kinds": listed([str(Kind(kind).label) for kind in one.kinds]),
                "policies": [policy_of(key) for key in one.policies],
                "found": found.get(one.id, 0),
            }
            for one in CHECKS.values()
        ],
        "units": lowest_points(request.user, FEWEST),
        "may_read": may_read,
        "tab": "checks",
        "crumbs": _crumbs((_("Rules that are checked"), "")),
    }
    return render(request, "compliance/checks.html", context)


@requires(MANAGE)
@require_POST
def finding_run(request: HttpRequest) -> HttpResponse:
    """Run all checks now."""
    verbs.run_checks()
    messages.success(request, _("The checks have run; what is mended is closed."))
    return redirect("compliance:findings")


@requires(FINDINGS)
@require_safe
def finding_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding: the rule, what shows it, who answers for it, what has been done."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS)
    check = find(one.rule)
    manages = reading.finding_in_reach(request.user, pk, MANAGE) is not None
    may_manage = one.is_live and manages
    asked = one.exceptions.select_related("asked_by").order_by("-pk").first()
    post = _post_of(one)
    context = shown(one) | {
        "check": check,
        "rows_url": check.rows(user, one.unit) if check and check.rows and one.is_live else "",
        "responsible": responsible_for([one])[one.pk] if one.is_live else None,
        "events": list(one.events.select_related("by")),
        "asked": asked,
        "approval": approvals.last_approval(asked, verbs.EXCEPTION) if asked else None,
        "overrides": _overrides(one),
        "may_manage": may_manage,
        "may_end": manages,  # an override has closed its finding and holds all the same
        "may_explain": may_manage or (one.is_live and one.owner_id == request.user.pk),
        "may_override": may_manage and post is not None,
        "crumbs": _crumbs((f"{one.number} {one.unit.name}".strip(), "")),
    }
    return render(request, "compliance/finding.html", context)


def _post_of(one: Finding) -> Post | None:
    """The post that breaks a rule which an override may lift."""
    if one.rule not in verbs.OVERRIDABLE or one.person is None:
        return None
    posts = Post.objects.now().filter(user=one.person, unit=one.unit)
    leading = posts.filter(function__is_head=True) | posts.filter(function__is_project_lead=True)
    return leading.order_by("pk").first()


def _overrides(one: Finding) -> list[PostOverride]:
    rows = PostOverride.objects.filter(rule=one.rule, post__unit=one.unit, ended_at=None)
    return list(rows.select_related("post__user", "by"))


@requires(MANAGE)
@SEND
def finding_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who mends it, and until when."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS, MANAGE)
    proposed = one.owner or responsible_for([one])[one.pk]
    initial = {"to": proposed.employee_no if proposed else "", "due_on": one.due_on}
    form = AssignForm(request.POST or None, user=user, initial=initial)
    done = saved(
        request,
        form,
        lambda data: verbs.assign(one, by=user, **data),
        _("The finding was given to somebody; he is told."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Assign"))


@requires(FINDINGS)
@SEND
def finding_explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why it is so; whoever mends it may do that too."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS)
    if one.owner_id != user.pk:
        reached(request, reading.finding_in_reach, pk, FINDINGS, MANAGE)
    form = TextForm(request.POST or None, initial={"text": one.explanation})
    done = saved(
        request,
        form,
        lambda data: verbs.explain(one, by=user, text=data["text"]),
        _("The explanation is saved."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Explain"))


@requires(MANAGE)
@SEND
def finding_except(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for an exception until a day."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS, MANAGE)
    form = ExceptionForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.ask_exception(one, by=user, **data),
        _("The exception was asked for; it holds once it is approved."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Ask for an exception"))


@requires(MANAGE)
@SEND
def finding_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a head stay as he is, for a reason (ORG-10)."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS, MANAGE)
    post = _post_of(one)
    form = OverrideForm(request.POST or None)
    if post is None:
        messages.warning(request, _("This rule allows no exception of a post."))
        return redirect(one)
    done = saved(
        request,
        form,
        lambda data: verbs.override(post, rule=one.rule, by=user, reason=data["reason"]),
        _("The post is allowed; the finding is closed."),
    )
    if done is not None:
        return redirect(one)
    return _form(request, form, one, _("Allow with a reason"))


@requires(MANAGE)
@require_POST
def override_end(request: HttpRequest, pk: int, override_pk: int) -> HttpResponse:
    """Take an override back; the rule holds again."""
    user: Any = request.user
    one = reached(request, reading.finding_in_reach, pk, FINDINGS, MANAGE)
    for made in _overrides(one):
        if made.pk == override_pk:
            verbs.end_override(made, by=user)
            messages.success(request, _("The rule holds again for this post."))
    return redirect(one)


@requires(FINDINGS)
@require_safe
def override_list(request: HttpRequest) -> HttpResponse:
    """Posts that are allowed to break a rule, the latest first."""
    rows = reading.overrides_in_force(request.user)
    page = page_of_rows(rows, reading.LATEST_OVERRIDE, **asked_page(request))
    mine = reading.overrides_in_force(request.user, MANAGE)
    ends = set(mine.filter(pk__in=[one.pk for one in page.rows]).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": [{"made": one, "check": find(one.rule), "ends": one.pk in ends} for one in page],
        "tab": "overrides",
        "crumbs": _crumbs((_("Allowed posts"), "")),
    }
    return page_or_rows(
        request, "compliance/overrides.html", "compliance/_override_rows.html", context
    )


@requires(MANAGE)
@require_POST
def override_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an override back from the list of those in force; the rule holds again."""
    user: Any = request.user
    made = reading.overrides_in_force(user, MANAGE).filter(pk=pk).first()
    if made is None:
        raise Http404("override")
    verbs.end_override(made, by=user)
    messages.success(request, _("The rule holds again for this post."))
    return redirect("compliance:overrides")


def _form(request: HttpRequest, form: Any, one: Finding, title: str) -> HttpResponse:
    back = one.get_absolute_url()
    crumbs = _crumbs((f"{one.number} {one.unit.name}".strip(), back), (title, ""))
    return plain_form(
        request, form, title=title, back=back, crumbs=crumbs, question=verbs.said(one)
    )
