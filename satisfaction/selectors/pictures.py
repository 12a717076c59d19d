"""Results as they are drawn: places on axes for figures that may be shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from satisfaction.charts import Axis, Bar, Tick, axis_for, bar_on
from satisfaction.models import Figure
from satisfaction.ranking import cuts
from satisfaction.selectors.overview import Overview, points_of
from satisfaction.selectors.sight import Reading

# Shortest span of an axis and the ends of the scale.
SPANS: dict[str, tuple[float, tuple[float, float]]] = {
    Figure.MEAN: (0.5, (0.0, 10.0)),
    Figure.TOP2: (0.1, (0.0, 1.0)),
    Figure.NPS: (10.0, (-100.0, 100.0)),
}
INDEX_SPAN = (5.0, (0.0, 100.0))
TREND_TOP, TREND_BOTTOM = 16, 148
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Drawn:
    """Bars by key on a common axis; `goal` is where a target stands, in per cent."""

    axis: Axis
    bars: dict[int, Bar]
    goal: float | None = None


def axis_of(figure: str, readings: Iterable[Reading | None], more: Iterable[float] = ()) -> Axis:
    """An axis that holds these readings with their intervals."""
    values = list(more)
    for one in readings:
        if one is not None:
            values += [one.value, *(one.interval or ())]
    least, bounds = SPANS.get(figure, INDEX_SPAN)
    axis = axis_for(values, least=least, bounds=bounds)
    if figure != Figure.TOP2:
        return axis
    return Axis(axis.low, axis.high, tuple(_per_cent(axis)))


def _per_cent(axis: Axis) -> Iterable[Tick]:
    for tick in axis.ticks:
        yield Tick(tick.at, f"{float(tick.label) * PERCENT:.0f}%")


def units_drawn(found: Overview) -> Drawn:
    """The unit and its parts on one axis, with the unit's target."""
    figure, aim = found.question.figure, found.aim
    lines = [*([found.line] if found.line else []), *found.parts]
    readings = {line.unit.pk: line.reading(figure) for line in lines}
    axis = axis_of(figure, readings.values(), [aim.value] if aim else [])
    bars = {key: _bar(axis, one) for key, one in readings.items() if one is not None}
    return Drawn(axis, bars, axis.place(aim.value) if aim else None)


def items_drawn(found: Overview) -> Drawn:
    """The items of a unit on one axis."""
    readings = {one.item.pk: one.mean for one in found.items}
    axis = axis_of(Figure.MEAN, readings.values())
    return Drawn(axis, {key: _bar(axis, one) for key, one in readings.items() if one is not None})


def drivers_drawn(found: Overview) -> Drawn:
    """Shares of the drivers, from none."""
    readings = {
        one.item_id: Reading(one.share, one.share_low, one.share_high)
        for one in found.drivers
        if one.share is not None
    }
    highest = [one.high or one.value for one in readings.values()]
    axis = axis_for([0.0, *highest], least=0.1, bounds=(0.0, 1.0))
    axis = Axis(axis.low, axis.high, tuple(_per_cent(axis)))
    return Drawn(axis, {key: _bar(axis, one) for key, one in readings.items()})


def _bar(axis: Axis, reading: Reading) -> Bar:
    return bar_on(axis, reading.value, reading.low, reading.high)


def trend_drawn(found: Overview) -> dict[str, Any] | None:
    """The trend as points joined by lines: x in per cent, y in pixels. None for a single wave."""
    figure = found.question.figure
    points = [(one, one.line.reading(figure)) for one in found.trend]
    known = [reading for _point, reading in points if reading is not None]
    if len(known) < 2:
        return None
    goal = found.aim.value if found.aim else None
    axis = axis_of(figure, known, [goal] if goal is not None else [])

    def y(value: float) -> float:
        return axis.height(value, TREND_TOP, TREND_BOTTOM)

    drawn: list[dict[str, Any]] = []
    step = PERCENT / len(points)
    for place, (point, reading) in enumerate(points):
        one: dict[str, Any] = {"x": round(step * (place + 0.5), 2), "wave": point.wave}
        if reading is not None:
            low, high = reading.interval or (reading.value, reading.value)
            one |= {"y": y(reading.value), "low": y(low), "high": y(high), "reading": reading}
            one["label_y"] = max(one["high"] - 6, 10)
        drawn.append(one)
    shown = [one for one in drawn if "y" in one]
    return {
        "points": drawn,
        "lines": list(zip(shown, shown[1:], strict=False)),
        "ticks": [
            {"y": round(TREND_BOTTOM - (TREND_BOTTOM - TREND_TOP) * tick.at / 100, 1), "tick": tick}
            for tick in axis.ticks
        ],
        "goal": y(goal) if goal is not None else None,
    }


def quadrant_drawn(found: Overview) -> dict[str, Any] | None:
    """Numbered points of the quadrant in per cent, and where it is cut. None without importance."""
    points = points_of(found.items)
    if len(points) < 2:
        return None
    across = axis_for([x for _y, x in points.values()], least=0.2, bounds=(0.0, 10.0))
    upright = axis_for([y for y, _x in points.values()], least=0.2, bounds=(0.0, 10.0))

    def place(x: float, y: float) -> tuple[float, float]:
        # A margin all around, so that no number is cut off.
        return 5 + 0.9 * across.place(x), 5 + 0.9 * (PERCENT - upright.place(y))

    matters, pleases = cuts(points)
    marks = []
    for number, one in enumerate(found.items, 1):
        if one.item.pk in points:
            importance, content = points[one.item.pk]
            x, y = place(content, importance)
            quarter = found.quarters[one.item.pk]
            mark = {"number": number, "x": x, "y": y, "line": one, "quarter": quarter}
            marks.append(mark)
    return {"cut": place(pleases, matters), "marks": marks}
