"""Doorbells of the organisation."""

import logging

from core.jobs import Running
from core.periodic import periodic
from regions.services import mend_scope_columns

log = logging.getLogger(__name__)

ACCESS = {"regions.compare_scope_columns": "system"}


@periodic("regions.compare_scope_columns")
def compare_scope_columns(running: Running) -> None:
    """Mend rows whose scope columns differ from the tree; each is a fault worth a warning."""
    mended = mend_scope_columns()
    if mended:
        log.warning("scope columns of %s rows differed from the tree and were mended", mended)
