"""Figures and differences in words, the same on pages, papers and in workbooks."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from core import display
from customers.models import OwnerStage
from satisfaction.comparing import Verdict, verdict
from satisfaction.lexicon import Topic
from satisfaction.models import Figure
from satisfaction.ranking import Rank
from satisfaction.selectors.overview import Overview
from satisfaction.selectors.sight import FEW, WITHHELD, Reading
from satisfaction.selectors.targets import MAYBE_MET, MAYBE_MISSED, MET, MISSED, Aim

SMALLEST = {Figure.MEAN: 0.005, Figure.TOP2: 0.0005}  # what rounds to no difference


def stage_label(stage: str) -> str:
    """An owner stage in words; "" are all stages together."""
    return str(OwnerStage(stage).label) if stage in OwnerStage.values else _("All stages")


def figure_text(figure: str, value: float | None) -> str:
    """A figure as it is read: 3.86, 68.0%, +7.5, 71.9."""
    if value is None:
        return display.DASH
    match figure:
        case Figure.MEAN:
            return display.score(value)
        case Figure.TOP2:
            return display.share(value)
        case Figure.NPS:
            return display.signed(value)
        case _:
            return display.fixed(value, 1)


def interval_text(figure: str, reading: Reading | None) -> str:
    """[3.74, 3.98], or nothing while no interval is known."""
    if reading is None or reading.interval is None:
        return ""
    low, high = (figure_text(figure, bound) for bound in reading.interval)
    return f"[{low}, {high}]"


def reading_text(figure: str, reading: Reading | None) -> str:
    """3.86 [3.74, 3.98]."""
    value = figure_text(figure, reading.value if reading else None)
    return f"{value} {interval_text(figure, reading)}".strip()


def difference_text(value: float) -> str:
    """A difference of ratings with its sign: +0.15; what rounds to nothing has none."""
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}"


def difference_interval(low: float, high: float) -> str:
    """[-0.02, +0.32]."""
    return f"[{difference_text(low)}, {difference_text(high)}]"


def distance_text(figure: str, value: float) -> str:
    """How far apart two figures are, without sign: shares in percentage points."""
    if figure == Figure.TOP2:
        return _("{points} percentage points").format(points=display.fixed(abs(value) * 100, 1))
    if figure == Figure.MEAN:
        return display.fixed(abs(value), 2)
    return display.fixed(abs(value), 1)


def p_text(p: float) -> str:
    """p=0.07, p<0.001."""
    return "p<0.001" if p < 0.001 else f"p={p:.3f}" if p < 0.01 else f"p={p:.2f}"


def verdict_text(figure: str, value: float, p: float) -> str:
    """A change in words: which way, how far, and whether it may be chance."""
    facts = {"by": distance_text(figure, value), "p": p_text(p)}
    match _way(figure, value, p):
        case "same":
            return _("as good as the same ({p})").format(**facts)
        case "up?":
            return _("{by} higher, which may still be chance ({p})").format(**facts)
        case "down?":
            return _("{by} lower, which may still be chance ({p})").format(**facts)
        case "up":
            return _("{by} higher, and not by chance ({p})").format(**facts)
        case _:
            return _("{by} lower, and not by chance ({p})").format(**facts)


def against_text(figure: str, value: float, p: float) -> str:
    """The same of two units side by side, where nothing rose or fell."""
    facts = {"by": distance_text(figure, value), "p": p_text(p)}
    match _way(figure, value, p):
        case "same":
            return _("as good as the same ({p})").format(**facts)
        case "up?":
            return _("{by} above it, which may still be chance ({p})").format(**facts)
        case "down?":
            return _("{by} below it, which may still be chance ({p})").format(**facts)
        case "up":
            return _("{by} above it, and not by chance ({p})").format(**facts)
        case _:
            return _("{by} below it, and not by chance ({p})").format(**facts)


def _way(figure: str, value: float, p: float) -> str:
    """up, down; with a question mark while it may be chance; or the same."""
    sure = verdict(value, p) != Verdict.CHANCE
    if not sure and abs(value) < SMALLEST.get(Figure(figure), 0.05):
        return "same"
    return ("up" if value > 0 else "down") + ("" if sure else "?")


def rank_text(rank: Rank | None) -> str:
    """2, or tied 1-3."""
    if rank is None:
        return display.DASH
    first, last = rank
    return str(first) if first == last else _("tied {first}-{last}").format(first=first, last=last)


def hidden_text(hidden: str, fewest: int) -> str:
    """Why a figure is not shown."""
    if hidden == FEW:
        return _("Too few answers, fewer than {count}").format(count=fewest)
    if hidden == WITHHELD:
        return _("Withheld: it would give away a unit with too few answers")
    return ""


def summary_sentence(found: Overview) -> str:
    """The answer of the results page in one sentence: figure, n, last wave, chance (W12)."""
    figure, line, reading = found.question.figure, found.line, found.reading
    if line is None:
        return _("Nobody of {unit} answered.").format(unit=found.question.unit.name)
    if line.hidden:
        reason = hidden_text(line.hidden, found.fewest)
        return _("{reason} (n={n}).").format(reason=reason, n=line.n)
    if reading is None:
        return _("This method has no figure here: importance or recommendation was not asked.")
    facts = {
        "figure": Figure(figure).label,
        "reading": reading_text(figure, reading),
        "n": display.thousands(line.n),
    }
    if found.previous is None:
        return _("{figure} {reading} n={n}; there is no earlier figure.").format(**facts)
    before = found.previous.line.reading(figure)
    facts["before"] = figure_text(figure, before.value if before else None)
    if found.before is not None and figure == Figure.MEAN:
        p = found.before.p_adjusted if found.before.p_adjusted is not None else found.before.p
        if p is not None and found.before.difference is not None:
            facts["verdict"] = verdict_text(figure, found.before.difference, p)
            sentence = _("{figure} {reading} n={n}, last wave {before}; {verdict}.")
            return sentence.format(**facts)
    return _("{figure} {reading} n={n}, last wave {before}.").format(**facts)


TARGET_WORDS = {
    MET: pgettext_lazy("target", "met"),
    MISSED: pgettext_lazy("target", "not met"),
    MAYBE_MET: pgettext_lazy("target", "reached, which may be chance"),
    MAYBE_MISSED: pgettext_lazy("target", "not reached, which may be chance"),
}
TARGET_TONES = {MET: "ok", MISSED: "bad", MAYBE_MET: "info", MAYBE_MISSED: "warn"}


def target_words(figure: str, aim: Aim, reading: Reading | None) -> dict[str, Any]:
    """A target beside a figure: value, how far off, verdict, and from which unit it comes."""
    outcome = aim.verdict(reading)
    off = aim.off(reading)
    away = ""
    if off is not None and abs(off) >= SMALLEST.get(Figure(figure), 0.05):
        sentence = _("{by} above") if off > 0 else _("{by} short")
        away = sentence.format(by=distance_text(figure, off))
    return {
        "label": _("Target"),
        "value": figure_text(figure, aim.value),
        "note": away,
        "verdict": TARGET_WORDS.get(outcome, ""),
        "tone": TARGET_TONES.get(outcome, "off"),
        "from": aim.target.unit.name if aim.is_inherited else "",
    }


def as_percent(value: Decimal) -> Decimal:
    """68.5 per cent as the share it is kept as."""
    return value / 100


def topic_text(code: str) -> str:
    """A topic in words; its code when an older lexicon knew it."""
    return str(Topic(code).label) if code in Topic.values else code
