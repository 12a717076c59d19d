"""The inbox: what waits for the reader, what he decided, began and knows of; several at once."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from approvals.forms.inbox import InboxFilter
from approvals.models import Decision, PhoneSignature, Task
from approvals.selectors.inbox import waiting, waiting_count
from approvals.selectors.powers import needs_step_up
from approvals.selectors.tabs import TABS, Line, flows_in, lines
from approvals.services import approve_many
from approvals.views.common import crumbs, state_badge
from core.access import fresh_if, signed_in
from core.htmx import page_or_rows
from core.paging import asked_page
from regions.calendars.left import time_left

MOST = 100  # approved at once


@signed_in
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """One of the four lists; the oldest of what waits stands first, the others newest first."""
    tab = TABS.get(request.GET.get("tab", ""), TABS["waiting"])
    form = InboxFilter(request.GET, flows=flows_in(request.user, tab))
    page = lines(request.user, tab, flow=form.chosen(), **asked_page(request))
    count = waiting_count(request.user)
    context = {
        "tab": tab.name,
        "tabs": _tabs(tab.name, count),
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [_row(line) for line in page.rows],
        "answer": _answer(count),
        "unsigned": _unsigned(request.user),
        "bulk_actions": [(_("Approve the selected"), reverse("approvals:approve-many"), "check")],
        "crumbs": crumbs(),
    }
    return page_or_rows(request, "approvals/inbox.html", "approvals/_inbox_rows.html", context)


def _tabs(current: str, count: int) -> list[dict[str, Any]]:
    names = {
        "waiting": _("Waiting for me"),
        "done": _("Decided by me"),
        "started": _("Started by me"),
        "copied": _("Copied to me"),
    }
    return [
        {
            "name": name,
            "label": label,
            "count": count if name == "waiting" else 0,
            "current": name == current,
        }
        for name, label in names.items()
    ]


def _answer(count: int) -> str:
    if not count:
        return _("Nothing waits for your decision.")
    return ngettext(
        "{count} approval waits for you.", "{count} approvals wait for you.", count
    ).format(count=count)


def _unsigned(user: Any) -> int:
    """How many approvals by telephone the reader has still to sign."""
    return int(PhoneSignature.objects.unsigned().filter(approver=user).count())


def _row(line: Line) -> dict[str, Any]:
    """A row as the list shows it, all seen at the same instant."""
    approval, task = line.approval, line.task
    row: dict[str, Any] = {
        "approval": approval,
        "flow": approval.flow_version.flow.name,
        "state": state_badge(approval),
        "task": task,
        "unread": hasattr(line.row, "read_at") and line.row.read_at is None,
        "decision": line.row if isinstance(line.row, Decision) else None,
        "at": getattr(line.row, "at", None) or approval.started_at,
    }
    if task is not None and task.is_unfinished and task.due_at:
        row["due"] = time_left(
            task.opened_at or approval.started_at, task.due_at, timezone.now(), approval.unit_id
        )
        row["due_at"] = task.due_at
    return row


def _picked(request: HttpRequest) -> list[Task]:
    """The ticked tasks that wait for the reader, in the order of the list."""
    keys = [int(key) for key in request.POST.getlist("pick") if key.isdecimal()][:MOST]
    rows = waiting(request.user).filter(pk__in=keys).order_by("pk")
    joins = ("person", "step__approval__flow_version__flow", "step__approval__applicant")
    return list(rows.select_related(*joins))


def _is_weighty(request: HttpRequest, **arguments: Any) -> bool:
    """Once he said yes: a sum among them for which identity is confirmed again."""
    if request.method != "POST" or "sure" not in request.POST:
        return False
    return any(needs_step_up(task) for task in _picked(request))


@fresh_if(_is_weighty)
@signed_in
@require_POST
def inbox_approve(request: HttpRequest) -> HttpResponse:
    """Approve several papers of one flow: first the list of them, then, once confirmed, all.

    Each is a decision of its own; what somebody else decided meanwhile is said and left.
    """
    tasks = _picked(request)
    flows = {task.step.approval.flow_version.flow_id for task in tasks}
    if not tasks or len(flows) > 1:
        sentence = (
            _("Please choose papers of one flow only: filter the list by the flow first.")
            if tasks
            else _("Please tick at least one paper.")
        )
        messages.warning(request, sentence)
        return redirect("approvals:inbox")
    if "sure" not in request.POST:
        amounts = [task.step.approval.amount for task in tasks if task.step.approval.amount]
        context = {
            "tasks": tasks,
            "flow": tasks[0].step.approval.flow_version.flow,
            "total": sum(amounts) if amounts else None,
            "crumbs": crumbs((_("Approve several"), "")),
        }
        return render(request, "approvals/approve_many.html", context)
    comment = request.POST.get("comment", "").strip()
    problems = approve_many(tasks, by=request.user, comment=comment)
    _tell(request, len(tasks) - len(problems), problems)
    return redirect("approvals:inbox")


def _tell(request: HttpRequest, good: int, problems: list[tuple[Task, str]]) -> None:
    """How many went well, and why the others did not."""
    if good:
        sentence = ngettext("{count} paper approved.", "{count} papers approved.", good)
        messages.success(request, sentence.format(count=good))
    for task, problem in problems:
        title = task.step.approval.title
        messages.warning(request, _("{title}: {problem}").format(title=title, problem=problem))
