"""Compliance in changes of the organisation.

What is open is work and moves with its unit; what has ended stays with the unit in which it was.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from compliance.models import Assignment, Bulletin, RuleDocument, Target
from regions.takes_part import Participant, takes_part


@takes_part(Assignment)
class Tasks(Participant):
    """Tasks of the unit's people."""

    title = gettext_lazy("open tasks")

    def current(self, units: Iterable[int]) -> int:
        """What is still to be done."""
        return Assignment.objects.open().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Open ones go to the other unit."""
        journal.rewrite(
            "compliance_assignment",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = 'open'",
            args=[source],
        )


@takes_part(Bulletin)
class Bulletins(Participant):
    """What the unit published. Whom it is for follows the tree by itself: the audience names
    units, and a merged unit's people belong to its successor."""

    title = gettext_lazy("bulletins")

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Whoever publishes for the other unit looks after them."""
        journal.rewrite(
            "compliance_bulletin",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = 'published'",
            args=[source],
        )


@takes_part(Target)
class Targets(Participant):
    """They stay with the unit for which they were set."""

    title = gettext_lazy("monthly targets")

    def current(self, units: Iterable[int]) -> int:
        """Those of this month and later."""
        month = timezone.localdate().replace(day=1)
        return Target.objects.filter(unit__in=list(units), month__gte=month).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Nothing: numbers of two units are not added up unseen."""


@takes_part(RuleDocument)
class Rules(Participant):
    """Rules that the unit gave itself."""

    title = gettext_lazy("rule documents")

    def current(self, units: Iterable[int]) -> int:
        """Those in force and drafts."""
        return RuleDocument.objects.filter(unit__in=list(units), is_retired=False).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What the other unit has no rule of this title of goes to it."""
        journal.rewrite(
            "compliance_ruledocument",
            {"unit_id": "%s::int"},
            [target],
            where="""t.unit_id = %s AND NOT EXISTS
                (SELECT 1 FROM compliance_ruledocument o
                  WHERE o.unit_id = %s AND o.title = t.title)""",
            args=[source, target],
        )
