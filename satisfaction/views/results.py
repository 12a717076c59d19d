"""The results of a wave: region, city, project, with intervals drawn (SAT-09)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access import requires
from satisfaction.forms.results import ResultsFilter
from satisfaction.models import Figure
from satisfaction.ranking import Quarter
from satisfaction.selectors.overview import Overview, Question, overview_of
from satisfaction.selectors.pictures import (
    drivers_drawn,
    items_drawn,
    quadrant_drawn,
    trend_drawn,
    units_drawn,
)
from satisfaction.selectors.sight import VIEW, Line
from satisfaction.wording import (
    difference_interval,
    difference_text,
    figure_text,
    hidden_text,
    interval_text,
    rank_text,
    summary_sentence,
    target_words,
)

# The order in which the quadrant is read: what matters first, the weak side first.
READ = (Quarter.IMPROVE_FIRST, Quarter.KEEP, Quarter.LOW_PRIORITY, Quarter.OVERDONE)


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Satisfaction › Results › …"""
    return [(_("Results"), reverse("satisfaction:results") if more else ""), *more]


def address(name: str, question: Question, **more: str) -> str:
    """A page about the same wave, unit, stage and method, with some of them changed."""
    facts = {
        "wave": question.wave.code,
        "unit": question.unit.code,
        "stage": question.stage,
        "method": question.figure,
    }
    query = {key: value for key, value in (facts | more).items() if value}
    page = optional(name)
    return f"{page}?{urlencode(query)}" if page else ""


def optional(name: str) -> str:
    """The address of a page, empty where it is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@requires(VIEW)
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The results page: one sentence, the units below with intervals, trend, items, quadrant."""
    form = ResultsFilter(request.GET, user=request.user)
    question = form.question
    context: dict[str, Any] = {"form": form, "crumbs": crumbs()}
    if question is not None:
        context |= results_context(overview_of(request.user, question))
        context |= {
            "above_url": _above(form, question),
            "pdf_url": address("satisfaction:results-pdf", question),
            "book_url": address("satisfaction:results-workbook", question),
            "heat_url": address("satisfaction:heat-map", question, method=""),
            "compare_url": address("satisfaction:compare", question, stage=question.stage),
            "methods_url": optional("satisfaction:methods"),
        }
    return render(request, "satisfaction/results.html", context)


def results_context(found: Overview) -> dict[str, Any]:
    """What page and paper show of an overview."""
    question = found.question
    drawn = units_drawn(found)
    return {
        "question": question,
        "found": found,
        "figure_label": Figure(question.figure).label,
        "sentence": summary_sentence(found),
        "facts": facts_of(found),
        "own": unit_row(found, found.line, drawn.bars) if found.line else None,
        "rows": [unit_row(found, line, drawn.bars) for line in found.parts],
        "drawn": drawn,
        "items": _items(found),
        "items_drawn": items_drawn(found),
        "drivers": _drivers(found),
        "quadrant": quadrant_drawn(found),
        "quarters": _quarters(found),
        "indicators": _indicators(found),
        "trend": trend_drawn(found),
        "points": [_point(found, point) for point in found.trend],
    }


def _above(form: ResultsFilter, question: Question) -> str:
    """The results of the unit above, where the reader reaches it."""
    if question.unit.parent_id is None:
        return ""
    above = form.units.filter(pk=question.unit.parent_id).first()
    return address("satisfaction:results", question, unit=above.code) if above else ""


def facts_of(found: Overview) -> list[dict[str, Any]]:
    """The figures beside the one asked for: weighted, the other methods, the target."""
    if found.line is None or found.line.hidden:
        return []
    question, line = found.question, found.line
    facts: list[dict[str, Any]] = []
    if found.weighted is not None:
        facts.append(
            {
                "label": _("Weighted to owners"),
                "value": figure_text(question.figure, found.weighted.value),
                "note": interval_text(question.figure, found.weighted),
            }
        )
    for figure in (Figure.MEAN, Figure.TOP2, Figure.NPS):
        reading = line.reading(figure)
        if figure != question.figure and reading is not None:
            value, note = figure_text(figure, reading.value), interval_text(figure, reading)
            facts.append({"label": Figure(figure).label, "value": value, "note": note})
    if found.aim is not None:
        facts.append(target_words(question.figure, found.aim, found.reading))
    return facts


