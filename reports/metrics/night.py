"""The nightly round of figures: compare, mend, judge, keep the stocks of the day, close months."""

import logging

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.metrics.checking import differences
from reports.metrics.rollups import Progress, nightly, rebuild, refresh

LOG = logging.getLogger("reports.metrics")


def night(progress: Progress | None = None) -> str:
    """Compare before anything is mended, so that a difference is told and not only wiped away.
    Returns the closing sentence of the job."""
    refresh()
    found = differences()
    if found:
        keys = sorted({one.metric for one in found})
        LOG.error("Stored figures differed from their rows", extra={"metrics": keys})
        rebuild(keys, accept=False)  # a past that was altered goes on being told
    nightly(progress=progress)
    if not found:
        return _("All stored figures were what their rows say.")
    sentence = ngettext(
        "{count} stored figure differed from its rows and was added up anew.",
        "{count} stored figures differed from their rows and were added up anew.",
        len(found),
    )
    return sentence.format(count=len(found))
