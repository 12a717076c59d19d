"""Why a limit is due when it is: every counted stretch and every pause (CMP-02)."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from complaints.limits import counted, still_of
from complaints.models import Case, Deadline, LimitKind, Pause
from core.display import when
from regions.calendars import duration, explain
from regions.policies.types import Span


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch in words; `kind` is counted, skipped or paused."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Account:
    """One limit from its start to the instant at which it is due, stretch by stretch."""

    deadline: Deadline
    label: str
    span: Span
    end: datetime
    minutes: int
    total: str
    lines: list[Line] = field(default_factory=list)


def accounts_of(case: Case, now: datetime) -> list[Account]:
    """The limits of all rounds, the present one first."""
    pauses = list(Pause.objects.filter(case=case))
    limits = Deadline.objects.filter(case=case, dropped=False).order_by("-round", "pk")
    return [_account(case, limit, pauses, now) for limit in limits]


def _account(case: Case, limit: Deadline, pauses: list[Pause], now: datetime) -> Account:
    span = Span(limit.amount, limit.unit_of_time)
    end = limit.due_at or max(now, limit.starts_at)
    reasons = {pause.started_at: pause.reason for pause in pauses}
    lines: list[Line] = []
    minutes = 0
    for start, stop, runs in counted(limit.starts_at, end, still_of(pauses)):
        if when(start) == when(stop):
            continue  # less than a minute: nothing that a reader could see
        if not runs:
            lines.append(_paused(start, stop, _reason(reasons, start)))
        elif span.working:
            parts = explain(start, stop, case.unit)
            minutes += sum(part.minutes for part in parts)
            lines += [Line("counted" if one.counted else "skipped", one.words) for one in parts]
        else:
            passed = round((stop - start).total_seconds() / 60)
            minutes += passed
            lines.append(_by_the_clock(start, stop, passed))
    label = str(LimitKind(limit.kind).label)
    return Account(limit, label, span, end, minutes, duration(minutes), lines)


def _reason(reasons: dict[datetime, str], start: datetime) -> str:
    """The reason of the pause in force at an instant."""
    begun = [began for began in reasons if began <= start]
    return reasons[max(begun)] if begun else ""


def _paused(start: datetime, stop: datetime, reason: str) -> Line:
    sentence = _("{first} to {last}: paused ({reason}), not counted")
    return Line("paused", sentence.format(first=when(start), last=when(stop), reason=reason))


def _by_the_clock(start: datetime, stop: datetime, minutes: int) -> Line:
    sentence = _("{first} to {last}: counts {duration} by the clock, day and night")
    words = sentence.format(first=when(start), last=when(stop), duration=duration(minutes))
    return Line("counted", words)
