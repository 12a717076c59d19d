"""One case (W8): facts, clocks, ladder, log, and the legal next moves of its reader."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.http import require_POST, require_safe

from complaints.models import (
    AnswerChannel,
    Bearer,
    Case,
    CaseEntry,
    CaseFile,
    Channel,
    Complainant,
    FileRole,
    IncomingMail,
    PersonRole,
    Relation,
)
from complaints.models.cases import CAUSES
from complaints.parts import parts_of
from complaints.selectors.clock import accounts_of
from complaints.selectors.detail import (
    ENTRIES,
    NEXT_MOVE,
    clock_rows,
    complainants_of,
    entries_of,
    ladder_of_case,
    ladder_rows,
    named_cases,
    names_of,
    related_cases,
    urges_of,
    waits_for,
    warranty_of,
)
from complaints.selectors.due import due_of
from complaints.selectors.files import files_of_entries
from complaints.selectors.incoming import mails_of
from complaints.selectors.powers import Powers
from complaints.selectors.relations import Relations
from complaints.services.moves import DISSATISFIED, NOT_REACHED, SATISFIED
from complaints.services.notes import KIND as NOTE_KIND
from complaints.services.notes import why_note_stays
from complaints.states import CALL_BACK, MOVES, VIEW, Move, State
from complaints.views.case_work import work_context
from complaints.views.common import case_crumbs, case_or_404, state_badge, subject_of
from complaints.views.files import files_context
from complaints.work_states import WORK_MOVES
from core.access import requires
from core.display import money, when
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
    "answer_urge": "message",
    "disagree": "alert-octagon",
    "react": "users",
    "pulled_in": "users",
    "let_go": "users",
    "escalated": "alert-triangle",
    "attached": "paperclip",
    "file_changed": "edit",
    "file_removed": "trash",
    "note": "note",
    "answer": "message",
    "cause": "tag",
    "cost_added": "coin",
    "cost_removed": "coin",
    "measure": "checklist",
    **dict.fromkeys(("work_planned", "work_changed", "work_start"), "settings"),
    **dict.fromkeys(("work_finish", "work_accept"), "clipboard-check"),
    **dict.fromkeys(("work_refuse", "work_cancel"), "ban"),
    "mail_in": "mail",
}
CAUSE_LABELS = {key: label for _group, causes in CAUSES for key, label in causes}
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


def others_move(case: Case, moves: list[Move]) -> Move | None:
    """The next step of the case, when it is not the reader's."""
    name = NEXT_MOVE.get(State(case.state))
    if name is None or any(move.name == name for move in moves):
        return None
    return MOVES[name]


def waiting_line(move: Move, names: list[str]) -> str:
    """Whom the case waits for, and for what."""
    who = "、".join(names) if names else _("nobody: the posts are vacant")
    return _("Waits for {people}: {move}").format(people=who, move=move.label)


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
    powers = Powers(request.user, [case])
    moves = powers.open_moves(case)
    relations = Relations(now, case.unit)
    entries = entries_of(case)
    files = files_of_entries(entries)
    people = list(case.people.select_related("user"))
    mine = [one for one in people if one.user_id == request.user.pk]
    rungs = ladder_of_case(case, relations)
    next_move = others_move(case, moves)
    turn = waits_for(case, next_move.right, relations) if next_move else ()
    names = names_of([*turn, *people_in(entries), *(key for rung in rungs for key in rung.people)])
    named = named_cases(request.user, case)
    context = files_context(case, powers) | {
        "case": case,
        "subject": subject_of(case),
        "state": state_badge(case),
        "steps": steps_of(case),
        "due": due_of(case, now, exact=True),
        "buttons": buttons(case, moves),
        "class_url": class_url(case, moves),
        "waits": waiting_line(next_move, [names[key] for key in turn if key in names])
        if next_move
        else "",
        "clocks": clock_rows(case, now),
        "ladder": ladder_rows(rungs, names),
        "entries": [told(entry, names, request.user, files.get(entry.pk, [])) for entry in entries],
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
        "parts": parts_of(request, case),
        "mails": _mails(request, case, entries),
        "related": related_cases(request.user, case),
        "into": named.get("merged_into"),
        "group": named.get("parent"),
        "repeats": named.get("repeat_of"),
        "crumbs": case_crumbs(case),
        **work_context(request, case, powers),
    }
    return render(request, "complaints/detail.html", context)


def _mails(request: HttpRequest, case: Case, entries: list[CaseEntry]) -> list[IncomingMail]:
    """The mails that the case came from or that were added to it; most cases have none."""
    if case.channel != Channel.MAIL and not any(one.kind == "mail_in" for one in entries):
        return []
    return mails_of(request.user, case)


def _customer_url(request: HttpRequest, case: Case) -> str:
    """The file of the customer, if the reader may open it."""
    user: Any = request.user
    if case.customer_id is None or not user.has_perm("customers.view_customer"):
        return ""
    seen = Customer.objects.visible_to(user).filter(pk=case.customer_id).exists()
    return reverse("customers:detail", args=[case.customer_id]) if seen else ""


# --- the log --------------------------------------------------------------------------------------


def people_in(entries: list[CaseEntry]) -> list[Any]:
    """Keys of the people whom the facts of entries name."""
    keys: list[Any] = []
    for entry in entries:
        keys += [*entry.facts.get("told", ()), entry.facts.get("handler")]
        keys.append(entry.facts.get("former"))
    return keys


