"""Parts that other apps add to the page of a case: what they know of it.

Complaints know no surveys; whoever does registers a part here. It gives its template with what
that draws, or None where it has nothing to say to the reader.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from complaints.models import Case

Part = Callable[[HttpRequest, Case], tuple[str, dict[str, Any]] | None]
_PARTS: list[Part] = []


def add_part(part: Part) -> None:
    """Register a part; an app does so when it is ready."""
    _PARTS.append(part)


def parts_of(request: HttpRequest, case: Case) -> list[tuple[str, dict[str, Any]]]:
    """(template, its context) of every part that has something to say."""
    return [found for part in _PARTS if (found := part(request, case)) is not None]
