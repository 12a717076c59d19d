"""Trips, lapses, notices, sanctions and commendations in changes of the organisation.

People of a merged unit belong to its successor from then on. What still has a way to go follows
them, so that whoever answers for them now decides it; what has ended stays with the unit in which
it was. Nothing is split: no people go to a new unit by that.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compliance.models import (
    Absence,
    AbsenceState,
    Circular,
    CircularState,
    Commendation,
    CommendationState,
    Lapse,
    LogInSum,
    Sanction,
    SanctionState,
)
from compliance.org_changes.staffing import Staying
from regions.takes_part import Participant, takes_part

ASKED = (str(AbsenceState.DRAFT), str(AbsenceState.IN_APPROVAL))
CIRCULAR, LINE = "compliance_circular", "compliance_circularline"


@takes_part(Absence)
class Absences(Participant):
    """Requests on their way, and approved trips and leave that are not over."""

    title = _("trips and leave to come")

    def current(self, units: Iterable[int]) -> int:
        """What is asked for, and what is approved and not over."""
        rows = Absence.objects.filter(unit__in=list(units))
        ahead = rows.approved().filter(last_day__gte=timezone.localdate())
        return rows.filter(state__in=ASKED).count() + ahead.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """They go along with the people; past ones stay."""
        journal.rewrite(
            "compliance_absence",
            {"unit_id": "%s::int"},
            [target],
            where="""t.unit_id = %s
                AND (t.state = ANY(%s) OR (t.state = %s AND t.last_day >= %s))""",
            args=[source, list(ASKED), str(AbsenceState.APPROVED), day],
        )


@takes_part(Lapse)
class Lapses(Participant):
    """Runs that last, and such as stand in a draft or in no notice yet."""

    title = _("lapses that last")

    def current(self, units: Iterable[int]) -> int:
        """Those that nothing has ended or explained."""
        return Lapse.objects.lasting().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Whatever may still be published goes; what was published and ended stays."""
        journal.rewrite(
            "compliance_lapse",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND (t.ended_on IS NULL OR t.noticed_on IS NULL)",
            args=[source],
        )


@takes_part(Circular)
class Circulars(Participant):
    """Drafts; a unit has one of a kind, so that of the other unit takes the people in."""

    title = _("drafts of notices")

    def current(self, units: Iterable[int]) -> int:
        """What nobody has published or dropped."""
        rows = Circular.objects.filter(unit__in=list(units), state=CircularState.DRAFT)
        return rows.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Unite two drafts, else give the one to the other unit."""
        draft = str(CircularState.DRAFT)
        both = f"""FROM {CIRCULAR} s JOIN {CIRCULAR} o
            ON o.unit_id = %s AND o.state = %s AND o.kind = s.kind
            WHERE s.unit_id = %s AND s.state = %s"""  # noqa: S608  names of our own tables
        args = [target, draft, source, draft]
        # Whoever has the other draft open must look at the people who came to it.
        journal.rewrite(
            CIRCULAR, {"version": "t.version + 1"}, where=f"t.id IN (SELECT o.id {both})", args=args
        )
        journal.rewrite(
            LINE,
            {"circular_id": f"(SELECT o.id {both} AND s.id = t.circular_id)"},
            args,
            where=f"t.circular_id IN (SELECT s.id {both})",
            args=args,
        )
        journal.delete(CIRCULAR, where=f"t.id IN (SELECT s.id {both})", args=args)
        journal.rewrite(
            CIRCULAR,
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = %s",
            args=[source, draft],
        )


@takes_part(Sanction)
class Sanctions(Participant):
    """Those that may still be appealed against, and appeals that nobody has decided."""

    title = _("sanctions and appeals that are open")

    def current(self, units: Iterable[int]) -> int:
        """What the person or a judge may still move."""
        rows = Sanction.objects.filter(unit__in=list(units))
        appealed = rows.filter(state=SanctionState.APPEALED)
        fresh = rows.filter(state=SanctionState.IN_FORCE, appeal_until__gte=timezone.localdate())
        return appealed.count() + fresh.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """They are judged where the people are now."""
        journal.rewrite(
            "compliance_sanction",
            {"unit_id": "%s::int"},
            [target],
            where="""t.unit_id = %s
                AND (t.state = %s OR (t.state = %s AND t.appeal_until >= %s))""",
            args=[source, str(SanctionState.APPEALED), str(SanctionState.IN_FORCE), day],
        )


@takes_part(Commendation)
class Commendations(Participant):
    """Those that stand in a draft."""

    title = _("commendations that are not decided")

    def current(self, units: Iterable[int]) -> int:
        """What nobody has published or dropped."""
        rows = Commendation.objects.filter(unit__in=list(units), state=CommendationState.DRAFT)
        return rows.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """They are given where the people are now, with the draft that they stand in."""
        journal.rewrite(
            "compliance_commendation",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = %s",
            args=[source, str(CommendationState.DRAFT)],
        )


@takes_part(LogInSum)
class LogInSums(Staying):
    """A frozen month tells of the unit that was. The open one is added up anew in the night, with
    the people where they are then."""

    title = _("months of the log-in duty")

    def current(self, units: Iterable[int]) -> int:
        """None: they keep no unit open."""
        return 0
