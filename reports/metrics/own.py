"""Figures of one person's work: what counts towards his own targets (CAL-04)."""

from dataclasses import replace
from typing import Any

from django.utils.translation import pgettext

from compliance.actuals import METRICS as ACTUALS
from reports.metrics.registry import METRICS, Metric

#: Figures that are counted for people: contacts by who made them, cases by who handled them.
OF_PEOPLE = tuple(key for key, one in METRICS.items() if one.target in ACTUALS)


def work_of(metric: Metric, person: Any) -> Metric:
    """The same figure, of the rows that count for a person alone."""
    field = ACTUALS[metric.target].person
    title = pgettext("figure", "{figure} (own work)").format(figure=metric.title)
    return replace(metric, title=title, rows=lambda: metric.rows().filter(**{field: person}))
