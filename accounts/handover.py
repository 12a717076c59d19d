"""Kinds of work that people hold and that can be handed over; apps to the right register theirs.

    register(Work(
        key="complaints.case", title=_("Open cases"), rows=Case.objects.unfinished,
        holder="handler", takers=case_takers, right="complaints.assign_case",
    ))

The hand-over itself (accounts.services.hand_over) moves every kind by the same set statements and
knows none of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.functional import Promise

if TYPE_CHECKING:
    from accounts.models import HandOver, User

# (people, keys of units, acting person) → person's key → the units in which he may take the work.
Takers = Callable[[Collection[Any], Collection[int], Any], dict[int, set[int]]]
# Key of a kind → the rows that are about to move.
Rows = Mapping[str, QuerySet[Any]]


@dataclass(frozen=True)
class Work:
    """A kind of work.

    `rows` gives all open rows of a table with scope columns; `holder` is the field of the person
    who holds one. `takers` says who may take it where; `right` is what somebody needs who hands
    over rows that he ticked himself. A kind that `follows` another goes to whoever got that
    kind's row, `lead` being the expression of its key: plans follow their customer. `list_url` is
    the page on which a receiver finds what came to him. A table without scope columns gives rows
    that carry them as annotations; `placed` puts these on other rows of it.
    """

    key: str
    title: str | Promise
    rows: Callable[[], QuerySet[Any]]
    holder: str
    takers: Takers
    right: str
    follows: str = ""
    lead: Any = None
    list_url: str = "/customers/"
    placed: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows


@dataclass
class Registry:
    """What the apps registered, in the order of the apps."""

    kinds: dict[str, Work] = field(default_factory=dict)
    before_rows: list[Callable[[Rows], None]] = field(default_factory=list)
    before_people: list[Callable[[Collection["User"]], None]] = field(default_factory=list)
    carried_out: list[Callable[["HandOver"], None]] = field(default_factory=list)
    undone: list[Callable[["HandOver"], None]] = field(default_factory=list)
    left: list[Callable[["User", Any], None]] = field(default_factory=list)


REGISTRY = Registry()


def register(work: Work) -> Work:
    """Make a kind of work known. Raises LookupError when it follows a kind that comes later."""
    if work.follows and work.follows not in REGISTRY.kinds:
        raise LookupError(f"{work.key} follows {work.follows}, which is not registered yet")
    REGISTRY.kinds[work.key] = work
    return work


def kinds() -> list[Work]:
    """Every kind, those that others follow first."""
    return list(REGISTRY.kinds.values())


def kind_named(key: str) -> Work:
    """The kind with this key. Raises LookupError."""
    return REGISTRY.kinds[key]


def hold_before_rows(act: Callable[[Rows], None]) -> Callable[[Rows], None]:
    """Register locks that everybody takes before those of the rows that work consists of; called
    in the transaction that moves them, before it locks anything they depend on."""
    REGISTRY.before_rows.append(act)
    return act


def hold_before_people(
    act: Callable[[Collection["User"]], None],
) -> Callable[[Collection["User"]], None]:
    """Register locks that everybody takes before those of people, for whoever closes accounts."""
    REGISTRY.before_people.append(act)
    return act


def hold_what_precedes(people: Collection["User"]) -> None:
    """Called in the transaction that closes accounts, before it locks them."""
    for act in REGISTRY.before_people:
        act(people)


def when_carried_out(act: Callable[["HandOver"], None]) -> Callable[["HandOver"], None]:
    """Register something more to do in the transaction of a hand-over."""
    REGISTRY.carried_out.append(act)
    return act


def when_undone(act: Callable[["HandOver"], None]) -> Callable[["HandOver"], None]:
    """Register something more to do in the transaction that takes a hand-over back."""
    REGISTRY.undone.append(act)
    return act


def when_left(act: Callable[["User", Any], None]) -> Callable[["User", Any], None]:
    """Register something to do, `act(person, by)`, in the transaction that closes an account."""
    REGISTRY.left.append(act)
    return act
