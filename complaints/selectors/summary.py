"""The month of a unit in figures, with the units below it (CMP-07, CMP-11, KPI-05).

The figures are about the cases taken in within the month, by the tree of its last day, so that a
past month stays what it was when the organisation changes. Everything is counted on sets, in a
fixed number of queries; sums over units are added up here.
"""

# ruff: noqa: S608  statements are put together from constants, never from what people write

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from complaints.models import Case, CaseKind, Category, Channel, Level
from complaints.selectors.contract_works import cost_by_bearer
from complaints.selectors.stats import midnight, next_month
from complaints.selectors.timeliness import verdicts
from complaints.states import OPEN, VIEW, State
from core.ratios import ratio
from core.scope import scope_of
from regions.models import Kind, OrgUnit
from regions.policies import policy_values
from regions.selectors import PastUnit, places_on, tree_on

AGES = (3, 7, 30)  # days; open cases are told by how long they have been open
SATISFIED = 4

_FIGURES = """
WITH month AS MATERIALIZED (
  SELECT c.id, c.unit_id, c.kind, c.round, c.category_id, c.flat_id, c.room, c.taken_in_at,
    c.rating, r.days
  FROM complaints_case c
  LEFT JOIN unnest(%s::int[], %s::int[]) AS r (unit_id, days) ON r.unit_id = c.unit_id
  WHERE c.id IN ({cases})),
verdict AS MATERIALIZED ({verdicts}),
kept AS (
  SELECT case_id, bool_and(kept) FILTER (WHERE kind = 'first_contact') AS contact,
         bool_and(kept) FILTER (WHERE kind = 'resolution') AS resolution
  FROM verdict GROUP BY case_id)
SELECT m.unit_id, count(*), count(*) FILTER (WHERE m.kind = %s),
  count(k.contact), count(*) FILTER (WHERE k.contact),
  count(k.resolution), count(*) FILTER (WHERE k.resolution),
  count(*) FILTER (WHERE m.round > 1),
  count(*) FILTER (WHERE m.category_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM complaints_case e
    WHERE e.flat_id = m.flat_id AND e.category_id = m.category_id
      AND (e.taken_in_at, e.id) < (m.taken_in_at, m.id)
      AND e.taken_in_at >= m.taken_in_at - m.days * interval '1 day' AND e.state <> ALL(%s)
    UNION ALL
    SELECT 1 FROM complaints_case e
    WHERE m.flat_id IS NULL AND m.room <> '' AND e.room = m.room AND e.unit_id = m.unit_id
      AND e.category_id = m.category_id AND (e.taken_in_at, e.id) < (m.taken_in_at, m.id)
      AND e.taken_in_at >= m.taken_in_at - m.days * interval '1 day' AND e.state <> ALL(%s))),
  count(m.rating), coalesce(sum(m.rating), 0), count(*) FILTER (WHERE m.rating >= %s)
FROM month m LEFT JOIN kept k ON k.case_id = m.id GROUP BY m.unit_id"""

_CLASSES = """
SELECT grouping(c.top_category_id, c.level_id, c.channel, c.cause), c.top_category_id,
  c.category_id, c.level_id, c.channel, c.cause,
  CASE WHEN grouping(c.level_id) = 0 THEN count(*) FILTER (WHERE c.kind = %s) ELSE count(*) END
FROM complaints_case c WHERE c.id IN ({cases})
GROUP BY GROUPING SETS ((c.top_category_id, c.category_id), (c.level_id), (c.channel), (c.cause))"""

_OPEN = """
SELECT c.unit_id, width_bucket(date_part('epoch', %s - c.taken_in_at) / 86400, %s::float8[]),
  count(*)
FROM ({open} UNION ALL {closed}) c
WHERE c.taken_in_at + interval '0' < %s GROUP BY 1, 2"""


