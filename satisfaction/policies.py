"""How and how often satisfaction is asked (SAT-01, SAT-03)."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Whole

METHODS = (
    ("simple", _("simple method")),
    ("dual", _("dual evaluation")),
    ("dual_improved", _("improved dual evaluation")),
)
TEXTBOOK = _("Customer-relationship textbook, 15")

register(
    Policy(
        key="satisfaction.method",
        title=_("Method of measuring satisfaction"),
        meaning=_(
            "How answers become a figure. One group compares its units only if all use one method."
        ),
        source=TEXTBOOK,
        type=Choice(METHODS),
        default="simple",
        group="satisfaction",
        below=Below.GROUP,
        prepared=True,
        variants=tuple((TEXTBOOK, code) for code, _words in METHODS),
    )
)
register(
    Policy(
        key="satisfaction.cadence",
        title=_("When surveys are held"),
        meaning=_("Whether surveys recur by themselves or follow a plan drawn up each year."),
        source=_("General customer-relationship rules, Art 8"),
        type=Choice((("regular", _("at regular intervals")), ("plan", _("by an annual plan")))),
        default="regular",
        group="satisfaction",
        prepared=True,
        variants=(
            (_("General customer-relationship rules, Art 8"), "regular"),
            (_("Property-management customer regime"), "plan"),
        ),
    )
)
register(
    Policy(
        key="satisfaction.interval",
        title=_("Interval of regular surveys"),
        meaning=_("After so many months a unit with regular surveys asks again."),
        source=_("General customer-relationship rules, Art 8"),
        type=Whole(1, 36, unit=_("months"), one=_("month")),
        default=12,
        group="satisfaction",
        prepared=True,
    )
)
register(
    Policy(
        key="satisfaction.minimum_n",
        title=_("Fewest answers of a figure"),
        meaning=_("Figures of fewer answers are greyed on pages and bear no rank."),
        source=_("Practice of the group"),
        type=Whole(1, 1000, unit=_("answers"), one=_("answer")),
        default=30,
        group="satisfaction",
    )
)
PRACTICE = _("Practice of the group")

register(
    Policy(
        key="satisfaction.excluded_days",
        title=_("Days without another survey"),
        meaning=_("Who was asked within so many days is not drawn for a new wave; 0 asks anybody."),
        source=PRACTICE,
        type=Whole(0, 1095, unit=_("days"), one=_("day")),
        default=90,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.expected_response",
        title=_("Expected response rate"),
        meaning=_(
            "How many of a hundred owners usually answer. For one answer that is wanted, a new "
            "wave draws 100 divided by this number."
        ),
        source=PRACTICE,
        type=Whole(1, 100, unit="%"),
        default=40,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.reserve_share",
        title=_("Share of reserves"),
        meaning=_(
            "How many reserves a new wave draws for a hundred owners, to step in for those who "
            "refuse or are not reached."
        ),
        source=PRACTICE,
        type=Whole(0, 300, unit="%"),
        default=20,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.reminder_days",
        title=_("Days until a reminder"),
        meaning=_("Who has not answered an invitation for so many days is reminded."),
        source=PRACTICE,
        type=Whole(1, 60, unit=_("days"), one=_("day")),
        default=5,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.reminders",
        title=_("Most reminders"),
        meaning=_("How often somebody is reminded at most. Who refused is never reminded."),
        source=PRACTICE,
        type=Whole(0, 2, unit=_("times"), one=_("time")),
        default=2,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.link_days",
        title=_("Days a link stays valid"),
        meaning=_("For waves without a closing day; otherwise links end with the wave."),
        source=PRACTICE,
        type=Whole(1, 365, unit=_("days"), one=_("day")),
        default=30,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.call_attempts",
        title=_("Attempts to call"),
        meaning=_("After so many calls that nobody answered an owner counts as not reached."),
        source=PRACTICE,
        type=Whole(1, 10, unit=_("attempts"), one=_("attempt")),
        default=3,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.call_again_hours",
        title=_("Pause between calls"),
        meaning=_("Whom nobody answered for is not called again before so many hours have passed."),
        source=PRACTICE,
        type=Whole(1, 72, unit=_("hours"), one=_("hour")),
        default=4,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.call_from",
        title=_("Calls from"),
        meaning=_("The hour from which owners may be called again."),
        source=PRACTICE,
        type=Whole(0, 12, unit=_("o'clock")),
        default=9,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.call_until",
        title=_("Calls until"),
        meaning=_("The hour until which owners may be called again on the same day."),
        source=PRACTICE,
        type=Whole(13, 24, unit=_("o'clock")),
        default=20,
        group="satisfaction",
    )
)
