"""The states of a contractor's work and the moves between them: one table for services, buttons
and tests, as complaints.states has it for cases.

A work counts as finished for its case only when somebody accepted it: until then its case is
neither resolved nor ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class WorkState(TextChoices):
    PLANNED = "planned", pgettext_lazy("work", "Planned")
    UNDER_WAY = "under_way", pgettext_lazy("work", "Under way")
    DONE = "done", pgettext_lazy("work", "Done")
    ACCEPTED = "accepted", pgettext_lazy("work", "Accepted")
    REFUSED = "refused", pgettext_lazy("work", "Not accepted")
    CANCELLED = "cancelled", pgettext_lazy("work", "Cancelled")


# The contractor's turn: a work in these states can be late.
GOING_ON = frozenset({WorkState.PLANNED, WorkState.UNDER_WAY, WorkState.REFUSED})
UNFINISHED = GOING_ON | {WorkState.DONE}


@dataclass(frozen=True, slots=True)
class WorkMove:
    """A step of a work; `asks` is the one fact it needs, or empty."""

    name: str
    label: str | Promise
    sources: frozenset[WorkState]
    target: WorkState
    asks: str = ""


_MOVES = (
    WorkMove(
        "start",
        pgettext_lazy("work", "Begin the work"),
        frozenset({WorkState.PLANNED, WorkState.REFUSED}),
        WorkState.UNDER_WAY,
    ),
    WorkMove(
        "finish",
        pgettext_lazy("work", "Report as done"),
        frozenset({WorkState.UNDER_WAY}),
        WorkState.DONE,
    ),
    WorkMove(
        "accept",
        pgettext_lazy("work", "Accept the work"),
        frozenset({WorkState.DONE}),
        WorkState.ACCEPTED,
    ),
    WorkMove(
        "refuse",
        pgettext_lazy("work", "Do not accept"),
        frozenset({WorkState.DONE}),
        WorkState.REFUSED,
        "reason",
    ),
    WorkMove(
        "cancel", pgettext_lazy("work", "Cancel the work"), GOING_ON, WorkState.CANCELLED, "reason"
    ),
)

WORK_MOVES: dict[str, WorkMove] = {move.name: move for move in _MOVES}


def work_moves_from(state: str) -> Iterator[WorkMove]:
    """The moves that are legal in a state, in the order of their buttons."""
    return (move for move in WORK_MOVES.values() if state in move.sources)
