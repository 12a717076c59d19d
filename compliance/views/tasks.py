"""Tasks: the lists, one task, and what is done with it (ACT-01, CAL-02)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from compliance.forms.bulletins import ReasonForm
from compliance.forms.tasks import (
    FinishForm,
    HandOnForm,
    TaskChangeForm,
    TaskFilter,
    TaskForm,
    initial_of,
)
from compliance.models import Assignment, AssignmentState
from compliance.selectors import tasks as reading
from compliance.selectors.tasks import GIVEN, MINE, TEAM, VIEW
from compliance.services import assignments as verbs
from compliance.views.common import SEND, Crumbs, form_key, plain_form, question
from core.access import signed_in
from core.errors import Refused
from core.htmx import leave, page_or_rows
from core.notices import mark_read
from core.paging import asked_page, count_of, page_of
from core.saving import saved
from regions.calendars.left import time_left

SHOWN = 30
TONES = {
    AssignmentState.OPEN: ("info", "progress"),
    AssignmentState.DONE: ("ok", "circle-check"),
    AssignmentState.CANCELLED: ("off", "ban"),
}


def task_badge(task: Assignment) -> dict[str, str]:
    """Label, tone and icon of a task's state."""
    tone, icon = TONES[AssignmentState(task.state)]
    return {"label": task.get_state_display(), "tone": tone, "icon": icon}


def due_of(task: Assignment) -> Any:
    """What is left of the time of an open task, in working time; None without a time."""
    if not task.is_open or task.due_at is None:
        return None
    return time_left(task.created_at, task.due_at, timezone.now(), task.unit_id)


def _crumbs(*more: tuple[str, str]) -> Crumbs:
    return [(_("My tasks"), reverse("compliance:tasks") if more else ""), *more]


