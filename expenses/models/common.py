"""What tables of money share."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value

CENT = Decimal("0.01")
COLUMNS = ("unit_id", "region_id", "city_id", "project_id")


def money(verbose: Any = None, **more: Any) -> models.DecimalField:
    """A column in yuan with two places, up to a trillion."""
    return models.DecimalField(verbose, max_digits=14, decimal_places=2, **more)


def rounded(field: str, *factors: str) -> Q:
    """That an amount is the product of two columns, rounded to the cent."""
    left, right = factors
    product = Func(F(left) * F(right), Value(2), function="round")
    return Q(**{field: product})


def by_branch(prefix: str, *order: Any, condition: Q | None = None) -> list[models.Index]:
    """An index of a list for each column of a scope, and one for the whole group."""
    return [
        models.Index(column, *order, condition=condition, name=f"{prefix}_{column[:-3]}")
        for column in COLUMNS
    ] + [models.Index(*order, condition=condition, name=f"{prefix}_group")]
