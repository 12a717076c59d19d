"""Ceilings and duties of customer-relationship expenses (EXP-02, EXP-05, EXP-07, EXP-08)."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Column, Duration, Money, Rows, Span, Text

PRACTICE = _("Practice of the group")

register(
    Policy(
        key="expenses.personal_event_ceiling",
        title=_("Ceiling of a personal event"),
        meaning=_(
            "The most that may be given for a wedding or other family event of a decision-maker."
        ),
        source=_("Rules on maintaining customer relations, 3.2"),
        type=Money(maximum=100_000),
        default=Decimal(500),
        group="expenses",
        below=Below.GROUP,
        variants=((_("Rules on maintaining customer relations, 3.2"), Decimal(500)),),
    )
)
register(
    Policy(
        key="expenses.regional_ceiling",
        title=_("Ceiling without the general manager"),
        meaning=_(
            "A one-off application of a region up to and including this sum is decided without "
            "the general manager."
        ),
        source=_("Rules on maintaining customer relations, 3"),
        type=Money(maximum=1_000_000),
        default=Decimal(3000),
        group="expenses",
        below=Below.GROUP,
        variants=((_("Rules on maintaining customer relations, 3"), Decimal(3000)),),
    )
)
register(
    Policy(
        key="expenses.signature_after_return",
        title=_("Signature after approval by telephone"),
        meaning=_(
            "How long after the approver is back an application approved by telephone must be "
            "signed."
        ),
        source=_("Rules on maintaining customer relations, 4.1"),
        type=Duration(units=("working_days", "days"), maximum=60),
        default=Span(3, "working_days"),
        group="expenses",
        below=Below.GROUP,
        prepared=True,
    )
)
register(
    Policy(
        key="expenses.missing_evidence",
        title=_("Missing evidence"),
        meaning=_("What happens to a new application while photographs of an earlier event lack."),
        source=_("Rules on maintaining customer relations, 3.1"),
        type=Choice((("warn", _("a warning")), ("refuse", _("it is refused")))),
        default="warn",
        group="expenses",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="expenses.customer_year_ceiling",
        title=_("Ceiling of a customer in a year"),
        meaning=_(
            "The most that may be spent on one customer in a calendar year; several customers of "
            "one application share it equally. Zero: no ceiling."
        ),
        source=PRACTICE,
        type=Money(maximum=10_000_000),
        default=Decimal(0),
        group="expenses",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="expenses.level_ceilings",
        title=_("Ceilings by level of the customer"),
        meaning=_(
            "The most an application may spend on one customer of a level. A level that is not "
            "named has no ceiling."
        ),
        source=_("Rules on maintaining customer relations, 3.1"),
        type=Rows(
            (
                Column("level", _("Level"), Text(20, minimum=1)),
                Column("most", _("At most"), Money(maximum=10_000_000)),
            ),
            minimum=0,
            maximum=12,
        ),
        default=(),
        group="expenses",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="expenses.over_budget",
        title=_("Applications over budget"),
        meaning=_("What happens to an application for which the budget does not suffice."),
        source=PRACTICE,
        type=Choice(
            (
                ("refuse", _("it is refused")),
                ("route", _("it goes up to the general manager")),
            )
        ),
        default="refuse",
        group="expenses",
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="expenses.carry_over",
        title=_("Budget left at the end of the year"),
        meaning=_("Whether what is left of a year's budget is added to the next year's."),
        source=PRACTICE,
        type=Choice((("lapse", _("it lapses")), ("carry", _("it is carried over")))),
        default="lapse",
        group="expenses",
        below=Below.GROUP,
    )
)
