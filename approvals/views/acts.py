"""What else people do with a running approval: each act has a page of its own, or a dialog."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from approvals import services
from approvals.errors import Conflict
from approvals.forms import acts as forms
from approvals.models import Approval, StepState, Task, TaskState
from approvals.selectors.history import steps_now
from approvals.selectors.powers import may, may_on, needs_step_up
from approvals.services.files import most_bytes
from approvals.views.common import act_draft, approval_or_404, crumbs
from core.access import fresh_if, signed_in
from core.errors import Refused
from core.htmx import leave

Words = str | Promise
HERE, INBOX = "here", "inbox"


@dataclass(frozen=True, slots=True)
class Act:
    """A move: `powers` are the rights of selectors.powers of which it needs one; `run` gets the
    approval, the reader's task and the arguments of the verb; `then` is where it leads."""

    name: str
    label: Words
    effect: Words
    icon: str
    done: Words
    form: type[forms.ActForm]
    powers: tuple[str, ...]
    run: Callable[[Approval, Any, dict[str, Any]], Any]
    then: str = HERE
    danger: bool = False


def _give(verb: Callable[..., Any]) -> Callable[[Approval, Any, dict[str, Any]], Any]:
    return lambda approval, task, facts: verb(task, **facts)


def _whole(verb: Callable[..., Any]) -> Callable[[Approval, Any, dict[str, Any]], Any]:
    return lambda approval, task, facts: verb(approval, **facts)


def _signers(approval: Approval, task: Any, facts: dict[str, Any]) -> Any:
    return services.add_signer(task, **(facts | {"who": list(facts["who"])}))


def _call(approval: Approval, task: Any, facts: dict[str, Any]) -> Any:
    by = facts.pop("by")
    return services.record_by_phone(task, recorded_by=by, **facts)


ACTS = {
    act.name: act
    for act in (
        Act(
            "send-back",
            _("Send back"),
            _("The paper goes back; who gets it reads your reason."),
            "arrow-back-up",
            _("The paper is sent back."),
            forms.BackForm,
            ("send_back",),
            _give(services.send_back),
            INBOX,
        ),
        Act(
            "transfer",
            _("Transfer"),
            _("Somebody else decides instead of you."),
            "users",
            _("The decision is transferred."),
            forms.GiveForm,
            ("transfer",),
            _give(services.transfer),
            INBOX,
        ),
        Act(
            "add-signer",
            _("Add a signer"),
            _("One more must decide, before or after you."),
            "plus",
            _("The signer is added."),
            forms.SignerForm,
            ("add_before", "add_after"),
            _signers,
        ),
        Act(
            "delegate",
            _("Delegate"),
            _("Somebody else looks at it and gives it back to you with his advice."),
            "user-check",
            _("The decision is delegated."),
            forms.GiveForm,
            ("delegate",),
            _give(services.delegate),
            INBOX,
        ),
        Act(
            "give-back",
            _("Give back"),
            _("Whoever asked you decides, with your advice."),
            "arrow-back-up",
            _("The paper is back with whoever asked you."),
            forms.GiveBackForm,
            ("give_back",),
            _give(services.give_back),
            INBOX,
        ),
        Act(
            "copy",
            pgettext_lazy("approval", "Copy"),
            _("Others read it for knowledge; they decide nothing."),
            "copy",
            _("The copies are sent."),
            forms.CopyForm,
            ("copy",),
            _whole(services.copy_to),
        ),
        Act(
            "remark",
            _("Comment"),
            _("Everybody who takes part reads it."),
            "message",
            _("The comment is saved."),
            forms.RemarkForm,
            ("remark",),
            _whole(services.remark),
        ),
        Act(
            "urge",
            pgettext_lazy("approval", "Urge"),
            _("Whoever is to decide gets a notice with your words."),
            "bell",
            _("The approver is urged."),
            forms.ActForm,
            ("urge",),
            _whole(services.urge),
        ),
        Act(
            "call",
            _("Record a call"),
            _("The approver decided by telephone. He signs it once he is back."),
            "phone",
            _("The call is recorded; it waits for the approver's signature."),
            forms.CallForm,
            ("record_call",),
            _call,
        ),
        Act(
            "withdraw",
            pgettext_lazy("approval", "Withdraw"),
            _("The approval ends without a decision; you may change the paper and submit it anew."),
            "arrow-back-up",
            _("The paper is withdrawn."),
            forms.ActForm,
            ("withdraw",),
            _whole(services.withdraw),
            danger=True,
        ),
    )
}


