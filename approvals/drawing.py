"""A flow as a drawing and as an ordered list, and where a running case stands in it (WF-02).

Pure geometry: `draw` gives boxes, lines and words with their places in pixels, and the template
approvals/_drawing.html writes them as SVG, so nothing here escapes or builds markup. Steps stand
in a row (or in a column, `upright`). A step that a condition may leave out stands beside the line,
which passes it by. Colours come from classes; every state also has a sign and a word.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from approvals.definitions import Definition, StepDef
from approvals.wording import Names, condition_words, how_words, limit_words, people_words
from core.display import listed

# state → sign, word. "plan" is a step of a flow that nobody runs.
STATES: dict[str, tuple[str, str | Promise]] = {
    "plan": ("", ""),
    "waiting": ("○", pgettext_lazy("step of an approval", "Not reached")),
    "open": ("●", pgettext_lazy("step of an approval", "Being decided")),
    "done": ("✓", pgettext_lazy("step of an approval", "Approved")),
    "skipped": ("–", pgettext_lazy("step of an approval", "Skipped")),
    "sent_back": ("↩", pgettext_lazy("step of an approval", "Sent back")),
    "rejected": ("✕", pgettext_lazy("step of an approval", "Rejected")),
}
HAN, NARROW = 12.5, 7.0  # pixels of a character at the drawing's size of type


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as the drawing and the list show it; texts are ready to read."""

    key: str
    name: str
    who: str = ""
    how: str = ""
    condition: str = ""
    limit: str = ""
    state: str = "plan"
    said: str = ""  # instead of the state's own word: “Approved 11:02”
    people: tuple[str, ...] = ()
    opinion_only: bool = False
    marked: bool = False

    @property
    def sign(self) -> str:
        return STATES[self.state][0]

    @property
    def word(self) -> str:
        return self.said or str(STATES[self.state][1])

    @property
    def persons(self) -> str:
        """Whom the box names: the people found, else who would be asked."""
        return listed(self.people) or self.who


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place. `anchor` is the SVG text-anchor."""

    x: float
    y: float
    text: str
    css: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Box:
    """A step's frame with its words and its whole text for who hovers or asks."""

    x: float
    y: float
    width: float
    height: float
    css: str
    title: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A path, and the points of the arrow head at its end ("" has none)."""

    path: str
    css: str = ""
    head: str = ""


@dataclass(slots=True)
class Drawing:
    """What the template writes."""

    width: float
    height: float
    steps: list[Shown]
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes of one direction. `along` is the way the flow runs, `aside` across it."""

    width: float
    height: float
    gap: float
    label: float  # room for a condition above its box, along the way
    aside: float  # from the line's middle to the middle of a box beside it


DIGITS = "0123456789,."
ROW = Measures(width=150, height=84, gap=38, label=0, aside=134)
COLUMN = Measures(width=212, height=84, gap=26, label=50, aside=238)
MARGIN = 8
PADDING = 10


def shown_steps(definition: Definition, names: Names) -> list[Shown]:
    """The steps of a flow that nobody runs."""
    return [shown_step(step, names) for step in definition.steps]


def shown_step(step: StepDef, names: Names) -> Shown:
    """One step of a definition in words."""
    return Shown(
        key=step.key,
        name=step.name,
        who=people_words(step.who, names),
        how=how_words(step),
        condition=condition_words(step, names),
        limit=limit_words(step),
        opinion_only=step.opinion_only,
    )


def draw(
    steps: Sequence[Shown],
    *,
    applicant: str = "",
    at: str = "",
    upright: bool = False,
) -> Drawing:
    """Draw the steps between the applicant and the end. `at` is when he applied, in words."""
    start = Shown(
        "", pgettext("flow", "Apply"), who=applicant, said=at, state="done" if at else "plan"
    )
    ended = bool(steps) and all(step.state in ("done", "skipped") for step in steps)
    end = Shown("", pgettext("flow", "End"), state="done" if ended else "plan")
    return _Pen(COLUMN if upright else ROW, upright).draw([start, *steps, end], list(steps))


