"""Time limits of enquiries and complaints (CMP-02), and how cases end."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from regions.policies import Policy, register
from regions.policies.types import (
    Choice,
    Choices,
    Column,
    Decimal_,
    Duration,
    Flag,
    Rows,
    Span,
    Text,
    Whole,
    rows,
)

BEFORE, AFTER = "before", "after"
LIMITS = (
    ("first_contact", _("First contact")),
    ("plan", _("Handling plan")),
    ("resolution", _("Resolution")),
    ("call_back", _("Call-back")),
    ("committee", _("Reaction of the committee")),
)
TRADES = (
    ("structure", _("Foundation and main structure")),
    ("waterproofing", _("Waterproofing")),
    ("pipes", _("Pipes, wiring and equipment")),
    ("finishes", _("Finishes and decoration")),
    ("heating", _("Heating and cooling")),
)
RELATIONS = (
    ("handler", _("Handler")),
    ("complaint_post", _("Complaint function of the unit")),
    ("project_head", _("Head of the project")),
    ("city_head", _("Head of the city")),
    ("region_function", _("Complaint function of the region")),
    ("region_head", _("Head of the region")),
    ("group_duty", _("Duty of the group")),
    ("specialist", _("Marketing specialist of the customer")),
    ("contact_leader", _("Contact leader of the customer")),
    ("committee", _("Customer Management Committee")),
)
WORKED_ON_SITE = (
    ("complaint", _("Complaint")),
    ("repair", _("Repair request")),
    ("community", _("Community service")),
)
# Specialist, leader and committee read of a disagreement at once: 24 hours before the reaction is
# due is when it was reported. A ladder that says nothing of this limit has these steps.
COMMITTEE_LADDER = (
    ("", "committee", BEFORE, Span(24, "hours"), "specialist"),
    ("", "committee", BEFORE, Span(24, "hours"), "contact_leader"),
    ("", "committee", BEFORE, Span(24, "hours"), "committee"),
    ("", "committee", BEFORE, Span(4, "hours"), "committee"),
    ("", "committee", AFTER, Span(0, "hours"), "group_duty"),
)
PRACTICE = _("Practice of the group")
HOURS = ("minutes", "hours", "working_hours", "working_days")

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
    )
)
register(
    Policy(
        key="complaints.handling",
        title=_("Handling of a complaint"),
        meaning=_("How long after it came in a complaint must be settled."),
        source=PRACTICE,
        type=Duration(),
        default=Span(3, "working_days"),
        group="complaints",
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
    )
)
register(
    Policy(
        key="complaints.plan",
        title=_("Handling plan of a complaint"),
        meaning=_("How long after it came in it must be recorded what will be done when."),
        source=PRACTICE,
        type=Duration(),
        default=Span(1, "working_days"),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.call_back_within",
        title=_("Call-back after the resolution"),
        meaning=_("How long after the work is done the owner must have been asked."),
        source=PRACTICE,
        type=Duration(),
        default=Span(1, "working_days"),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.limit_exceptions",
        title=_("Other limits by level and category"),
        meaning=_(
            "Limits that go before the general ones. An empty level or category stands for all; "
            "of several that fit, the one that names the category goes first, then the level."
        ),
        source=PRACTICE,
        type=Rows(
            (
                Column("level", _("Level"), Text(40)),
                Column("category", _("Category"), Text(60)),
                Column("limit", _("Limit"), Choice(LIMITS)),
                Column("span", _("Span"), Duration()),
            ),
            minimum=0,
            maximum=40,
        ),
        default=(),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.ladder",
        title=_("Escalation ladder"),
        meaning=_(
            "Who is told when a limit comes near and when it has passed. Rows that name a level "
            "are the ladder of that level; the others hold for all levels without one of their "
            "own. Vacant posts pass the step on to the next above."
        ),
        source=PRACTICE,
        type=Rows(
            (
                Column("level", _("Level"), Text(40)),
                Column("limit", _("Limit"), Choice(LIMITS)),
                Column(
                    "side",
                    _("Before or after"),
                    Choice(((BEFORE, _("before")), (AFTER, _("after")))),
                ),
                Column("span", _("Span"), Duration(HOURS, minimum=0)),
                Column("relation", _("Told"), Choice(RELATIONS)),
            ),
            minimum=0,
            maximum=60,
        ),
        default=rows(
            {"level": level, "limit": limit, "side": side, "span": span, "relation": relation}
            for level, limit, side, span, relation in (
                ("", "first_contact", BEFORE, Span(1, "working_hours"), "handler"),
                ("", "first_contact", AFTER, Span(0, "hours"), "project_head"),
                ("", "resolution", BEFORE, Span(4, "working_hours"), "handler"),
                ("", "resolution", AFTER, Span(0, "hours"), "project_head"),
                ("", "resolution", AFTER, Span(4, "working_hours"), "city_head"),
                ("", "resolution", AFTER, Span(1, "working_days"), "region_function"),
                ("", "resolution", AFTER, Span(3, "working_days"), "group_duty"),
                ("", "call_back", AFTER, Span(0, "hours"), "complaint_post"),
                *COMMITTEE_LADDER,
            )
        ),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.answers_count",
        title=_("Answers that count as first contact"),
        meaning=_("Which recorded answers to the owner meet the time limit of the first contact."),
        source=PRACTICE,
        type=Choice(
            (("none", _("none")), ("phone", _("those by telephone")), ("all", _("all of them")))
        ),
        default="all",
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.pause",
        title=_("Longest pause of the clock"),
        meaning=_(
            "How long a case may wait for the owner or a contractor before its clock goes on by "
            "itself."
        ),
        source=PRACTICE,
        type=Duration(),
        default=Span(10, "working_days"),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.reopen_days",
        title=_("Reopening a closed case"),
        meaning=_("How many days after its end a case may be reopened; later it is a new case."),
        source=PRACTICE,
        type=Whole(0, 365, unit=_("days"), one=_("day")),
        default=30,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.repeat_days",
        title=_("Repeat complaint"),
        meaning=_("Within how many days the same flat and category count as a repeat complaint."),
        source=PRACTICE,
        type=Whole(1, 1000, unit=_("days"), one=_("day")),
        default=90,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.cluster_chance",
        title=_("Watch for mass complaints"),
        meaning=_(
            "A project and category is pointed out when so many cases in a week would come about "
            "by chance in fewer than this share of weeks (per cent)."
        ),
        source=PRACTICE,
        type=Decimal_(Decimal("0.01"), 10, unit="%"),
        default=Decimal("0.5"),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.file_megabytes",
        title=_("Size of an attached file"),
        meaning=_("How many megabytes a file attached to a case may have."),
        source=PRACTICE,
        type=Whole(1, 50, unit="MB"),
        default=20,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.files_per_case",
        title=_("Files of a case"),
        meaning=_("How many files may be attached to one case."),
        source=PRACTICE,
        type=Whole(1, 500, unit=_("files"), one=_("file")),
        default=50,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.file_regret_hours",
        title=_("Removing an attached file"),
        meaning=_(
            "How many hours whoever attached a file may remove it again. Later only people who "
            "close cases can."
        ),
        source=PRACTICE,
        type=Whole(0, 720, unit=_("hours"), one=_("hour")),
        default=24,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.photos_after_resolve",
        title=_("Photograph of the finished work"),
        meaning=_("Which kinds of cases are resolved only with a photograph of the finished work."),
        source=PRACTICE,
        type=Choices(WORKED_ON_SITE),
        default=(),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.warranty",
        title=_("Warranty of building work"),
        meaning=_(
            "How many months from the hand-over of a flat each trade is repaired free of charge. "
            "Two heating or cooling seasons are 24 months, the structure has its design life. A "
            "category may say otherwise."
        ),
        source=_("Regulation on the quality of construction work, Art 40 (least periods)"),
        type=Rows(
            (
                Column("trade", _("Trade"), Choice(TRADES)),
                Column("months", _("Months"), Whole(1, 1200, unit=_("months"), one=_("month"))),
            ),
            minimum=0,
            maximum=len(TRADES),
        ),
        default=rows(
            {"trade": trade, "months": months}
            for trade, months in (
                ("structure", 600),
                ("waterproofing", 60),
                ("pipes", 24),
                ("finishes", 24),
                ("heating", 24),
            )
        ),
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.mail_acknowledgement",
        title=_("Acknowledging e-mails"),
        meaning=_("Whether whoever sent an e-mail is told the number of the case made of it."),
        source=PRACTICE,
        type=Flag(),
        default=False,
        group="complaints",
    )
)
register(
    Policy(
        key="complaints.closing_approval",
        title=_("Closing with approval"),
        meaning=_(
            "The levels of which cases are closed only after an approval; none closes them all "
            "as before."
        ),
        source=PRACTICE,
        type=Rows((Column("level", _("Level"), Text(40, minimum=1)),), minimum=0, maximum=20),
        default=(),
        group="complaints",
    )
)
