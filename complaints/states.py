"""The states of a case and the moves between them: one table for services, buttons and tests.

A move is legal when the case stands in one of its `sources`. Who may make it is `right`; what it
asks for is in `asks`, and the service of the move refuses when it is missing. Imported cases stand
where their file says and move on from there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    REGISTERED = "registered", pgettext_lazy("case", "Registered")
    ASSIGNED = "assigned", pgettext_lazy("case", "Assigned")
    ACCEPTED = "accepted", pgettext_lazy("case", "Accepted")
    IN_PROGRESS = "in_progress", pgettext_lazy("case", "In progress")
    WAITING_OWNER = "waiting_owner", pgettext_lazy("case", "Waiting for owner")
    WAITING_CONTRACTOR = "waiting_contractor", pgettext_lazy("case", "Waiting for contractor")
    RESOLVED = "resolved", pgettext_lazy("case", "Resolved")
    CALLED_BACK = "called_back", pgettext_lazy("case", "Called back")
    CLOSED = "closed", pgettext_lazy("case", "Closed")
    REJECTED = "rejected", pgettext_lazy("case", "Rejected")
    MERGED = "merged", pgettext_lazy("case", "Merged")


WAITING = frozenset({State.WAITING_OWNER, State.WAITING_CONTRACTOR})
# In these states somebody works on the case and its clock for the resolution matters.
WORKED_ON = frozenset({State.ASSIGNED, State.ACCEPTED, State.IN_PROGRESS}) | WAITING
UNSOLVED = WORKED_ON | {State.REGISTERED}
OPEN = UNSOLVED | {State.RESOLVED, State.CALLED_BACK}
ENDED = frozenset({State.CLOSED, State.REJECTED, State.MERGED})

VIEW = "complaints.view_case"
REGISTER = "complaints.add_case"
HANDLE = "complaints.handle_case"
ASSIGN = "complaints.assign_case"
CALL_BACK = "complaints.call_back_case"
CLOSE = "complaints.close_case"
URGE = "complaints.urge_case"


@dataclass(frozen=True, slots=True)
class Move:
    """A step of a case: from `sources` to `target`. `target` None: the case stays where it is, or
    the service decides (a call-back that finds the owner dissatisfied reopens the case)."""

    name: str
    label: str | Promise
    sources: frozenset[State]
    target: State | None
    right: str
    asks: frozenset[str] = field(default=frozenset())
    second_person: bool = False


def _move(
    name: str,
    label: str | Promise,
    sources: Iterable[State],
    target: State | None,
    right: str,
    asks: str = "",
    *,
    second_person: bool = False,
) -> Move:
    return Move(
        name, label, frozenset(sources), target, right, frozenset(asks.split()), second_person
    )


_MOVES = (
    _move("assign", _("Assign"), UNSOLVED, State.ASSIGNED, ASSIGN, "handler"),
    _move("accept", _("Accept the case"), {State.ASSIGNED}, State.ACCEPTED, HANDLE),
    _move("contact", _("Record the first contact"), UNSOLVED, None, HANDLE, "text"),
    _move("start", _("Start work"), {State.ACCEPTED}, State.IN_PROGRESS, HANDLE),
    _move("plan", _("Record the handling plan"), WORKED_ON, None, HANDLE, "text"),
    _move(
        "wait_owner",
        _("Wait for the owner"),
        {State.IN_PROGRESS},
        State.WAITING_OWNER,
        HANDLE,
        "reason until",
    ),
    _move(
        "wait_contractor",
        _("Wait for the contractor"),
        {State.IN_PROGRESS},
        State.WAITING_CONTRACTOR,
        HANDLE,
        "reason until",
    ),
    _move("resume", _("Go on with the work"), WAITING, State.IN_PROGRESS, HANDLE),
    _move(
        "resolve", _("Mark as resolved"), {State.IN_PROGRESS}, State.RESOLVED, HANDLE, "resolution"
    ),
    _move(
        "call_back",
        _("Record the call-back"),
        {State.RESOLVED},
        None,
        CALL_BACK,
        "outcome",
    ),
    _move("close", _("Close the case"), {State.CALLED_BACK}, State.CLOSED, CLOSE),
    _move(
        "ask_reject",
        _("Propose not to take the case"),
        {State.REGISTERED, State.ASSIGNED, State.ACCEPTED},
        None,
        HANDLE,
        "reason",
    ),
    _move(
        "reject",
        _("Reject the case"),
        {State.REGISTERED, State.ASSIGNED, State.ACCEPTED},
        State.REJECTED,
        CLOSE,
        second_person=True,
    ),
    _move("merge", _("Merge into another case"), UNSOLVED, State.MERGED, HANDLE, "into"),
    _move("unmerge", _("Take the merger back"), {State.MERGED}, None, HANDLE, "reason"),
    _move(
        "reopen",
        _("Reopen"),
        {State.CALLED_BACK, State.CLOSED, State.REJECTED},
        State.IN_PROGRESS,
        HANDLE,
        "reason",
    ),
    _move("urge", _("Urge"), UNSOLVED, None, URGE, "reason answer_by"),
    _move("answer_urge", _("Answer the urge"), OPEN, None, HANDLE, "text"),
    _move("disagree", _("Report a serious disagreement"), UNSOLVED, None, HANDLE, "text"),
    _move("react", _("Record the committee's reaction"), OPEN, None, VIEW, "text"),
)

MOVES: dict[str, Move] = {move.name: move for move in _MOVES}


def moves_from(state: str) -> Iterator[Move]:
    """The moves that are legal in a state, whoever asks."""
    return (move for move in MOVES.values() if state in move.sources)
