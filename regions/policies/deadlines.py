"""By when something must stand in the system, as the documents say it (CHG-01, CHG-02, ACC-07)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

WORKING_DAYS = (1, 3, 5, 10)
DEADLINES: tuple[tuple[str, Any], ...] = (
    ("same_month", _("by the end of the same month")),
    ("month_after", _("by the end of the month after")),
    *(
        (
            str(days),
            ngettext_lazy("within %(days)d working day", "within %(days)d working days", "days")
            % {"days": days},
        )
        for days in WORKING_DAYS
    ),
)
