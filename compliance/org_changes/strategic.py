"""Compliance in changes of the organisation: what is open goes with its unit."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from compliance.models import Assessment, Nomination, RoundState
from compliance.org_changes.staffing import Staying
from regions.takes_part import Participant, takes_part


@takes_part(Nomination)
class Nominations(Participant):
    """Proposals of rounds that have not issued their list; decided ones stay where they were made.

    Where both units proposed a customer, the unit that goes keeps its proposal.
    """

    title = _("nominations of strategic customers")

    def current(self, units: Iterable[int]) -> int:
        """What the committee has not issued yet."""
        rows = Nomination.objects.exclude(round__state=RoundState.ISSUED)
        return rows.filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Open proposals go to the other unit."""
        journal.rewrite(
            "compliance_nomination",
            {"unit_id": "%s::int"},
            [target],
            where="""t.unit_id = %s
                AND EXISTS (SELECT 1 FROM compliance_round r
                            WHERE r.id = t.round_id AND r.state <> %s)
                AND NOT EXISTS (SELECT 1 FROM compliance_nomination o
                                WHERE o.round_id = t.round_id AND o.unit_id = %s
                                AND o.customer_id = t.customer_id)""",
            args=[source, str(RoundState.ISSUED), target],
        )


@takes_part(Assessment)
class Assessments(Staying):
    """They tell of a year in the unit that was; a draft goes along when it is written again."""

    title = _("yearly assessments")

    def current(self, units: Iterable[int]) -> int:
        """None: they keep no unit open."""
        return 0
