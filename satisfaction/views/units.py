"""Units side by side: the heat map of items, and two units compared (SAT-09)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.access import requires
from regions.policies import policy
from satisfaction.charts import bar_on
from satisfaction.forms.results import CompareFilter, ResultsFilter
from satisfaction.models import Figure
from satisfaction.selectors.heat import DOWN, UP, HeatRow, heat_map
from satisfaction.selectors.pairs import Pair, compare_units
from satisfaction.selectors.pictures import axis_of
from satisfaction.selectors.sight import VIEW, Line
from satisfaction.views.results import address, crumbs, optional
from satisfaction.wording import (
    against_text,
    difference_interval,
    difference_text,
    figure_text,
    hidden_text,
    interval_text,
)

MARKS = {UP: "▲", DOWN: "▼"}


@requires(VIEW)
@require_safe
def heat(request: HttpRequest) -> HttpResponse:
    """Items by the units below one: a number in each cell, marked when it is not by chance."""
    form = ResultsFilter(request.GET, user=request.user)
    question = form.question
    context: dict[str, Any] = {"form": form, "crumbs": crumbs((_("Heat map"), ""))}
    if question is not None:
        found = heat_map(request.user, question)
        fewest = policy("satisfaction.minimum_n", unit=question.unit)
        context |= {
            "question": question,
            "found": found,
            "whole": _heat_row(found.whole, fewest, question) if found.whole else None,
            "rows": [_heat_row(row, fewest, question) for row in found.rows],
            "results_url": address("satisfaction:results", question),
        }
    return render(request, "satisfaction/heat_map.html", context)


def _heat_row(row: HeatRow, fewest: int, question: Any) -> dict[str, Any]:
    cells = []
    for cell in row.cells:
        mean = cell.line.mean if cell.line else None
        cells.append(
            {
                "value": figure_text(Figure.MEAN, mean.value) if mean else "",
                "way": cell.way,
                "mark": MARKS.get(cell.way, ""),
            }
        )
    return {
        "unit": row.line.unit,
        "n": row.line.n,
        "hidden": hidden_text(row.line.hidden, fewest),
        "cells": cells,
        "url": address("satisfaction:heat-map", question, unit=row.line.unit.code, method=""),
    }


@requires(VIEW)
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two units of a wave: the difference, and whether it may be chance."""
    form = CompareFilter(request.GET, user=request.user)
    question, other = form.question, form.other
    context: dict[str, Any] = {
        "form": form,
        "crumbs": crumbs((_("Compare units"), "")),
        "methods_url": optional("satisfaction:methods"),
    }
    if question is not None and other is not None:
        pair = compare_units(request.user, question, other)
        fewest = policy("satisfaction.minimum_n", unit=question.unit)
        context |= {
            "question": question,
            "other": other,
            "figure_label": Figure(question.figure).label,
            "sentence": pair_sentence(question, other, pair),
            "sides": _sides(question, pair, fewest),
            "items": [_paired(one) for one in pair.items],
        }
    return render(request, "satisfaction/compare.html", context)


def pair_sentence(question: Any, other: Any, pair: Pair) -> str:
    """The answer of the page in one sentence."""
    if pair.difference is None:
        return _("These two cannot be compared: one of them has no figure to show.")
    words = against_text(question.figure, pair.difference.difference, pair.difference.p)
    return _("{unit} against {other}: {verdict}.").format(
        unit=question.unit.name, other=other.name, verdict=words
    )


def _sides(question: Any, pair: Pair, fewest: int) -> dict[str, Any]:
    figure = question.figure
    lines: list[Line] = [line for line in (pair.one, pair.other) if line is not None]
    axis = axis_of(figure, [line.reading(figure) for line in lines])
    rows = []
    for line in lines:
        reading = line.reading(figure)
        rows.append(
            {
                "unit": line.unit,
                "n": line.n,
                "value": figure_text(figure, reading.value) if reading else "",
                "interval": interval_text(figure, reading),
                "bar": bar_on(axis, reading.value, reading.low, reading.high) if reading else None,
                "hidden": hidden_text(line.hidden, fewest),
                "url": address("satisfaction:results", question, unit=line.unit.code),
            }
        )
    return {"axis": axis, "rows": rows}


def _paired(one: Any) -> dict[str, Any]:
    gap = one.difference
    words, way = "", ""
    if gap is not None and one.p is not None:
        words = against_text(Figure.MEAN, gap.difference, one.p)
        if one.p < 0.05:
            way = UP if gap.difference > 0 else DOWN
    return {
        "item": one.one.item,
        "one": figure_text(Figure.MEAN, one.one.mean.value) if one.one.mean else "",
        "other": figure_text(Figure.MEAN, one.other.mean.value) if one.other.mean else "",
        "difference": difference_text(gap.difference) if gap else "",
        "interval": difference_interval(gap.low, gap.high) if gap else "",
        "verdict": words,
        "way": way,
        "mark": MARKS.get(way, ""),
    }
