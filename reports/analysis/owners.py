"""Owners by the year they signed and by the stage they are in: contacts, cases, satisfaction,
money (ORG-15). Satisfaction is hidden as the pages of results hide it.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from complaints.models import Case
from complaints.states import State
from customers.models import Activity, ActivityState, CustomerUnit, Ownership
from customers.models.activities import TOUCHES
from regions.models import OrgUnit
from regions.policies import policy_values
from reports.analysis.base import Question, rows_of, sql_of
from satisfaction.disclosure import EVERYONE, Cell, families, hidden_cells
from satisfaction.models import Wave
from satisfaction.selectors.sight import VIEW as SEE_FIGURES
from satisfaction.selectors.sight import lines_of, units_to_read, waves_to_read

CASES = "complaints.view_case"
WINDOW = 365  # days whose contacts and cases count
HANDING = 90  # days after the hand-over that are the hand-over still
PLACES = ("customer_id", "unit_id", "signed_on", "handed_over_on")
STAGES = ("signed", "handing", "first", "second", "later")
# Which stage of the survey a stage of the view is; the hand-over is part of settling in.
ASKED_AS = {
    "signed": "owner_to_be",
    "first": "settling_in",
    "second": "stable",
    "later": "long_standing",
}


@dataclass(frozen=True, slots=True)
class CohortLine:
    """Owners who signed in a year; contacts and cases of the year before the day, `cases` None
    for whoever may not see them. `mean` is None where it may not be shown."""

    year: int
    owners: int
    contacts: int
    cases: int | None
    answers: int | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class StageLine:
    """Owners in a stage, the owner-years lived in it during the year before the day, what
    happened in them, and the contract prices of their flats in yuan."""

    stage: str
    owners: int
    years: float
    contacts: int
    cases: int | None
    money: Decimal
    answers: int | None = None
    mean: float | None = None

    def per_year(self, count: int | None, of: int = 1) -> float | None:
        """A count per `of` owners and year."""
        return None if count is None or not self.years else count * of / self.years


# --- what happened --------------------------------------------------------------------------------


def _window(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The days through `day` whose contacts and cases count, as instants in Chinese time."""
    zone = timezone.get_default_timezone()
    start = dt.datetime.combine(day - dt.timedelta(days=WINDOW - 1), dt.time(), zone)
    return start, dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)


def _contacts(asked: Question) -> Any:
    start, end = _window(asked.as_of)
    rows = asked.of(Activity.objects.visible_to(asked.scope))
    return rows.filter(state=ActivityState.DONE, kind__in=TOUCHES, at__gte=start, at__lt=end)


def _cases(asked: Question) -> Any:
    start, end = _window(asked.as_of)
    rows = Case.objects.visible_to(asked.reach(CASES))
    rows = rows.filter(taken_in_at__gte=start, taken_in_at__lt=end)
    return rows.exclude(state__in=(State.REJECTED, State.MERGED)).exclude(customer=None)


def places_asked(asked: Question) -> Any:
    """The places of the customers that are asked for."""
    return asked.of(CustomerUnit.objects.visible_to(asked.scope))


# --- by the year of signing -----------------------------------------------------------------------

_COHORTS = """
    WITH own AS (SELECT customer_id, min(signed_on) AS signed FROM ({places}) p
                 WHERE signed_on <= %s GROUP BY 1),
    contact AS (SELECT customer_id, count(*) AS n FROM ({contacts}) a GROUP BY 1),
    matter AS (SELECT customer_id, count(*) AS n FROM ({cases}) m GROUP BY 1)
    SELECT extract(year FROM o.signed)::int, count(*), coalesce(sum(c.n), 0)::int,
           coalesce(sum(m.n), 0)::int
    FROM own o LEFT JOIN contact c USING (customer_id) LEFT JOIN matter m USING (customer_id)
    GROUP BY 1 ORDER BY 1"""


def cohorts(asked: Question) -> list[CohortLine]:
    """Owners by the year they first signed in the branch, the earliest first."""
    places, params = sql_of(places_asked(asked), "customer_id", "signed_on")
    contacts, more = sql_of(_contacts(asked), "customer_id")
    cases, most = sql_of(_cases(asked), "customer_id")
    sql = _COHORTS.format(places=places, contacts=contacts, cases=cases)
    rows = rows_of(sql, [*params, asked.as_of, *more, *most])
    may = not asked.reach(CASES).nothing
    figures = {} if asked.is_narrowed else satisfaction_by_year(asked)
    return [
        CohortLine(year, owners, done, matters if may else None, *figures.get(year, (None, None)))
        for year, owners, done, matters in rows
    ]


# A wave is a fixed set of answers: with a window of days two questions could be subtracted.
_ANSWERS = """
    SELECT r.unit_id, extract(year FROM p.signed_on)::int, count(*), sum(r.overall)
    FROM satisfaction_response r
    LEFT JOIN customers_customerunit p ON p.customer_id = r.customer_id AND p.unit_id = r.unit_id
    WHERE r.wave_id = %s AND r.voided_at IS NULL AND r.overall IS NOT NULL GROUP BY 1, 2"""


def latest_wave(asked: Question) -> Wave | None:
    """The last wave of owners in a branch with published figures that the reader may see; a
    standing one grows by the day, and would give single answers away by subtraction."""
    waves = waves_to_read(asked.reader).filter(is_standing=False)
    ends = Q(closes_on=None) | Q(closes_on__lte=asked.as_of)
    above = asked.unit.ancestor_ids()
    return waves.filter(ends, version__questionnaire__kind="owners", unit__in=above).first()


