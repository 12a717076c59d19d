"""Figures as tiles: how they are written, what they are compared with, where their rows are."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from compliance.models import Target
from compliance.selectors.follow_up import RULES, Asked
from core import display
from core.scope import scope_of
from reports.metrics.definitions import GROUPS
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period
from reports.metrics.reading import Series, series_of
from reports.metrics.registry import METRICS, Better, Kind, Measure, Metric
from satisfaction.selectors.sight import VIEW as SEE_SCORES
from satisfaction.selectors.sight import Line, Reading, lines_of, waves_to_read
from satisfaction.selectors.targets import MET, MISSED, aims_of

WAVES_SHOWN = 6
FIGURE = "mean"


@dataclass(slots=True)
class Tile:
    """A figure on the dashboard, written out."""

    key: str
    label: str
    value: str | None
    url: str
    change: str = ""
    target: str = ""
    state: str = ""
    as_of: Any = None
    spark: list[float] = field(default_factory=list)

    def as_args(self) -> dict[str, Any]:
        """As `stat_tile` takes it."""
        return {
            "label": self.label,
            "value": self.value,
            "url": self.url,
            "change": self.change,
            "target": self.target,
            "state": self.state,
            "as_of": self.as_of,
            "spark": self.spark,
        }


def written(metric: Metric, value: Decimal | None, *, short: bool = False) -> str | None:
    """A figure as a page shows it; None where there is none."""
    if value is None:
        return None
    if metric.measure == Measure.SHARE:
        return display.share(value)
    if metric.measure == Measure.YUAN:
        return display.money_short(value) if short else display.money(value)
    return f"{value:,.0f}"


def changed(series: Series, period: Period) -> str:
    """How far the figure is from what it is compared with, in words."""
    value, before = series.value, series.value_before
    if value is None or before is None:
        return ""
    if series.metric.kind == Kind.STOCK and not series.before.numerator:
        return ""  # nobody took a snapshot then
    difference = value - before
    if series.metric.measure == Measure.SHARE:
        text = _("{points} points").format(points=display.signed(difference * 100))
    else:
        text = signed(series.metric, difference)
    if period.runs and series.metric.kind == Kind.FLOW:
        sentence = _("{change} against the same days of {period}")
    else:
        sentence = _("{change} against {period}")
    return sentence.format(change=text, period=period.before.words)


def later_words(series: Series) -> str:
    """What arrived after closing, with its sign; of a share, how many rows it is of."""
    amount = series.later.denominator if series.metric.is_share else series.later.numerator
    return signed(series.metric, amount)


def signed(metric: Metric, value: Decimal) -> str:
    """An amount with its sign; shares count rows."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    if metric.measure == Measure.YUAN:
        return sign + display.money(abs(value))
    return f"{sign}{abs(value):,.0f}"


def spark(series: Series, period: Period) -> list[float]:
    """The trend as numbers; a stock begins with its first snapshot."""
    metric = series.metric
    known = [month for month in period.trend if month in series.months]
    if metric.kind == Kind.STOCK or metric.is_share:
        values = [series.months[month].value(metric) for month in known]
        return [float(value) for value in values if value is not None]
    if not known:
        return []
    return [float(series.months[month].numerator) if month in series.months else 0.0
            for month in period.trend]  # fmt: skip


def rows_url(metric: Metric, address: dict[str, str], dimension: str | None = None) -> str:
    """Where exactly the rows of a figure are."""
    query = address if dimension is None else address | {"part": dimension}
    return f"{reverse('reports:metric-rows', args=[metric.key])}?{urlencode(query)}"


def tiles_of(
    found: list[Series], perimeter: Perimeter, period: Period, address: dict[str, str]
) -> list[tuple[str, list[Tile]]]:
    """The tiles by group, as far as the reader has figures."""
    targets = targets_of(perimeter, period)
    groups: dict[str, list[Tile]] = {key: [] for key in GROUPS}
    for series in found:
        if series.metric.tile:
            groups[series.metric.group].append(_tile(series, period, address, targets))
    groups["customers"] += _strategic(perimeter)
    groups["complaints"] += _satisfaction(perimeter)
    return [(str(GROUPS[key]), tiles) for key, tiles in groups.items() if tiles]


