"""How long a case may take, and the instant at which that time has passed (CMP-02).

Plain calculation over policies and the working calendar: nothing here writes. A pause never counts
twice: the clock is walked from pause to pause, and only what lies between them is counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from complaints.models import Case, CaseKind, LimitKind, Pause
from complaints.policies import BEFORE, COMMITTEE_LADDER
from regions.calendars import WorkTime, worktime_of
from regions.policies import policy
from regions.policies.types import Span

_COLUMNS = ("level", "limit", "side", "span", "relation")
COMMITTEE_ROWS = tuple(dict(zip(_COLUMNS, row, strict=True)) for row in COMMITTEE_LADDER)

# What is owed to whom: praise wants no deadline, an enquiry or idea an answer, no plan.
ALL = (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION, LimitKind.CALL_BACK)
KINDS_OF_CASE: dict[str, tuple[str, ...]] = {
    CaseKind.COMPLAINT: ALL,
    CaseKind.REPAIR: ALL,
    CaseKind.COMMUNITY: ALL,
    CaseKind.CONSULTATION: (LimitKind.FIRST_CONTACT, LimitKind.RESOLUTION),
    CaseKind.SUGGESTION: (LimitKind.FIRST_CONTACT, LimitKind.RESOLUTION),
    CaseKind.PRAISE: (),
}
GENERAL = {
    LimitKind.FIRST_CONTACT: "complaints.first_response",
    LimitKind.PLAN: "complaints.plan",
    LimitKind.RESOLUTION: "complaints.handling",
    LimitKind.CALL_BACK: "complaints.call_back_within",
    LimitKind.COMMITTEE: "complaints.committee_reaction",
}


@dataclass(frozen=True, slots=True)
class Still:
    """A stretch without a clock; `end` is None while it lasts."""

    start: datetime
    end: datetime | None


def still_of(pauses: Iterable[Pause]) -> list[Still]:
    """The pauses of a case as stretches, the earliest first."""
    return sorted(
        (Still(pause.started_at, pause.ended_at) for pause in pauses), key=lambda one: one.start
    )


# --- which span -----------------------------------------------------------------------------------


def limits_of(case: Case) -> tuple[str, ...]:
    """The kinds of limits that a case of this kind has. The reaction of the committee is owed
    besides where a strategic customer disagrees (services.committee)."""
    return KINDS_OF_CASE[case.kind]


def span_of(case: Case, limit: str) -> Span:
    """The span of a limit, by the rules of the day on which the case was taken in."""
    day = timezone.localdate(case.taken_in_at)
    exceptions = policy("complaints.limit_exceptions", case.unit_id, day)
    fitting = [row for row in exceptions if row["limit"] == limit and _fits(row, case)]
    if fitting:
        return max(fitting, key=lambda row: (bool(row["category"]), bool(row["level"])))["span"]
    return policy(_general(case, limit), case.unit_id, day)


def _general(case: Case, limit: str) -> str:
    if limit == LimitKind.FIRST_CONTACT:
        if case.kind == CaseKind.CONSULTATION:
            return "complaints.enquiry_reply"
        if case.level is not None and case.level.is_serious:
            return "complaints.serious_first_response"
    return GENERAL[LimitKind(limit)]


def _fits(row: dict[str, str], case: Case) -> bool:
    level = case.level.name if case.level else ""
    categories = {one.name for one in (case.category, case.top_category) if one is not None}
    return row["level"] in ("", level) and (not row["category"] or row["category"] in categories)


def ladder_of(case: Case, limit: str) -> list[dict]:
    """The rows of the ladder for a limit: those of the level, else those for all levels."""
    day = timezone.localdate(case.taken_in_at)
    rows = policy("complaints.ladder", case.unit_id, day)
    level = case.level.name if case.level else ""
    own = [row for row in rows if level and row["level"] == level]
    found = [
        dict(row)
        for row in own or (row for row in rows if not row["level"])
        if row["limit"] == limit
    ]
    if limit == LimitKind.COMMITTEE and not found:
        return [dict(row) for row in COMMITTEE_ROWS]
    return found


# --- when -----------------------------------------------------------------------------------------


def due_at(
    start: datetime, span: Span, unit: int | WorkTime, pauses: Sequence[Still] = ()
) -> datetime | None:
    """The instant at which a span has passed since `start`; None while an open pause holds it up.

    `pauses` are in order and do not overlap. Clock hours and working time both stand still in
    them. `unit` is the key of a unit, or its working time for who asks often.
    """
    clock = unit if isinstance(unit, WorkTime) else worktime_of(unit)
    moment, left = start, _minutes(span, clock, start)
    for pause in pauses:
        if pause.end is not None and pause.end <= moment:
            continue
        begin = max(pause.start, moment)
        run = _between(span, clock, moment, begin)
        if run >= left and _after(span, clock, moment, left) <= begin:
            return _after(span, clock, moment, left)
        if pause.end is None:
            return None
        moment, left = pause.end, left - run
    return _after(span, clock, moment, left)


def step_at(due: datetime, unit: int | WorkTime, side: str, span: Span) -> datetime:
    """The instant of a step of the ladder, before or after a limit is due."""
    clock = unit if isinstance(unit, WorkTime) else worktime_of(unit)
    minutes = _minutes(span, clock, due)
    return _after(span, clock, due, -minutes if side == BEFORE else minutes)


def _minutes(span: Span, clock: WorkTime, start: datetime) -> float:
    """A span in minutes; working days have the length of the week's longest day."""
    if span.unit != "working_days":
        return span.minutes
    return int(Decimal(span.amount) * clock.day(clock.local(start).date()).full)


def _between(span: Span, clock: WorkTime, start: datetime, end: datetime) -> float:
    if span.working:
        return clock.between(start, end)
    return (end - start).total_seconds() / 60


def _after(span: Span, clock: WorkTime, start: datetime, minutes: float) -> datetime:
    if span.working:
        return clock.add(start, int(minutes))
    return start + timedelta(minutes=minutes)


def counted(
    start: datetime, end: datetime, pauses: Sequence[Still]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """The stretches from `start` to `end` in order: (from, until, whether the clock ran)."""
    moment = start
    for pause in pauses:
        stop = min(pause.end or end, end)
        if stop <= moment or pause.start >= end:
            continue
        if pause.start > moment:
            yield moment, pause.start, True
        yield max(pause.start, moment), stop, False
        moment = stop
    if moment < end:
        yield moment, end, True
