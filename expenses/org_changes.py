"""Money in changes of the organisation.

What is not decided or not finished is work and moves with its unit; what has ended, and every line
of the ledger, stays with the unit to which it was booked (EXP-11). Budgets stay where they were
allotted: money of a closed unit is transferred by whoever answers for it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from expenses.models import Application, Budget, BudgetChange, Event, EventState, Gift, KeyDate
from expenses.states import State
from regions.takes_part import Participant, takes_part

OPEN = sorted({State.DRAFT, State.SENT_BACK})


@takes_part(Application)
class Applications(Participant):
    """Papers on which their applicants still write."""

    title = gettext_lazy("expense applications")

    def current(self, units: Iterable[int]) -> int:
        """What nobody has decided and what is still to be paid; papers of former times are not."""
        states = [*OPEN, State.IN_APPROVAL, State.APPROVED]
        rows = Application.objects.filter(import_run=None, state__in=states)
        return rows.filter(unit__in=list(units)).count()

    def problems(self, source: Any, target: Any) -> list[str]:
        """What is in approval is decided upon by the people of its unit."""
        count = Application.objects.filter(
            unit=source, state=State.IN_APPROVAL, submitted_at__isnull=False
        ).count()
        if not count:
            return []
        sentence = _("{count} expense applications of {unit} are in approval.")
        return [sentence.format(count=count, unit=source)]

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Drafts go to the other unit."""
        journal.rewrite(
            "expenses_application",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = ANY(%s)",
            args=[source, OPEN],
        )


@takes_part(Budget)
class Budgets(Participant):
    """They stay; a unit that still has money is not closed unseen."""

    title = gettext_lazy("budgets")

    def current(self, units: Iterable[int]) -> int:
        """Budgets with money of this year or later."""
        year = date.today().year  # noqa: DTZ011  a year is enough
        return Budget.objects.filter(unit__in=list(units), year__gte=year, allotted__gt=0).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Nothing: what was allotted to a unit is transferred, not renamed."""


@takes_part(BudgetChange)
class Changes(Participant):
    """They lie where their budget lies."""

    title = gettext_lazy("changes of budgets")

    def current(self, units: Iterable[int]) -> int:
        """They are counted with their budgets."""
        return 0

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Nothing, as the budget stays."""


@takes_part(Gift)
class Gifts(Participant):
    """The stock of a unit."""

    title = gettext_lazy("gifts in stock")

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What the other unit has no gift of this name of goes to it."""
        journal.rewrite(
            "expenses_gift",
            {"unit_id": "%s::int"},
            [target],
            where="""t.unit_id = %s AND NOT EXISTS
                (SELECT 1 FROM expenses_gift o WHERE o.unit_id = %s AND o.name = t.name)""",
            args=[source, target],
        )


@takes_part(Event)
class Events(Participant):
    """Events that are planned."""

    title = gettext_lazy("planned customer events")

    def current(self, units: Iterable[int]) -> int:
        """What was not held yet."""
        rows = Event.objects.filter(unit__in=list(units), state=EventState.PLANNED)
        return rows.count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """What is planned goes to the other unit."""
        journal.rewrite(
            "expenses_event",
            {"unit_id": "%s::int"},
            [target],
            where="t.unit_id = %s AND t.state = %s",
            args=[source, str(EventState.PLANNED)],
        )


@takes_part(KeyDate)
class KeyDates(Participant):
    """Key dates of the customers of a unit."""

    title = gettext_lazy("key dates")
