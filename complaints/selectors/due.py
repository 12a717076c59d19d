"""How long a case still has, in words and tone (CMP-02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from complaints.models import Case, Deadline, LimitKind
from regions.calendars.left import time_left
from regions.policies.types import Span


@dataclass(frozen=True, slots=True)
class Due:
    """What stands beside a case: `tone` of a badge, `text`, the instant, and which limit."""

    tone: str
    text: str
    at: datetime | None = None
    limit: str = ""
    paused: bool = False


def running_deadlines() -> Prefetch:
    """The limits that still run, for `due_of`; one query for all rows of a list."""
    rows = Deadline.objects.filter(met_at=None, dropped=False)
    return Prefetch("deadlines", rows, to_attr="running")


def due_of(case: Case, now: datetime, *, exact: bool = False) -> Due | None:
    """The earliest limit of a case that still runs, None without one. Needs `running_deadlines`
    and `unit` loaded; `exact` adds the minutes."""
    if not case.is_open:
        return None
    if case.is_waiting:
        return Due("off", _("The clock is paused"), paused=True)
    running: list[Deadline] = case.running  # type: ignore[attr-defined]
    first = next((one for one in running if one.kind == case.next_due_kind), None)
    if first is None or first.due_at is None:
        return None
    return left_of(first, case.unit, now, exact=exact)


def left_of(deadline: Deadline, unit: Any, now: datetime, *, exact: bool = False) -> Due:
    """What is left of one limit that has a due instant."""
    if deadline.due_at is None:
        return Due("off", _("The clock is paused"), paused=True)
    span = Span(deadline.amount, deadline.unit_of_time)
    left = time_left(
        deadline.starts_at, deadline.due_at, now, unit, working=span.working, exact=exact
    )
    return Due(left.tone, left.text, deadline.due_at, str(LimitKind(deadline.kind).label))
