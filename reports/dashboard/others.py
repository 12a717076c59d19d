"""Figures of the dashboard that others keep: the score of a survey, late strategic visits.

They have no sums by month: a score belongs to a wave, and nobody stored who owed a visit when, so
that a period which is over has scores and no visits due. Each stands with its sentence among the
metrics.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from compliance.models.rounds import VIEW as SEE_STRATEGIC
from compliance.selectors.follow_up import RULES, Asked
from compliance.selectors.strategic import StrategicQuery, late_customers, strategic_customers
from core import display
from core.scope import scope_of
from customers.models import CustomerUnit
from regions.models import OrgUnit
from reports.dashboard.basis import past_stocks
from reports.dashboard.tiles import Tile, minus, targets_of, tile_of
from reports.metrics.definitions import CASES, CUSTOMERS, GROUPS
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Series
from satisfaction.models import Wave
from satisfaction.selectors.sight import VIEW as SEE_SCORES
from satisfaction.selectors.sight import Line, Reading, lines_of, waves_to_read
from satisfaction.selectors.targets import MET, MISSED, aims_of

WAVES_SHOWN = 6
FIGURE = "mean"
OWN: Final = 0  # the unit looked at by itself, among the keys of units


@dataclass(frozen=True, slots=True)
class Other:
    """A figure that is not added up by month: in words, who sees it, where it comes from, its tile,
    and what it is of units beside one another: unit → text and address, of those of which it can be
    said, and under `OWN` of the unit looked at by itself. `not_then` says why a period that is over
    has none; it is empty where one has."""

    key: str
    title: str | Promise
    sentence: str | Promise
    when: str | Promise
    measure: str | Promise
    group: str
    right: str
    source: str | Promise
    frozen: str | Promise
    tile: Callable[[Perimeter, Period], Tile | None]
    beside: Callable[[Perimeter, Period, list[OrgUnit]], dict[int, tuple[str, str]]]
    not_then: str | Promise = ""

    def opens_to(self, reader: Any) -> bool:
        """Whether a reader sees this figure of anything."""
        return not scope_of(reader, self.right).nothing


def others_of(perimeter: Perimeter, period: Period) -> dict[str, list[Tile]]:
    """Group of figures → the tiles that the reader sees in it."""
    found: dict[str, list[Tile]] = {}
    for other in OTHERS:
        tile = other.tile(perimeter, period) if other.opens_to(perimeter.reader) else None
        if tile is not None:
            found.setdefault(other.group, []).append(tile)
    return found


def tiles_of(
    found: list[Series], perimeter: Perimeter, period: Period, address: dict[str, str]
) -> list[tuple[str, list[Tile]]]:
    """All tiles by group, as far as the reader has figures."""
    targets = targets_of(perimeter, period)
    groups: dict[str, list[Tile]] = {key: [] for key in GROUPS}
    for series in found:
        if series.metric.tile:
            groups[series.metric.group].append(tile_of(series, period, address, targets))
    for key, tiles in others_of(perimeter, period).items():
        groups[key] += tiles
    return [(str(GROUPS[key]), tiles) for key, tiles in groups.items() if tiles]


def notes_of(found: list[Series], perimeter: Perimeter, period: Period) -> list[str]:
    """What a period that is over does not show, and why, in words."""
    if period.runs:
        return []
    missing = [one.not_then for one in OTHERS if one.not_then and one.opens_to(perimeter.reader)]
    return [*past_stocks(found, period), *map(str, missing)]


def _strategic(perimeter: Perimeter, period: Period) -> Tile | None:
    """Strategic customers to whom a contact is late today; counted and listed by follow-up. Whom
    somebody owed a visit when is not kept: a period that is over has no such figure."""
    rule = RULES.get("strategic")
    if rule is None or not period.runs:
        return None
    asked = Asked(perimeter.reader, perimeter.unit, perimeter.below)
    number, _more = rule.count(asked)
    label = pgettext("metric", "Strategic visits due")
    return Tile("strategic_due", label, f"{number:,}", rule.url(asked), number=number)


def _strategic_beside(
    perimeter: Perimeter, period: Period, units: list[OrgUnit]
) -> dict[int, tuple[str, str]]:
    """Late customers of each unit with those below it, and of the unit looked at by itself, from
    one look at the branch."""
    if not period.runs:
        return {}
    rule = RULES["strategic"]
    numbers = late_by_unit(perimeter, units)
    found = {}
    for unit in units:
        asked = Asked(perimeter.reader, unit, perimeter.below)
        found[unit.pk] = (f"{numbers[unit.pk]:,}", rule.url(asked))
    alone = Asked(perimeter.reader, perimeter.unit, below=False)
    found[OWN] = (f"{numbers[OWN]:,}", rule.url(alone))
    return found


def late_by_unit(perimeter: Perimeter, units: list[OrgUnit]) -> dict[int, int]:
    """How many late customers each unit has with those below it, and under `OWN` the unit looked at
    by itself, from one look at the branch."""
    query = StrategicQuery(unit=perimeter.unit, below=perimeter.below)
    late = late_customers(strategic_customers(perimeter.reader, query))
    rows = CustomerUnit.objects.filter(customer__in=late).values_list("customer", "unit__path")
    places = list(rows)
    numbers = {
        unit.pk: len({customer for customer, path in places if path.startswith(unit.path)})
        for unit in units
    }
    alone = {customer for customer, path in places if path == perimeter.unit.path}
    return numbers | {OWN: len(alone)}


def _satisfaction_beside(
    perimeter: Perimeter, period: Period, units: list[OrgUnit]
) -> dict[int, tuple[str, str]]:
    """The score of the latest wave with its interval, of each unit of which it may be told."""
    waves = waves_of(perimeter, period) if perimeter.below else []
    if not waves:
        return {}
    found = {}
    lines = lines_of([waves[0].run_id or 0], perimeter.reader, Q(unit__in=units))
    for line in lines:
        reading = _reading(line)
        if reading is None:
            continue
        text = display.score(reading.value)
        if reading.interval:
            low, high = (display.score(bound) for bound in reading.interval)
            text = f"{text} ({low}–{high})"
        found[line.unit.pk] = (text, _results_url(waves[0], line.unit))
    return found


def _results_url(wave: Wave, unit: OrgUnit) -> str:
    """The results of a wave in a unit."""
    query = urlencode({"wave": wave.code, "unit": unit.code})
    return f"{reverse('satisfaction:results')}?{query}"


def waves_of(perimeter: Perimeter, period: Period) -> list[Wave]:
    """The waves that had begun by the end of the period, the latest first."""
    waves = waves_to_read(perimeter.reader).filter(is_standing=False)
    return list(waves.filter(Q(opens_on=None) | Q(opens_on__lte=period.end))[:WAVES_SHOWN])


def _satisfaction(perimeter: Perimeter, period: Period) -> Tile | None:
    """The score of the latest wave by the end of the period with its interval, and those before."""
    waves = waves_of(perimeter, period) if perimeter.below else []
    if not waves:
        return None
    runs = [wave.run_id or 0 for wave in waves]
    lines = lines_of(runs, perimeter.reader, Q(unit=perimeter.unit))
    by_run = {line.run_id: line for line in lines}
    line = by_run.get(runs[0])
    if line is None:
        return None
    known = [_reading(by_run.get(run)) for run in reversed(runs)]
    reading = _reading(line)
    tile = Tile(
        "satisfaction",
        _("Satisfaction {wave}").format(wave=waves[0].code),
        display.score(reading.value) if reading else None,
        _results_url(waves[0], perimeter.unit),
        state="" if reading else "few",
        spark=[one.value for one in known if one is not None],
        as_of=told_on(waves[0], period),
        number=reading.value if reading else None,
    )
    if reading and reading.interval:
        low, high = (display.score(bound) for bound in reading.interval)
        tile.change = _("95% interval {low} to {high}").format(low=low, high=high)
    if reading and len(known) > 1 and (before := known[-2]):
        change = minus(f"{round(reading.value - before.value, 2):+.2f}")
        against = _("{change} against {period}").format(change=change, period=waves[1].code)
        tile.change = f"{against} · {tile.change}" if tile.change else against
    _set_aim(tile, perimeter, reading, waves[0])
    return tile


def told_on(wave: Wave, period: Period) -> Any:
    """The last day of a wave that had ended before the period began."""
    return wave.closes_on if wave.closes_on and wave.closes_on < period.first else None


def _set_aim(tile: Tile, perimeter: Perimeter, reading: Reading | None, wave: Wave) -> None:
    """The target of the year in which the wave closes; missed only when the interval says so."""
    closes = wave.closes_on or perimeter.today
    aims = aims_of(perimeter.reader, [perimeter.unit], closes.year, FIGURE)
    aim = aims.get((perimeter.unit.pk, FIGURE))
    if aim is None:
        return
    tile.target = _("target {target}").format(target=display.score(aim.value))
    verdict = aim.verdict(reading)
    tile.state = verdict if verdict in (MET, MISSED) else tile.state


def _reading(line: Line | None) -> Reading | None:
    return line.reading(FIGURE) if line is not None else None


OTHERS = (
    Other(
        "strategic_due",
        pgettext_lazy("metric", "Strategic visits due"),
        gettext_lazy(
            "Strategic customers whom specialist or leaders owe a contact since the last period."
        ),
        gettext_lazy("what there is today; a period that is over has none"),
        gettext_lazy("whole number"),
        CUSTOMERS,
        SEE_STRATEGIC,
        gettext_lazy("the list of strategic customers and the contacts made with them"),
        gettext_lazy("never; what was due in the past was not kept"),
        _strategic,
        _strategic_beside,
        gettext_lazy(
            "Strategic visits due are not shown: who owed whom a visit then was not kept."
        ),
    ),
    Other(
        "satisfaction",
        gettext_lazy("Satisfaction"),
        gettext_lazy(
            "The mean score of the latest published wave that began by the end of the period, with "
            "its interval at 95%; too few answers give none."
        ),
        gettext_lazy("of the wave that is named"),
        gettext_lazy("score of the questionnaire's scale"),
        CASES,
        SEE_SCORES,
        gettext_lazy("the published results of the wave"),
        gettext_lazy("with the publication of the wave"),
        _satisfaction,
        _satisfaction_beside,
    ),
)
