"""The rules of figures: which share is wanted where."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Column, Decimal_, Row, Rows, Whole

TARGETS = "reports.metric_targets"
LEAST_ALIKE = "reports.least_alike"
EXPECTED = "reports.expected_effect"


def _shares() -> list[tuple[str, Any]]:
    """Shares of which more or less is better."""
    from reports.metrics.registry import METRICS, Measure

    return [
        (key, metric.title)
        for key, metric in METRICS.items()
        if metric.measure == Measure.SHARE and metric.better
    ]


def _once_each(table: Sequence[Row]) -> Promise | None:
    keys = [row["metric"] for row in table]
    return None if len(keys) == len(set(keys)) else _("Each figure has one target.")


register(
    Policy(
        key=TARGETS,
        title=_("Shares that are wanted"),
        meaning=_(
            "Which share of a figure is wanted, as cases answered on time or days with a log-in. "
            "The dashboard shows it beside the figure and says whether it was reached."
        ),
        source=_("Rules on maintaining customer relations, part 5"),
        type=Rows(
            (
                Column("metric", _("Figure"), Choice(_shares)),
                Column(
                    "share",
                    pgettext_lazy("target", "Wanted share"),
                    Decimal_(0, 100, places=1, unit="%"),
                ),
            ),
            minimum=0,
            rule=_once_each,
        ),
        default=(),
        group="compliance",
        below=Below.UNITS,
    )
)

register(
    Policy(
        key=LEAST_ALIKE,
        title=_("Customers alike from whom something is concluded"),
        meaning=_(
            "How many customers must share something before it counts for or against a potential "
            "customer, and how many must have bought, and not bought, before anybody is scored."
        ),
        source=_("Analysis of the mobile operator's customer relations, 1.1"),
        type=Whole(5, 1000, unit=_("customers"), one=_("customer")),
        default=30,
        group="customers",
        below=Below.GROUP,
    )
)


def _expected() -> list[tuple[str, Any]]:
    """Measures of the effect of which more or less is better."""
    from reports.analysis.effect import BETTER
    from reports.analysis.tables_people import measure_in_unit

    return [(key, measure_in_unit(key)) for key in BETTER]


def _expected_once_and_possible(table: Sequence[Row]) -> Promise | None:
    from reports.analysis.effect import MOST

    keys = [row["measure"] for row in table]
    if len(keys) > len(set(keys)):
        return _("Each measure has one expected value.")
    if any(row["value"] > MOST.get(row["measure"], row["value"]) for row in table):
        return _("A share is 100 at most, a rating 5.")
    return None


register(
    Policy(
        key=EXPECTED,
        title=_("What customer relationship management is to bring"),
        meaning=_(
            "Which values are expected, in quantity and in quality. The effect of a change shows "
            "them beside what was reached, and says whether they were met."
        ),
        source=_("Customer-relationship management, five elements, 5(4)"),
        type=Rows(
            (
                Column("measure", pgettext_lazy("measure", "Measure"), Choice(_expected)),
                Column(
                    "value",
                    pgettext_lazy("effect", "Expected value"),
                    Decimal_(0, 10_000_000, places=1),
                ),
            ),
            minimum=0,
            rule=_expected_once_and_possible,
        ),
        default=(),
        group="compliance",
        below=Below.UNITS,
    )
)
