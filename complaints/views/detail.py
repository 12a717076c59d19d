"""One case (W8): facts, clocks, ladder, log, and the legal next moves of its reader."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.http import require_POST, require_safe

from complaints.models import Case, CaseEntry, Channel, Complainant, PersonRole, Relation
from complaints.selectors.clock import accounts_of
from complaints.selectors.detail import (
    ENTRIES,
    NEXT_MOVE,
    clock_rows,
    complainants_of,
    entries_of,
    ladder_rows,
    names_of,
    related_cases,
    urges_of,
    waits_for,
    warranty_of,
)
from complaints.selectors.due import due_of
from complaints.selectors.relations import Relations
from complaints.services import why_not
from complaints.services.moves import DISSATISFIED, NOT_REACHED, SATISFIED
from complaints.states import CALL_BACK, MOVES, VIEW, Move, State, moves_from
from complaints.views.common import case_crumbs, case_or_404, state_badge, subject_of
from core.access import requires
from core.display import when
from customers.models import Customer
from customers.views.detail import reveal_answer

# Moves that lead on come first; the first of them that is open to the reader is the filled button.
MAIN = ("accept", "start", "resume", "resolve", "call_back", "close", "reject", "assign")
RARE = ("ask_reject", "merge", "unmerge", "reopen", "disagree")
ICONS = {
    "register": "plus",
    "import": "file-import",
    "assign": "user-check",
    "accept": "user-check",
    "contact": "phone",
    "start": "progress",
    "plan": "checklist",
    "wait_owner": "player-pause",
    "wait_contractor": "player-pause",
    "resume": "refresh",
    "resolve": "circle-check",
    "call_back": "phone-check",
    "close": "check",
    "ask_reject": "ban",
    "reject": "ban",
    "merge": "link",
    "merged_in": "link",
    "unmerge": "link",
    "reopen": "arrow-back-up",
    "urge": "urgent",
    "answer": "message",
    "disagree": "alert-octagon",
    "react": "users",
    "pulled_in": "users",
    "let_go": "users",
    "escalated": "alert-triangle",
}
OUTCOMES = {
    SATISFIED: gettext_noop("satisfied"),
    DISSATISFIED: gettext_noop("dissatisfied"),
    NOT_REACHED: gettext_noop("not reached"),
}
STEPS = (
    State.REGISTERED,
    State.ASSIGNED,
    State.ACCEPTED,
    State.IN_PROGRESS,
    State.RESOLVED,
    State.CALLED_BACK,
    State.CLOSED,
)


def open_moves(case: Case, user: Any) -> list[Move]:
    """The moves that are legal now and open to somebody."""
    return [move for move in moves_from(case.state) if not why_not(case, move, user)]


def buttons(case: Case, moves: list[Move]) -> dict[str, Any]:
    """The moves as buttons: one filled, others outlined, rare ones in a menu."""

    def button(move: Move) -> dict[str, str]:
        address = reverse("complaints:move", args=[case.pk, move.name])
        icon = ICONS.get(move.name, "point")
        return {"label": str(move.label), "url": address, "icon": icon, "name": move.name}

    known = {move.name: move for move in moves}
    leading = [name for name in MAIN if name in known]
    primary = known.pop(leading[0]) if leading else None
    return {
        "primary": button(primary) if primary else None,
        "others": [button(move) for move in known.values() if move.name not in RARE],
        "rare": [button(move) for move in known.values() if move.name in RARE],
    }


def class_url(case: Case, moves: list[Move]) -> str:
    """Where the case is classed otherwise, for whoever may record what is planned or said."""
    names = {move.name for move in moves}
    if not case.is_open or not names & {"contact", "plan", "assign", "call_back"}:
        return ""
    return reverse("complaints:class", args=[case.pk])


def waiting_line(case: Case, moves: list[Move], relations: Relations) -> str:
    """Whom the case waits for, when the next step is not the reader's."""
    name = NEXT_MOVE.get(State(case.state))
    if name is None or any(move.name == name for move in moves):
        return ""
    people = waits_for(case, MOVES[name].right, relations)
    who = "、".join(people) if people else _("nobody: the posts are vacant")
    return _("Waits for {people}: {move}").format(people=who, move=MOVES[name].label)


def steps_of(case: Case) -> list[dict[str, str]]:
    """How far the case has come."""
    if case.state in (State.REJECTED, State.MERGED):
        return []
    here = State.IN_PROGRESS if case.is_waiting else State(case.state)
    place = STEPS.index(here)
    return [
        {
            "label": str(case.get_state_display() if n == place else step.label),
            "state": "done" if n < place else "current" if n == place else "todo",
        }
        for n, step in enumerate(STEPS)
    ]


