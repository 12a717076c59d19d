"""Recording acts: in the transaction of the act, so that neither exists without the other."""

from typing import Any

from django.db.models import Model

from audit.actions import ACTIONS
from audit.models import Entry


def record(action: str, *, by: Any, subject: Model | None = None, **detail: Any) -> Entry:
    """Write one entry. Raises LookupError for an action that is not registered.

    `by` is the acting user, or None for the operator at the command line and for the schedule.
    """
    if action not in ACTIONS:
        raise LookupError(f"{action!r} is not a registered audit action")
    return Entry.objects.create(
        by=by,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        detail=detail,
    )
