"""The case board (W9): the open cases of a unit by state, moved by pointer, keys or a list."""

from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.forms.filters import BoardFilter
from complaints.models import Case
from complaints.selectors.board import (
    BY_KEY,
    COLUMNS,
    SHOWN,
    Column,
    board_cases,
    moves_in_order,
    open_ways,
    why_no_way,
)
from complaints.selectors.powers import Powers
from complaints.services import make_move
from complaints.services.assignment import loads
from complaints.states import MOVES, VIEW, Move
from complaints.views.common import case_or_404, row_of
from complaints.views.moves import dialog_of, moved
from core.access import requires
from core.errors import Refused, Stale
from core.htmx import page_or_rows, wants_rows


@dataclass(slots=True)
class ColumnShown:
    """A column with its most urgent cases; `more` says that it has further ones, `is_open` that
    it is the one a narrow screen shows."""

    column: Column
    rows: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    is_open: bool = False


@requires(VIEW)
@require_safe
def case_board(request: HttpRequest) -> HttpResponse:
    """The open cases in reach by state, the most urgent first, and who has how many."""
    chosen = _chosen(request)
    if chosen is not None:
        return chosen
    form = BoardFilter(request.GET, user=request.user)
    is_filtered = form.is_filtered()
    query = form.query()
    columns = _columns(request, board_cases(request.user, query))
    context = {
        "filter_form": form,
        "is_filtered": is_filtered,
        "is_fragment": wants_rows(request),
        "query": query,
        "columns": columns,
        "empty": not any(one.rows for one in columns),
        "people": _people(columns),
        "list_url": f"{reverse('complaints:list')}?{form.list_query()}",
    }
    return page_or_rows(request, "complaints/board.html", "complaints/_board.html", context)


def _chosen(request: HttpRequest) -> HttpResponse | None:
    """The form of the move somebody chose on a card."""
    case, move = request.GET.get("case", ""), request.GET.get("move", "")
    if not case.isdecimal() or move not in MOVES:
        return None
    return redirect("complaints:move", pk=int(case), move=move)


def _columns(request: HttpRequest, cases: dict[str, list[Case]]) -> list[ColumnShown]:
    powers = Powers(request.user, [case for found in cases.values() for case in found])
    now = timezone.now()
    shown = [
        ColumnShown(
            column,
            [_card(case, powers) | row_of(case, now) for case in cases[column.key][:SHOWN]],
            len(cases[column.key]) > SHOWN,
        )
        for column in COLUMNS
    ]
    wanted = request.GET.get("column", "")
    if wanted not in BY_KEY:
        wanted = next((one.column.key for one in shown if one.rows), COLUMNS[0].key)
    for one in shown:
        one.is_open = one.column.key == wanted
    return shown


def _card(case: Case, powers: Powers) -> dict[str, Any]:
    """What the reader may do with a card, and into which columns he may put it."""
    return {
        "moves": [(move.name, move.label) for move in moves_in_order(case, powers)],
        "ways": " ".join(one.key for one in COLUMNS if open_ways(case, one, powers)),
    }


def _people(columns: list[ColumnShown]) -> list[tuple[str, int]]:
    """Everybody on the board with all his open cases, the busiest first."""
    people = {row["case"].handler for one in columns for row in one.rows if row["case"].handler}
    load = loads(people)
    named = [(person.name, load[person.pk]) for person in people]
    return sorted(named, key=lambda one: (-one[1], one[0]))


# --- a card is dropped ----------------------------------------------------------------------------


@requires(VIEW)
@require_POST
def case_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was put into another column: the move that leads there is made at once when it asks
    for nothing; else its form comes as a dialog, or the reason why there is no way."""
    case = case_or_404(request, pk)
    column = BY_KEY.get(request.POST.get("column", ""))
    if column is None:
        raise Http404("column")
    powers = Powers(request.user, [case])
    ways = open_ways(case, column, powers)
    if not ways:
        return _refused(request, case, why_no_way(case, column, powers))
    if len(ways) > 1 or ways[0].asks:
        return dialog_of(request, case, ways[0], ways)
    return _make(request, case, ways[0])


def _make(request: HttpRequest, case: Case, move: Move) -> HttpResponse:
    version = request.POST.get("version", "")
    try:
        done = make_move(
            case, move.name, by=request.user, version=int(version) if version.isdecimal() else None
        )
    except (Stale, Refused) as refusal:
        return _refused(request, case, str(refusal))
    return moved(request, done, move)


def _refused(request: HttpRequest, case: Case, reason: str) -> HttpResponse:
    context = {
        "title": _("{number} stays where it is").format(number=case.number),
        "reason": reason,
        "case": case,
    }
    return render(request, "complaints/_drop_refused.html", context)
