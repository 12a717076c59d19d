"""What figures rest on: which months are frozen, and what is counted now."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from compliance.months import month_of, months_later
from core import display
from reports.metrics.periods import Period
from reports.metrics.reading import Series
from reports.metrics.registry import Kind


def frozen_in(found: Iterable[Series]) -> int:
    """How many closed months the figures hold as closing left them; none where every figure is
    counted now."""
    return max((len(one.frozen) for one in found), default=0)


def basis_of(found: Sequence[Series], period: Period) -> list[str]:
    """Sentences that say which of these figures are frozen for which months, and which are counted
    now although their month is over; none where nothing is frozen that could be."""
    said = []
    flows = [one for one in found if one.metric.kind == Kind.FLOW and one.frozen]
    stocks = [
        one for one in found if one.metric.kind == Kind.STOCK and one.is_known and not one.is_own
    ]
    if flows:
        said.append(_happened(flows[0].frozen, period))
    if stocks and stocks[0].frozen:
        sentence = _("The snapshots of what there was at the end of {month} are frozen.")
        said.append(sentence.format(month=f"{stocks[0].frozen[0]:%Y-%m}"))
    elif stocks and flows and period.runs:
        said.append(_("What there is today is not frozen."))
    if sentence := _own(found, period):
        said.append(sentence)
    if sentence := _never_entered(found, period):
        said.append(sentence)
    return said


def past_stocks(found: Sequence[Series], period: Period) -> list[str]:
    """Sentences about what there was at the end of a period that is over: why there is no list of
    it, and of what nothing is known."""
    if period.runs:
        return []
    stocks = [one for one in found if one.metric.kind == Kind.STOCK and one.metric.tile]
    said, month = [], f"{period.end:%Y-%m}"
    if any(one.is_known for one in stocks):
        sentence = _(
            "What there was at the end of {month} was counted then; no list of it was kept, so "
            "these figures open none. Those of today, with their lists, stand under the running "
            "month."
        )
        said.append(sentence.format(month=month))
    if unknown := [one.metric.title for one in stocks if not one.is_known]:
        sentence = _("At the end of {month} nobody counted, so nothing is shown: {figures}.")
        said.append(sentence.format(month=month, figures=display.listed(unknown)))
    return said


def _happened(frozen: tuple[dt.date, ...], period: Period) -> str:
    months = months_words(frozen)
    if len(frozen) == len(period.months):
        return _("What happened in {months} is closed: these figures are frozen.").format(
            months=months
        )
    sentence = _(
        "What happened in {months} is closed and frozen; the other months of the period can still "
        "change."
    )
    return sentence.format(months=months)


def _own(found: Sequence[Series], period: Period) -> str:
    """Own rows are counted anew whenever somebody looks."""
    own = [one for one in found if one.is_own]
    if not own or period.first >= month_of(period.today):
        return ""
    if len(own) == len(found):
        return _(
            "These figures are counted now from your own rows; those of past months are not frozen."
        )
    sentence = _("Counted now from your own rows and not frozen: {figures}.")
    return sentence.format(figures=display.listed(one.metric.title for one in own))


def _never_entered(found: Sequence[Series], period: Period) -> str:
    """Of what a span has no figure: what it is told of was not entered in all its months."""
    lacking = [one.metric.title for one in found if one.metric.once == "last" and not one.is_known]
    if not lacking or len(period.months) < 2:
        return ""
    sentence = _(
        "Not shown, because the households were not entered in all months of the period: {figures}."
    )
    return sentence.format(figures=display.listed(lacking))


def months_words(months: Sequence[dt.date]) -> str:
    """Months in order, those that follow one another as a span."""
    spans: list[list[dt.date]] = []
    for month in sorted(months):
        if spans and months_later(spans[-1][-1], 1) == month:
            spans[-1].append(month)
        else:
            spans.append([month])
    return display.listed(
        f"{span[0]:%Y-%m}" if len(span) == 1 else f"{span[0]:%Y-%m} – {span[-1]:%Y-%m}"
        for span in spans
    )
