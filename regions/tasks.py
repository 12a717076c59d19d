"""Doorbells of the organisation."""

import logging

from django.utils.translation import gettext as _

from core.jobs import Running
from core.periodic import periodic
from regions.calendars import refresh_lines
from regions.services import apply_due, mend_scope_columns

log = logging.getLogger(__name__)

ACCESS = {
    "regions.apply_due_changes": "system",
    "regions.compare_scope_columns": "system",
    "regions.refresh_working_time": "system",
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


@periodic("regions.refresh_working_time")
def refresh_working_time(running: Running) -> str:
    """Bring the tables of working time into step, so that nobody waits for it in the morning."""
    lines = refresh_lines()
    return _("{count} tables of working time renewed.").format(count=lines)
