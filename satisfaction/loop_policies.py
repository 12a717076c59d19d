"""What is followed up, and whom the group asks again after a case (CUS-06).

Beside `policies`, because the table of touch points comes from the models above those.
"""

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Choices, Column, Duration, Rows, Span, Text, Whole, rows
from satisfaction.models import TouchPoint

PRACTICE = _("Practice of the group")
CASE_KINDS = (
    ("complaint", _("Complaint")),
    ("repair", _("Repair request")),
    ("community", _("Community service")),
)

register(
    Policy(
        key="satisfaction.low_overall",
        title=_("Low overall answer"),
        meaning=_(
            "An overall answer of at most so many points of five opens a case; answers on other "
            "scales are converted. Zero opens none."
        ),
        source=PRACTICE,
        type=Whole(0, 5, unit=_("points"), one=_("point")),
        default=2,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.low_items",
        title=_("Low answers by touch point"),
        meaning=_(
            "An answer about a touch point of at most so many points of five opens a case. Touch "
            "points without a row open none."
        ),
        source=PRACTICE,
        type=Rows(
            (
                Column("touch_point", _("Touch point"), Choice(tuple(TouchPoint.choices))),
                Column("points", _("Points of five"), Whole(1, 5)),
            ),
            minimum=0,
            maximum=20,
        ),
        default=rows(
            {"touch_point": point, "points": 1}
            for point in ("quality", "hand_over", "repair", "complaints", "property_service")
        ),
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.alarm_words",
        title=_("Alarming words"),
        meaning=_("A remark with one of these words opens a case. Words are parted by spaces."),
        source=PRACTICE,
        type=Text(500),
        default=(
            "起诉 律师 曝光 媒体 记者 维权 上访 12345 12315 退房 漏电 触电 燃气 煤气 火灾 坠落 "
            "坍塌 受伤 横幅 群诉"
        ),
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.loop_days",
        title=_("Age of answers that are followed up"),
        meaning=_("Answers that were given longer ago open no case, whenever a file brings them."),
        source=PRACTICE,
        type=Whole(1, 365, unit=_("days"), one=_("day")),
        default=30,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.loop_cap",
        title=_("Most cases of one file"),
        meaning=_(
            "An imported file opens so many cases at most, for its lowest answers; the others "
            "stand in the list, where a case is opened by hand."
        ),
        source=PRACTICE,
        type=Whole(0, 1000, unit=_("cases"), one=_("case")),
        default=30,
        group="satisfaction",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="satisfaction.recovered_at",
        title=_("Answer of a recovered owner"),
        meaning=_("Asked again, an owner who gives so many points of five or more is recovered."),
        source=PRACTICE,
        type=Whole(2, 5, unit=_("points"), one=_("point")),
        default=4,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.rated_kinds",
        title=_("Kinds of cases that are rated"),
        meaning=_("After cases of these kinds the owner is asked how he was served."),
        source=PRACTICE,
        type=Choices(CASE_KINDS),
        default=("complaint", "repair"),
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.rating_share",
        title=_("Share of cases that are rated"),
        meaning=_("So many of a hundred closed cases are rated; which ones, chance decides once."),
        source=PRACTICE,
        type=Whole(0, 100, unit=_("%")),
        default=100,
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.rating_delay",
        title=_("Delay of the rating"),
        meaning=_("So long after its end the owner of a case is asked."),
        source=PRACTICE,
        type=Duration(("hours", "working_hours", "working_days"), maximum=720),
        default=Span(24, "hours"),
        group="satisfaction",
    )
)
register(
    Policy(
        key="satisfaction.rating_days",
        title=_("Days for the rating"),
        meaning=_("Whoever has not answered after so many days is asked no more."),
        source=PRACTICE,
        type=Whole(1, 90, unit=_("days"), one=_("day")),
        default=14,
        group="satisfaction",
    )
)
