"""How tables of apps to the right take part in changes of the organisation.

A table with rows that belong to a unit says what happens to them when the unit is merged, closed
with a successor or split. Whatever only repeats the tree (`core.scope.Scoped` columns) follows by
itself. Registered in `<app>/org_changes.py`, which the app imports when Django starts.

    @takes_part(Post)
    class Posts(Participant):
        title = _("posts")
        def move(self, journal, source, target, day): ...
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from django.db import models
from django.utils.functional import Promise

if TYPE_CHECKING:
    from regions.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes to the new unit of a split project: whole buildings, and customers by code."""

    buildings: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


class Participant:
    """One table. `light` tables are also moved in rehearsals, because they decide who sees what;
    the others are only counted there."""

    model: ClassVar[type[models.Model]]
    title: ClassVar[str | Promise]
    light: ClassVar[bool] = False

    def current(self, units: Iterable[int]) -> int:
        """How many rows of the present these units have; history does not count."""
        return self.model._base_manager.filter(unit__in=list(units)).count()

    def problems(self, source: "OrgUnit", target: "OrgUnit") -> list[str]:
        """Sentences that forbid moving the rows of one unit to another."""
        return []

    def move(self, journal: "Journal", source: int, target: int, day: date) -> None:
        """Give the present rows of one unit to another, uniting what the other has already."""
        table = self.model._meta.db_table
        journal.rewrite(
            table, {"unit_id": "%s::int"}, [target], where="t.unit_id = %s", args=[source]
        )

    def split(self, journal: "Journal", source: int, target: int, chosen: Chosen) -> None:
        """Give the chosen rows of a project to the one split from it."""


class Journal(Protocol):
    """What a participant may ask for; regions.services.journal does it and notes it."""

    def rewrite(
        self,
        table: str,
        values: Mapping[str, str],
        params: Sequence[Any] = (),
        *,
        where: str,
        args: Sequence[Any] = (),
        source: str = "",
    ) -> int:
        """Set columns of the rows `t` of a table to SQL expressions."""

    def insert(self, table: str, columns: str, select: str, args: Sequence[Any] = ()) -> int:
        """Insert what a SELECT gives."""

    def delete(self, table: str, *, where: str, args: Sequence[Any] = ()) -> int:
        """Delete the rows `t` of a table."""


P = TypeVar("P", bound=type[Participant])
PARTICIPANTS: list[Participant] = []


def takes_part(model: type[models.Model]) -> Callable[[P], P]:
    """Register a participant for a table; they act in the order of registration."""

    def register(kind: P) -> P:
        kind.model = model
        PARTICIPANTS.append(kind())
        return kind

    return register


@dataclass(frozen=True, slots=True)
class Holding:
    """A role somebody holds today: where, how far it reaches, and the rights in it."""

    user_id: int
    employee_no: str
    name: str
    unit_id: int
    reach: str
    rights: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  the builtin has another meaning
    """A rule that a unit breaks after a change, in one sentence; it does not forbid the change."""

    rule: str
    unit_id: int
    sentence: str


# Filled by accounts: who holds what today; what is wrong with units on a day; what follows after
# the rows were moved (sections). Each is called inside the transaction of the change.
HOLDINGS: list[Callable[[], list[Holding]]] = []
WARNINGS: list[Callable[[date, set[int]], list[Warning_]]] = []
AFTERWARDS: list[Callable[[], Any]] = []


def holdings() -> list[Holding]:
    """All roles held today, of every app that knows some."""
    return [holding for source in HOLDINGS for holding in source()]


def warnings(day: date, units: set[int]) -> list[Warning_]:
    """What units break on a day, of every app that knows rules."""
    return [warning for source in WARNINGS for warning in source(day, units)]