class _Pen:
    """Places the boxes one after another and joins them."""

    def __init__(self, sizes: Measures, upright: bool) -> None:
        self.sizes = sizes
        self.upright = upright
        # Half of a box along and across the way.
        self.half = (sizes.height if upright else sizes.width) / 2
        self.across = (sizes.width if upright else sizes.height) / 2
        self.main = MARGIN + self.across

    def draw(self, boxes: list[Shown], steps: list[Shown]) -> Drawing:
        drawing = Drawing(0, 0, steps)
        place = float(MARGIN)
        edge: float | None = None  # where the line on the main track begins
        passed: list[bool] = []  # for each branch since then: whether the case goes through it
        for shown in boxes:
            beside = bool(shown.condition)
            place += self.sizes.label if beside else 0
            middle = place + self.half
            drawing.boxes.append(self._box(shown, middle, beside))
            if beside:
                self._branch(drawing, shown, middle)
                passed.append(shown.state not in ("plan", "skipped"))
            else:
                if edge is not None:
                    css = "is-by" if passed and all(passed) else ""
                    drawing.lines.append(self._line([(edge, 0), (place, 0)], css))
                edge, passed = place + 2 * self.half, []
            place += 2 * self.half + self.sizes.gap
        length = place - self.sizes.gap + MARGIN
        branched = any(shown.condition for shown in boxes)
        across = 2 * self.main + (self.sizes.aside if branched else 0)
        drawing.width, drawing.height = (across, length) if self.upright else (length, across)
        return drawing

    def _point(self, along: float, aside: float) -> tuple[float, float]:
        """Pixels of a place `along` the way and `aside` of the main line."""
        across = self.main + aside
        return (across, along) if self.upright else (along, across)

    def _line(self, places: list[tuple[float, float]], css: str, head: bool = True) -> Line:
        points = [self._point(*place) for place in places]
        path = "M" + "L".join(f"{x:g},{y:g}" for x, y in points)
        if not head:
            return Line(path, css)
        (x0, y0), (x, y) = points[-2:]
        if x == x0:
            way = 1 if y > y0 else -1
            tip = [(x, y), (x - 4, y - 7 * way), (x + 4, y - 7 * way)]
        else:
            way = 1 if x > x0 else -1
            tip = [(x, y), (x - 7 * way, y - 4), (x - 7 * way, y + 4)]
        return Line(path, css, " ".join(f"{a:g},{b:g}" for a, b in tip))

    def _branch(self, drawing: Drawing, shown: Shown, middle: float) -> None:
        """The way off the line through a box beside it and back, with its condition."""
        aside, half = self.sizes.aside, self.half
        leave = middle - half - self.sizes.label - self.sizes.gap / 2
        back = middle + half + self.sizes.gap / 2
        css = "is-by" if shown.state == "skipped" else ""
        into = [(leave, 0), (leave, aside), (middle - half, aside)]
        drawing.lines.append(self._line(into, css))
        out = [(middle + half, aside), (back, aside), (back, 0)]
        drawing.lines.append(self._line(out, css, head=False))
        self._condition(drawing, shown.condition, middle)

    def _condition(self, drawing: Drawing, text: str, middle: float) -> None:
        """The words above a box beside the line; upright, right of the way into it."""
        if self.upright:
            x, bottom = self._point(middle - self.half, self.sizes.aside)
            x, room = x + 8, self.across - 8
        else:
            x, bottom = self._point(middle - self.half, self.sizes.aside - self.across)
            x, room = x + 2, self.sizes.width + self.sizes.gap / 2
        rows = fitted(text, room, 3 if self.upright else 2)
        top = bottom - 8 - 15 * (len(rows) - 1)
        for row, words in enumerate(rows):
            drawing.labels.append(Label(x, top + 15 * row, words, "is-condition"))

    def _box(self, shown: Shown, middle: float, beside: bool) -> Box:
        x, y = self._point(middle, self.sizes.aside if beside else 0)
        x, y = x - self.sizes.width / 2, y - self.sizes.height / 2
        room = self.sizes.width - 2 * PADDING
        named = fitted(shown.name, room, 2)
        rest = [
            *((text, "is-who") for text in fitted(shown.persons, room, 3 - len(named))),
            *((text, "is-word") for text in fitted(f"{shown.sign} {shown.word}".strip(), room, 1)),
        ]
        words = [(text, "is-name") for text in named] + rest
        top = y + self.sizes.height / 2 - 9 * len(words) + 13
        labels = tuple(
            Label(x + PADDING, top + 18 * row, text, css) for row, (text, css) in enumerate(words)
        )
        css = f"is-{shown.state}" + (" is-marked" if shown.marked else "")
        whole = [shown.name, shown.persons, shown.condition, shown.word]
        title = " · ".join(part for part in whole if part)
        return Box(x, y, self.sizes.width, self.sizes.height, css, title, labels)


def fitted(text: str, room: float, lines: int) -> list[str]:
    """`text` cut into at most `lines` lines of `room` pixels; what does not fit ends in "…"."""
    rows: list[str] = []
    rest = text.strip()
    while rest and len(rows) < lines:
        count = _fits(rest, room)
        if count >= len(rest):
            return [*rows, rest]
        if len(rows) == lines - 1:
            return [*rows, rest[: _fits(rest, room - HAN)].rstrip() + "…"]
        blank = rest.rfind(" ", 1, count + 1)
        count = blank if blank > count // 2 else _before_number(rest, count)
        rows.append(rest[:count].rstrip())
        rest = rest[count:].lstrip()
    return rows


def _before_number(text: str, count: int) -> int:
    """The place to cut that leaves a sum whole, unless nearly nothing would stand before it."""
    if text[count] not in DIGITS:
        return count
    start = len(text[:count].rstrip(DIGITS))
    return start if start > count // 3 else count


def _fits(text: str, room: float) -> int:
    """How many characters fit, one at least."""
    used = 0.0
    for count, letter in enumerate(text):
        used += HAN if unicodedata.east_asian_width(letter) in "WF" else NARROW
        if used > room:
            return max(count, 1)
    return len(text)
