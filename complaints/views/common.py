"""What the pages of cases share: fetching within scope, breadcrumbs, rows, who may handle."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.models import Case
from complaints.selectors.due import due_of
from complaints.selectors.handlers import may_work_in
from complaints.selectors.lists import case_in_reach
from complaints.services.assignment import candidates, loads
from complaints.states import State

# state → tone and icon of its badge
TONES: dict[str, tuple[str, str]] = {
    State.REGISTERED: ("off", "circle-dashed"),
    State.ASSIGNED: ("info", "user-check"),
    State.ACCEPTED: ("info", "user-check"),
    State.IN_PROGRESS: ("info", "progress"),
    State.WAITING_OWNER: ("warn", "player-pause"),
    State.WAITING_CONTRACTOR: ("warn", "player-pause"),
    State.RESOLVED: ("ok", "circle-check"),
    State.CALLED_BACK: ("ok", "phone-check"),
    State.CLOSED: ("off", "check"),
    State.REJECTED: ("bad", "ban"),
    State.MERGED: ("off", "link"),
}


def case_or_404(request: HttpRequest, pk: int) -> Case:
    """The case in reach. Foreign and missing ones look the same: 404."""
    case = case_in_reach(request.user, pk)
    if case is None:
        raise Http404("case")
    return case


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """All cases › …; the last one has no address."""
    return [(_("All cases"), reverse("complaints:list")), *more]


def case_crumbs(case: Case, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """All cases › the case › …"""
    return crumbs((case.number, case.get_absolute_url() if more else ""), *more)


def state_badge(case: Case) -> dict[str, str]:
    """Label, tone and icon of a case's state."""
    tone, icon = TONES[case.state]
    return {"label": case.get_state_display(), "tone": tone, "icon": icon}


def row_of(case: Case, now: datetime) -> dict[str, Any]:
    """A case as the rows of lists show it."""
    return {
        "pk": case.pk,
        "case": case,
        "url": case.get_absolute_url(),
        "clock_url": reverse("complaints:clock", args=[case.pk]),
        "subject": subject_of(case),
        "state": state_badge(case),
        "due": due_of(case, now),
    }


def rows_for(cases: Iterable[Case]) -> list[dict[str, Any]]:
    """Rows of a list, all seen at the same instant."""
    now = timezone.now()
    return [row_of(case, now) for case in cases]


def subject_of(case: Case) -> str:
    """What a case is about, short: its category, else the beginning of the story."""
    if case.category is not None:
        return str(case.category)
    return case.content if len(case.content) <= 20 else f"{case.content[:20]}…"


def handlers_of(case: Case) -> list[tuple[User, int]]:
    """Who may handle a case, each with his open cases: those whose turn it is first."""
    turn = candidates(case, timezone.localdate())
    first = {person.pk for person in turn}
    people = turn + [one for one in may_work_in(case.unit) if one.pk not in first]
    load = loads(people)
    return [(person, load[person.pk]) for person in people]
