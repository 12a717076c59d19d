"""The library of rules: list, one rule, versions, approval, issue and review (GOV-01…05)."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from compliance.forms.rules import ReviewForm, RuleFilter, RuleForm, VersionForm, cover_of
from compliance.models import RuleDocument, RuleVersion
from compliance.selectors import rules as reading
from compliance.selectors.rules import CHANGE
from compliance.services import rules as verbs
from compliance.views.common import SEND, Crumbs, plain_form, question
from core.access import requires, signed_in
from core.htmx import leave, page_or_rows
from core.saving import saved


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("Rules library"), reverse("compliance:rules") if more else ""), *more]


@signed_in
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that hold for the reader, and those of his branches."""
    form = RuleFilter(request.GET)
    rows = list(reading.rules_of(request.user, **form.found())[: reading.SHOWN])
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "rows": rows,
        "today": timezone.localdate(),
        "count": ngettext("{count} rule", "{count} rules", len(rows)).format(count=len(rows)),
        "may_add": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "compliance/rules.html", "compliance/_rule_rows.html", context)


def _rule_or_404(request: HttpRequest, pk: int, right: str | None = None) -> RuleDocument:
    """A rule in reach. Raises PermissionDenied for who sees it and has not the right there."""
    found = reading.rule_in_reach(request.user, pk)
    if found is None:
        raise Http404("rule")
    if right is not None and reading.rule_in_reach(request.user, pk, right) is None:
        raise PermissionDenied(right)
    return found


@signed_in
@require_safe
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule: its cover, the text in force, versions, reviews."""
    one = _rule_or_404(request, pk)
    keeps = reading.rule_in_reach(request.user, pk, CHANGE) is not None
    versions = reading.versions_of(one, timezone.localdate())
    shown = versions.current
    number = request.GET.get("version", "")
    if number:
        known = [*versions.issued, *([versions.draft] if keeps and versions.draft else [])]
        shown = next((row for row in known if row.number == number), None)
        if shown is None:
            raise Http404("version")
    context = {
        "rule": one,
        "shown": shown,
        "versions": versions,
        "draft": versions.draft if keeps else None,
        "reviews": list(one.reviews.select_related("by")[:20]),
        "keeps": keeps and not one.is_retired,
        "review_due": one.next_review_on <= timezone.localdate() and not one.is_retired,
        "crumbs": _crumbs((one.title, "")),
    }
    return render(request, "compliance/rule.html", context)


@requires(CHANGE)
@SEND
def rule_new(request: HttpRequest) -> HttpResponse:
    """Enter a rule document."""
    user: Any = request.user
    today = timezone.localdate()
    initial = {
        "keeper": user.employee_no,
        "next_review_on": today.replace(year=today.year + 1, day=1),
    }
    form = RuleForm(request.POST or None, user=user, initial=initial)
    made = saved(
        request,
        form,
        lambda data: verbs.save_rule(by=user, **data),
        _("The cover is saved. Please write the text now."),
    )
    if made is not None:
        return redirect("compliance:rule-version", made.pk)
    title = _("New rule")
    back = reverse("compliance:rules")
    return plain_form(request, form, title=title, back=back, crumbs=_crumbs((title, "")))


def _below(one: RuleDocument, title: str) -> dict[str, Any]:
    """Where a form of a rule stands and leads back to."""
    return {
        "title": title,
        "back": one.get_absolute_url(),
        "crumbs": _crumbs((one.title, one.get_absolute_url()), (title, "")),
    }


@requires(CHANGE)
@SEND
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the cover of a rule."""
    one = _rule_or_404(request, pk, CHANGE)
    form = RuleForm(request.POST or None, user=request.user, initial=cover_of(one))
    done = saved(
        request,
        form,
        lambda data: verbs.save_rule(rule=one, by=request.user, **data),
        _("The rule is saved."),
    )
    if done is not None:
        return redirect(one)
    return plain_form(request, form, **_below(one, _("Change the cover")))


@requires(CHANGE)
@SEND
def rule_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the next version, or go on with the draft."""
    one = _rule_or_404(request, pk, CHANGE)
    versions = reading.versions_of(one, timezone.localdate())
    latest = versions.draft or (versions.issued[0] if versions.issued else None)
    initial: dict[str, Any] = {"effective_on": timezone.localdate(), "number": "1.0"}
    if latest is not None:
        initial = {name: getattr(latest, name) for name in VersionForm.Meta.fields}
    if latest is not None and versions.draft is None:
        initial |= {"number": "", "note": "", "effective_on": timezone.localdate(), "prints": None}
    form = VersionForm(request.POST or None, initial=initial, first=not versions.issued)
    done = saved(
        request,
        form,
        lambda data: verbs.draft_version(one, by=request.user, **data),
        _("The draft is saved."),
    )
    if done is not None:
        return redirect(f"{one.get_absolute_url()}?version={done.number}")
    return plain_form(request, form, **_below(one, _("Draft of a version")))


def _draft_or_404(request: HttpRequest, pk: int) -> RuleVersion:
    one = _rule_or_404(request, pk, CHANGE)
    draft = reading.versions_of(one, timezone.localdate()).draft
    if draft is None:
        raise Http404("draft")
    return draft


@requires(CHANGE)
@SEND
def rule_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the draft in for approval."""
    draft = _draft_or_404(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    approval = saved(
        request,
        form,
        lambda data: verbs.submit_version(draft, by=request.user),
        _("The draft is handed in."),
    )
    if approval is not None:
        return leave(request, approval.get_absolute_url())
    return question(
        request,
        form,
        effect=_("It goes the way that rules go; until it is decided the text is not changed."),
        verb=_("Hand in for approval"),
        **_below(draft.document, _("Hand this draft in?")),
    )


@requires(CHANGE)
@SEND
def rule_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue the approved draft."""
    draft = _draft_or_404(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    done = saved(
        request,
        form,
        lambda data: verbs.issue(draft, by=request.user),
        _("The version is issued, and everybody it holds for is told."),
    )
    if done is not None:
        return leave(request, draft.document.get_absolute_url())
    return question(
        request,
        form,
        effect=_("Everybody in the unit and below gets a bulletin and confirms to have read it."),
        verb=_("Issue the version"),
        **_below(draft.document, _("Issue this version?")),
    )


@requires(CHANGE)
@SEND
def rule_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the yearly review."""
    one = _rule_or_404(request, pk, CHANGE)
    form = ReviewForm(request.POST or None)
    done = saved(
        request,
        form,
        lambda data: verbs.review(one, by=request.user, **data),
        _("The review is recorded."),
    )
    if done is not None:
        return redirect(one)
    return plain_form(request, form, **_below(one, _("Record the review")))
