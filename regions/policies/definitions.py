"""Rules of the organisation itself."""

from django.utils.translation import gettext_lazy as _

from regions.policies.deadlines import DEADLINES
from regions.policies.registry import Below, Policy, register
from regions.policies.types import Choice, Flag, Whole

register(
    Policy(
        key="regions.new_unit_entry",
        title=_("Entering a new unit"),
        meaning=_(
            "By when a newly established unit must stand in the system, counted from the day of "
            "its establishment. Later entries are marked."
        ),
        source=_("Bank CRM rules, Art 7"),
        type=Choice(DEADLINES),
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
        source=_("Bank CRM rules, Art 8"),
        type=Choice(DEADLINES),
        default="month_after",
        group="organisation",
    )
)
register(
    Policy(
        key="regions.calendar_warning_months",
        title=_("Warning of missing public holidays"),
        meaning=_(
            "How many months before a year begins the system warns that its public holidays and "
            "make-up working days have not been entered."
        ),
        source=_("Operation of the system"),
        type=Whole(1, 12, unit=_("months")),
        default=3,
        group="calendar",
        below=Below.NOBODY,
    )
)
register(
    Policy(
        key="regions.change_needs_second_person",
        title=_("Organisation changes need a second person"),
        meaning=_(
            "Whether a change of the organisation is approved by somebody else than its author."
        ),
        source=_("CRM rules of the group, version control"),
        type=Flag(),
        default=True,
        group="organisation",
        # A branch that could switch it off would approve its own changes.
        below=Below.GROUP,
    )
)
register(
    Policy(
        key="regions.change_undo_days",
        title=_("Undoing organisation changes"),
        meaning=_("For how many days after it was carried out a change can be undone."),
        source=_("Product default"),
        type=Whole(0, 365, unit=_("days")),
        default=30,
        group="organisation",
    )
)
