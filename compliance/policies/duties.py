"""Duties of account holders and what follows when they are not met (LOG-01…LOG-08, ACC-07)."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Function
from regions.policies import Below, Policy, register
from regions.policies.deadlines import DEADLINES
from regions.policies.types import (
    Choice,
    Choices,
    Column,
    Decimal_,
    Flag,
    Money,
    Row,
    Rows,
    Text,
    Whole,
    rows,
)

CRM_2 = _("Group CRM-system rules, Art 2")
CRM_3_1 = _("Group CRM-system rules, Art 3(1)")
CRM_3_2 = _("Group CRM-system rules, Art 3(2)")
CRM_3_3 = _("Group CRM-system rules, Art 3(3)")


def _functions() -> list[tuple[str, str]]:
    """Functions by key, so that a new name changes nothing."""
    return [(str(key), name) for key, name in Function.objects.values_list("pk", "name")]


register(
    Policy(
        key="compliance.log_ins_a_working_day",
        title=_("Log-ins each working day"),
        meaning=_("So often every account holder logs in on a working day. 0: no such duty."),
        source=CRM_3_1,
        type=Whole(0, 5, unit=_("times"), one=_("time")),
        default=1,
        group="accounts",
        variants=((CRM_3_1, 1),),
    )
)
register(
    Policy(
        key="compliance.log_ins_a_week_travelling",
        title=_("Log-ins each week on a business trip"),
        meaning=_("So often a week somebody on a business trip logs in instead. 0: not at all."),
        source=CRM_3_1,
        type=Whole(0, 7, unit=_("times"), one=_("time")),
        default=2,
        group="accounts",
        variants=((CRM_3_1, 2),),
    )
)
register(
    Policy(
        key="compliance.weeks_without_log_in",
        title=_("Weeks without log-in until a notice"),
        meaning=_("After so many consecutive weeks without log-in a person stands in the notice."),
        source=CRM_3_2,
        type=Whole(1, 12, unit=_("weeks"), one=_("week")),
        default=2,
        group="accounts",
        variants=((CRM_3_2, 2),),
    )
)
register(
    Policy(
        key="compliance.warn_days_without_log_in",
        title=_("Days without log-in until a warning"),
        meaning=_(
            "A person without log-in for so many days is told himself, as long as he stands in no "
            "notice yet. 0: not at all."
        ),
        source=_("Practice of the group"),
        type=Whole(0, 80, unit=_("days"), one=_("day")),
        default=10,
        group="accounts",
    )
)
register(
    Policy(
        key="compliance.log_ins_in_working_time",
        title=_("Log-ins count in working time only"),
        meaning=_("Whether a log-in before or after the working hours of the day does not count."),
        source=CRM_3_1,
        type=Flag(),
        default=False,
        group="accounts",
    )
)
register(
    Policy(
        key="compliance.log_in_functions",
        title=_("Functions held to log in"),
        meaning=_(
            "Only people who hold a post with one of these functions must log in. None chosen: "
            "every account holder."
        ),
        source=CRM_2,
        type=Choices(_functions),
        default=(),
        group="accounts",
    )
)
register(
    Policy(
        key="compliance.actions_a_month",
        title=_("Actions on an opportunity each month"),
        meaning=_("So many actions a month every lead and opportunity shows, even if none moved."),
        source=CRM_3_2,
        type=Whole(0, 31, unit=_("times"), one=_("time")),
        default=1,
        group="compliance",
        prepared=True,
        variants=((CRM_3_2, 1),),
    )
)
register(
    Policy(
        key="compliance.account_change",
        title=_("Reporting leavers and changes of post"),
        meaning=_("By when accounts of people who left or changed their post must be changed."),
        source=CRM_3_3,
        type=Choice(DEADLINES),
        default="1",
        group="accounts",
        variants=((CRM_3_3, "1"), (_("Bank CRM rules, Art 11"), "month_after")),
    )
)
SANCTIONS = (
    ("circular", _("criticism by circular")),
    ("economic", _("economic penalty")),
    ("warning", _("warning")),
    ("punishment", _("disciplinary punishment")),
    ("termination", _("termination of the contract")),
)
register(
    Policy(
        key="compliance.sanctions",
        title=_("Sanctions for breaking the rules"),
        meaning=_("The steps that may follow, from the mildest to the gravest."),
        source=CRM_3_2,
        type=Choices(SANCTIONS),
        default=("circular", "economic"),
        group="compliance",
        variants=(
            (CRM_3_2, ("circular", "economic")),
            (
                _("General customer-relationship rules, 6"),
                ("warning", "punishment", "termination"),
            ),
            (_("Strategic-customer regime, 5"), ("circular", "punishment")),
        ),
    )
)
register(
    Policy(
        key="compliance.log_in_penalty",
        title=_("Penalty for missing log-ins"),
        meaning=_("The sum each subsidiary lays down by itself. ¥0.00: none is laid down."),
        source=CRM_3_2,
        type=Money(maximum=10_000),
        default=Decimal(0),
        group="compliance",
        below=Below.UNITS,
    )
)
PRAISE, BONUS = "praise", "bonus"
PRAISES = ((PRAISE, _("public praise")), (BONUS, _("bonus")))
CRM_REWARD = _("Rules of the customer-relationship department, part 6")
register(
    Policy(
        key="compliance.reward",
        title=_("Reward for keeping the log-in rule"),
        meaning=_(
            "What people get who met every expected day and every week of a trip for whole months "
            "in a row. A bonus without a sum is public praise."
        ),
        source=CRM_REWARD,
        type=Choice((("none", _("no reward")), *PRAISES)),
        default="none",
        group="compliance",
    )
)
register(
    Policy(
        key="compliance.reward_months",
        title=_("Months for a reward"),
        meaning=_("For so many whole months in a row nothing may have been missed."),
        source=CRM_REWARD,
        type=Whole(1, 12, unit=_("months"), one=_("month")),
        default=3,
        group="compliance",
    )
)
register(
    Policy(
        key="compliance.reward_least_days",
        title=_("Expected days for a reward"),
        meaning=_("So many days at least must have been expected, and met, in these months."),
        source=CRM_REWARD,
        type=Whole(1, 260, unit=_("days"), one=_("day")),
        default=40,
        group="compliance",
    )
)
register(
    Policy(
        key="compliance.reward_bonus",
        title=_("Bonus for keeping the log-in rule"),
        meaning=_("The sum each subsidiary lays down by itself. ¥0.00: none is laid down."),
        source=CRM_REWARD,
        type=Money(maximum=10_000),
        default=Decimal(0),
        group="compliance",
        below=Below.UNITS,
    )
)


def _from_nothing(table: Sequence[Row]) -> Promise | None:
    """Phases begin with nobody and follow one another."""
    shares = [row["share"] for row in table]
    if shares[0] == 0 and all(one < other for one, other in pairwise(shares)):
        return None
    return _("The first phase begins at 0%, each other one above the one before.")


register(
    Policy(
        key="compliance.adoption_phases",
        title=_("Phases of adoption"),
        meaning=_(
            "From which adoption rate on a unit is in which phase. The rule names the phases; the "
            "shares are those of the usual curve of diffusion (16%, 50%, 84%)."
        ),
        source=_("Process of diffusion of innovations"),
        type=Rows(
            (
                Column("word", _("Phase"), Text(20, minimum=1)),
                Column("share", _("From"), Decimal_(0, 100, places=1, unit="%")),
            ),
            minimum=1,
            maximum=8,
            rule=_from_nothing,
        ),
        default=rows(
            (
                {"word": "突破阶段", "share": Decimal(0)},
                {"word": "关键阶段", "share": Decimal(16)},
                {"word": "自驱动阶段", "share": Decimal(50)},
                {"word": "余波阶段", "share": Decimal(84)},
            )
        ),
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.circular_level",
        title=_("Who gets a notice of its own"),
        meaning=_("The level of the units for whose people a notice about log-ins is drafted."),
        source=CRM_3_2,
        type=Choice((("region", _("region")), ("city", _("city company")))),
        default="city",
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.appeal_days",
        title=_("Time to appeal against a sanction"),
        meaning=_("Within so many working days a person may object to a sanction."),
        source=_("Practice of the group"),
        type=Whole(1, 60, unit=_("working days"), one=_("working day")),
        default=10,
        group="compliance",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="compliance.appeal_decision_days",
        title=_("Time to decide on an appeal"),
        meaning=_("After so many days those who may decide on an appeal are reminded of it."),
        source=_("Practice of the group"),
        type=Whole(1, 60, unit=_("days"), one=_("day")),
        default=10,
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.late_days",
        title=_("Passing up what is late"),
        meaning=_(
            "Findings, inspection points and appeals that are late by more than so many days are "
            "told to the heads above."
        ),
        source=_("Practice of the group"),
        type=Whole(0, 60, unit=_("days"), one=_("day")),
        default=5,
        group="compliance",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="compliance.freeze_after_weeks",
        title=_("Freezing accounts without log-in"),
        meaning=_(
            "An account without log-in for so many weeks is frozen at night. 0: never. If more "
            "than 2 % of all accounts were concerned at once, none is frozen and administrators "
            "are told. The last administrator never is."
        ),
        source=_("Practice of the group"),
        type=Whole(0, 52, unit=_("weeks"), one=_("week")),
        default=0,
        group="accounts",
        below=Below.NOBODY,
    )
)
