"""Verbs of the organisation."""

from regions.services.units import (
    change_unit,
    create_unit,
    mend_scope_columns,
    move_rows,
    move_unit,
    remember_parent,
    scoped_models,
)

__all__ = [
    "change_unit",
    "create_unit",
    "mend_scope_columns",
    "move_rows",
    "move_unit",
    "remember_parent",
    "scoped_models",
]
