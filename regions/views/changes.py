"""Pages of organisation changes: the list, a form for each kind, the preview, the verbs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_safe

from core.access import fresh_if, requires
from core.errors import Refused
from core.htmx import ask, leave, page_or_rows
from regions import selectors, services
from regions.forms import ApprovalForm, ChangeFilter, ChangeForm, ReasonForm, initial_of
from regions.models import ChangeKind, ChangeState, OrgChange, OrgUnit
from regions.services.changes import APPROVE, PROPOSE, check_reach

VIEW = "regions.view_orgchange"
PAGE = 25
WEIGHTY = {"approve", "apply", "undo"}  # verbs that want fresh proof of who one is
TONES = {
    ChangeState.DRAFT: "off",
    ChangeState.READY: "warn",
    ChangeState.APPROVED: "info",
    ChangeState.APPLIED: "ok",
    ChangeState.UNDONE: "off",
    ChangeState.CANCELLED: "off",
}
MEANINGS = {
    ChangeKind.CREATE: gettext_lazy("A region, city or project is established."),
    ChangeKind.RENAME: gettext_lazy("Name, code, department or its level become others."),
    ChangeKind.MOVE: gettext_lazy("The unit hangs under another parent of the same level."),
    ChangeKind.UPGRADE: gettext_lazy("A project becomes a city, or a city becomes a region."),
    ChangeKind.DOWNGRADE: gettext_lazy("A region becomes a city, or a city becomes a project."),
    ChangeKind.MERGE: gettext_lazy("The unit is closed; everything present goes to another one."),
    ChangeKind.SPLIT: gettext_lazy("A part of the unit becomes a unit of its own."),
    ChangeKind.CLOSE: gettext_lazy("The unit ends, empty or with a successor."),
    ChangeKind.REOPEN: gettext_lazy("A closed unit is opened again."),
}


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        (pgettext("menu", "Organisation"), reverse("regions:units")),
        (_("Organisation changes"), reverse("regions:changes") if more else ""),
        *more,
    ]


@requires(VIEW)
@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """Changes in reach, the latest first."""
    form = ChangeFilter(request.GET)
    form.is_valid()
    data = form.cleaned_data
    rows = selectors.changes_for(
        request.user,
        text=data.get("q", ""),
        state=data.get("state", ""),
        kind=data.get("kind", ""),
        late=bool(data.get("late")),
        failed=bool(data.get("failed")),
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for change in page:
        change.tone = TONES[ChangeState(change.state)]  # type: ignore[attr-defined]
    count = page.paginator.count
    context = {
        "filter_form": form,
        "page": page,
        "count": ngettext("{count} change", "{count} changes", count).format(count=f"{count:,}"),
        "is_filtered": any(data.get(name) for name in form.fields),
        "may_propose": request.user.has_perm(PROPOSE),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "regions/changes.html", "regions/_change_rows.html", context)


@requires(PROPOSE)
@require_safe
def change_kinds(request: HttpRequest) -> HttpResponse:
    """Which kind of change it is to be."""
    unit = request.GET.get("unit", "")
    kinds = [(kind, kind.label, MEANINGS[kind]) for kind in ChangeKind]
    context = {"kinds": kinds, "unit": unit, "crumbs": _crumbs((_("New change"), ""))}
    return render(request, "regions/change_kinds.html", context)


@requires(PROPOSE)
def change_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Enter a change of one kind; it stays a draft until it is handed in."""
    if kind not in ChangeKind.values:
        raise Http404
    code = request.GET.get("unit", "")
    first = "target" if kind == ChangeKind.CREATE else "unit"
    form = ChangeForm(request.POST or None, user=request.user, kind=kind, initial={first: code})
    if request.method == "POST" and form.is_valid():
        try:
            change = services.draft_change(by=request.user, **form.draft_values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(change)
    return _form_page(request, form, ChangeKind(kind), None)


@requires(PROPOSE)
def change_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    change = get_object_or_404(OrgChange.objects.visible_to(request.user, PROPOSE), pk=pk)
    form = ChangeForm(
        request.POST or None, user=request.user, kind=change.kind, initial=initial_of(change)
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_change(change, by=request.user, **form.draft_values())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(change)
    return _form_page(request, form, ChangeKind(change.kind), change)


def _form_page(
    request: HttpRequest, form: ChangeForm, kind: ChangeKind, change: OrgChange | None
) -> HttpResponse:
    context = {
        "form": form,
        "kind": kind,
        "meaning": MEANINGS[kind],
        "change": change,
        "crumbs": _crumbs((str(kind.label), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "regions/change_form.html", context, status=status)


@requires(VIEW)
@require_safe
def change_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One change: its facts, its way so far, and for who decides, what it would do."""
    change = get_object_or_404(
        OrgChange.objects.visible_to(request.user).select_related(
            "unit", "target", "author", "approver", "applied_by", "undone_by"
        ),
        pk=pk,
    )
    change.tone = TONES[ChangeState(change.state)]  # type: ignore[attr-defined]
    rights = {right for right in (PROPOSE, APPROVE) if _reaches(request, right, change)}
    is_due = change.effective_on <= timezone.localdate()
    # The job may write while this page is read: a picture of before and after would be of neither.
    under_way = change.state == ChangeState.APPROVED and is_due and not change.problem
    shown = change.is_pending and not under_way
    preview = services.rehearse(change) if shown and rights else None
    undo_problem = services.undo_problem(change) if rights else ""
    acts = _acts(change, rights, preview, undo_problem)
    # Whoever wrote the change is not asked for his password before he is told that he may not.
    waits = acts["approve"] and services.needs_somebody_else(change, request.user)
    context = {
        "change": change,
        "steps": _steps(change),
        "wanted": _wanted(change),
        "preview": preview,
        "acts": acts | {"approve": acts["approve"] and not waits},
        "waits_for_another": waits,
        "undo_problem": undo_problem,
        "under_way": under_way,
        "crumbs": _crumbs((_("Change {number}").format(number=change.pk), "")),
    }
    return render(request, "regions/change.html", context)


def _reaches(request: HttpRequest, right: str, change: OrgChange) -> bool:
    """Whether the reader holds a right over every unit the change names."""
    if not request.user.has_perm(right):
        return False
    try:
        check_reach(request.user, right, change)
    except Refused:
        return False
    return True


def _steps(change: OrgChange) -> list[dict[str, str]]:
    """The way of a change as the stepper shows it."""
    reached = {
        ChangeState.DRAFT: 0,
        ChangeState.READY: 1,
        ChangeState.APPROVED: 2,
        ChangeState.APPLIED: 3,
    }.get(ChangeState(change.state))
    labels = (_("Draft"), _("Waiting for approval"), _("Approved"), _("In force"))
    if reached is None:
        last = {"label": change.get_state_display(), "state": "bad"}
        return [{"label": labels[0], "state": "done"}, last]
    steps = []
    for number, label in enumerate(labels):
        state = "done" if number < reached else "current" if number == reached else "todo"
        steps.append({"label": str(label), "state": state})
    if reached == 3:
        steps[3]["state"] = "done"
    return steps


def _wanted(change: OrgChange) -> list[tuple[str, str]]:
    """What the change asks for, by the labels of its form."""
    form = ChangeForm(user=None, kind=change.kind)
    shown = initial_of(change)
    rows = []
    for name in form.fields:
        value = shown.get(name)
        if not value or name in ("unit", "effective_on", "reason") or name in _FACTS:
            continue
        if name in ("target", "heir"):
            unit = OrgUnit.objects.filter(code=value).first()
            value = f"{unit.name} {unit.code}" if unit else value
        if name == "below":
            value = "、".join(OrgUnit.objects.filter(code__in=value).values_list("name", flat=True))
        field = form.fields[name]
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            value = dict(field.choices).get(value, value)  # type: ignore[arg-type]
        rows.append((str(field.label), str(value)))
    return rows


_FACTS = ("source", "approval_by", "approval_number", "approval_on")


def _acts(
    change: OrgChange, rights: set[str], preview: services.Preview | None, undo_problem: str
) -> dict[str, bool]:
    """Which verbs the reader's rights over the change allow now; the services ask again."""
    propose, approve = PROPOSE in rights, APPROVE in rights
    clean = preview is not None and not preview.problems
    state = change.state
    due = change.effective_on <= timezone.localdate()
    return {
        "edit": propose and state == ChangeState.DRAFT,
        "propose": propose and state == ChangeState.DRAFT and clean,
        "approve": approve and state == ChangeState.READY and clean,
        "apply": approve and state == ChangeState.APPROVED and due,
        "cancel": propose and change.is_pending,
        "undo": approve and not undo_problem,
    }


@dataclass(frozen=True, slots=True)
class Verb:
    """A question before an act: its words, its form, the service and what is said afterwards."""

    title: str | Promise
    effect: str | Promise
    verb: str | Promise
    done: str | Promise
    service: Callable[..., OrgChange]
    right: str
    form: type[forms.Form] | None = None
    danger: bool = False


VERBS = {
    "propose": Verb(
        gettext_lazy("Submit this change for approval?"),
        gettext_lazy("Those who may approve it are told. Until then nothing changes."),
        gettext_lazy("Submit for approval"),
        gettext_lazy("The change waits for approval."),
        services.propose_change,
        PROPOSE,
    ),
    "approve": Verb(
        gettext_lazy("Approve this change?"),
        gettext_lazy("It takes effect by itself on its day, or at once when the day has come."),
        gettext_lazy("Approve"),
        gettext_lazy("The change is approved."),
        services.approve_change,
        APPROVE,
        ApprovalForm,
    ),
    "apply": Verb(
        gettext_lazy("Carry this change out now?"),
        gettext_lazy("Units, customers, people and roles change at once, for everybody."),
        gettext_lazy("Carry out now"),
        gettext_lazy("The change is in force."),
        services.apply_change,
        APPROVE,
    ),
    "cancel": Verb(
        gettext_lazy("Cancel this change?"),
        gettext_lazy("It stays in the list as cancelled and never takes effect."),
        gettext_lazy("Cancel the change"),
        gettext_lazy("The change is cancelled."),
        services.cancel_change,
        PROPOSE,
        ReasonForm,
        danger=True,
    ),
    "undo": Verb(
        gettext_lazy("Undo this change?"),
        gettext_lazy("Units, customers, people and roles return to where they were before."),
        gettext_lazy("Undo the change"),
        gettext_lazy("The change is undone."),
        services.undo_change,
        APPROVE,
        ReasonForm,
        danger=True,
    ),
}


def _is_weighty(request: HttpRequest, pk: int, verb: str) -> bool:
    """Whether the verb changes what everybody sees; proposing and cancelling do not."""
    return verb in WEIGHTY


@fresh_if(_is_weighty)
@requires(VIEW)
def change_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Ask once more, then do it. The right of the verb decides who may."""
    act = VERBS.get(verb)
    change = get_object_or_404(OrgChange.objects.visible_to(request.user), pk=pk)
    if act is None:
        raise Http404
    if not request.user.has_perm(act.right):
        raise PermissionDenied(act.right)
    if not _reaches(request, act.right, change):
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = act.form(posted, initial=_approval(change)) if act.form else None
    refused: list[str] = []
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            done = act.service(change, by=request.user, **(form.cleaned_data if form else {}))
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            messages.success(request, str(act.done))
            if done.kept_rows:
                messages.warning(request, _kept(done.kept_rows))
            return leave(request, change.get_absolute_url())
    context = {
        "title": act.title,
        "effect": act.effect,
        "verb": act.verb,
        "danger": act.danger,
        "action": request.path,
        "cancel_url": change.get_absolute_url(),
        "form": form,
        "refused": refused,
        "crumbs": _crumbs((_("Change {number}").format(number=change.pk), "")),
    }
    status = 422 if request.method == "POST" else 200
    return ask(request, context, status)


def _kept(count: int) -> str:
    sentence = ngettext(
        "{count} row was changed since and stays as it is.",
        "{count} rows were changed since and stay as they are.",
        count,
    )
    return sentence.format(count=f"{count:,}")


def _approval(change: OrgChange) -> dict[str, Any]:
    return {name: getattr(change, name) for name in ApprovalForm.base_fields}