def more_acts(approval: Approval, verbs: frozenset[str]) -> list[tuple[Act, str]]:
    """The acts that somebody with these powers has, each with its address."""
    return [
        (act, reverse("approvals:act", args=[approval.pk, act.name]))
        for act in ACTS.values()
        if verbs.intersection(act.powers)
    ]


def open_tasks(approval: Approval) -> list[Task]:
    """What is to be decided now, by whomever."""
    for step in steps_now(approval):
        if step.state == StepState.OPEN:
            step.approval = approval
            asked: list[Task] = step.asked  # type: ignore[attr-defined]
            tasks = [task for task in asked if task.state == TaskState.OPEN]
            for task in tasks:
                task.step = step
            return tasks
    return []


def task_for(approval: Approval, act: Act, reader: Any) -> Task | None:
    """The task that an act of the reader is about; of a call the first one that is open."""
    tasks = open_tasks(approval)
    if act.name == "call":
        return tasks[0] if tasks else None
    mine = sorted(tasks, key=lambda task: task.person_id != reader.pk)
    for task in mine:
        if may(task, reader).verbs.intersection(act.powers):
            return task
    return None


def _is_weighty(request: HttpRequest, **arguments: Any) -> bool:
    """Sending back a large sum decides too."""
    if request.method != "POST" or arguments["verb"] not in ("send-back", "transfer", "delegate"):
        return False
    approval = approval_or_404(request, arguments["pk"])
    task = task_for(approval, ACTS[arguments["verb"]], request.user)
    return task is not None and needs_step_up(task)


@fresh_if(_is_weighty)
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One act. Without the power 403; what was decided meanwhile 409, with what was typed.

    A post with `start` comes from the decision's form: it only brings the words along.
    """
    approval = approval_or_404(request, pk)
    if verb not in ACTS:
        raise Http404("verb")
    move = ACTS[verb]
    task = task_for(approval, move, request.user)
    powers = may(task, request.user).verbs if task is not None else frozenset()
    if not (powers | may_on(approval, request.user)).intersection(move.powers):
        raise PermissionDenied(verb)
    sent = request.method == "POST" and "start" not in request.POST
    draft = act_draft(request, pk, verb) if move.form.takes_files else None
    form = move.form(
        request.POST if sent else None,
        reader=request.user,
        task=task,
        initial={"request_key": uuid4().hex, "comment": request.POST.get("comment", "")},
    )
    status = 200
    if sent:
        status = 422
        if form.is_valid() and not (draft and draft.refused):
            facts = form.facts() | {"by": request.user} | ({"files": draft.row} if draft else {})
            try:
                move.run(approval, task, facts)
            except Conflict as conflict:
                status = 409
                form.add_error(None, str(conflict))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, str(move.done))
                back = reverse("approvals:inbox") if move.then == INBOX else approval
                return leave(request, back if isinstance(back, str) else back.get_absolute_url())
    context = {
        "approval": approval,
        "move": move,
        "form": form,
        "draft": draft,
        "most_bytes": most_bytes(approval),
        "asked": task.person if verb == "call" and task is not None else None,
        "crumbs": crumbs((approval.title, approval.get_absolute_url()), (str(move.label), "")),
    }
    return render(request, "approvals/act.html", context, status=status)
