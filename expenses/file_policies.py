"""Limits of the files that go with money."""

from django.utils.translation import gettext_lazy as _

from regions.policies import Policy, register
from regions.policies.types import Whole

PRACTICE = _("Practice of the group")

register(
    Policy(
        key="expenses.file_megabytes",
        title=_("Size of a file of an application"),
        meaning=_("How many megabytes a plan, an invoice or a photograph may have."),
        source=PRACTICE,
        type=Whole(1, 50, unit="MB"),
        default=20,
        group="expenses",
    )
)
register(
    Policy(
        key="expenses.files_per_application",
        title=_("Files of an application"),
        meaning=_("How many plans and offers may go with one application for expenses."),
        source=PRACTICE,
        type=Whole(1, 200, unit=_("files"), one=_("file")),
        default=20,
        group="expenses",
    )
)