def _tile(
    series: Series, period: Period, address: dict[str, str], targets: dict[str, Decimal]
) -> Tile:
    metric = series.metric
    tile = Tile(
        metric.key,
        str(metric.title),
        written(metric, series.value, short=True),
        rows_url(metric, address),
        change=changed(series, period),
        as_of=series.as_of if series.is_known else None,
        spark=spark(series, period),
    )
    target = targets.get(metric.target)
    if target is not None and series.value is not None:
        tile.target = _("target {target}").format(target=f"{target:,.0f}")
        reached = series.value >= target
        tile.state = "met" if reached else "" if period.runs else "missed"
    elif metric.better == Better.DOWN and metric.key in ALARMS and series.value:
        tile.state = "alarm"
    return tile


ALARMS = frozenset({"complaints_late"})


def targets_of(perimeter: Perimeter, period: Period) -> dict[str, Decimal]:
    """Metric of monthly targets → the target of the unit, or of the reader where he sees only his
    own; of a month and with the units below, as targets are set."""
    if period.kind != "month" or not perimeter.below:
        return {}
    rows = Target.objects.filter(month=period.first)
    own = perimeter.is_own("customers.view_customer")
    if own:
        rows = rows.filter(person=perimeter.reader)
    else:
        rows = rows.visible_to(perimeter.reader).filter(person=None, unit=perimeter.unit)
    return dict(rows.values_list("metric", "value"))


def _strategic(perimeter: Perimeter) -> list[Tile]:
    """Strategic customers to whom a contact is late; counted and listed by follow-up."""
    rule = RULES.get("strategic")
    if rule is None or scope_of(perimeter.reader, rule.right).nothing:
        return []
    asked = Asked(perimeter.reader, perimeter.unit, perimeter.below)
    number, _more = rule.count(asked)
    label = pgettext("metric", "Strategic visits due")
    return [Tile("strategic_due", label, f"{number:,}", rule.url(asked))]


def _satisfaction(perimeter: Perimeter) -> list[Tile]:
    """The score of the latest wave with its interval, and those of the waves before."""
    if not perimeter.below or scope_of(perimeter.reader, SEE_SCORES).nothing:
        return []
    waves = list(waves_to_read(perimeter.reader).filter(is_standing=False)[:WAVES_SHOWN])
    if not waves:
        return []
    runs = [wave.run_id or 0 for wave in waves]
    lines = lines_of(runs, perimeter.reader, Q(unit=perimeter.unit))
    by_run = {line.run_id: line for line in lines}
    line = by_run.get(runs[0])
    if line is None:
        return []
    known = [_reading(by_run.get(run)) for run in reversed(runs)]
    reading = _reading(line)
    query = urlencode({"wave": waves[0].code, "unit": perimeter.unit.code})
    tile = Tile(
        "satisfaction",
        _("Satisfaction {wave}").format(wave=waves[0].code),
        display.score(reading.value) if reading else None,
        f"{reverse('satisfaction:results')}?{query}",
        state="" if reading else "few",
        spark=[one.value for one in known if one is not None],
    )
    if reading and reading.interval:
        low, high = (display.score(bound) for bound in reading.interval)
        tile.change = _("95% interval {low} to {high}").format(low=low, high=high)
    if reading and len(known) > 1 and (before := known[-2]):
        change = f"{round(reading.value - before.value, 2):+.2f}"
        against = _("{change} against {period}").format(change=change, period=waves[1].code)
        tile.change = f"{against} · {tile.change}" if tile.change else against
    _set_aim(tile, perimeter, reading, waves[0])
    return [tile]


def _set_aim(tile: Tile, perimeter: Perimeter, reading: Reading | None, wave: Any) -> None:
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


def all_series(perimeter: Perimeter, period: Period) -> list[Series]:
    """Every registered figure the reader sees."""
    return series_of(perimeter, period, METRICS.values())
