"""Doorbells of the organisation."""

import logging

from django.utils.translation import gettext as _

from core.jobs import Running
from core.periodic import periodic
from regions.services import apply_due, mend_scope_columns

log = logging.getLogger(__name__)

ACCESS = {
    "regions.apply_due_changes": "system",
    "regions.compare_scope_columns": "system",
}


@periodic("regions.apply_due_changes")
def apply_due_changes(running: Running) -> str:
    """Carry out the approved changes of the organisation whose day has come."""
    done = apply_due()
    sentence = _("{applied} changes carried out, {failed} could not be.")
    return sentence.format(applied=len(done["applied"]), failed=len(done["failed"]))



@periodic("regions.compare_scope_columns")
def compare_scope_columns(running: Running) -> None:
    """Mend rows whose scope columns differ from the tree; each is a fault worth a warning."""
    mended = mend_scope_columns()
    if mended:
        log.warning("scope columns of %s rows differed from the tree and were mended", mended)
