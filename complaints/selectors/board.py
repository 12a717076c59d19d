"""The board (W9): its columns, the cases in them, and which move leads from one to another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Case
from complaints.selectors.detail import NEXT_MOVE
from complaints.selectors.lists import CaseQuery, rows_of, scope_for
from complaints.selectors.powers import Powers
from complaints.states import MOVES, VIEW, WAITING, Move, State, moves_from
from core.keyset import Key

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the board: the states whose cases stand in it."""

    key: str
    label: str | Promise
    states: frozenset[str]


COLUMNS = (
    Column("registered", State.REGISTERED.label, frozenset({State.REGISTERED})),
    Column("assigned", State.ASSIGNED.label, frozenset({State.ASSIGNED, State.ACCEPTED})),
    Column("in_progress", State.IN_PROGRESS.label, frozenset({State.IN_PROGRESS})),
    Column("waiting", gettext_lazy("Waiting"), WAITING),
    Column("resolved", gettext_lazy("Waiting for call-back"), frozenset({State.RESOLVED})),
    Column("called_back", State.CALLED_BACK.label, frozenset({State.CALLED_BACK})),
)
BY_KEY = {column.key: column for column in COLUMNS}
# Moves whose target the service decides, and the column they are meant to reach.
MEANT_FOR = {"call_back": "called_back"}


def column_of(case: Case) -> Column | None:
    """Where a case stands; None when the board does not show it."""
    return next((one for one in COLUMNS if case.state in one.states), None)


def board_cases(user: Any, query: CaseQuery, size: int = SHOWN) -> dict[str, list[Case]]:
    """The cases of each column, those due first at the top, then such without a limit; up to
    `size` and one more, which says that there are further ones."""
    keys: dict[str, set[tuple[datetime | None, int]]] = {column.key: set() for column in COLUMNS}
    parts = list(_parts(user, query, size))
    if parts:
        for pk, due, column in parts[0].union(*parts[1:], all=True):
            keys[column].add((due, pk))
    chosen = {column: _first(found, size + 1) for column, found in keys.items()}
    rows = rows_of(Key(None, pk) for found in chosen.values() for pk in found)
    cases = {case.pk: case for case in rows}
    return {column: [cases[pk] for pk in found if pk in cases] for column, found in chosen.items()}


def _parts(user: Any, query: CaseQuery, size: int) -> Iterator[Any]:
    """The top of each column in each branch in reach; never ORed, so that each walks its index."""
    for branch in Case.objects.all().branches_of(scope_for(user, query), VIEW):
        cases = query.refine(branch)
        for column in COLUMNS:
            yield (
                cases.filter(state__in=sorted(column.states))
                .order_by("next_due_at", "pk")
                .values_list("pk", "next_due_at", Value(column.key))[: size + 1]
            )


def _first(found: set[tuple[datetime | None, int]], size: int) -> list[int]:
    ranked = sorted(found, key=lambda one: (one[0] is None, one[0] or 0, one[1]))
    return [pk for _due, pk in ranked[:size]]


# --- from one column to another -------------------------------------------------------------------


def ways_to(case: Case, column: Column) -> list[Move]:
    """The moves that lead a case into a column, whoever asks; none within its own."""
    if case.state in column.states:
        return []
    return [
        move
        for move in moves_from(case.state)
        if move.target in column.states or MEANT_FOR.get(move.name) == column.key
    ]


def open_ways(case: Case, column: Column, powers: Powers) -> list[Move]:
    """Those of them that the reader may make."""
    return [move for move in ways_to(case, column) if not powers.why_not(case, move)]


def why_no_way(case: Case, column: Column, powers: Powers) -> str:
    """Why a case cannot be put into a column, and what would lead on."""
    ways = ways_to(case, column)
    if ways:
        return powers.why_not(case, ways[0])
    here, there = case.get_state_display(), column.label
    name = NEXT_MOVE.get(State(case.state))
    if name is None:
        return _("A case that is “{state}” cannot be put into “{column}”.").format(
            state=here, column=there
        )
    sentence = _(
        "A case that is “{state}” cannot be put into “{column}”. Its next step is: {move}."
    )
    return sentence.format(state=here, column=there, move=MOVES[name].label)


def moves_in_order(case: Case, powers: Powers) -> list[Move]:
    """What the reader may do with a case: what leads on first, giving it away last."""
    leading = NEXT_MOVE.get(State(case.state))
    moves = powers.open_moves(case)
    return sorted(moves, key=lambda move: (move.name != leading, move.name == "assign"))
