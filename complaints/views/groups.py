"""Pages of group complaints and of the watch for patterns."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from complaints.forms.outside import (
    GroupForm,
    LinkForm,
    ResolutionForm,
    SpokespersonForm,
    StatementForm,
)
from complaints.models import Case
from complaints.selectors import outside as reading
from complaints.selectors import patterns as watch
from complaints.services import groups as verbs
from complaints.states import ASSIGN, OPEN, VIEW
from core.access import requires
from core.saving import saved, status_of

SEND = require_http_methods(["GET", "HEAD", "POST"])


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Complaints"), reverse("complaints:list")),
        (_("Group complaints"), reverse("complaints:groups") if more else ""),
        *more,
    ]


@requires(VIEW)
@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    """Parent cases in scope."""
    context = {"groups": reading.groups_for(request.user), "crumbs": _crumbs()}
    return render(request, "complaints/groups.html", context)


@requires(VIEW)
@require_safe
def pattern_list(request: HttpRequest) -> HttpResponse:
    """Projects and categories with more cases than chance would bring."""
    context = {
        "clusters": watch.clusters(request.user, timezone.now()),
        "may_group": request.user.has_perm(ASSIGN),
        "crumbs": [
            (pgettext("menu", "Complaints"), reverse("complaints:list")),
            (_("Patterns"), ""),
        ],
    }
    return render(request, "complaints/patterns.html", context)


@requires(ASSIGN)
@SEND
def group_new(request: HttpRequest) -> HttpResponse:
    """Form a group of the cases behind a pattern, or of cases named by their numbers."""
    cases = _cases_asked_for(request)
    form = GroupForm(request.POST or None, cases=cases)
    parent = saved(
        request,
        form,
        lambda data: verbs.form_group(
            list(data["cases"]), by=request.user, content=data["content"]
        ),
        _("The group complaint is formed."),
    )
    if parent is not None:
        return redirect("complaints:group", parent.pk)
    context = {
        "form": form,
        "title": _("Form a group complaint"),
        "back": reverse("complaints:patterns"),
        "crumbs": _crumbs((_("Form a group complaint"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


def _cases_asked_for(request: HttpRequest) -> list[Case]:
    """The cases of `?project=&category=`, else those that were posted."""
    project, category = request.GET.get("project", ""), request.GET.get("category", "")
    if project.isdecimal() and (category.isdecimal() or not category):
        key = int(category) if category else None
        return list(watch.cases_of(request.user, int(project), key, timezone.now()))
    numbers = request.GET.get("cases", "").split()
    if not numbers:
        raise Http404
    rows = Case.objects.visible_to(request.user, ASSIGN).filter(state__in=OPEN, parent=None)
    return list(rows.filter(number__in=numbers)[:200])


@requires(VIEW)
@SEND
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """One group: its cases, its statement, its resolution."""
    rows = Case.objects.visible_to(request.user).filter(children__isnull=False).distinct()
    parent = get_object_or_404(rows.select_related("unit", "category__parent", "level"), pk=pk)
    may_act = Case.objects.visible_to(request.user, ASSIGN).filter(pk=pk).exists()
    if request.method == "POST" and not may_act:
        raise PermissionDenied(ASSIGN)
    offers = _forms(request, parent) if may_act and parent.state in OPEN else {}
    act = request.POST.get("act", "")
    if act in offers:
        form, save, said = offers[act]
        if saved(request, form, save, said) is not None:
            return redirect("complaints:group", pk)
    context = {
        "parent": parent,
        "children": reading.children_of(request.user, parent),
        "spokesperson": reading.spokesperson_of(parent),
        "offers": {name: form for name, (form, _save, _said) in offers.items()},
        "crumbs": _crumbs((parent.number, "")),
    }
    return render(request, "complaints/group.html", context, status=status_of(request))


Offer = tuple[forms.Form, Callable[[dict[str, Any]], Any], str]


def _forms(request: HttpRequest, parent: Case) -> dict[str, Offer]:
    """What may be done with a group: form, verb, what is said afterwards; by the name posted."""

    def given(act: str) -> Any:
        return request.POST if request.POST.get("act") == act else None

    by = request.user
    return {
        "statement": (
            StatementForm(given("statement")),
            lambda data: verbs.publish_statement(parent, by=by, **data),
            _("The statement stands in every case."),
        ),
        "join": (
            LinkForm(given("join"), user=by),
            lambda data: (verbs.join_group(parent, data["cases"], by=by), True),
            _("The cases have joined the group."),
        ),
        "spokesperson": (
            SpokespersonForm(given("spokesperson"), parent=parent),
            lambda data: (verbs.choose_spokesperson(data["person"], by=by), True),
            _("The spokesperson is chosen."),
        ),
        "resolve": (
            ResolutionForm(given("resolve")),
            lambda data: verbs.resolve_group(parent, by=by, **data),
            _("The group complaint is resolved; each owner is called back now."),
        ),
    }