def satisfaction_by_year(asked: Question) -> dict[int, tuple[int, float]]:
    """Year of signing → (answers, mean of overall satisfaction) of the latest wave in a branch,
    those years alone that may be shown.

    Cells of units and years are hidden as those of units and stages are: too few answers, and
    whatever would give such a cell away by subtraction (ADR 0029).
    """
    wave = latest_wave(asked)
    if wave is None or not _reads_unit(asked, wave):
        return {}
    counts, sums = _cells(wave)
    parents = dict(OrgUnit.objects.values_list("pk", "parent_id"))
    minimum = policy_values("satisfaction.minimum_n")
    gone = hidden_cells(counts, families(counts, parents), minimum)
    return {
        int(year): (counts[unit, year], sums[unit, year] / counts[unit, year])
        for unit, year in counts
        if unit == asked.unit.pk and year.isdecimal() and (unit, year) not in gone
    }


def _reads_unit(asked: Question, wave: Wave) -> bool:
    """Whether the reader sees the unit's own figure of the wave."""
    if not units_to_read(asked.reader).filter(pk=asked.unit.pk).exists():
        return False
    if asked.reach(SEE_FIGURES).nothing or wave.run is None:
        return False
    lines = lines_of([wave.run], asked.reader, Q(unit=asked.unit))
    return any(not line.hidden for line in lines)


def _cells(wave: Wave) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """Answers and their sum by unit and year of signing, of each unit with all below it; "" is
    everybody, "?" those whose year is not known."""
    above = {unit.pk: unit.ancestor_ids() for unit in OrgUnit.objects.all()}
    counts: dict[Cell, int] = defaultdict(int)
    sums: dict[Cell, int] = defaultdict(int)
    for unit, year, n, total in rows_of(_ANSWERS, [wave.pk]):
        for one in above[unit]:
            for key in (EVERYONE, "?" if year is None else str(year)):
                counts[one, key] += n
                sums[one, key] += total
    return dict(counts), dict(sums)


# --- by stage -------------------------------------------------------------------------------------

# Half-open spans of days: on the day a year after the hand-over an owner still settles in.
SPANS = """
    WITH place AS ({places}),
    span AS (
      SELECT p.customer_id, p.unit_id, s.* FROM place p, LATERAL (VALUES
        ('signed', signed_on, coalesce(handed_over_on, 'infinity')),
        ('handing', handed_over_on, handed_over_on + {handing}),
        ('first', handed_over_on + {handing}, (handed_over_on + interval '1 year')::date + 1),
        ('second', (handed_over_on + interval '1 year')::date + 1,
                   (handed_over_on + interval '2 years')::date + 1),
        ('later', (handed_over_on + interval '2 years')::date + 1, 'infinity'::date)
      ) AS s (stage, begins, ends) WHERE begins < ends)"""
_LIVED = """
    SELECT stage, count(*) FILTER (WHERE begins <= %s AND ends > %s),
           coalesce(sum(greatest(0, least(ends, %s) - greatest(begins, %s))), 0)
    FROM span GROUP BY 1"""
_HAPPENED = """
    SELECT s.stage, count(*) FROM ({events}) e
    JOIN span s ON s.customer_id = e.customer_id AND s.unit_id = e.unit_id
      AND (e.{at} AT TIME ZONE 'Asia/Shanghai')::date >= s.begins
      AND (e.{at} AT TIME ZONE 'Asia/Shanghai')::date < s.ends
    GROUP BY 1"""
_PAID = """
    SELECT s.stage, coalesce(sum(o.price), 0) FROM ({owned}) o
    JOIN span s ON s.customer_id = o.customer_id AND s.unit_id = o.unit_id
      AND s.begins <= %s AND s.ends > %s
    GROUP BY 1"""


def life_cycle(asked: Question) -> list[StageLine]:
    """The stages of owners from signing on: who is in them, and what happened in them."""
    places, params = sql_of(places_asked(asked), *PLACES)
    spans, day = SPANS.format(places=places, handing=HANDING), asked.as_of
    start, end = day - dt.timedelta(days=WINDOW - 1), day + dt.timedelta(days=1)
    lived = {
        stage: (owners, days)
        for stage, owners, days in rows_of(spans + _LIVED, [*params, day, day, end, start])
    }
    contacts = _happened(spans, params, _contacts(asked), "at")
    cases = _happened(spans, params, _cases(asked), "taken_in_at")
    owned, more = sql_of(
        Ownership.objects.visible_to(asked.scope).current().filter(is_primary=True),
        *("customer_id", "unit_id", "price"),
    )
    money = dict(rows_of(spans + _PAID.format(owned=owned), [*params, *more, day, day]))
    may = not asked.reach(CASES).nothing
    figures = {} if asked.is_narrowed else satisfaction_by_stage(asked)
    return [
        StageLine(
            stage,
            lived.get(stage, (0, 0))[0],
            lived.get(stage, (0, 0))[1] / WINDOW,
            contacts.get(stage, 0),
            cases.get(stage, 0) if may else None,
            money.get(stage, Decimal(0)),
            *figures.get(stage, (None, None)),
        )
        for stage in STAGES
    ]


def _happened(spans: str, params: Any, events: Any, at: str) -> dict[str, int]:
    sql, more = sql_of(events, "customer_id", "unit_id", at)
    return dict(rows_of(spans + _HAPPENED.format(events=sql, at=at), [*params, *more]))


def satisfaction_by_stage(asked: Question) -> dict[str, tuple[int, float]]:
    """Stage → (answers, mean) of the latest wave, those alone that the results show."""
    wave = latest_wave(asked)
    if wave is None or wave.run is None or asked.reach(SEE_FIGURES).nothing:
        return {}
    found = {}
    for stage, key in ASKED_AS.items():
        for line in lines_of([wave.run], asked.reader, Q(unit=asked.unit), key):
            reading = line.reading("mean")
            if reading is not None:
                found[stage] = (line.n, reading.value)
    return found
