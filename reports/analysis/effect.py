"""What a change brought: the same number of days before and after it, and whether that is what was
expected of it (REP-08)."""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils import timezone

from complaints.models import Case
from complaints.states import State
from compliance.models import LogInDay
from customers.models import Activity, ActivityState
from customers.models.activities import TOUCHES
from regions.models import OrgUnit, PolicyValue
from regions.policies import effective, policy
from reports.analysis.base import Question, rows_of, share, sql_of
from reports.metrics.definitions import judged_once
from reports.metrics.registry import METRICS
from reports.policies import EXPECTED

CASES, LOG_INS = "complaints.view_case", "compliance.view_log_ins"
DAYS = 182  # half a year, where no day is given
YEAR = 365  # the days that an expected number of contacts is for
# Measures of which something may be expected: whether more of it is better.
BETTER = {
    "contacts": True,
    "log_ins": True,
    "first_contact": False,
    "resolution": False,
    "first_contact_kept": True,
    "resolution_kept": True,
    "rating": True,
}
# What cannot be more, as the rule writes it: shares in per cent.
SHARES = ("log_ins", "first_contact_kept", "resolution_kept")
MOST = dict.fromkeys(SHARES, 100) | {"rating": 5}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both counted."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def instants(self) -> tuple[dt.datetime, dt.datetime]:
        """The same in Chinese time, without the end."""
        zone = timezone.get_default_timezone()
        end = self.last + dt.timedelta(days=1)
        return (
            dt.datetime.combine(self.first, dt.time(), zone),
            dt.datetime.combine(end, dt.time(), zone),
        )


@dataclass(frozen=True, slots=True)
class EffectLine:
    """A measure before and after; in its `unit` (share: parts of 1), None where there is none."""

    measure: str
    unit: str
    before: float | None
    after: float | None
    expected: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether what was expected was reached; None where nothing was, or nothing is known."""
        if self.expected is None or self.after is None:
            return None
        more = self.after >= self.expected
        return more if BETTER[self.measure] else self.after <= self.expected

    @property
    def change(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A median time before and after in hours, and how many cases were taken in after."""

    measure: str
    before: float
    after: float
    cases: int

    @property
    def hours(self) -> float:
        """What all these cases together waited less than with the median of before; below 0 where
        they waited longer."""
        return (self.before - self.after) * self.cases


def spans(asked: Question) -> tuple[Span, Span]:
    """The days before the change, and as many from it through the day looked at."""
    since = asked.since or asked.as_of - dt.timedelta(days=DAYS - 1)
    length = asked.as_of - since
    day = dt.timedelta(days=1)
    return Span(since - day - length, since - day), Span(since, asked.as_of)


def effect(asked: Question) -> list[EffectLine]:
    """Log-ins, contacts and cases before and after; what the reader may not see is left out."""
    before, after = spans(asked)
    found: list[tuple[Any, ...]] = [
        ("contacts", "count", *(_contacts(asked, span) for span in (before, after)))
    ]
    if not asked.reach(LOG_INS).nothing:
        found.append(("log_ins", "share", *(_log_ins(asked, span) for span in (before, after))))
    if not asked.reach(CASES).nothing:
        both = [_cases(asked, span) for span in (before, after)]
        found += [(key, unit, both[0][key], both[1][key]) for key, unit in CASE_MEASURES]
    wanted = expected(asked, after)
    return [
        EffectLine(key, unit, first, second, wanted.get(key)) for key, unit, first, second in found
    ]


def time_saved(lines: list[EffectLine]) -> list[SavedLine]:
    """How much shorter cases took, of what `effect` found; nothing of a time without a median on
    both sides, and nothing for whoever sees no cases."""
    known = {line.measure: line for line in lines}
    cases = int(known["taken_in"].after or 0) if "taken_in" in known else 0
    found = []
    for key in ("first_contact", "resolution"):
        line = known.get(key)
        if cases and line is not None and line.before is not None and line.after is not None:
            found.append(SavedLine(key, line.before, line.after, cases))
    return found


def expected(asked: Question, span: Span) -> dict[str, float]:
    """Measure → what the unit is to reach in so many days, in the measure's own unit: contacts of
    a year by the days, shares as parts of 1."""
    found = {}
    for row in policy(EXPECTED, unit=asked.unit, on=asked.as_of):
        value = float(row["value"])
        if row["measure"] == "contacts":
            value = value * span.days / YEAR
        elif row["measure"] in SHARES:
            value = value / 100
        found[row["measure"]] = value
    return found


