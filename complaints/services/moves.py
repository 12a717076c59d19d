"""The moves of a case, one door for pages, commands and jobs (complaints.states has the table).

`make_move` locks the case, asks whether the move is legal and the mover may make it, lets the
move's own function do what is particular to it, and writes state, log and audit in one
transaction. Two people who press at the same time are one mover and one who is told so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from accounts.models import User
from audit.services import record
from complaints.limits import due_at
from complaints.models import (
    Case,
    CaseEntry,
    CasePerson,
    LimitKind,
    Pause,
    Relation,
    Urge,
    WorkOrder,
)
from complaints.selectors.powers import Powers
from complaints.selectors.relations import Relations
from complaints.services import clocks, committee, urges
from complaints.services.assignment import refuse_handler, tell_handler
from complaints.services.closing import refuse_unapproved
from complaints.services.files import adopt, refuse_without_photo
from complaints.services.happenings import happening
from complaints.services.log import log
from complaints.services.telling import tell, tell_followers
from complaints.states import MOVES, UNSOLVED, Move, State
from core.errors import Refused, Stale
from core.models import Draft
from core.notices import announce
from regions.policies import policy

Facts = dict[str, Any]
# What a move's function gives back: the state afterwards, the words and facts for the log.
Done = tuple[str, str, Facts]

SATISFIED, DISSATISFIED, NOT_REACHED = "satisfied", "dissatisfied", "not_reached"
# What cannot be done while contractors are at work on the case.
NEEDS_WORKS_ENDED = frozenset({"resolve", "merge", "reject"})
MISSING = {
    "handler": _lazy("Please choose who handles the case."),
    "text": _lazy("Please write down what was said or planned."),
    "reason": _lazy("Please give the reason."),
    "until": _lazy("Please say until when the case waits."),
    "resolution": _lazy("Please write down the result."),
    "outcome": _lazy("Please say how the call-back went."),
    "into": _lazy("Please choose the case into which this one is merged."),
    "answer_by": _lazy("Please say until when you want an answer."),
}

# Moves that other systems hear of, by the kind of event.
TOLD = {"close": "case.closed", "reject": "case.closed", "reopen": "case.reopened"}


@transaction.atomic
def make_move(
    case: Case,
    name: str,
    *,
    by: Any,
    version: int | None = None,
    at: datetime | None = None,
    draft: Draft | None = None,
    **facts: Any,
) -> Case:
    """Make a move. `version` is what the mover had on his screen; `at` is when it happens, now
    unless the escalation says otherwise; `draft` is that of the form, whose files go to the case.

    Raises Stale when somebody else moved the case first, Refused when the move is not legal, not
    the mover's to make, or lacks what it asks for. `by` None is the operator.
    """
    move = MOVES[name]
    held = hold(case, facts.get("into"))
    if version is not None and held.version != version:
        raise Stale(tell_who(held))
    _check(held, move, by, facts)
    now, before = at or timezone.now(), held.state
    held.state, text, noted = _DO[name](held, by, now, facts)
    held.version += 1
    held.updated_at = now
    held.save()
    entry = log(held, name, by=by, at=now, text=text, before=before, **noted)
    adopt(held, draft, entry, by=by)
    if name == "resolve":
        refuse_without_photo(held)
    _AFTER.get(name, _nothing)(held, now)
    tell_followers(held, move, by)
    record(f"case.{name}", by=by, subject=held)
    if name in TOLD:
        announce(happening(TOLD[name], held, f"{name}:{held.version}"))
    return held


def hold(case: Case, other: Any = None) -> Case:
    """The case as it is now, locked. A second one is locked with it, always in the same order, so
    that two people who merge two cases into each other do not wait for each other forever."""
    keys = {case.pk} | ({other.pk} if isinstance(other, Case) else set())
    rows = Case.objects.filter(pk__in=keys).order_by("pk")
    list(rows.select_for_update().values_list("pk", flat=True))
    # Read after the lock: a joined handler would be the one from before somebody else was done.
    return (
        Case.objects.select_related("level", "category", "top_category", "unit", "handler")
    ).get(pk=case.pk)


def tell_who(case: Case) -> str:
    """Who was quicker, and what he did."""
    last = CaseEntry.objects.filter(case=case).exclude(by=None).select_related("by").first()
    if last is None or last.by is None:
        return _("This case has changed meanwhile. Please look at it again.")
    return _("{person} was quicker: the case is “{state}” now. Please look at it again.").format(
        person=last.by.name, state=case.get_state_display()
    )


def _check(case: Case, move: Move, by: Any, facts: Facts) -> None:
    if case.state not in move.sources:
        raise Refused(
            _("A case that is “{state}” cannot do this: {move}.").format(
                state=case.get_state_display(), move=move.label
            )
        )
    problem = why_not(case, move, by)
    if problem:
        raise Refused(problem)
    for name in move.asks:
        value = facts.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise Refused(str(MISSING[name]))
    if move.name in NEEDS_WORKS_ENDED:
        refuse_open_works(case)
    if move.name == "close":
        refuse_unapproved(case, facts.get("approval"))


def refuse_open_works(case: Case) -> None:
    """Raises Refused while works of a case are neither accepted nor cancelled."""
    work = WorkOrder.objects.filter(case=case).unfinished().order_by("planned_until", "pk").first()
    if work is not None:
        sentence = _("The work “{work}” is “{state}”: please accept or cancel it first.")
        raise Refused(sentence.format(work=work.title, state=work.get_state_display()))


def why_not(case: Case, move: Move, by: Any) -> str:
    """Why somebody may not make a move that is legal in itself; empty when he may."""
    return Powers(by, [case]).why_not(case, move)


def works_on(case: Case, by: Any) -> bool:
    """Whether somebody handles a case, stands in for its handler, helps with it, or assigns cases
    where it lies."""
    return Powers(by, [case]).works_on(case)


# --- each move ------------------------------------------------------------------------------------


def _assign(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    handler: User = facts["handler"]
    if case.handler_id == handler.pk:
        raise Refused(_("{person} has this case already.").format(person=handler.name))
    refuse_handler(handler, case)
    if case.is_waiting:
        clocks.end_pause(case, now)
    former = case.handler_id
    case.handler, case.assigned_at = handler, now
    CasePerson.objects.filter(case=case, user=handler).delete()
    return State.ASSIGNED, facts.get("text", ""), {"handler": handler.pk, "former": former}


def _accept(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    return State.ACCEPTED, "", {}


def _contact(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    if case.first_contact_at is None:
        case.first_contact_at = now
        clocks.meet(case, LimitKind.FIRST_CONTACT, now)
    return case.state, facts["text"].strip(), {}


def _start(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    return State.IN_PROGRESS, facts.get("text", ""), {}


def _plan(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    case.plan = facts["text"].strip()
    if case.planned_at is None:
        case.planned_at = now
        clocks.meet(case, LimitKind.PLAN, now)
    return case.state, case.plan, {}


def _wait(state: State) -> Callable[[Case, Any, datetime, Facts], Done]:
    def do(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
        until: datetime = facts["until"]
        latest = due_at(now, policy("complaints.pause", case.unit_id), case.unit_id)
        if until <= now:
            raise Refused(_("Please choose a time in the future until which the case waits."))
        if latest is not None and until > latest:
            raise Refused(
                _("A case may wait until {day} at most.").format(
                    day=timezone.localtime(latest).strftime("%Y-%m-%d %H:%M")
                )
            )
        Pause.objects.create(
            case=case,
            state=state,
            reason=facts["reason"].strip(),
            started_at=now,
            limit_at=until,
            by=by,
        )
        return state, facts["reason"].strip(), {"until": until.isoformat()}

    return do


def _resume(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    clocks.end_pause(case, now)
    return State.IN_PROGRESS, facts.get("text", ""), {}


def _resolve(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    case.resolution, case.resolved_at = facts["resolution"].strip(), now
    case.cause = facts.get("cause") or case.cause
    for kind in clocks.BEFORE_RESOLUTION:
        clocks.meet(case, kind, now)
    if case.first_contact_at is None:
        case.first_contact_at = now
    return State.RESOLVED, case.resolution, {}


def _call_back(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    outcome, text = facts["outcome"], (facts.get("text") or "").strip()
    if outcome == NOT_REACHED:
        return _tried_in_vain(case, now, text)
    rating = facts.get("rating")
    if outcome == DISSATISFIED and not text:
        raise Refused(_("Please write down what the owner is dissatisfied with."))
    if rating is not None and not 1 <= rating <= 5:
        raise Refused(_("The satisfaction is a number from 1 to 5."))
    case.rating, case.called_back_at = rating, now
    clocks.meet(case, LimitKind.CALL_BACK, now)
    if outcome == DISSATISFIED:
        _begin_again(case, now)
        return State.IN_PROGRESS, text, {"outcome": outcome, "rating": rating}
    return State.CALLED_BACK, text, {"outcome": outcome, "rating": rating}


def _tried_in_vain(case: Case, now: datetime, text: str) -> Done:
    """A try more; after as many as the rule says the case goes on without an answer."""
    tries = (
        1
        + CaseEntry.objects.filter(
            case=case, kind="call_back", facts__outcome=NOT_REACHED, facts__round=case.round
        ).count()
    )
    facts = {"outcome": NOT_REACHED, "tries": tries, "round": case.round}
    if tries < policy("complaints.call_backs", case.unit_id):
        return State.RESOLVED, text, facts
    case.called_back_at = now
    clocks.meet(case, LimitKind.CALL_BACK, now)
    return State.CALLED_BACK, text, facts


def _close(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    clocks.drop(case)  # what nobody waits for any more: the reaction of the committee
    case.closed_at = now
    return State.CLOSED, facts.get("text", ""), {}


def _ask_reject(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    case.reject_reason, case.reject_asked_by = facts["reason"].strip(), by
    return case.state, case.reject_reason, {}


def _reject(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    clocks.drop(case)
    case.closed_at = now
    return State.REJECTED, case.reject_reason, {}


def _merge(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    into = Case.objects.filter(pk=facts["into"].pk).exclude(pk=case.pk).open().first()
    if into is None or (by is not None and not _sees(by, into)):
        raise Refused(_("Please choose another case that is still open."))
    if Case.objects.filter(merged_into=case).exists():
        raise Refused(_("Other cases were merged into this one: merge those first."))
    clocks.drop(case)
    case.merged_into, case.merged_from_state = into, case.state
    log(into, "merged_in", by=by, at=now, number=case.number)
    return State.MERGED, facts.get("text", ""), {"into": into.number}


def _sees(by: Any, case: Case) -> bool:
    return Case.objects.visible_to(by).filter(pk=case.pk).exists()


def _unmerge(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    state, case.merged_into = case.merged_from_state or State.REGISTERED, None
    case.merged_from_state = ""
    clocks.pick_up(case)
    return state, facts["reason"].strip(), {}


def _reopen(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    days = policy("complaints.reopen_days", case.unit_id)
    ended = case.closed_at or case.called_back_at
    if ended is not None and now > ended + timedelta(days=days):
        sentence = ngettext(
            "A case can be reopened within {days} day of its end. Please register a new one.",
            "A case can be reopened within {days} days of its end. Please register a new one.",
            days,
        )
        raise Refused(sentence.format(days=days))
    _begin_again(case, now)
    # A case that was rejected before anybody had it waits for a handler first.
    state = State.IN_PROGRESS if case.handler_id is not None else State.REGISTERED
    return state, facts["reason"].strip(), {}


def _begin_again(case: Case, now: datetime) -> None:
    """The work begins anew: limits of the next round count from now."""
    case.round += 1
    case.closed_at = case.resolved_at = case.called_back_at = None
    case.reject_asked_by, case.reject_reason = None, ""


def _urge(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    answer_by: datetime = facts["answer_by"]
    if answer_by <= now:
        raise Refused(_("Please choose a date in the future for the answer."))
    told, reason = _who_is_urged(case, now), facts["reason"].strip()
    Urge.objects.create(case=case, by=by, reason=reason, urged_at=now, answer_by=answer_by)
    tell(
        told,
        "complaints.urged",
        case,
        key=f"case:{case.pk}:urged:{case.version}",
        by=by.name if by is not None else "",
        reason=reason,
        answer_by=answer_by,
    )
    return case.state, reason, {"answer_by": answer_by.isoformat(), "told": told}


def _answer(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    text = facts["text"].strip()
    return case.state, text, {"count": urges.answer(case, by, now, text)}


def _disagree(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    return case.state, facts["text"].strip(), {}


def _react(case: Case, by: Any, now: datetime, facts: Facts) -> Done:
    clocks.meet(case, LimitKind.COMMITTEE, now)
    return case.state, facts["text"].strip(), {}


def _who_is_urged(case: Case, now: datetime) -> list[int]:
    """The handler; without one who can answer, whoever stands next above him."""
    if case.handler is not None and case.handler.is_active:
        return [case.handler.pk]
    return list(Relations(now, case.unit).addressee(case, Relation.HANDLER).people)


# --- what follows when the state is written -----------------------------------------------------


def _nothing(case: Case, now: datetime) -> None:
    """Most moves have no consequence beyond themselves."""


def _work_begins_again(case: Case, now: datetime) -> None:
    if case.state in UNSOLVED:
        clocks.start(case, (LimitKind.RESOLUTION,), now)


def _owner_is_asked(case: Case, now: datetime) -> None:
    clocks.start(case, (LimitKind.CALL_BACK,), now)


def _clock_changed(case: Case, now: datetime) -> None:
    clocks.recompute(case)


def _committee_is_called(case: Case, now: datetime) -> None:
    committee.begin(case, now)


def _handler_is_told(case: Case, now: datetime) -> None:
    clocks.recompute(case)
    tell_handler(case)


_DO: dict[str, Callable[[Case, Any, datetime, Facts], Done]] = {
    "assign": _assign,
    "accept": _accept,
    "contact": _contact,
    "start": _start,
    "plan": _plan,
    "wait_owner": _wait(State.WAITING_OWNER),
    "wait_contractor": _wait(State.WAITING_CONTRACTOR),
    "resume": _resume,
    "resolve": _resolve,
    "call_back": _call_back,
    "close": _close,
    "ask_reject": _ask_reject,
    "reject": _reject,
    "merge": _merge,
    "unmerge": _unmerge,
    "reopen": _reopen,
    "urge": _urge,
    "answer_urge": _answer,
    "disagree": _disagree,
    "react": _react,
}
_AFTER: dict[str, Callable[[Case, datetime], None]] = {
    "assign": _handler_is_told,
    "wait_owner": _clock_changed,
    "wait_contractor": _clock_changed,
    "resume": _clock_changed,
    "resolve": _owner_is_asked,
    "call_back": _work_begins_again,
    "reopen": _work_begins_again,
    "disagree": _committee_is_called,
}
