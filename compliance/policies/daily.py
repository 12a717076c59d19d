"""Bulletins and rule documents (INT-02, GOV-05)."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Below, Policy, register
from regions.policies.types import Whole

register(
    Policy(
        key="compliance.confirm_reading",
        title=_("Time to confirm a bulletin"),
        meaning=_(
            "Within so many working days everybody addressed confirms to have read a bulletin that "
            "asks for it."
        ),
        source=_("Practice of the group"),
        type=Whole(1, 60, unit=_("working days"), one=_("working day")),
        default=5,
        group="compliance",
        below=Below.UNITS,
    )
)
register(
    Policy(
        key="compliance.rule_review_notice",
        title=_("Notice of a yearly review"),
        meaning=_("So many days before a rule document is reviewed its keeper is told."),
        source=_("Rules on account managers, Art 8"),
        type=Whole(1, 180, unit=_("days"), one=_("day")),
        default=30,
        group="compliance",
        below=Below.GROUP,
    )
)
