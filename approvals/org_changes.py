"""Papers on their way in changes of the organisation: what is open goes with its unit.

What has ended stays with the unit in which it was decided. Flows and bodies of a unit go to the
unit that follows it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from approvals.models import OPEN_STATES, Approval, Body, Flow, Task
from regions.takes_part import Participant, takes_part

APPROVAL, TASK, STEP = "approvals_approval", "approvals_task", "approvals_step"


@takes_part(Approval)
class Approvals(Participant):
    """Running papers, and such as were sent back."""

    title = _("running approvals")

    def current(self, units: Iterable[int]) -> int:
        """What has not ended."""
        return Approval.objects.open().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What is open goes to the other unit."""
        journal.rewrite(
            APPROVAL,
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = ANY(%s)",
            args=[source, [str(state) for state in OPEN_STATES]],
        )


@takes_part(Task)
class Tasks(Participant):
    """Tasks lie where their approval lies; registered after it, so that its place is known."""

    title = _("tasks of approvals")

    def current(self, units: Iterable[int]) -> int:
        """They are counted with their approvals."""
        return 0

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """To where the approval is now."""
        unit = f"""(SELECT a.unit_id FROM {APPROVAL} a JOIN {STEP} s ON s.approval_id = a.id
            WHERE s.id = t.step_id)"""  # noqa: S608  names of our own tables
        journal.rewrite(
            TASK, {"unit_id": unit}, where=f"t.unit_id = %s AND t.unit_id <> {unit}", args=[source]
        )


@takes_part(Flow)
class Flows(Participant):
    """The flows of a unit of its own."""

    title = _("approval flows")

    def current(self, units: Iterable[int]) -> int:
        """A flow forbids no closing."""
        return 0


@takes_part(Body)
class Bodies(Participant):
    """Boards and committees of a unit."""

    title = _("bodies")

    def current(self, units: Iterable[int]) -> int:
        """A body forbids no closing."""
        return 0
