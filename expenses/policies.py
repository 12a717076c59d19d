"""Ceilings and duties of customer-relationship expenses (EXP-02, EXP-05, EXP-07, EXP-08)."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Choice, Duration, Money, Span

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
        prepared=True,
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
        prepared=True,
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
        prepared=True,
    )
)
