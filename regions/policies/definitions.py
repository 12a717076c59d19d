"""Rules of the organisation itself."""

from django.utils.translation import gettext_lazy as _

from regions.policies.registry import Policy, register
from regions.policies.types import Choice

ENTRY_DEADLINES = (
    ("same_month", _("by the end of the same month")),
    ("month_after", _("by the end of the month after")),
    ("1", _("within 1 working day")),
    ("3", _("within 3 working days")),
    ("5", _("within 5 working days")),
    ("10", _("within 10 working days")),
)

register(
    Policy(
        key="regions.new_unit_entry",
        title=_("Entering a new unit"),
        meaning=_(
            "By when a newly established unit must stand in the system, counted from the day of "
            "its establishment. Later entries are marked."
        ),
        source="002-YH 第七条 (CHG-01)",
        type=Choice(ENTRY_DEADLINES),
        default="month_after",
        group="organisation",
    )
)
register(
    Policy(
        key="regions.level_change_entry",
        title=_("Entering a change of level"),
        meaning=_(
            "By when the upgrade or downgrade of a unit must stand in the system, counted from "
            "the day it took effect. Later entries are marked."
        ),
        source="002-YH 第八条 (CHG-02)",
        type=Choice(ENTRY_DEADLINES),
        default="month_after",
        group="organisation",
    )
)
