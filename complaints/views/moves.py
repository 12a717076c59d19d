"""The moves of a case: one form each, nothing lost when somebody else was quicker."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from complaints.forms.moves import FORMS, MoveForm
from complaints.models import Case, CaseEntry
from complaints.selectors.detail import similar_open
from complaints.services import make_move, why_not
from complaints.services.closing import ask_closing, needs_approval
from complaints.services.files import MOVE, most_bytes
from complaints.states import MOVES, VIEW, Move
from complaints.views.common import case_crumbs, case_or_404, handlers_of, state_badge, subject_of
from core.access import requires
from core.drafts.page import DraftPage, open_draft
from core.errors import Refused, Stale
from core.htmx import page_or_rows, wants_rows

# What a move does, where its name does not say it all.
EFFECTS = {
    "accept": gettext_noop("You take over the case; the others see that you are on it."),
    "close": gettext_noop("The case ends. It can be reopened for some days."),
    "reject": gettext_noop(
        "The case ends without being handled. The reason proposed stands below."
    ),
    "ask_reject": gettext_noop("Somebody else decides about this; until then the clock goes on."),
    "wait_owner": gettext_noop("The clock stands still until the instant you give, at most."),
    "wait_contractor": gettext_noop("The clock stands still until the instant you give, at most."),
    "resolve": gettext_noop("The owner is called back next."),
    "merge": gettext_noop(
        "This case ends here and goes on in the other one. It can be taken back."
    ),
    "reopen": gettext_noop("The work begins again with new time limits."),
    "urge": gettext_noop("The handler gets a notice with your reason."),
    "answer_urge": gettext_noop("Whoever urged is told your answer."),
    "disagree": gettext_noop(
        "The marketing specialist, the contact leader and the Customer Management Committee are "
        "told; the committee owes a reaction."
    ),
    "react": gettext_noop("The reaction stands in the log and meets the committee's time limit."),
    "call_back": gettext_noop("A dissatisfied owner sends the case back to work."),
}

# The moves that take files, and what these show.
TAKING_FILES = (
    "contact", "plan", "start", "wait_owner", "wait_contractor", "resume", "call_back", "reopen",
)  # fmt: skip
UPLOADS = {
    **dict.fromkeys(TAKING_FILES, gettext_noop("Attachments")),
    "resolve": gettext_noop("Photographs of the finished work"),
}


@requires(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def case_move(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """Make one move. Without the right 403; a move that is not legal any more 409, and what was
    typed stays on the page."""
    case = case_or_404(request, pk)
    if move not in MOVES:
        raise Http404("move")
    wanted = MOVES[move]
    draft = open_draft(request, f"{MOVE.name}:{pk}:{move}")
    form = _form(request, case, wanted, draft)
    if case.state not in wanted.sources:
        return _page(request, case, wanted, form, draft, _too_late(case, wanted), 409)
    problem = why_not(case, wanted, request.user)
    if problem:
        return _page(request, case, wanted, form, draft, problem, 403)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if move == "close" and needs_approval(case):
                    return _asked(request, case, form)
                done = make_move(
                    case,
                    move,
                    by=request.user,
                    version=form.cleaned_data["version"],
                    draft=draft.row,
                    **form.facts(),
                )
            except Stale as stale:
                status = 409
                _begin_anew(form, case)
                form.add_error(None, str(stale))
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return moved(request, done, wanted)
    return _page(request, case, wanted, form, draft, "", status)


def _asked(request: HttpRequest, case: Case, form: MoveForm) -> HttpResponse:
    """Closing a case of a grave level is asked for; the approval closes it."""
    text = str(form.facts().get("text") or "")
    approval = ask_closing(case, by=request.user, comment=text)
    messages.success(request, _("Closing was sent for approval; it closes the case."))
    return redirect(approval.get_absolute_url())


def _form(request: HttpRequest, case: Case, move: Move, draft: DraftPage) -> MoveForm:
    if request.method == "POST":
        return _blank(request, case, move, request.POST)
    form = _blank(request, case, move, draft.restored)
    if draft.restored is not None:
        form.errors.clear()
        _begin_anew(form, case)
    return form


def _blank(request: HttpRequest, case: Case, move: Move, data: Any = None) -> MoveForm:
    more: dict[str, Any] = {}
    if move.name == "assign":
        more["handlers"] = handlers_of(case)
    if move.name == "merge":
        more["similar"] = similar_open(request.user, case)
    return FORMS[move.name](data, case=case, user=request.user, **more)


def _begin_anew(form: MoveForm, case: Case) -> None:
    """What was typed stays, the version is the present one: who has looked may send it again."""
    typed: Any = form.data
    data = typed.copy()
    data["version"] = str(case.version)
    form.data = data


def _too_late(case: Case, move: Move) -> str:
    """Why a move is not possible any more, and who made the last one."""
    last = CaseEntry.objects.filter(case=case).exclude(by=None).select_related("by").first()
    if last is None or last.by is None:
        return _("The case is “{state}” now; {move} is not possible any more.").format(
            state=case.get_state_display(), move=move.label
        )
    return _("{person} was quicker: the case is “{state}” now. Nothing was changed.").format(
        person=last.by.name, state=case.get_state_display()
    )


def _page(
    request: HttpRequest,
    case: Case,
    move: Move,
    form: MoveForm,
    draft: DraftPage,
    problem: str,
    status: int,
) -> HttpResponse:
    """The form as a page, or for htmx inside the dialog of the board."""
    context = _context(case, move, form) | {
        "draft": draft,
        "problem": problem,
        "typed": _typed(form) if problem else [],
        "crumbs": case_crumbs(case, (str(move.label), "")),
    }
    if wants_rows(request) and status >= 400:
        status = 422  # what is swapped in; the sentence stands in the dialog
    return page_or_rows(
        request, "complaints/move.html", "complaints/_move_dialog.html", context, status
    )


def dialog_of(request: HttpRequest, case: Case, move: Move, ways: list[Move]) -> HttpResponse:
    """The form of a move as the content of a dialog; `ways` are others that would do as well."""
    form = _blank(request, case, move)
    context = _context(case, move, form) | {
        "draft": open_draft(request, f"{MOVE.name}:{case.pk}:{move.name}"),
        "ways": ways if len(ways) > 1 else [],
    }
    return render(request, "complaints/_move_dialog.html", context)


def _context(case: Case, move: Move, form: MoveForm) -> dict[str, Any]:
    return {
        "case": case,
        "subject": subject_of(case),
        "state": state_badge(case),
        "move": move,
        "effect": _(EFFECTS[move.name]) if move.name in EFFECTS else "",
        "form": form,
        "uploads": _(UPLOADS[move.name]) if move.name in UPLOADS else "",
        "most_bytes": most_bytes(case),
    }


def _typed(form: MoveForm) -> list[tuple[str, str]]:
    """What somebody wrote into a form that cannot be sent any more."""
    if not form.is_bound:
        return []
    return [
        (str(field.label), str(field.value()))
        for field in form.visible_fields()
        if field.value() and not hasattr(field.field, "choices")
    ]


def moved(request: HttpRequest, case: Case, move: Move) -> HttpResponse:
    """A move was made: on with the case, or back to the board from whose dialog it was made."""
    sentence = _("{number}: {move}. The case is “{state}” now.").format(
        number=case.number, move=move.label, state=case.get_state_display()
    )
    messages.success(request, sentence)
    if wants_rows(request):
        return HttpResponse(status=204, headers={"HX-Trigger": "crm:moved, crm:close"})
    seen = Case.objects.visible_to(request.user).filter(pk=case.pk).exists()
    return redirect(case.get_absolute_url() if seen else reverse("complaints:list"))