def expected_since(asked: Question) -> tuple[OrgUnit, PolicyValue] | None:
    """The unit that says what is expected, and the version with its day and author; None where
    nobody said anything."""
    origin = effective(EXPECTED, asked.unit, asked.as_of)
    if origin.source_id is None:
        return None
    rows = PolicyValue.objects.of(EXPECTED, origin.source_id).select_related("unit", "author")
    row = rows.get(version=origin.version or 0)
    return row.unit, row


def _contacts(asked: Question, span: Span) -> float:
    start, end = span.instants
    rows = Activity.objects.visible_to(asked.scope).filter(at__gte=start, at__lt=end)
    return rows.filter(state=ActivityState.DONE, kind__in=TOUCHES).count()


def _days(asked: Question) -> Any:
    reach = asked.reach(LOG_INS)
    return LogInDay.objects.visible_to(reach).filter(unit__path__startswith=asked.unit.path)


def _log_ins(asked: Question, span: Span) -> float | None:
    rows = _days(asked).filter(day__range=(span.first, span.last))
    sums = rows.filter(reason__in=("met", "missed")).values_list("reason")
    counts = dict(sums.annotate(n=Count("person")).order_by())
    return share(counts.get("met", 0), sum(counts.values()))


CASE_MEASURES = (
    ("taken_in", "count"),
    ("first_contact", "hours"),
    ("resolution", "hours"),
    ("first_contact_kept", "share"),
    ("resolution_kept", "share"),
    ("rating", "score"),
)
# The median of all cases, an open one longer than any other: who was taken in later is not
# shorter for having had less time. Where half of them are open still, there is none.
_CASES = """
    WITH c AS ({cases}),
    timed AS (
      SELECT coalesce(extract(epoch FROM first_contact_at - taken_in_at) / 3600, 'infinity')
               ::float8 AS first_contact,
             coalesce(extract(epoch FROM resolved_at - taken_in_at) / 3600, 'infinity')
               ::float8 AS resolution, rating FROM c)
    SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY first_contact),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY resolution), avg(rating)::float8
    FROM timed"""


def _cases(asked: Question, span: Span) -> dict[str, float | None]:
    start, end = span.instants
    rows = Case.objects.visible_to(asked.reach(CASES)).filter(
        taken_in_at__gte=start, taken_in_at__lt=end
    )
    rows = rows.exclude(state__in=(State.REJECTED, State.MERGED))
    columns = ("taken_in_at", "first_contact_at", "resolved_at", "rating")
    sql, params = sql_of(rows, *columns)
    [(count, first, resolved, rating)] = rows_of(_CASES.format(cases=sql), params)
    return {
        "taken_in": count,
        "first_contact": _finite(first),
        "resolution": _finite(resolved),
        "rating": rating,
        **_kept(asked, span),
    }


# Each is the figure of this key in the registry, so that page and dashboard cannot disagree.
KEPT = {"first_contact_kept": "response_on_time", "resolution_kept": "completion_on_time"}


def _kept(asked: Question, span: Span) -> dict[str, float | None]:
    """Shares of limits that were kept: the figures of the dashboard, judged as of its midnight."""
    found = {}
    with judged_once():
        for measure, key in KEPT.items():
            metric = METRICS[key]
            rows = metric.in_days(span.first, span.last)
            facts = metric.facts(metric.visible(rows, asked.reach(CASES)))
            [sums] = rows_of(f"SELECT sum(n), sum(d) FROM ({facts.sql}) f (u, day, p, n, d)",
                             facts.params)  # fmt: skip
            found[measure] = share(*sums)
    return found


def _finite(hours: float | None) -> float | None:
    return None if hours is None or hours == float("inf") else hours


def log_ins_by_month(asked: Question) -> list[tuple[dt.date, int, int]]:
    """Month → expected and met days of log-in, through both spans."""
    if asked.reach(LOG_INS).nothing:
        return []
    before, after = spans(asked)
    rows = _days(asked).filter(day__range=(before.first, after.last))
    rows = rows.filter(reason__in=("met", "missed")).annotate(month=TruncMonth("day"))
    found: dict[dt.date, list[int]] = {}
    for month, reason, n in (
        rows.values_list("month", "reason").annotate(n=Count("person")).order_by("month")
    ):
        pair = found.setdefault(month, [0, 0])
        pair[0] += n
        pair[1] += n if reason == "met" else 0
    return [(month, expected, met) for month, (expected, met) in found.items()]
