"""What pages of findings, accounts, plans and inspections share."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from compliance.states import ChangeState, FindingState, Severity

T = TypeVar("T")

SEVERITY_TONES = {
    Severity.HIGH: ("bad", "alert-octagon"),
    Severity.MEDIUM: ("warn", "alert-triangle"),
    Severity.LOW: ("info", "info-circle"),
}
FINDING_TONES = {
    FindingState.OPEN: ("warn", "clock"),
    FindingState.EXPLAINED: ("info", "note"),
    FindingState.EXCEPTED: ("off", "calendar"),
    FindingState.CLOSED: ("ok", "circle-check"),
}
CHANGE_TONES = {
    ChangeState.NOTED: ("warn", "note"),
    ChangeState.IN_APPROVAL: ("info", "clock"),
    ChangeState.APPROVED: ("warn", "circle-check"),
    ChangeState.DONE: ("ok", "circle-check"),
    ChangeState.REJECTED: ("bad", "circle-x"),
    ChangeState.WITHDRAWN: ("off", "ban"),
}


def toned(value: Any, tones: dict[Any, tuple[str, str]]) -> dict[str, str]:
    """Label, tone and icon of a state or a severity, for a badge."""
    kind = type(next(iter(tones)))
    tone, icon = tones[kind(value)]
    return {"label": str(kind(value).label), "tone": tone, "icon": icon}


def reached(
    request: HttpRequest, read: Callable[..., T | None], pk: int, view: str, right: str = ""
) -> T:
    """A record in reach of `view`. Raises Http404, and PermissionDenied for who sees it without
    the right to act there."""
    found = read(request.user, pk, view)
    if found is None:
        raise Http404("record")
    if right and read(request.user, pk, right) is None:
        raise PermissionDenied(right)
    return found
