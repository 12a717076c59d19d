"""Verbs of the organisation."""

from regions.services.changes import (
    apply_change,
    apply_due,
    approve_change,
    cancel_change,
    draft_change,
    edit_change,
    needs_somebody_else,
    propose_change,
    undo_change,
    undo_problem,
)
from regions.services.history import amend, remember
from regions.services.rehearsal import Preview, rehearse
from regions.services.sections import add_unit, remove_unit, save_company, save_section
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
    "Preview",
    "add_unit",
    "amend",
    "apply_change",
    "apply_due",
    "approve_change",
    "cancel_change",
    "change_unit",
    "create_unit",
    "draft_change",
    "edit_change",
    "mend_scope_columns",
    "move_rows",
    "move_unit",
    "needs_somebody_else",
    "propose_change",
    "refuse_taken_code",
    "rehearse",
    "remember",
    "remember_change",
    "remove_unit",
    "save_company",
    "save_section",
    "scoped_models",
    "undo_change",
    "undo_problem",
]
