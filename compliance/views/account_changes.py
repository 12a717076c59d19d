"""Account changes: the list, the form, what was decided, carrying out (ACC-07…ACC-11)."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import Post, User
from accounts.user_kinds import kind_of, leading_positions
from approvals import services as approvals
from compliance.forms.staffing import CarryOutForm, ChangeFilter, ChangeForm, NotedForm
from compliance.models import AccountChange
from compliance.selectors import staffing as reading
from compliance.selectors.staffing import ASK, CARRY_OUT, CHANGES
from compliance.services import account_changes as verbs
from compliance.states import ChangeCause, ChangeKind, ChangeState
from compliance.views.common import SEND, plain_form
from compliance.views.staffing import CHANGE_TONES, reached, toned
from core.access import fresh, requires
from core.display import listed
from core.htmx import ask, leave, page_or_rows
from core.paging import asked_page, count_of, page_of
from core.saving import saved, status_of


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Account changes"), reverse("compliance:account-changes") if more else ""), *more]


@requires(CHANGES)
@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    """Account changes in reach, open ones unless asked otherwise."""
    form = ChangeFilter(request.GET, user=request.user)
    parts = reading.change_parts(request.user, form.query())
    page = page_of(parts, reading.LATEST_DUE, reading.change_rows, **asked_page(request))
    number, capped = count_of(parts)
    words = (
        _("{count}+ account changes")
        if capped
        else ngettext("{count} account change", "{count} account changes", number)
    )
    context = {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "page": page,
        "rows": [{"change": one, "state": toned(one.state, CHANGE_TONES)} for one in page.rows],
        "count": words.format(count=f"{number:,}"),
        "may_ask": request.user.has_perm(ASK),
        "crumbs": _crumbs(),
    }
    return page_or_rows(
        request, "compliance/account_changes.html", "compliance/_account_change_rows.html", context
    )


@requires(CHANGES)
@require_safe
def change_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One form: people, reason, treatment, its way, and what is still to be done for whom."""
    change = reached(request, reading.change_in_reach, pk, CHANGES)
    posts = Prefetch("person__posts", Post.objects.now().select_related("function"), "held_posts")
    rows = change.lines.select_related("person__unit").prefetch_related(posts)
    lines = list(rows.order_by("employee_no"))
    leading = leading_positions()
    may_carry_out = reading.change_in_reach(request.user, pk, CARRY_OUT) is not None
    compare = may_carry_out and change.is_open and change.kind == ChangeKind.CHANGE
    roles = reading.roles_of(change) if compare else {}
    closing = change.kind == ChangeKind.CLOSE and request.user.has_perm("accounts.close_account")
    context = {
        "change": change,
        "state": toned(change.state, CHANGE_TONES),
        "lines": lines,
        "named": [(line, _kind(line.person, leading)) for line in lines],
        "held": [(line, roles.get(line.person_id or 0, [])) for line in lines] if compare else [],
        "approval": approvals.last_approval(change, verbs.KIND),
        "may_file": change.state == ChangeState.NOTED
        and reading.change_in_reach(request.user, pk, ASK) is not None,
        "may_carry_out": may_carry_out and change.state == ChangeState.APPROVED,
        "may_close": closing and change.is_open,
        "crumbs": _crumbs((str(change), "")),
    }
    return render(request, "compliance/account_change.html", context)


def _kind(person: User | None, leading: frozenset[str]) -> Any:
    """What kind of user a line names; nothing of somebody without an account."""
    if person is None:
        return None
    return kind_of(person, [post.function for post in person.held_posts], leading)  # type: ignore[attr-defined]


@requires(ASK)
@SEND
def change_new(request: HttpRequest) -> HttpResponse:
    """Fill in the form and submit it."""
    user: Any = request.user
    initial = {
        "kind": request.GET.get("kind", ChangeKind.CLOSE),
        "cause": request.GET.get("cause", ChangeCause.LEAVE),
        "event_on": timezone.localdate(),
        "people": [request.GET["person"]] if "person" in request.GET else [],
        "unit": user.unit.code if user.unit else "",
    }
    form = ChangeForm(request.POST or None, user=user, initial=initial)
    made = saved(
        request,
        form,
        lambda data: verbs.file_change(by=user, **form.facts()),
        _("The form was submitted for approval."),
    )
    if made is not None:
        return redirect(made)
    title = _("Fill in the form")
    return plain_form(
        request,
        form,
        title=title,
        back=reverse("compliance:account-changes"),
        crumbs=_crumbs((title, "")),
        verb=_("Submit"),
        question="信息系统用户管理及权限变更审批表",
    )


@requires(ASK)
@SEND
def change_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Complete a form that the system opened."""
    user: Any = request.user
    change = reached(request, reading.change_in_reach, pk, CHANGES, ASK)
    initial = {"reason": change.reason, "treatment": change.treatment}
    form = NotedForm(request.POST or None, initial=initial)
    made = saved(
        request,
        form,
        lambda data: verbs.file_noted(change, by=user, **data),
        _("The form was submitted for approval."),
    )
    if made is not None:
        return redirect(made)
    back = change.get_absolute_url()
    title = _("Complete the form")
    return plain_form(
        request,
        form,
        title=title,
        back=back,
        crumbs=_crumbs((str(change), back), (title, "")),
        verb=_("Submit"),
    )


@fresh
@requires(CARRY_OUT)
@SEND
def change_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what was approved, after a question."""
    user: Any = request.user
    change = reached(request, reading.change_in_reach, pk, CHANGES, CARRY_OUT)
    left = _roles_outside(change)
    form = CarryOutForm(request.POST if request.method == "POST" else None, left=bool(left))
    done = saved(
        request,
        form,
        lambda data: verbs.carry_out(change, by=user, reason=data.get("reason", "")),
        _("The account change was carried out."),
    )
    back = change.get_absolute_url()
    if done is not None:
        return leave(request, back)
    context = {
        "title": _("Carry out this account change?"),
        "effect": _effect(change, left),
        "form": form if form.fields else None,
        "action": request.path,
        "verb": _("Carry out"),
        "refused": form.non_field_errors() if form.is_bound else [],
        "cancel_url": back,
        "crumbs": _crumbs((str(change), back), (_("Carry out"), "")),
    }
    return ask(request, context, status_of(request))


def _roles_outside(change: AccountChange) -> list[str]:
    """Roles of the people of a change that lie outside their unit, each with its person."""
    if change.kind != ChangeKind.CHANGE:
        return []
    roles = [role for held in reading.roles_of(change).values() for role in held if role.outside]
    return [f"{role.grant.user.name} · {role}" for role in roles]


def _effect(change: AccountChange, left: list[str]) -> str:
    if left:
        sentence = _(
            "These roles lie outside the new unit: {roles}. End them first, or say why they stay."
        )
        return sentence.format(roles=listed(left))
    return {
        ChangeKind.OPEN: _("The accounts must have been created; then the form is done."),
        ChangeKind.CHANGE: _("Change the roles first; then the form is done."),
        ChangeKind.FREEZE: _("The accounts are shut at once; open sessions end."),
        ChangeKind.CLOSE: _("The accounts must have been closed; then the form is done."),
    }[ChangeKind(change.kind)]
