"""Time limits of enquiries and complaints (CMP-02), and how cases end."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from regions.policies import Policy, register
from regions.policies.types import Choice, Duration, Span, Whole

AIRPORT = _("Airport customer-relationship plan, 3.2.2(6)")
STRATEGIC = _("Strategic-customer regime, 3.2(3)")
LECTURE = _("Customer-relationship lecture notes, 9")
GENERAL = _("General customer-relationship rules, 4.5")

register(
    Policy(
        key="complaints.enquiry_reply",
        title=_("Reply to an enquiry"),
        meaning=_("How long after it came in an enquiry must have been answered."),
        source=LECTURE,
        type=Duration(),
        default=Span(30, "minutes"),
        group="complaints",
        prepared=True,
        variants=(
            (AIRPORT, Span(10, "minutes")),
            (LECTURE, Span(30, "minutes")),
            (GENERAL, _("timely, without a figure")),
        ),
    )
)
register(
    Policy(
        key="complaints.first_response",
        title=_("First response to a complaint"),
        meaning=_("How long after it came in somebody must have spoken with the customer."),
        source=STRATEGIC,
        type=Duration(),
        default=Span(24, "hours"),
        group="complaints",
        prepared=True,
        variants=((STRATEGIC, Span(24, "hours")), (GENERAL, _("timely, without a figure"))),
    )
)
register(
    Policy(
        key="complaints.serious_first_response",
        title=_("First response to a serious complaint"),
        meaning=_("As the first response, for complaints of the gravest level."),
        source=_("Practice of the group"),
        type=Duration(),
        default=Span(4, "working_hours"),
        group="complaints",
        prepared=True,
    )
)
register(
    Policy(
        key="complaints.handling",
        title=_("Handling of a complaint"),
        meaning=_("How long after it came in a complaint must be settled."),
        source=AIRPORT,
        type=Duration(),
        default=Span(Decimal("0.5"), "working_days"),
        group="complaints",
        prepared=True,
        variants=(
            (AIRPORT, Span(Decimal("0.5"), "working_days")),
            (GENERAL, _("timely and effective, without a figure")),
        ),
    )
)
register(
    Policy(
        key="complaints.committee_reaction",
        title=_("Reaction of the committee"),
        meaning=_(
            "How long after a serious disagreement with a strategic customer was reported the "
            "customer management committee must have reacted."
        ),
        source=STRATEGIC,
        type=Duration(),
        default=Span(24, "hours"),
        group="complaints",
        prepared=True,
    )
)
register(
    Policy(
        key="complaints.second_person",
        title=_("Closing needs a second person"),
        meaning=_("Which complaints may only be closed by somebody who did not handle them."),
        source=_("Practice of the group"),
        type=Choice((("none", _("none")), ("serious", _("serious ones")), ("all", _("all")))),
        default="serious",
        group="complaints",
        prepared=True,
    )
)
register(
    Policy(
        key="complaints.call_backs",
        title=_("Attempts to call back"),
        meaning=_("How often a customer is called back in vain before the case goes on."),
        source=_("Practice of the group"),
        type=Whole(1, 10, unit=_("times"), one=_("time")),
        default=3,
        group="complaints",
        prepared=True,
    )
)