def told(
    entry: CaseEntry,
    names: dict[int, str],
    reader: Any = None,
    files: Sequence[CaseFile] = (),
) -> dict[str, Any]:
    """An entry as components/timeline_entry.html reads it; its author may mend a fresh note."""
    return {
        "id": entry.pk,
        "kind": _kind(entry),
        "icon": ICONS.get(entry.kind, "point"),
        "at": entry.at,
        "day": timezone.localtime(entry.at).date(),
        "who": entry.by.name if entry.by is not None else "",
        "text": entry.text,
        "facts": list(_facts(entry, names)),
        "links": _links(entry, reader),
        "files": [_shown(file) for file in files],
        "state": "system" if entry.by is None else "corrected" if "mended" in entry.facts else "",
    }


def _links(entry: CaseEntry, reader: Any) -> list[tuple[str, str]]:
    if entry.kind == NOTE_KIND and reader is not None and not why_note_stays(entry, reader):
        address = reverse("complaints:note", args=[entry.case_id, entry.pk])
        return [(_("Change the note"), address)]
    if "work" in entry.facts:
        return [(_("Show the work"), reverse("complaints:work", args=[entry.facts["work"]]))]
    if "measure" in entry.facts:
        address = reverse("complaints:measure", args=[entry.facts["measure"]])
        return [(_("Show the measure"), address)]
    return []


def _shown(file: CaseFile) -> dict[str, str]:
    """A file as an entry of the log shows it."""
    place = [file.case_id, file.pk]
    return {
        "name": file.name,
        "url": reverse("complaints:file-preview", args=place),
        "thumb": reverse("complaints:file-thumb", args=place) if file.is_picture else "",
    }


def _kind(entry: CaseEntry) -> str:
    work_move = WORK_MOVES.get(entry.kind.removeprefix("work_"))
    if entry.kind in MOVES:
        label = str(MOVES[entry.kind].label)
    elif entry.kind.startswith("work_") and work_move is not None:
        label = str(work_move.label)
    else:
        label = {
            "register": _("Registered"),
            "import": _("Came with a file"),
            "merged_in": _("Another case was merged into this one"),
            "escalated": _("Escalated"),
            "classed": _("Level or category changed"),
            "handed_over": _("Handed over"),
            "attached": _("Files attached"),
            "file_changed": _("File described anew"),
            "file_removed": _("File removed"),
            "note": _("Note for colleagues"),
            "answer": _("Answer to the owner"),
            "cause": pgettext("case", "Cause"),
            "cost_added": _("Cost entered"),
            "cost_removed": _("Cost taken out"),
            "measure": _("Improvement measure"),
            "work_planned": _("Work planned"),
            "work_changed": _("Plan of a work changed"),
            "pulled_in": _("A colleague was pulled in"),
            "let_go": _("A colleague was let go"),
            "mail_in": _("E-mail from the complainant"),
        }.get(entry.kind, _("Noted"))
    if not entry.to_state or State(entry.to_state).label == label:
        return label
    return _("{move} → {state}").format(move=label, state=State(entry.to_state).label)


def _facts(entry: CaseEntry, names: dict[int, str]) -> list[tuple[str, str]]:
    facts, found = entry.facts, []
    people = "、".join(names[key] for key in facts.get("told", ()) if key in names)
    if facts.get("channel") in Channel.values:
        found.append((_("Channel"), str(Channel(facts["channel"]).label)))
    found += _work_facts(facts)
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
    if facts.get("sender"):
        found.append((_("Sender"), str(facts["sender"])))
    if facts.get("outcome") in OUTCOMES:
        found.append((_("Outcome"), _(OUTCOMES[facts["outcome"]])))
    if facts.get("rating"):
        found.append((_("Satisfaction"), str(facts["rating"])))
    if facts.get("into") or facts.get("number"):
        found.append((_("Case"), str(facts.get("into") or facts["number"])))
    if facts.get("file"):
        found.append((_("File"), str(facts["file"])))
        found += _file_facts(facts)
    if people:
        found.append((_("Told"), people))
    for fact, label in (("passed_over", _("Vacant")), ("told_before", _("The same person"))):
        named = [one for one in facts.get(fact, ()) if one in Relation.values]
        found += [(label, str(Relation(one).label)) for one in named]
    return found


def _file_facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What a file was said to show before and after, as far as that changed."""
    found = []
    for fact, label in (("roles", _("Shows")), ("captions", _("Caption"))):
        before, after = facts.get(fact, ("", ""))
        if before != after:
            pair = [
                str(FileRole(one).label) if one in FileRole.values else one or "—"
                for one in (before, after)
            ]
            found.append((label, _changed(pair)))
    return found


def _work_facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What entries about answers, works, costs and causes say beside their words."""
    found = []
    if facts.get("way") in AnswerChannel.values:
        way = str(AnswerChannel(facts["way"]).label)
        found.append(
            (
                pgettext("answer", "By"),
                _("{way}, sent by us").format(way=way) if facts["mailed"] else way,
            )
        )
    if facts.get("template"):
        found.append((_("Template"), facts["template"]))
    if facts.get("title"):
        found.append((_("Work"), facts["title"]))
    if facts.get("day"):
        found += [(_("Until"), facts["day"]), (_("Before"), facts["day_before"])]
    if facts.get("amount") and facts.get("bearer"):
        found.append((_("Amount"), money(Decimal(facts["amount"]))))
    if facts.get("bearer") in Bearer.values:
        found.append((_("Borne by"), str(Bearer(facts["bearer"]).label)))
    if facts.get("cause") in CAUSE_LABELS:
        found.append((pgettext("case", "Cause"), str(CAUSE_LABELS[facts["cause"]])))
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
