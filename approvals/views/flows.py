"""Flows: the list with the catalogue, one flow with its versions, the editor beside its drawing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.conditions import parse_condition
from approvals.definitions import Definition, DefinitionError, StepDef, parse, parse_step
from approvals.differences import differences, rule_titles
from approvals.drawing import Drawing, Shown, draw, shown_step
from approvals.forms.flows import FlowEditor, moved
from approvals.forms.settings import FlowSettingsForm, NewFlowForm
from approvals.models import Flow, FlowModel, FlowVersion
from approvals.ready import catalogue
from approvals.services import draft, publish, save_draft
from approvals.services.flow_book import CHANGE, copy_flow, keep_flow, may_keep
from approvals.services.library import take_over
from approvals.shown import drawing_of, names_for
from approvals.subjects import SUBJECTS
from approvals.wording import condition_words
from core.access import fresh, requires
from core.errors import Refused
from core.htmx import page_or_rows
from core.saving import saved, status_of

VIEW = "approvals.view_flow"
SEND = require_http_methods(["GET", "HEAD", "POST"])


def flow_or_404(request: HttpRequest, pk: int, permission: str = VIEW) -> Flow:
    """The flow in reach. Foreign and missing ones look the same: 404."""
    rows = Flow.objects.visible_to(request.user, permission)
    flow: Flow | None = rows.filter(pk=pk).select_related("unit").first()
    if flow is None:
        raise Http404("flow")
    return flow


def kept_or_403(request: HttpRequest, pk: int) -> Flow:
    """A flow that the reader may change."""
    flow = flow_or_404(request, pk, CHANGE)
    if not may_keep(flow.unit, request.user) or flow.model == FlowModel.FIXED:
        raise PermissionDenied("flow")
    return flow


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Approval flows"), reverse("approvals:flows") if more else ""), *more]


def _flow_crumbs(flow: Flow, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return _crumbs((flow.name, flow.get_absolute_url() if more else ""), *more)


def _papers(kind: str) -> str:
    """What a kind of paper is called; the key of one whose app is not installed."""
    return str(SUBJECTS[kind].label) if kind in SUBJECTS else kind


@requires(VIEW)
@require_safe
def flow_list(request: HttpRequest) -> HttpResponse:
    """Flows in reach by kind of paper, and what the catalogue offers beside them."""
    flows = Flow.objects.visible_to(request.user).select_related("unit")
    rows = [
        {"flow": flow, "papers": _papers(flow.subject_kind), "version": _newest(flow)}
        for flow in flows.prefetch_related("versions")
    ]
    known = set(Flow.objects.values_list("key", flat=True))
    may = may_keep(None, request.user)
    context = {
        "rows": rows,
        "offers": [one for key, one in catalogue().items() if key not in known] if may else [],
        "may_add": request.user.has_perm(CHANGE),
        "crumbs": _crumbs(),
    }
    return render(request, "approvals/flows.html", context)


def _newest(flow: Flow) -> FlowVersion | None:
    """The version that holds, of versions that were loaded."""
    return next((one for one in flow.versions.all() if one.is_published), None)


@requires(CHANGE, whole_group=True)
@require_POST
def flow_take_over(request: HttpRequest, key: str) -> HttpResponse:
    """Make a flow out of an entry of the catalogue and open its draft."""
    try:
        flow = take_over(key, by=request.user)
    except LookupError as problem:
        raise Http404("entry") from problem
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("approvals:flows")
    messages.success(request, _("Taken over as a draft. Please look through it and publish it."))
    return redirect("approvals:flow-edit", flow.pk)


@requires(CHANGE)
@SEND
def flow_new(request: HttpRequest) -> HttpResponse:
    """A flow of one's own for papers that have one, to begin with as its copy."""
    form = NewFlowForm(request.POST or None, user=request.user)
    flow = saved(
        request,
        form,
        lambda data: copy_flow(data.pop("like"), by=request.user, **data),
        _("The flow is saved as a draft."),
    )
    if flow is not None:
        return redirect("approvals:flow-edit", flow.pk)
    context = {
        "form": form,
        "title": _("New flow"),
        "back": reverse("approvals:flows"),
        "crumbs": _crumbs((_("New flow"), "")),
    }
    return render(request, "components/plain_form.html", context, status=status_of(request))


