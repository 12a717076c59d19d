"""Locking rows first and reading them after.

`SELECT … FOR UPDATE` with a join gives, after a wait, the locked row as it is now and the joined
rows as they were before: a row whose foreign key changed meanwhile fails its join and is missed,
or comes with an empty relation. So whoever needs joined rows locks bare rows and reads again.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock(rows: "QuerySet[M]", *, no_key: bool = False, skip_locked: bool = False) -> "QuerySet[M]":
    """Lock rows in the order of their keys until the transaction ends.

    Gives a queryset of those that still belong to `rows`, to be read with whatever joins are
    wanted. `skip_locked` leaves out what somebody else holds.
    """
    bare = rows.order_by("pk").select_for_update(
        of=("self",), no_key=no_key, skip_locked=skip_locked
    )
    keys = list(bare.values_list("pk", flat=True))
    return rows.model._default_manager.filter(pk__in=keys).order_by("pk")
