"""What tables of compliance share."""

from typing import Any

from django.db import models
from django.db.models import Q

COLUMNS = ("unit_id", "region_id", "city_id", "project_id")


def by_branch(prefix: str, *order: Any, condition: Q | None = None) -> list[models.Index]:
    """An index of a list for each column of a scope, and one for the whole group."""
    return [
        models.Index(column, *order, condition=condition, name=f"{prefix}_{column[:-3]}")
        for column in COLUMNS
    ] + [models.Index(*order, condition=condition, name=f"{prefix}_group")]