@requires(VIEW)
@require_safe
def flow(request: HttpRequest, pk: int) -> HttpResponse:
    """One flow: its drawing, where it holds, its versions with what changed."""
    one = flow_or_404(request, pk)
    versions = list(one.versions.select_related("published_by", "made_by").order_by("-number"))
    newest = next((version for version in versions if version.is_published), None)
    may = may_keep(one.unit, request.user) and request.user.has_perm(CHANGE)
    context = {
        "flow": one,
        "papers": _papers(one.subject_kind),
        "condition": _condition_words(one),
        "versions": versions,
        "newest": newest,
        "waiting": next((version for version in versions if not version.is_published), None),
        "drawing": _drawing(newest, one) if newest else None,
        "rules": _rules(newest) if newest else [],
        "may_change": may and one.model != FlowModel.FIXED,
        "is_fixed": one.model == FlowModel.FIXED,
        "crumbs": _flow_crumbs(one),
    }
    return render(request, "approvals/flow.html", context)


def _condition_words(one: Flow) -> str:
    """For which papers it is, in words."""
    if not one.condition:
        return ""
    taken = StepDef("taken", "", (), condition=parse_condition(one.condition))
    names = names_for([Definition((taken,))], one.subject_kind, one.unit_id)
    return condition_words(taken, names)


def _drawing(version: FlowVersion, one: Flow, *, upright: bool = False) -> Drawing | None:
    try:
        return drawing_of(parse(version.definition), one.subject_kind, upright=upright)
    except DefinitionError:
        return None


def _rules(version: FlowVersion) -> list[tuple[str, Any]]:
    rules = parse(version.definition).rules
    return [(title, getattr(rules, name).label) for name, title in rule_titles().items()]


@requires(VIEW)
@require_safe
def flow_version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One version as it is or was, and what it changed of the one before."""
    one = flow_or_404(request, pk)
    version = one.versions.filter(number=number).select_related("published_by", "made_by").first()
    if version is None:
        raise Http404("version")
    before = one.versions.filter(number__lt=number).order_by("-number").first()
    context = {
        "flow": one,
        "version": version,
        "before": before,
        "changes": _changes(before, version, one),
        "drawing": _drawing(version, one),
        "crumbs": _flow_crumbs(one, (_("Version {number}").format(number=number), "")),
    }
    return render(request, "approvals/flow_version.html", context)


def _changes(before: FlowVersion | None, after: FlowVersion, one: Flow) -> Any:
    """What differs, None where one of the two does not read."""
    if before is None:
        return None
    try:
        old, new = parse(before.definition), parse(after.definition)
    except DefinitionError:
        return None
    return differences(old, new, names_for([old, new], one.subject_kind))


@requires(CHANGE)
@SEND
def flow_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, unit, position, for which papers, in use or not."""
    one = kept_or_403(request, pk)
    initial = {
        "name": one.name,
        "unit": one.unit.code if one.unit else "",
        "position": one.position,
        "is_active": one.is_active,
    }
    form = FlowSettingsForm(
        request.POST or None,
        user=request.user,
        subject=SUBJECTS.get(one.subject_kind),
        stored=one.condition,
        initial=initial,
    )
    done = saved(
        request,
        form,
        lambda data: keep_flow(one, by=request.user, **data),
        _("The settings are saved."),
    )
    if done is not None:
        return redirect(one)
    context = {
        "form": form,
        "flow": one,
        "crumbs": _flow_crumbs(one, (_("Settings of the flow"), "")),
    }
    return render(request, "approvals/flow_settings.html", context, status=status_of(request))


