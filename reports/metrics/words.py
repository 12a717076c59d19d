"""What stands about a figure on the page of figures, read from how it is registered: its id, whose
rows count, where they come from, how it is rounded, when it is frozen."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.selectors.access import in_words
from core.display import listed
from reports.metrics.registry import Better, Kind, Measure, Metric
from reports.metrics.rollups import CLOSES_AFTER


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about a figure."""

    label: str
    text: str


def names_of_rights(metrics: list[Any]) -> dict[str, str]:
    """Right → what it is called, of those that figures ask for; one query."""
    wanted = {metric.right for metric in metrics}
    codes = {right.partition(".")[2] for right in wanted}
    found = Permission.objects.select_related("content_type").filter(codename__in=codes)
    names = {f"{one.content_type.app_label}.{one.codename}": in_words(one) for one in found}
    return {right: names.get(right, right) for right in wanted}


def facts_of(metric: Metric, right: str) -> list[Fact]:
    """The lines about a registered figure; `right` is what the right to its rows is called."""
    return [
        Fact(_("Id"), metric.key),
        Fact(pgettext("figure", "Counted"), _counted(metric)),
        Fact(_("Whose rows"), _whose(metric, right)),
        Fact(_("Source"), _source(metric)),
        Fact(_("Rounding"), _rounding(metric)),
        Fact(pgettext("figure", "Freezing"), _frozen(metric)),
    ]


def _counted(metric: Metric) -> str:
    words = (
        _("what there is today") if metric.kind == Kind.STOCK else _("what happened in the period")
    )
    better = {Better.UP: _("more is better"), Better.DOWN: _("less is better")}
    return f"{words} · {better[metric.better]}" if metric.better else words


def _whose(metric: Metric, right: str) -> str:
    whole = _("Rows in the units that you see whole with the right “{right}”.").format(right=right)
    own = _("Whoever sees only own rows anywhere: his own rows alone.")
    if metric.whole_only:
        own = _("Whoever sees only own rows anywhere does not see it.")
    return f"{whole} {own}"


def _source(metric: Metric) -> str:
    model = metric.rows().model
    told = [_("{rows} (table {table})").format(
        rows=model._meta.verbose_name_plural, table=model._meta.db_table)]  # fmt: skip
    if metric.moment:
        column = model._meta.get_field(metric.moment)
        name = str(getattr(column, "verbose_name", ""))
        # Columns that no page shows have no name of their own.
        known = _("time of entry") if name == metric.moment.replace("_", " ") else name
        told.append(_("counted by “{column}”").format(column=known))
    if metric.judged:
        told.append(_("judged anew each night"))
    return listed(told)


def _rounding(metric: Metric) -> str:
    return {
        Measure.ROWS: _("whole number"),
        Measure.COUNT: _("whole number"),
        Measure.YUAN: _("yuan, two decimals; tiles tell large sums in ten thousands"),
        Measure.SHARE: _("per cent, one decimal, rounded half up; sums are divided unrounded"),
        Measure.RATE: _("for each 1,000, two decimals, rounded half up"),
    }[metric.measure]


def _frozen(metric: Metric) -> str:
    if metric.kind == Kind.STOCK:
        return _(
            "A snapshot is taken each night; that of the month's last day is frozen with the month."
        )
    words = ngettext(
        "A month is frozen {count} day after its end; what comes later is told beside it. Of own "
        "rows nothing is frozen.",
        "A month is frozen {count} days after its end; what comes later is told beside it. Of own "
        "rows nothing is frozen.",
        CLOSES_AFTER,
    )
    return words.format(count=CLOSES_AFTER)


def facts_of_other(other: Any, right: str) -> list[Fact]:
    """The lines about a figure that others keep (reports.dashboard.others)."""
    whose = _("Rows in the units that you see with the right “{right}”.").format(right=right)
    return [
        Fact(_("Id"), other.key),
        Fact(pgettext("figure", "Counted"), str(other.when)),
        Fact(_("Whose rows"), whose),
        Fact(_("Source"), str(other.source)),
        Fact(_("Rounding"), str(other.measure)),
        Fact(pgettext("figure", "Freezing"), str(other.frozen)),
    ]