@dataclass(slots=True)
class Figures:
    """Counts that add up, over the cases of a month. `judged` ones have a limit of which it can be
    said whether it was kept. `open` counts the open ones by age: up to 3, 7, 30 days, older.
    `homeless` are complaints of projects whose households nobody has entered: no rate counts them.
    """

    taken_in: int = 0
    complaints: int = 0
    contact_judged: int = 0
    contact_kept: int = 0
    resolution_judged: int = 0
    resolution_kept: int = 0
    reopened: int = 0
    repeated: int = 0
    rated: int = 0
    stars: int = 0
    satisfied: int = 0
    households: int = 0
    homeless: int = 0
    open: list[int] = field(default_factory=lambda: [0] * (len(AGES) + 1))

    def add(self, other: "Figures") -> None:
        """Add the figures of another unit."""
        for one in fields(self):
            if one.name != "open":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        self.open = [mine + its for mine, its in zip(self.open, other.open, strict=True)]

    @property
    def contact_share(self) -> float | None:
        return ratio(self.contact_kept, self.contact_judged)

    @property
    def resolution_share(self) -> float | None:
        return ratio(self.resolution_kept, self.resolution_judged)

    @property
    def satisfaction(self) -> float | None:
        """The mean of the call-back satisfaction, 1 to 5."""
        return ratio(self.stars, self.rated)

    @property
    def satisfied_share(self) -> float | None:
        """The share of 4 and 5."""
        return ratio(self.satisfied, self.rated)

    @property
    def rate(self) -> float | None:
        """Complaints per 1,000 households; None where no households are known."""
        return ratio((self.complaints - self.homeless) * 1000, self.households)

    @property
    def still_open(self) -> int:
        return sum(self.open)


