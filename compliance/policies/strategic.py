"""The yearly round of strategic customers and how their leaders are met (CUS-25, ACT-05)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Column, Decimal_, Row, Rows, Text, Whole, rows

REGIME = _("Strategic-customer regime, 3.1(1–2)")
MATCHING = _("Strategic-customer regime, 3.2(6)")
ORDINARY_YEAR = 2026

STEPS = (
    ("opens", _("nominations open")),
    ("closes", _("last day of nominations")),
    ("evaluated", _("evaluated by")),
    ("issued", _("list issued by, in the year after")),
)


def _a_year(table: Sequence[Row]) -> Promise | None:
    """Every step once, on a day that each year has, in their order."""
    if sorted(row["step"] for row in table) != sorted(step for step, _label in STEPS):
        return _("Each step has one day.")
    days = {}
    for row in table:
        try:
            days[row["step"]] = dt.date(ORDINARY_YEAR, row["month"], row["day"])
        except ValueError:
            return _("There is no such day in every year.")
    if days["opens"] <= days["closes"] <= days["evaluated"]:
        return None
    return _("The days of a round follow each other.")


register(
    Policy(
        key="compliance.strategic_round",
        title=_("Days of the yearly round"),
        meaning=_(
            "When units nominate strategic customers, when the committee has evaluated them, and"
            " when the list of the next year is issued. Each day counts."
        ),
        source=REGIME,
        type=Rows(
            (
                Column("step", _("Step"), Choice(STEPS)),
                Column("month", _("Month"), Whole(1, 12)),
                Column("day", _("Day"), Whole(1, 31)),
            ),
            minimum=4,
            maximum=4,
            rule=_a_year,
        ),
        default=rows(
            (
                {"step": "opens", "month": 11, "day": 15},
                {"step": "closes", "month": 12, "day": 15},
                {"step": "evaluated", "month": 12, "day": 31},
                {"step": "issued", "month": 1, "day": 31},
            )
        ),
        group="compliance",
        below=Below.NOBODY,
    )
)


def _whole(table: Sequence[Row]) -> Promise | None:
    """Weights are shares of one whole."""
    if sum(row["weight"] for row in table) == 100:
        return None
    return _("The weights must add up to 100%.")


def _whole_once(table: Sequence[Row]) -> Promise | None:
    """Marks are kept by the word of their criterion."""
    if len({row["word"] for row in table}) < len(table):
        return _("Each criterion stands once.")
    return _whole(table)


register(
    Policy(
        key="compliance.strategic_criteria",
        title=_("Criteria of the year-end evaluation"),
        meaning=_("By what the committee marks nominated customers, and how much each weighs."),
        source=_("Strategic-customer regime, 2.1(5)"),
        type=Rows(
            (
                Column("word", _("Criterion"), Text(30, minimum=1)),
                Column("weight", _("Weight"), Decimal_(0, 100, places=1, unit="%")),
            ),
            minimum=1,
            maximum=12,
            rule=_whole,
        ),
        default=rows(
            (
                {"word": "规模", "weight": Decimal(30)},
                {"word": "利润", "weight": Decimal(20)},
                {"word": "合同额与利润的稳定", "weight": Decimal(20)},
                {"word": "品牌支撑", "weight": Decimal(15)},
                {"word": "对持续发展的贡献", "weight": Decimal(15)},
            )
        ),
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.specialist_criteria",
        title=_("Criteria of the yearly assessment of people"),
        meaning=_(
            "By what the committee marks marketing specialists and contact leaders, and how much"
            " each weighs."
        ),
        source=_("Strategic-customer regime, 5"),
        type=Rows(
            (
                Column("word", _("Criterion"), Text(30, minimum=1)),
                Column("weight", _("Weight"), Decimal_(0, 100, places=1, unit="%")),
            ),
            minimum=1,
            maximum=12,
            rule=_whole_once,
        ),
        default=rows(
            (
                {"word": "客户基础信息建立与维护", "weight": Decimal(30)},
                {"word": "日常服务", "weight": Decimal(25)},
                {"word": "投诉处理", "weight": Decimal(20)},
                {"word": "项目跟踪与中标", "weight": Decimal(25)},
            )
        ),
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.excellent_share",
        title=_("Share of excellent people"),
        meaning=_("At most this share of the people assessed for a year may be called excellent."),
        source=_("Strategic-customer regime, 5"),
        type=Whole(0, 100, "%"),
        default=20,
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.visit_ranks",
        title=_("Ranks of people who meet"),
        meaning=_(
            "A job title that contains one of these words has its rank; the first row that fits"
            " counts. Leaders of both sides meet at equal rank."
        ),
        source=MATCHING,
        type=Rows(
            (
                Column("word", _("Word of the job title"), Text(12, minimum=1)),
                Column("rank", _("Rank"), Whole(1, 9)),
            ),
            minimum=1,
            maximum=30,
        ),
        default=rows(
            {"word": word, "rank": rank}
            for word, rank in (
                ("副董事长", 4),
                ("董事长", 5),
                ("副总裁", 4),
                ("总裁", 5),
                ("副总经理", 3),
                ("总经理助理", 3),
                ("总经理", 4),
                ("总监", 3),
                ("副部长", 2),
                ("部长", 2),
                ("副经理", 2),
                ("经理", 2),
                ("主管", 1),
                ("专员", 1),
            )
        ),
        group="compliance",
    )
)
register(
    Policy(
        key="compliance.visit_rank_gap",
        title=_("Ranks that may lie between"),
        meaning=_("By so many ranks the leaders of both sides may differ when they meet."),
        source=MATCHING,
        type=Whole(0, 8),
        default=1,
        group="compliance",
    )
)
register(
    Policy(
        key="compliance.principal_leaders",
        title=_("Functions of the principal leaders"),
        meaning=_("A post with one of these functions makes a principal leader of a company."),
        source=MATCHING,
        type=Rows((Column("word", _("Function"), Text(60, minimum=1)),), minimum=1, maximum=10),
        default=rows(({"word": "总经理"}, {"word": "董事长"})),
        group="compliance",
    )
)
