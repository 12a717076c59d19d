"""Which charts there are, which one suits a question, and which would mislead."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused

if TYPE_CHECKING:
    from reports.builder.definitions import Definition, Grouping, Measure

AUTO: Final = "auto"
CHARTS: Final = {
    AUTO: gettext_lazy("Whatever suits"),
    "bars": gettext_lazy("Bars"),
    "stack": gettext_lazy("Stacked bars, of two groups"),
    "line": gettext_lazy("Line over time"),
    "pie": gettext_lazy("Ring of shares"),
    "": gettext_lazy("No chart"),
}
MOST_CHARTED: Final = 4  # figures beside one another in one chart
#: What parts of a whole can be told by. Who counts once in each of two groups counts once in both.
ADDITIVE: Final = frozenset({"count", "share", "sum"})


def adds_up(measure: "Measure") -> bool:
    """Whether the figures of groups may be added."""
    return measure.verb in ADDITIVE


def charted_of(asked: "Definition") -> Sequence["Measure"]:
    """The figures that the chart shows: those chosen, or the first that is told."""
    return asked.charted or asked.measures[:1]


def time_of(asked: "Definition") -> "Grouping | None":
    """The group that runs over time, the first of two."""
    return next((one for one in asked.groups if one.step), None)


def kind_drawn(asked: "Definition") -> str:
    """The chart that is drawn, with the one that suits put in; nothing for single rows."""
    if not asked.groups or not asked.chart or not asked.measures:
        return ""
    if asked.chart != AUTO:
        return asked.chart
    if len(asked.groups) > 1 and adds_up(charted_of(asked)[0]):
        return "stack"
    return "line" if time_of(asked) else "bars"


def check_chart(asked: "Definition") -> None:
    """Raises Refused with one sentence for a chart that the question does not bear."""
    kind, shown = kind_drawn(asked), charted_of(asked)
    if not kind:
        return
    _check_figures(asked, kind, shown)
    if kind == "line" and time_of(asked) is None:
        raise Refused(_("A line needs a group over time, such as by month. Please choose bars."))
    if kind == "stack" and len(asked.groups) < 2:
        raise Refused(_("Stacked bars need two groups. Please add one, or choose bars."))
    if kind == "pie" and len(asked.groups) > 1:
        raise Refused(_("A ring shows the shares of one group. Please choose stacked bars."))
    if kind in ("stack", "pie") and not adds_up(shown[0]):
        sentence = _("“{measure}” cannot be added up to a whole. Please choose bars or a line.")
        raise Refused(sentence.format(measure=shown[0].label))


def _check_figures(asked: "Definition", kind: str, shown: Sequence["Measure"]) -> None:
    for one in shown:
        if one not in asked.measures:
            sentence = _("The chart shows “{measure}”, which is not told of the groups.")
            raise Refused(sentence.format(measure=one.label))
    if len(shown) < 2:
        return
    if len(asked.groups) > 1 or kind == "pie":
        raise Refused(_("This chart shows one figure. Please choose one for the chart."))
    units = {_unit(one) for one in shown}
    if len(units) > 1:
        first = next(one for one in shown if _unit(one) != _unit(shown[0]))
        sentence = _("“{one}” and “{other}” do not share an axis. Please choose one for the chart.")
        raise Refused(sentence.format(one=shown[0].label, other=first.label))


def _unit(measure: "Measure") -> str:
    """What stands at the axis of a figure."""
    if measure.verb in ("share", "rate"):
        return "percent"
    if measure.verb in ("count", "each") or measure.field is None:
        return "pieces"
    return "money" if measure.field.kind == "money" else measure.field.key
