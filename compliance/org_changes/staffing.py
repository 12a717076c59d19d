"""Findings, accounts and plans in changes of the organisation.

Findings follow what the checks see the next night; plans and past inspections tell of the unit for
which they were made and stay with it. What is still to be done moves.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compliance.models import (
    AccountChange,
    Finding,
    FunctionPlan,
    ImplementationRule,
    Inspection,
    PlannedPost,
    PointState,
)
from compliance.states import CHANGE_OPEN, ChangeState
from regions.takes_part import Participant, takes_part


class Staying(Participant):
    """Rows of the unit for which they were written."""

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Nothing."""


@takes_part(AccountChange)
class AccountChanges(Participant):
    """Forms that are not carried out; their approval goes along with them."""

    title = _("open account changes")

    def current(self, units: Iterable[int]) -> int:
        """What is still to be done."""
        rows = AccountChange.objects.filter(unit__in=list(units), state__in=CHANGE_OPEN)
        return rows.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Give them to the other unit; what is in approval says its unit in what is approved."""
        journal.rewrite(
            "compliance_accountchange",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = ANY(%s)",
            args=[source, [str(ChangeState.NOTED), str(ChangeState.APPROVED)]],
        )

    def problems(self, source: Any, target: Any) -> list[str]:
        """What is in approval is decided upon by the people of its unit."""
        rows = AccountChange.objects.filter(unit=source, state=ChangeState.IN_APPROVAL)
        count = rows.count()
        if not count:
            return []
        sentence = _("{count} account changes of {unit} are in approval.")
        return [str(sentence).format(count=count, unit=source)]


@takes_part(Finding)
class Findings(Staying):
    title = _("findings")

    def current(self, units: Iterable[int]) -> int:
        """Those that last."""
        return Finding.objects.live().filter(unit__in=list(units)).count()


@takes_part(FunctionPlan)
class FunctionPlans(Staying):
    title = _("function plans")


@takes_part(PlannedPost)
class PlannedPosts(Staying):
    title = _("planned posts")

    def current(self, units: Iterable[int]) -> int:
        """Those of this year and later."""
        year = timezone.localdate().year
        return PlannedPost.objects.filter(unit__in=list(units), year__gte=year).count()


@takes_part(ImplementationRule)
class ImplementationRules(Staying):
    title = _("implementation rules")


@takes_part(Inspection)
class Inspections(Staying):
    title = _("inspections with open points")

    def current(self, units: Iterable[int]) -> int:
        """Those in which something is still to be mended."""
        rows = Inspection.objects.filter(unit__in=list(units), points__state=PointState.OPEN)
        return rows.distinct().count()