@requires(VIEW)
@require_safe
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one case, and what the reader may do with it now."""
    case = case_or_404(request, pk)
    now = timezone.now()
    moves = open_moves(case, request.user)
    relations = Relations(now, case.unit)
    entries = entries_of(case)
    people = list(case.people.select_related("user"))
    mine = [one for one in people if one.user_id == request.user.pk]
    context = {
        "case": case,
        "subject": subject_of(case),
        "state": state_badge(case),
        "steps": steps_of(case),
        "due": due_of(case, now, exact=True),
        "buttons": buttons(case, moves),
        "class_url": class_url(case, moves),
        "waits": waiting_line(case, moves, relations),
        "clocks": clock_rows(case, now),
        "ladder": ladder_rows(case, relations),
        "entries": [told(entry, names) for names in [_names(entries)] for entry in entries],
        "more": len(entries) > ENTRIES,
        "complainants": complainants_of(case),
        "customer_url": _customer_url(request, case),
        "may_reveal": request.user.has_perm(CALL_BACK),
        "people": people,
        "watching": any(one.role == PersonRole.WATCHER for one in mine),
        "may_watch": case.handler_id != request.user.pk
        and not any(one.role == PersonRole.COLLABORATOR for one in mine),
        "urges": urges_of(case),
        "now": now,
        "warranty": warranty_of(case),
        "related": related_cases(request.user, case),
        "into": _in_reach(request, case.merged_into_id),
        "group": _in_reach(request, case.parent_id),
        "repeats": _in_reach(request, case.repeat_of_id),
        "crumbs": case_crumbs(case),
    }
    return render(request, "complaints/detail.html", context)


def _in_reach(request: HttpRequest, pk: int | None) -> Case | None:
    """Another case that this one names, if the reader may see it."""
    return Case.objects.visible_to(request.user).filter(pk=pk).first() if pk else None


def _customer_url(request: HttpRequest, case: Case) -> str:
    """The file of the customer, if the reader may open it."""
    user: Any = request.user
    if case.customer_id is None or not user.has_perm("customers.view_customer"):
        return ""
    seen = Customer.objects.visible_to(user).filter(pk=case.customer_id).exists()
    return reverse("customers:detail", args=[case.customer_id]) if seen else ""


# --- the log --------------------------------------------------------------------------------------


def _names(entries: list[CaseEntry]) -> dict[int, str]:
    keys: list[Any] = []
    for entry in entries:
        keys += [*entry.facts.get("told", ()), entry.facts.get("handler")]
        keys.append(entry.facts.get("former"))
    return names_of(keys)


def told(entry: CaseEntry, names: dict[int, str]) -> dict[str, Any]:
    """An entry as components/timeline_entry.html reads it."""
    return {
        "id": entry.pk,
        "kind": _kind(entry),
        "icon": ICONS.get(entry.kind, "point"),
        "at": entry.at,
        "day": timezone.localtime(entry.at).date(),
        "who": entry.by.name if entry.by is not None else "",
        "text": entry.text,
        "facts": list(_facts(entry, names)),
        "links": [],
        "state": "system" if entry.by is None else "",
    }


def _kind(entry: CaseEntry) -> str:
    if entry.kind in MOVES:
        label = str(MOVES[entry.kind].label)
    else:
        label = {
            "register": _("Registered"),
            "import": _("Came with a file"),
            "merged_in": _("Another case was merged into this one"),
            "escalated": _("Escalated"),
            "classed": _("Level or category changed"),
            "handed_over": _("Handed over"),
            "pulled_in": _("A colleague was pulled in"),
            "let_go": _("A colleague was let go"),
        }.get(entry.kind, _("Noted"))
    if not entry.to_state or State(entry.to_state).label == label:
        return label
    return _("{move} → {state}").format(move=label, state=State(entry.to_state).label)


def _facts(entry: CaseEntry, names: dict[int, str]) -> list[tuple[str, str]]:
    facts, found = entry.facts, []
    people = "、".join(names[key] for key in facts.get("told", ()) if key in names)
    if facts.get("channel") in Channel.values:
        found.append((_("Channel"), str(Channel(facts["channel"]).label)))
    if facts.get("handler") in names:
        label = _("Collaborator") if entry.kind in ("pulled_in", "let_go") else _("Handler")
        found.append((label, names[facts["handler"]]))
    if facts.get("former") in names:
        found.append((_("Before"), names[facts["former"]]))
    found += [(label, _changed(facts[name])) for name, label in _class_labels() if facts.get(name)]
    if facts.get("until"):
        found.append((_("Until"), _instant(facts["until"])))
    if facts.get("answer_by"):
        found.append((_("Answer wanted by"), _instant(facts["answer_by"])))
    if facts.get("outcome") in OUTCOMES:
        found.append((_("Outcome"), _(OUTCOMES[facts["outcome"]])))
    if facts.get("rating"):
        found.append((_("Satisfaction"), str(facts["rating"])))
    if facts.get("into") or facts.get("number"):
        found.append((_("Case"), str(facts.get("into") or facts["number"])))
    if people:
        found.append((_("Told"), people))
    found += [
        (_("Vacant"), str(Relation(one).label))
        for one in facts.get("passed_over", ())
        if one in Relation.values
    ]
    return found


def _class_labels() -> tuple[tuple[str, str], ...]:
    return ("category", _("Category")), ("level", pgettext("case", "Level"))


def _changed(pair: Any) -> str:
    """What something was and what it is."""
    before, after = pair
    return f"{before or '—'} → {after}"


def _instant(text: str) -> str:
    moment: datetime | None = parse_datetime(text)
    return when(moment) if moment is not None else text


# --- the clock, and the number --------------------------------------------------------------------


@requires(VIEW)
@require_safe
def case_clock(request: HttpRequest, pk: int) -> HttpResponse:
    """Why each limit is due when it is: every counted stretch and every pause."""
    case = case_or_404(request, pk)
    context = {
        "case": case,
        "accounts": accounts_of(case, timezone.now()),
        "due": due_of(case, timezone.now(), exact=True),
        "crumbs": case_crumbs(case, (_("Why due then"), "")),
    }
    return render(request, "complaints/clock.html", context)


@requires(CALL_BACK)
@require_POST
def complainant_reveal(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    """Show the number of somebody who complains for a minute, recorded with its reason.

    Of a known owner without a number of his own in the case it is the archive's: whoever must
    call him back needs it.
    """
    rows = Complainant.objects.visible_to(request.user, CALL_BACK).filter(case=pk, pk=person_pk)
    person = rows.select_related("subject", "customer__subject").first()
    if person is None:
        raise Http404("complainant")
    address = reverse("complaints:reveal", args=[pk, person_pk])
    subject = person if person.phone_last4 or person.customer is None else person.customer
    return reveal_answer(request, subject, "phone", address)
