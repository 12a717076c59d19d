"""The one place where columns of budgets change: under locks taken in one order, each change with
the movement that explains it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F

from core.locking import lock
from expenses.models import Budget, BudgetEntry

COLUMNS = ("allotted", "handed_down", "reserved", "committed", "spent")


def hold(keys: Iterable[int | None]) -> dict[int, Budget]:
    """Lock budgets in the order of their keys and read them after; within a transaction.

    Whoever needs several names them all at once: a second call could wait for somebody who waits
    for us.
    """
    wanted = {key for key in keys if key is not None}
    rows = lock(Budget.objects.filter(pk__in=wanted), no_key=True)
    return {row.pk: row for row in rows.select_related("unit", "category")}


def with_above(budget: Budget) -> list[int]:
    """The keys of a budget and of those it was handed down from, the lowest first."""
    keys = [budget.pk]
    above = budget.parent_id
    while above is not None:
        keys.append(above)
        above = Budget.objects.filter(pk=above).values_list("parent_id", flat=True).first()
    return keys


def move(
    budget: Budget,
    kind: str,
    *,
    by: Any,
    application: Any = None,
    other: Budget | None = None,
    reason: str = "",
    **changes: Decimal,
) -> None:
    """Add to columns of a held budget and write the movement. `changes` are signed yuan by column.

    The row in hand is brought up to date. The database refuses what would exceed the allotment.
    """
    given = {name: value for name, value in changes.items() if value}
    if not given:
        return
    Budget.objects.filter(pk=budget.pk).update(
        **{name: F(name) + value for name, value in given.items()}
    )
    for name, value in given.items():
        setattr(budget, name, getattr(budget, name) + value)
    BudgetEntry.objects.create(
        budget=budget,
        kind=kind,
        application=application,
        other=other,
        reason=reason[:200],
        by=by,
        **given,
    )
