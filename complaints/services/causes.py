"""Why a matter came about (CMP-12, CMP-20): said while the case is worked on, or afterwards."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case
from complaints.models.cases import CAUSES
from complaints.services.handling import refuse_stranger
from complaints.services.log import log
from complaints.services.moves import hold
from core.errors import Refused

KNOWN = frozenset(key for _group, causes in CAUSES for key, _label in causes)


@transaction.atomic
def set_cause(case: Case, *, by: Any, cause: str) -> Case:
    """Say what a case came from; empty takes it back. Raises Refused for an unknown cause and for
    somebody who does not work on the case."""
    held = hold(case)
    refuse_stranger(held, by)
    if cause and cause not in KNOWN:
        raise Refused(_("Please choose one of the causes."))
    if held.cause == cause:
        return held
    held.cause, held.updated_at = cause, timezone.now()
    held.version += 1
    held.save(update_fields=["cause", "updated_at", "version"])
    log(held, "cause", by=by, at=held.updated_at, cause=cause)
    record("case.cause", by=by, subject=held)
    return held