@requires(CHANGE)
@SEND
def flow_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form beside the drawing. Buttons that add, move or remove a step answer with the form
    anew; saving keeps the draft, publishing lets it hold."""
    one = kept_or_403(request, pk)
    subject = SUBJECTS.get(one.subject_kind)
    version = draft(one, by=request.user)
    focus, status = -1, 200
    act = request.POST.get("act", "")
    if request.method != "POST":
        stored = version.definition
        editor = FlowEditor(subject, stored)
    elif act in ("save", "publish"):
        editor = FlowEditor(subject, {}, request.POST)
        stored = editor.definition()
        if editor.is_valid():
            save_draft(version, stored, by=request.user)
            if act == "publish":
                return redirect("approvals:flow-publish", one.pk)
            messages.success(request, _("The draft is saved; it does not hold yet."))
            return redirect("approvals:flow-edit", one.pk)
        status = 422
    else:
        stored = FlowEditor(subject, {}, request.POST).definition()
        steps, focus = moved(stored["steps"], act)
        stored = stored | {"steps": steps}
        editor = FlowEditor(subject, stored)
    context = {
        "flow": one,
        "version": version,
        "editor": editor,
        "focus": focus,
        "crumbs": _flow_crumbs(one, (_("Edit"), "")),
        **_followed(stored, one),
    }
    page, part = "approvals/flow_edit.html", "approvals/_flow_editor.html"
    return page_or_rows(request, page, part, context, status)


@requires(CHANGE)
@require_POST
def flow_drawing(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawing of what stands in the form, while it is being filled in."""
    one = kept_or_403(request, pk)
    data: QueryDict = request.POST
    editor = FlowEditor(SUBJECTS.get(one.subject_kind), {}, data)
    return render(request, "approvals/_flow_followed.html", _followed(editor.definition(), one))


def _followed(stored: dict[str, Any], one: Flow) -> dict[str, Any]:
    """The drawing of a definition that may not be able to run yet, and what is wrong with it."""
    subject = SUBJECTS.get(one.subject_kind)
    known = subject.field_keys() if subject else None
    problem = ""
    try:
        parse(stored, known_fields=known)
    except DefinitionError as error:
        problem = str(error)
    read = [_read(step, at, known) for at, step in enumerate(stored.get("steps") or [])]
    fine = tuple(step for step in read if not isinstance(step, Shown))
    names = names_for([Definition(fine)], one.subject_kind)
    shown = [step if isinstance(step, Shown) else shown_step(step, names) for step in read]
    return {"drawing": draw(shown, upright=True), "problem": problem, "flow": one}


def _read(stored: dict[str, Any], at: int, known: Any) -> Any:
    """A step, or as much of it as can be shown."""
    try:
        return parse_step(stored, at, known_fields=known)
    except DefinitionError as error:
        name = stored.get("name") or _("Step {number}").format(number=at + 1)
        return Shown(stored.get("key", ""), name, who=error.sentence, state="rejected", said=" ")


@fresh
@requires(CHANGE)
@SEND
def flow_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """What the draft changes; publishing it is a weighty act."""
    one = kept_or_403(request, pk)
    version = one.versions.filter(published_at=None).first()
    if version is None:
        return redirect(one)
    refused = ""
    if request.method == "POST":
        try:
            publish(version, by=request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(
                request, _("Version {number} holds from now on.").format(number=version.number)
            )
            return redirect(one)
    before = one.versions.filter(published_at__isnull=False).order_by("-number").first()
    running = 0
    if before is not None:
        running = before.approvals.filter(state__in=("running", "sent_back")).count()
    context = {
        "flow": one,
        "version": version,
        "before": before,
        "changes": _changes(before, version, one),
        "drawing": _drawing(version, one),
        "running": running,
        "refused": refused,
        "crumbs": _flow_crumbs(one, (_("Publish"), "")),
    }
    return render(request, "approvals/flow_publish.html", context, status=422 if refused else 200)
