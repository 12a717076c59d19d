"""The case board (W9): the open cases of a unit by state, each with the moves of its reader."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.forms.filters import UnitFilter
from complaints.models import Case
from complaints.selectors.detail import NEXT_MOVE
from complaints.selectors.lists import CaseQuery, board_cases
from complaints.services.assignment import loads
from complaints.states import HANDLE, MOVES, VIEW, WAITING, State, moves_from
from complaints.views.common import row_of
from core.access import requires
from core.htmx import page_or_rows

COLUMNS: tuple[tuple[str, Any, frozenset[str]], ...] = (
    ("registered", State.REGISTERED.label, frozenset({State.REGISTERED})),
    ("assigned", State.ASSIGNED.label, frozenset({State.ASSIGNED, State.ACCEPTED})),
    ("in_progress", State.IN_PROGRESS.label, frozenset({State.IN_PROGRESS})),
    ("waiting", gettext_lazy("Waiting"), WAITING),
    ("resolved", gettext_lazy("Waiting for call-back"), frozenset({State.RESOLVED})),
    ("called_back", State.CALLED_BACK.label, frozenset({State.CALLED_BACK})),
)
SHOWN = 20


@dataclass(slots=True)
class Column:
    """A state of the board with its most urgent cases; `more` says that it has further ones."""

    key: str
    label: Any
    rows: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    url: str = ""


@requires(VIEW)
@require_safe
def case_board(request: HttpRequest) -> HttpResponse:
    """The open cases in reach by state, the most urgent first, and who has how many."""
    chosen = _chosen(request)
    if chosen is not None:
        return chosen
    form = UnitFilter(request.GET, user=request.user)
    is_filtered = form.is_filtered()
    data = form.cleaned_data
    query = CaseQuery(
        unit=data.get("unit"), category=data.get("category"), handler=data.get("handler")
    )
    columns = [_column(request, query, *column) for column in COLUMNS]
    context = {
        "filter_form": form,
        "is_filtered": is_filtered,
        "query": query,
        "columns": columns,
        "empty": not any(column.rows for column in columns),
        "people": _people(columns),
        "list_url": f"{reverse('complaints:list')}?state=open",
    }
    return page_or_rows(request, "complaints/board.html", "complaints/_board.html", context)


def _chosen(request: HttpRequest) -> HttpResponse | None:
    """The form of the move somebody chose on a card."""
    case, move = request.GET.get("case", ""), request.GET.get("move", "")
    if not case.isdigit() or move not in MOVES:
        return None
    return redirect("complaints:move", pk=int(case), move=move)


def _column(
    request: HttpRequest, query: CaseQuery, key: str, label: Any, states: frozenset[str]
) -> Column:
    cases = board_cases(request.user, query, states, SHOWN + 1)
    now = timezone.now()
    rows = [row_of(case, now) | {"moves": _likely_moves(request, case)} for case in cases[:SHOWN]]
    return Column(key, label, rows, len(cases) > SHOWN)


def _likely_moves(request: HttpRequest, case: Case) -> list[tuple[str, str]]:
    """Moves out of this state that the reader's role knows; the form asks again."""
    user: Any = request.user
    mine = case.handler_id == user.pk or user.has_perm("complaints.assign_case")
    leading = NEXT_MOVE.get(State(case.state))
    moves = [
        (move.name, str(move.label))
        for move in moves_from(case.state)
        if user.has_perm(move.right)
        and (mine or move.right != HANDLE)
        and not (move.name == "accept" and case.handler_id != user.pk)
        and not (move.name == "reject" and case.reject_asked_by_id in (None, user.pk))
    ]
    # What leads on comes first, giving the case to somebody else last.
    return sorted(moves, key=lambda one: (one[0] != leading, one[0] == "assign"))


def _people(columns: list[Column]) -> list[tuple[str, int]]:
    """Everybody on the board with all his open cases, the busiest first."""
    people = {
        row["case"].handler for column in columns for row in column.rows if row["case"].handler
    }
    load = loads(people)
    named = [(person.name, load[person.pk]) for person in people]
    return sorted(named, key=lambda one: (-one[1], one[0]))
