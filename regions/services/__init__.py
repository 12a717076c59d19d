"""Verbs of the organisation."""

from regions.services.history import amend, remember
from regions.services.units import (
    change_unit,
    create_unit,
    mend_scope_columns,
    move_rows,
    move_unit,
    refuse_taken_code,
    remember_change,
    scoped_models,
)

__all__ = [
    "amend",
    "change_unit",
    "create_unit",
    "mend_scope_columns",
    "move_rows",
    "move_unit",
    "refuse_taken_code",
    "remember",
    "remember_change",
    "scoped_models",
]
