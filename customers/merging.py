"""How tables take part when two customers become one (docs/adr/0042-merging.md).

Every foreign key to a customer is found by itself and moved. Only where both may have a row that
can stand once (a unique constraint holds the key) must the table say what happens:

    @settles(MonthlySummary)
    def summaries(stays, goes): ...

`stays` may be changed and is saved by the caller; `goes` is deleted after the rows that hang on
it were moved to `stays`, and its values are kept with the merge. A table without a rule makes
the merge refuse when it comes to that, and a test is red (tests/customers/test_merging.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import pghistory.models
from django.db import models

Settle = Callable[[Any, Any], None]


def leave(stays: Any, goes: Any) -> None:
    """The row of the surviving customer stays as it is."""


def never(mine: Any, theirs: Any) -> bool:
    """The row of the surviving customer is preferred."""
    return False


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a row of each customer that cannot both stand. `prefer(mine, theirs)` says
    whether the other customer's row is the better one. Instead of deleting `goes`: with `part` it
    is changed so that it stands alone, without a customer; with `beside` so that both can stand."""

    settle: Settle = leave
    prefer: Callable[[Any, Any], bool] = never
    part: bool = False
    beside: bool = False


RULES: dict[type[models.Model], Rule] = {}
# What follows a row without a foreign key: called with the keys of the row that stays and goes.
FOLLOWERS: dict[type[models.Model], list[Callable[[int, int], None]]] = {}
F = TypeVar("F", bound=Callable[..., Any])


def settles(
    *tables: type[models.Model],
    prefer: Callable[[Any, Any], bool] = never,
    part: bool = False,
    beside: bool = False,
) -> Callable[[Settle], Settle]:
    """Register what happens where rows of these tables cannot both stand."""

    def register(settle: Settle) -> Settle:
        for table in tables:
            RULES[table] = Rule(settle, prefer, part, beside)
        return settle

    return register


def follows(table: type[models.Model]) -> Callable[[F], F]:
    """Register what points at rows of a table by number alone."""

    def register(function: F) -> F:
        FOLLOWERS.setdefault(table, []).append(function)
        return function

    return register


def fill(stays: Any, goes: Any, *names: str) -> None:
    """Fill fields that the staying row lacks."""
    for name in names:
        if getattr(stays, name) in (None, ""):
            setattr(stays, name, getattr(goes, name))


def earliest(*days: Any) -> Any:
    """The earliest of the days that are known."""
    return min((day for day in days if day is not None), default=None)


def references(model: type[models.Model]) -> list[models.ForeignKey]:
    """Every foreign key of the database that points at a table, history apart: what was recorded
    of a time stays as it was."""
    found: dict[tuple[str, str], models.ForeignKey] = {}
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        table, field = relation.related_model, relation.field
        # pgh_obj and copies of foreign keys: event tables are append-only.
        if not isinstance(table, str) and not issubclass(table, pghistory.models.Event):
            found.setdefault((table._meta.db_table, field.column), field)  # type: ignore[arg-type]
    return sorted(found.values(), key=lambda field: (field.model._meta.label, field.name))


@dataclass(frozen=True, slots=True)
class Once:
    """A rule of a table that a key stands once: with these other columns, under this condition."""

    others: tuple[str, ...]
    condition: models.Q | None = None


def uniques(field: models.ForeignKey) -> list[Once]:
    """The constraints that two rows may break when a key is moved.

    Raises NotImplementedError for constraints over expressions, which cannot be read from here.
    """
    meta = field.model._meta
    found = [Once(())] if field.unique else []
    sets: Iterable[tuple[tuple[str, ...], Any]] = [
        *((tuple(names), None) for names in meta.unique_together),
        *((tuple(c.fields), c) for c in meta.constraints if isinstance(c, models.UniqueConstraint)),
    ]
    for names, constraint in sets:
        if constraint is not None and constraint.expressions:
            raise NotImplementedError(constraint.name)
        if field.name in names:
            others = tuple(
                str(meta.get_field(name).attname)  # type: ignore[union-attr]
                for name in names
                if name != field.name
            )
            found.append(Once(others, constraint.condition if constraint else None))
    return found
