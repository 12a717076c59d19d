"""Cases and the work on them in changes of the organisation.

What is open is work and moves with its unit; what has ended stays with the unit in which it was
done, because reports of that time need it. In a split a case follows its flat. Works of contractors
lie where their case lies, whatever happens to it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from complaints.models import (
    AnswerTemplate,
    Case,
    Contractor,
    IncomingMail,
    MailState,
    Measure,
    MeasureState,
    WorkOrder,
)
from complaints.states import OPEN
from regions.takes_part import Chosen, Participant, takes_part

MAIL = "complaints_incomingmail"
CASE, FLAT, PLACE = "complaints_case", "customers_property", "customers_customerunit"
# Rows of the table of cases that another case was merged into, or that were merged into one.
BOUND = f"""EXISTS (SELECT 1 FROM {CASE} o WHERE o.id = t.merged_into_id AND o.state = ANY(%s))"""  # noqa: S608


@takes_part(Case)
class Cases(Participant):
    """Open cases, and those merged into them."""

    title = _("open cases")

    def current(self, units: Iterable[int]) -> int:
        """What has not ended."""
        return Case.objects.open().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What is open goes to the other unit, with the cases that were merged into it."""
        states = sorted(OPEN)
        journal.rewrite(
            CASE,
            {"unit_id": "%s::int"},
            [target],
            where=f"t.unit_id = %s AND (t.state = ANY(%s) OR {BOUND})",
            args=[source, states, states],
        )

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Cases of the flats that have gone; those that name none, with their customer, if he is
        known in the new unit only."""
        gone = f"(SELECT 1 FROM {FLAT} f WHERE f.id = t.flat_id AND f.unit_id = %s)"  # noqa: S608
        known = f"EXISTS (SELECT 1 FROM {PLACE} p WHERE p.customer_id = t.customer_id AND p.unit_id = %s)"  # noqa: S608, E501
        journal.rewrite(
            CASE,
            {"unit_id": "%s::int"},
            [target],
            where=f"""t.unit_id = %s
                AND (EXISTS {gone} OR t.flat_id IS NULL AND {known} AND NOT {known})""",
            args=[source, target, target, source],
        )


WORK, MEASURE = "complaints_workorder", "complaints_measure"


@takes_part(WorkOrder)
class Works(Participant):
    """Works of the cases that moved; registered after them, so that their place is known."""

    title = _("works of contractors")

    def current(self, units: Iterable[int]) -> int:
        """They are counted with their cases and forbid nothing by themselves."""
        return 0

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """To where the case is now."""
        self._follow(journal, source)

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """To where the case is now."""
        self._follow(journal, source)

    def _follow(self, journal: Any, source: int) -> None:
        case = f"(SELECT c.unit_id FROM {CASE} c WHERE c.id = t.case_id)"  # noqa: S608
        journal.rewrite(
            WORK, {"unit_id": case}, where=f"t.unit_id = %s AND t.unit_id <> {case}", args=[source]
        )


@takes_part(Measure)
class Measures(Participant):
    """Measures that somebody still sees to, or still has to check."""

    title = _("improvement measures")

    def current(self, units: Iterable[int]) -> int:
        """What is not checked yet."""
        rows = Measure.objects.exclude(state=MeasureState.CHECKED)
        return rows.filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What is not checked yet goes to the other unit."""
        journal.rewrite(
            MEASURE,
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state <> %s",
            args=[source, MeasureState.CHECKED],
        )


class OnceAUnit(Participant):
    """Rows that a unit has once by their names: those that the other unit has already stay."""

    same: str

    def current(self, units: Iterable[int]) -> int:
        """A list forbids no closing."""
        return 0

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What the other unit lacks goes to it."""
        table = self.model._meta.db_table
        known = f"EXISTS (SELECT 1 FROM {table} o WHERE o.unit_id = %s AND {self.same})"  # noqa: S608
        journal.rewrite(
            table,
            {"unit_id": "%s::int"},
            [target],
            where=f"t.unit_id = %s AND NOT {known}",
            args=[source, target],
        )


@takes_part(Contractor)
class Contractors(OnceAUnit):
    """The list of contractors of a unit."""

    title = _("contractors")
    same = "o.name = t.name"


@takes_part(AnswerTemplate)
class Templates(OnceAUnit):
    """The answer templates of a unit."""

    title = _("answer templates")
    same = "o.name = t.name AND o.channel = t.channel"


@takes_part(IncomingMail)
class Mails(Participant):
    """Mails to the address of a unit that nobody has registered yet."""

    title = _("waiting e-mails")

    def current(self, units: Iterable[int]) -> int:
        """What still waits."""
        waiting = IncomingMail.objects.filter(state=MailState.WAITING)
        return waiting.filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What waits is work of whoever follows; in a split it stays."""
        journal.rewrite(
            MAIL,
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = %s",
            args=[source, str(MailState.WAITING)],
        )