def unit_row(found: Overview, line: Line, bars: dict[int, Any]) -> dict[str, Any]:
    """A unit of the table."""
    question, figure = found.question, found.question.figure
    reading = line.reading(figure)
    aim = found.aims.get(line.unit.pk)
    return {
        "unit": line.unit,
        "n": line.n,
        "url": address("satisfaction:results", question, unit=line.unit.code),
        "bar": bars.get(line.unit.pk),
        "value": figure_text(figure, reading.value) if reading else "",
        "interval": interval_text(figure, reading),
        "rank": rank_text(found.ranked.get(line.unit.pk)),
        "hidden": hidden_text(line.hidden, found.fewest),
        "target": target_words(figure, aim, reading) if aim and reading else None,
    }


def _items(found: Overview) -> list[dict[str, Any]]:
    drawn = items_drawn(found)
    return [
        {
            "number": number,
            "line": one,
            "bar": drawn.bars.get(one.item.pk),
            "mean": figure_text(Figure.MEAN, one.mean.value) if one.mean else "",
            "interval": interval_text(Figure.MEAN, one.mean),
            "top2": figure_text(Figure.TOP2, one.top2),
            "importance": figure_text(Figure.MEAN, one.importance),
            "gap": difference_text(one.gap.value) if one.gap else "",
            "gap_interval": _gap_interval(one.gap),
            "quarter": found.quarters[one.item.pk].label if one.item.pk in found.quarters else "",
        }
        for number, one in enumerate(found.items, 1)
    ]


def _gap_interval(gap: Any) -> str:
    if gap is None or gap.interval is None:
        return ""
    return difference_interval(*gap.interval)


def _drivers(found: Overview) -> dict[str, Any]:
    drawn = drivers_drawn(found)
    rows = [
        {
            "item": one.item,
            "share": figure_text(Figure.TOP2, one.share),
            "interval": f"[{one.share_low:.0%}, {one.share_high:.0%}]"
            if one.share_low is not None and one.share_high is not None
            else "",
            "bar": drawn.bars.get(one.item_id),
        }
        for one in found.drivers
    ]
    return {"rows": rows, "axis": drawn.axis}


def _quarters(found: Overview) -> list[dict[str, Any]]:
    """The four lists of the quadrant."""
    numbers = {one.item.pk: (number, one.item) for number, one in enumerate(found.items, 1)}
    return [
        {
            "key": quarter.value,
            "label": quarter.label,
            "items": [numbers[key] for key in numbers if found.quarters.get(key) == quarter],
        }
        for quarter in READ
    ]


def _indicators(found: Overview) -> list[dict[str, Any]]:
    """The indicator tree, parents before their children."""
    below: dict[int | None, list[Any]] = {}
    for one in found.indicators:
        below.setdefault(one.indicator.parent_id, []).append(one)
    rows: list[dict[str, Any]] = []

    def walk(key: int | None) -> None:
        for one in sorted(below.get(key, ()), key=lambda score: score.indicator.position):
            bounds = (one.index_low, one.index_high)
            interval = "" if None in bounds else f"[{bounds[0]:.1f}, {bounds[1]:.1f}]"
            rows.append({"score": one, "depth": one.indicator.level - 1, "interval": interval})
            walk(one.indicator_id)

    walk(None)
    return rows


def _point(found: Overview, point: Any) -> dict[str, Any]:
    figure = found.question.figure
    reading = point.line.reading(figure)
    return {
        "wave": point.wave,
        "n": point.line.n,
        "value": figure_text(figure, reading.value) if reading else "",
        "interval": interval_text(figure, reading),
        "hidden": hidden_text(point.line.hidden, found.fewest),
    }
