"""A chart as lines and boxes: for paper, and for pages whose script does not run.

Lengths are units of a box that is `width` wide; coordinates are text, so that no language writes
them with a comma.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from reports.builder.chart import Chart, Series

WIDTH: Final = 680
#: Tones from 1 as on pages (tokens.css), 0 for what was put together.
COLOURS: Final = ("#8a94a3", "#0b5fb0", "#b45309", "#0f766e", "#9d2f6f", "#5b6b1f", "#6b4fb3")
LETTER: Final = 11.0
NAME_LETTERS: Final = 13
TICKS: Final = 4


@dataclass(slots=True)
class Box:
    x: str
    y: str
    width: str
    height: str
    tone: int

    @property
    def colour(self) -> str:
        return COLOURS[self.tone]


@dataclass(slots=True)
class Stroke:
    """A line through points, or with `fill` the outline of a slice."""

    path: str
    tone: int
    fill: bool = False

    @property
    def colour(self) -> str:
        return COLOURS[self.tone]


@dataclass(slots=True)
class Word:
    x: str
    y: str
    text: str
    anchor: str = "start"


@dataclass(slots=True)
class Drawing:
    """What a template draws; `rules` are the thin lines of the scale."""

    height: int
    width: int = WIDTH
    boxes: list[Box] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    rules: list[Stroke] = field(default_factory=list)
    texts: list[Word] = field(default_factory=list)


def drawing_of(chart: Chart | None) -> Drawing | None:
    """The picture of a chart that has something to draw."""
    if chart is None or not chart.series:
        return None
    if chart.kind == "pie":
        return _ring(chart)
    if chart.upright or chart.kind == "line":
        return _upright(chart)
    return _lying(chart)


# --- measures -------------------------------------------------------------------------------------


def _n(value: float) -> str:
    return f"{value:.1f}"


def _long(text: str) -> float:
    """About how long a text is; Chinese signs are as wide as they are high."""
    return sum(LETTER if ord(one) > 0x2E7F else LETTER * 0.58 for one in text)


def _short(text: str, letters: int = NAME_LETTERS) -> str:
    """A name that fits beside an axis."""
    room = letters * LETTER
    if _long(text) <= room:
        return text
    while text and _long(text) > room - LETTER:
        text = text[:-1]
    return f"{text}…"


@dataclass(slots=True)
class _Scale:
    """From a figure to a place between `start` and `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def _ends(chart: Chart) -> tuple[float, float]:
    """The lowest and the highest figure that stands in the picture; zero is always in it."""
    if chart.kind == "stack":
        columns = list(zip(*(one.values for one in chart.series), strict=True))
        highs = [sum(v for v in column if v and v > 0) for column in columns]
        lows = [sum(v for v in column if v and v < 0) for column in columns]
    else:
        highs = lows = [v for one in chart.series for v in one.values if v is not None]
    low, high = min([0.0, *lows]), max([0.0, *highs])
    return (low, high) if high > low else (0.0, 1.0)


def _ticks(low: float, high: float) -> list[float]:
    """Round figures between two ends, zero among them."""
    step = 10 ** math.floor(math.log10((high - low) / TICKS))
    step *= next(by for by in (1, 2, 5, 10) if (high - low) / (step * by) <= TICKS + 1)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _tick(value: float, unit: str) -> str:
    return f"{value:,.10g}{unit}"


def _legend(drawing: Drawing, series: list[Series]) -> float:
    """Names of the series above the picture; returns where it may begin."""
    if len(series) < 2:
        return 14.0
    x, y = 8.0, 14.0
    for one in series:
        name = _short(one.name, 18)
        wide = 18 + _long(name) + 16
        if x + wide > WIDTH and x > 8:
            x, y = 8.0, y + 18
        drawing.boxes.append(Box(_n(x), _n(y - 9), "10", "10", one.tone))
        drawing.texts.append(Word(_n(x + 15), _n(y), name))
        x += wide
    drawing.height += int(y)
    return y + 16


# --- bars and lines -------------------------------------------------------------------------------


def _upright(chart: Chart) -> Drawing:
    """Time from left to right."""
    drawing = Drawing(240)
    top = _legend(drawing, chart.series)
    low, high = _ends(chart)
    scale = _Scale(low, high, drawing.height - 30, top + 4)
    left = 12 + max(_long(_tick(tick, chart.unit)) for tick in _ticks(low, high))
    for tick in _ticks(low, high):
        y = scale.at(tick)
        drawing.rules.append(Stroke(f"M{_n(left)} {_n(y)}H{WIDTH - 8}", 0))
        drawing.texts.append(Word(_n(left - 5), _n(y + 4), _tick(tick, chart.unit), "end"))
    slot = (WIDTH - 8 - left) / len(chart.labels)
    longest = max(_long(_short(one)) for one in chart.labels) + 10
    every = max(1, math.ceil(longest / slot))
    for place in range(0, len(chart.labels), every):
        x = left + (place + 0.5) * slot
        anchor = "start" if place == 0 and slot < longest else "middle"
        label = _short(chart.labels[place])
        drawing.texts.append(Word(_n(x), _n(drawing.height - 12), label, anchor))
    if chart.kind == "line":
        _put_lines(drawing, chart, scale, left, slot)
    else:
        for place, spans in enumerate(_spans(chart)):
            thick = min(36.0, slot * 0.7) / spans[-1][3]
            for tone, begin, end, _count, at in spans:
                x = left + (place + 0.5) * slot + (at - spans[-1][3] / 2) * thick
                tops = sorted((scale.at(begin), scale.at(end)))
                box = Box(_n(x), _n(tops[0]), _n(thick), _n(tops[1] - tops[0]), tone)
                drawing.boxes.append(box)
    return drawing


def _put_lines(drawing: Drawing, chart: Chart, scale: _Scale, left: float, slot: float) -> None:
    """A line a series, broken where nothing is known, with a dot at each figure."""
    for one in chart.series:
        path, pen = "", "M"
        for place, value in enumerate(one.values):
            if value is None:
                pen = "M"
                continue
            x, y = left + (place + 0.5) * slot, scale.at(value)
            path += f"{pen}{_n(x)} {_n(y)}"
            pen = "L"
            if len(chart.labels) <= 60:
                drawing.boxes.append(Box(_n(x - 2.5), _n(y - 2.5), "5", "5", one.tone))
        if path:
            drawing.strokes.append(Stroke(path, one.tone))


def _spans(chart: Chart) -> list[list[tuple[int, float, float, int, int]]]:
    """Of each label its bars: tone, from, to, how many stand beside one another, which this is."""
    found = []
    for place in range(len(chart.labels)):
        bars: list[tuple[int, float, float, int, int]] = []
        up = down = 0.0
        for at, one in enumerate(chart.series):
            value = one.values[place] or 0.0
            if chart.kind != "stack":
                bars.append((one.tone, 0.0, value, len(chart.series), at))
            elif value >= 0:
                bars.append((one.tone, up, up + value, 1, 0))
                up += value
            else:
                bars.append((one.tone, down, down + value, 1, 0))
                down += value
        found.append(bars)
    return found


def _lying(chart: Chart) -> Drawing:
    """Names at the left, a row of bars for each."""
    beside = 1 if chart.kind == "stack" else len(chart.series)
    row = max(22.0, 12.0 * beside + 8)
    drawing = Drawing(round(30 + row * len(chart.labels)))
    top = _legend(drawing, chart.series)
    low, high = _ends(chart)
    left = 14 + max(_long(_short(one)) for one in chart.labels)
    scale = _Scale(low, high, left, WIDTH - 76)
    bottom = top + row * len(chart.labels)
    drawing.height = round(bottom + 22)
    for tick in _ticks(low, high):
        x = scale.at(tick)
        drawing.rules.append(Stroke(f"M{_n(x)} {_n(top - 4)}V{_n(bottom)}", 0))
        drawing.texts.append(Word(_n(x), _n(bottom + 14), _tick(tick, chart.unit), "middle"))
    for place, (label, spans) in enumerate(zip(chart.labels, _spans(chart), strict=True)):
        y = top + place * row
        drawing.texts.append(Word(_n(left - 8), _n(y + row / 2 + 4), _short(label), "end"))
        thick = (row - 8) / beside
        for tone, begin, end, _count, at in spans:
            ends = sorted((scale.at(begin), scale.at(end)))
            box = Box(_n(ends[0]), _n(y + 4 + at * thick), _n(ends[1] - ends[0]), _n(thick), tone)
            drawing.boxes.append(box)
            if chart.kind != "stack":
                text = chart.series[at].texts[place]
                under = _n(y + 4 + (at + 0.5) * thick + 4)
                drawing.texts.append(Word(_n(ends[1] + 5), under, text))
    return drawing


# --- rings ----------------------------------------------------------------------------------------


def _ring(chart: Chart) -> Drawing:
    """A ring with its key at the right."""
    [one] = chart.series
    parts = [value or 0.0 for value in one.values]
    total = sum(parts)
    drawing = Drawing(max(220, 26 * len(parts) + 24))
    x, y = 120.0, drawing.height / 2
    angle = -math.pi / 2
    for place, (label, part) in enumerate(zip(chart.labels, parts, strict=True)):
        tone = tone_of_slice(place)
        turn = min(part / total * 2 * math.pi, 2 * math.pi - 0.0001)
        drawing.strokes.append(Stroke(_slice(x, y, angle, angle + turn), tone, fill=True))
        angle += turn
        row = y - 13 * len(parts) + 26 * place + 13
        drawing.boxes.append(Box("270", _n(row - 9), "10", "10", tone))
        drawing.texts.append(Word("288", _n(row), f"{_short(label, 18)}  {one.texts[place]}"))
    return drawing


def tone_of_slice(place: int) -> int:
    """The tone of a slice; the seventh and what follows have none of their own."""
    return place + 1 if place < len(COLOURS) - 1 else 0


def _slice(x: float, y: float, begin: float, end: float, out: float = 95, hole: float = 52) -> str:
    far = 1 if end - begin > math.pi else 0

    def point(radius: float, angle: float) -> str:
        return f"{_n(x + radius * math.cos(angle))} {_n(y + radius * math.sin(angle))}"

    return (
        f"M{point(out, begin)}A{_n(out)} {_n(out)} 0 {far} 1 {point(out, end)}"
        f"L{point(hole, end)}A{_n(hole)} {_n(hole)} 0 {far} 0 {point(hole, begin)}Z"
    )