@signed_in
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """What the reader is to do, what he gave to others, and what his people have."""
    form = TaskFilter(request.GET, user=request.user)
    query = form.query()
    parts = query.parts(request.user)
    page = page_of(parts, query.order, reading.task_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = _("{count}+ tasks") if capped else ngettext("{count} task", "{count} tasks", number)
    context = {
        "tab": query.tab,
        "tabs": _tabs(request, query.tab),
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"task": one, "state": task_badge(one), "due": due_of(one)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "crumbs": _crumbs(),
    }
    return page_or_rows(request, "compliance/tasks.html", "compliance/_task_rows.html", context)


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    names = {MINE: _("Mine"), GIVEN: _("Given by me")}
    if request.user.has_perm(VIEW):
        names[TEAM] = _("My units")
    waiting = reading.open_count(request.user)
    return [
        {
            "name": name,
            "label": label,
            "current": name == current,
            "count": waiting if name == MINE else 0,
        }
        for name, label in names.items()
    ]


def _task_or_404(
    request: HttpRequest, pk: int, may: Callable[[Any, Assignment], bool] | None = None
) -> Assignment:
    """A task in reach. Raises PermissionDenied for who sees it and may not act on it."""
    found = reading.task_in_reach(request.user, pk)
    if found is None:
        raise Http404("task")
    if may is not None and not may(request.user, found):
        raise PermissionDenied("task")
    return found


@signed_in
@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task: what is to be done until when, its checklist, and its way."""
    one = _task_or_404(request, pk)
    user: Any = request.user
    keys = [f"assignment:{one.pk}:{number}" for number in range(1, one.version + 1)]
    mark_read(user, keys=keys)
    manages = reading.may_manage(user, one)
    context = {
        "task": one,
        "state": task_badge(one),
        "due": due_of(one),
        "steps": list(one.steps.select_related("by", "to")),
        "done": sum(item["done"] for item in one.checklist),
        "may_finish": one.is_open and reading.may_finish(user, one),
        "may_change": one.is_open and manages,
        "may_reopen": not one.is_open and manages,
        "crumbs": _crumbs((one.title, "")),
        **reading.subjects_of(user, one),
    }
    return render(request, "compliance/task.html", context)


@signed_in
@SEND
def task_new(request: HttpRequest) -> HttpResponse:
    """Give somebody a task, or note one for oneself."""
    user: Any = request.user
    initial = {"to": user.employee_no, "request_key": form_key(request)} | {
        name: request.GET[name] for name in ("to", "customer") if name in request.GET
    }
    form = TaskForm(
        request.POST or None, user=user, people=reading.people_for(user), initial=initial
    )

    def save(data: dict[str, Any]) -> Assignment:
        facts = form.facts()
        return verbs.assign(by=user, **facts | {"key": form_key(request, facts["key"])})

    made = saved(request, form, save, _("The task is given."))
    if made is not None:
        return redirect(made)
    title = _("New task")
    return plain_form(
        request,
        form,
        title=title,
        verb=_("Give the task"),
        back=reverse("compliance:tasks"),
        crumbs=_crumbs((title, "")),
    )


@signed_in
@SEND
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is to be done until when."""
    one = _task_or_404(request, pk, reading.may_manage)
    form = TaskChangeForm(request.POST or None, initial=initial_of(one))
    done = saved(
        request,
        form,
        lambda data: verbs.change(one, by=request.user, **form.facts(one)),
        _("The task is saved."),
    )
    if done is not None:
        return redirect(one)
    title = _("Change the task")
    return plain_form(
        request,
        form,
        title=title,
        back=one.get_absolute_url(),
        crumbs=_crumbs((one.title, one.get_absolute_url()), (title, "")),
    )


@signed_in
@SEND
def task_hand_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else does it from now on."""
    one = _task_or_404(request, pk, reading.may_finish)
    people = reading.successors(request.user).exclude(pk=one.to_id)
    form = HandOnForm(request.POST or None, people=people)
    return _act(
        request,
        one,
        form,
        lambda data: verbs.hand_on(one, by=request.user, **data),
        done=_("The task is handed on."),
        title=_("Hand this task on?"),
        effect=_("The other is told at once, and the task leaves your list."),
        verb=_("Hand on"),
    )


@signed_in
@SEND
def task_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """It is done."""
    one = _task_or_404(request, pk, reading.may_finish)
    return _act(
        request,
        one,
        FinishForm(request.POST if request.method == "POST" else None),
        lambda data: verbs.finish(one, by=request.user, **data),
        done=_("The task is done."),
        title=_("Is this task done?"),
        effect=_("Whoever gave it is told."),
        verb=_("Finish the task"),
    )


@signed_in
@SEND
def task_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """It need not be done any more."""
    one = _task_or_404(request, pk, reading.may_manage)
    return _act(
        request,
        one,
        ReasonForm(request.POST or None),
        lambda data: verbs.cancel(one, by=request.user, **data),
        done=_("The task is cancelled."),
        title=_("Cancel this task?"),
        effect=_("It stays in the list as cancelled."),
        verb=_("Cancel the task"),
        danger=True,
        keep=pgettext("task", "Keep it"),
    )


@signed_in
@SEND
def task_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """It is to be done after all, or once more."""
    one = _task_or_404(request, pk, reading.may_manage)
    return _act(
        request,
        one,
        ReasonForm(request.POST or None),
        lambda data: verbs.reopen(one, by=request.user, **data),
        done=_("The task is open again."),
        title=_("Open this task again?"),
        effect=_("Whoever had it is told."),
        verb=_("Open again"),
    )


def _act(
    request: HttpRequest,
    one: Assignment,
    form: forms.Form,
    save: Callable[[dict[str, Any]], Any],
    *,
    done: str,
    verb: str,
    **words: Any,
) -> HttpResponse:
    """A question, and the act once it is answered."""
    if saved(request, form, save, done) is not None:
        seen = reading.task_in_reach(request.user, one.pk) is not None
        return leave(request, one.get_absolute_url() if seen else reverse("compliance:tasks"))
    crumbs = _crumbs((one.title, one.get_absolute_url()), (verb, ""))
    back = one.get_absolute_url()
    return question(request, form, verb=verb, back=back, crumbs=crumbs, **words)


@signed_in
@require_POST
def task_tick(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick a line of the checklist or take the tick back."""
    one = _task_or_404(request, pk, reading.may_finish)
    line = request.POST.get("line", "")
    try:
        verbs.tick(
            one,
            by=request.user,
            line=int(line) if line.isdecimal() else -1,
            text=request.POST.get("text", ""),
            done=request.POST.get("done") == "1",
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(one)


@signed_in
@require_POST
def task_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a remark under a task."""
    one = _task_or_404(request, pk)
    try:
        verbs.note(one, by=request.user, text=request.POST.get("text", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(one)


@signed_in
@require_safe
def task_people(request: HttpRequest) -> JsonResponse:
    """Whom the reader may give a task or hand one on to, by name or number."""
    text = request.GET.get("q", "").strip()[:40]
    found: QuerySet = reading.people_for(request.user) | reading.successors(request.user)
    if text:
        found = found.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    rows = found.select_related("unit").order_by("name", "employee_no")[:SHOWN]
    answers = [{"value": one.employee_no, "text": _called(one)} for one in rows]
    return JsonResponse(answers, safe=False)


def _called(person: Any) -> str:
    return f"{person.name} {person.employee_no} · {person.unit.name}"
