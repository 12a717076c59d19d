"""What reports may be about: subjects and their fields, declared in code.

A saved report names subjects and fields by key and nothing else, so that no text that a person
sends ever becomes a path of the database. Numbers of persons are declared nowhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.functional import Promise

Text = str | Promise
Kind = Literal["text", "id", "choice", "date", "datetime", "integer", "number", "money", "bool"]
#: Kinds that can be added up, and kinds by whose steps of time rows can be grouped.
FIGURES: tuple[Kind, ...] = ("integer", "number", "money")
TIMES: tuple[Kind, ...] = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `path` is its path in the ORM; `words` puts a stored word into what people read.

    `groups` allows grouping by it, `filters` narrowing by it; figures may be added up (`sums`) or
    averaged (`means`), of what is true or not the share may be told (`rates`). `lists` says
    whether single rows may show it. `apart` is the path of what tells rows of one name apart
    (two people called 张伟), shown where names meet. A column that no table holds is `made` of the
    rows asked, under the name `path`.
    """

    key: str
    label: Text
    kind: Kind
    path: str
    words: Callable[[], Mapping[Any, Text]] | None = None
    groups: bool = False
    filters: bool = True
    sums: bool = False
    means: bool = False
    rates: bool = False
    lists: bool = True
    apart: str = ""
    made: Callable[[QuerySet[Any]], Any] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A table as reports see it.

    `right` shows its rows, `taking` lets somebody take them away as a file; `refine` leaves out
    what counts for nobody. `by_branch` says that its rows are reached by their unit alone, so that
    lists can be read branch by branch (ADR 0002). `each` is what to count once where a row is not
    a thing by itself (a customer with several places).
    Of a subject with `lists=False` only groups are shown; one with `alone` is asked for one value
    of that field at a time, of those `offered` to a person; where `fewest` gives a number, groups
    of fewer rows are hidden.
    """

    key: str
    label: Text
    right: str
    taking: str
    model: Any
    fields: tuple[Field, ...]
    by_branch: bool = True
    refine: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None
    each: tuple[str, Text] | None = None
    has_units: bool = True
    lists: bool = True
    alone: str = ""
    offered: Callable[[Any], list[tuple[str, str]]] | None = None
    fewest: Callable[[], int] | None = None
    note: Text = ""
    by_key: dict[str, Field] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.by_key.update({one.key: one for one in self.fields})

    def dressed(self, rows: QuerySet[Any], fields: Iterable[Field]) -> QuerySet[Any]:
        """Rows that have the columns that are made, of those asked."""
        made = {one.path: one.made(rows) for one in fields if one.made is not None}
        return rows.annotate(**made) if made else rows

    def rows(self, user: Any) -> QuerySet[Any]:
        """The rows that somebody may see."""
        rows = self.model.objects.visible_to(user)
        return self.refine(rows) if self.refine else rows

    def parts(self, user: Any) -> list[QuerySet[Any]]:
        """The same, one queryset a branch of his scope where that is quicker."""
        if not self.by_branch:
            return [self.rows(user)]
        return list(self.model.objects.all().branches_of(user))


SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> Subject:
    """Make a subject known. Raises ValueError for a taken key."""
    if subject.key in SUBJECTS:
        raise ValueError(f"{subject.key!r} is registered twice")
    SUBJECTS[subject.key] = subject
    return subject


def subjects_for(user: Any) -> list[Subject]:
    """Those that somebody may ask about, in the order of the code."""
    return [one for one in SUBJECTS.values() if user.has_perm(one.right)]