@dataclass(slots=True)
class Line:
    """A unit below, or the unit itself for what it handles on its own (`is_own`)."""

    unit: PastUnit
    figures: Figures = field(default_factory=Figures)
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A class of cases with its count; a second-level category stands under its first level."""

    label: str
    count: int
    depth: int = 0


@dataclass(slots=True)
class Summary:
    """The month of a unit. `shown` is where the unit stood in the tree of the month's last day.
    `costs` is what the cases cost so far in yuan, by who bears it."""

    unit: OrgUnit
    shown: PastUnit | None
    first: date
    last: date
    total: Figures
    lines: list[Line]
    by_category: list[Part] = field(default_factory=list)
    by_level: list[Part] = field(default_factory=list)
    by_channel: list[Part] = field(default_factory=list)
    by_cause: list[Part] = field(default_factory=list)
    costs: list[tuple[str, Decimal]] = field(default_factory=list)


def units_to_choose(reader: Any) -> QuerySet[OrgUnit]:
    """The units whose summary a reader may see, the topmost first."""
    return OrgUnit.objects.visible_to(reader, VIEW).filter(merged_into=None).order_by("path")


def month_summary(reader: Any, unit: OrgUnit, first: date) -> Summary:
    """The month that begins on `first`, of a unit that the reader reaches."""
    last = next_month(first) - timedelta(days=1)
    shown, children, below = _branch(unit, last)
    cases = Case.objects.visible_to(reader).filter(unit__in=list(below))
    month = cases.filter(
        taken_in_at__gte=midnight(first), taken_in_at__lt=midnight(last + timedelta(days=1))
    )
    figures = _figures(month, last)
    _count_open(cases, figures, min(timezone.now(), midnight(last + timedelta(days=1))))
    _set_apart_homeless(figures)
    lines = {child.pk: Line(child) for child in children}
    total = Figures()
    for key, one in figures.items():
        total.add(one)
        place = below[key]
        if place is None and shown is not None:
            lines.setdefault(shown.pk, Line(shown, is_own=True)).figures.add(one)
        elif place in lines:
            lines[place].figures.add(one)
    rows = [line for line in lines.values() if line.unit.is_active or line.figures.taken_in]
    summary = Summary(unit, shown, first, last, total, rows)
    _count_households(reader, summary, below)
    _count_classes(month, summary)
    summary.costs = cost_by_bearer(month)
    return summary


def _branch(
    unit: OrgUnit, day: date
) -> tuple[PastUnit | None, list[PastUnit], dict[int, int | None]]:
    """The unit in the tree of a day, its children, and for each unit whose rows lie in the branch
    the child it lies under (None: the unit itself)."""
    tree = tree_on(day)
    shown = next((one for one in tree if one.pk == unit.pk), None)
    children = [one for one in tree if one.parent_id == unit.pk and one.merged_into_id is None]
    places = places_on(day)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT unit_id, path FROM ({places.sql}) p WHERE %s = ANY(path)",
            [*places.params, unit.pk],
        )
        below = {
            key: next(iter(path[path.index(unit.pk) + 1 :]), None)
            for key, path in cursor.fetchall()
        }
    # A unit that did not exist yet still answers for whatever a file brought it from before.
    return shown, children, below or {unit.pk: None}


def _figures(month: QuerySet[Case], day: date) -> dict[int, Figures]:
    """Figures of the cases by unit."""
    days = policy_values("complaints.repeat_days", day)
    inner, params = month.order_by().values("pk").query.sql_with_params()
    found = verdicts(month)
    gone = [State.MERGED, State.REJECTED]
    with connection.cursor() as cursor:
        cursor.execute(
            _FIGURES.format(cases=inner, verdicts=found.sql),
            [
                *(list(days), list(days.values()), *params, *found.params),
                *(CaseKind.COMPLAINT, gone, gone, SATISFIED),
            ],
        )
        return {key: Figures(*counts) for key, *counts in cursor.fetchall()}


def _count_open(cases: QuerySet[Case], figures: dict[int, Figures], at: datetime) -> None:
    """Add the cases that were open at an instant, whenever they were taken in, by age."""
    # Apart, because each has an index of its own and "or" would have neither.
    # The intake is compared as a sum, so that no index of it is walked: nearly all came before.
    facts = cases.order_by().values("unit_id", "taken_in_at")
    still = facts.filter(state__in=sorted(OPEN)).query.sql_with_params()
    since = facts.filter(closed_at__gte=at).exclude(state__in=sorted(OPEN))
    closed, params = since.query.sql_with_params()
    sql = _OPEN.format(open=still[0], closed=closed)
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, [float(age) for age in AGES], *still[1], *params, at])
        for key, age, count in cursor.fetchall():
            figures.setdefault(key, Figures()).open[age] += count


def _set_apart_homeless(figures: dict[int, Figures]) -> None:
    """Mark the complaints of projects without households, which no rate may count."""
    unknown = OrgUnit.objects.filter(
        Q(households=None) | Q(households=0), pk__in=list(figures), kind=Kind.PROJECT
    )
    for key in unknown.filter(merged_into=None).values_list("pk", flat=True):
        figures[key].homeless = figures[key].complaints


def _count_households(reader: Any, summary: Summary, below: dict[int, int | None]) -> None:
    """Add the households of the projects in the branch that the reader sees."""
    # Who sees nothing but his own cases of a project cannot tell its rate.
    whole = replace(scope_of(reader, VIEW), own=frozenset())
    projects = OrgUnit.objects.visible_to(whole).filter(
        pk__in=list(below), kind=Kind.PROJECT, merged_into=None, households__gt=0
    )
    lines = {line.unit.pk: line for line in summary.lines}
    for key, households in projects.values_list("pk", Coalesce("households", 0)):
        summary.total.households += households
        place = below[key] or key
        if place in lines:
            lines[place].figures.households += households


def _count_classes(month: QuerySet[Case], summary: Summary) -> None:
    """Add the counts by category, channel and cause, and those of complaints by level: the level of
    another case says nothing."""
    inner, params = month.order_by().values("pk").query.sql_with_params()
    categories: dict[tuple[int | None, int | None], int] = {}
    levels: dict[Any, int] = {}
    channels: dict[Any, int] = {}
    causes: dict[Any, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CLASSES.format(cases=inner), [CaseKind.COMPLAINT, *params])
        for kind, top, category, level, channel, cause, count in cursor.fetchall():
            match kind:
                case 0b0111:
                    categories[top, category] = count
                case 0b1011:
                    if count:
                        levels[level] = count
                case 0b1101:
                    channels[channel] = count
                case _:
                    causes[cause] = count
    summary.by_category = list(_category_parts(categories))
    names = {level.pk: (level.rank, level.name) for level in Level.objects.all()}
    ranked = sorted(levels, key=lambda key: names.get(key, (0, "")), reverse=True)
    summary.by_level = [Part(names.get(key, (0, ""))[1], levels[key]) for key in ranked]
    summary.by_channel = _parts(channels, Channel.choices)
    summary.by_cause = _parts(causes, Case.cause.field.flatchoices)  # type: ignore[attr-defined]


def _category_parts(counts: dict[tuple[int | None, int | None], int]) -> Iterator[Part]:
    """First levels, the most frequent first, each with its second levels below."""
    names = dict(Category.objects.values_list("pk", "name"))
    tops: dict[int | None, int] = defaultdict(int)
    for (top, _category), count in counts.items():
        tops[top] += count
    for top in sorted(tops, key=lambda key: (-tops[key], key or 0)):
        yield Part(names.get(top or 0, ""), tops[top])
        inner = [(key, n) for (above, key), n in counts.items() if above == top and key != top]
        for key, count in sorted(inner, key=lambda pair: (-pair[1], pair[0] or 0)):
            yield Part(names.get(key or 0, ""), count, depth=1)


def _parts(counts: dict[Any, int], labels: Iterable[tuple[Any, Any]]) -> list[Part]:
    words = {key: str(label) for key, label in labels}
    ranked = sorted(counts, key=lambda key: (-counts[key], str(key)))
    return [Part(words.get(key, ""), counts[key]) for key in ranked]
