"""Lists of cases: all of them, one's own, the late ones, those that wait for a call-back."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from complaints.exports import PERMISSION as EXPORT
from complaints.forms.filters import CaseFilter, UnitFilter
from complaints.selectors.lists import (
    DESK_SIZE,
    MOST_LATE,
    URGENT,
    CaseQuery,
    case_page,
    count_cases,
    desk,
)
from complaints.states import CALL_BACK, HANDLE, MOVES, REGISTER, URGE, VIEW, State
from complaints.views.common import rows_for
from core.access import requires
from core.htmx import page_or_rows
from core.paging import asked_page, without_page


def count_sentence(number: int, capped: bool) -> str:
    """ "1,000+ cases" when there are more than are counted."""
    if capped:
        return _("{count}+ cases").format(count=f"{number:,}")
    return ngettext("{count} case", "{count} cases", number).format(count=f"{number:,}")


def listing(request: HttpRequest, query: CaseQuery) -> dict[str, Any]:
    """A page of a list with its count, or the problem of its search text."""
    if query.term.problem:
        return {"problem": query.term.problem, "query": query}
    page = case_page(request.user, query, **asked_page(request))
    number, capped = count_cases(request.user, query)
    return {
        "query": query,
        "page": page,
        "rows": rows_for(page.rows),
        "count": count_sentence(number, capped),
    }


@requires(VIEW)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Every case the reader may see, filtered, the newest first."""
    form = CaseFilter(request.GET, user=request.user)
    query = form.query(request.GET.get("sort", ""))
    context = listing(request, query) | {
        "filter_form": form,
        "is_filtered": form.is_filtered(),
        "can_register": request.user.has_perm(REGISTER),
        "sort": query.order.name,
        "may_export": request.user.has_perm(EXPORT),
        "filter_query": without_page(request),
    }
    return page_or_rows(request, "complaints/list.html", "complaints/_rows.html", context)


@requires(HANDLE)
@require_safe
def my_desk(request: HttpRequest) -> HttpResponse:
    """The open cases of the reader, the most urgent first, and one button: the next one."""
    rows = rows_for(desk(request.user))
    work = [row for row in rows if row["case"].state not in (State.RESOLVED, State.CALLED_BACK)]
    waiting = [row for row in rows if row not in work]
    late = sum(row["due"] is not None and row["due"].tone == "bad" for row in work)
    context = {
        "work": work,
        "waiting": waiting,
        "late": late,
        "next": work[0] if work else None,
        "answer": _desk_answer(len(work), late),
        "full": len(rows) == DESK_SIZE,
        "can_register": request.user.has_perm(REGISTER),
    }
    return page_or_rows(request, "complaints/desk.html", "complaints/desk.html", context)


def _desk_answer(count: int, late: int) -> str:
    if not count:
        return _("No case waits for you.")
    sentence = ngettext("{count} case waits for you", "{count} cases wait for you", count).format(
        count=count
    )
    if not late:
        return _("{sentence}, none is overdue.").format(sentence=sentence)
    overdue = ngettext("{count} is overdue", "{count} are overdue", late).format(count=late)
    return _("{sentence}, {overdue}.").format(sentence=sentence, overdue=overdue)


def _short_list(
    request: HttpRequest,
    template: str,
    *,
    act: tuple[str, str] | None,
    done: str,
    **what: Any,
) -> HttpResponse:
    """A list that asks for one act; `what` are the fields of CaseQuery that make it."""
    form = UnitFilter(request.GET, user=request.user)
    is_filtered = form.is_filtered()
    query = replace(form.query(), **what)
    context = listing(request, query) | {
        "filter_form": form,
        "is_filtered": is_filtered,
        "act": act,
        "done": done,
    }
    for row in context.get("rows", ()):
        row["can_act"] = act is not None and row["case"].state in MOVES[act[1]].sources
    return page_or_rows(request, template, "complaints/_short_rows.html", context)


@requires(VIEW)
@require_safe
def overdue(request: HttpRequest) -> HttpResponse:
    """Open cases of which a limit has passed, the longest overdue first."""
    act = (_("Urge"), "urge") if request.user.has_perm(URGE) else None
    done = _("No overdue cases.")
    return _short_list(
        request, "complaints/overdue.html", act=act, done=done, overdue=True, order=MOST_LATE
    )


@requires(CALL_BACK)
@require_safe
def call_backs(request: HttpRequest) -> HttpResponse:
    """Cases whose work is done and whose owner has not been asked yet, the most urgent first."""
    act = (_("Record the call-back"), "call_back")
    done = _("No case waits for a call-back.")
    return _short_list(
        request,
        "complaints/call_backs.html",
        act=act,
        done=done,
        state=State.RESOLVED,
        order=URGENT,
    )
