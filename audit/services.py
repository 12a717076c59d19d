"""Recording acts: in the transaction of the act, so that neither exists without the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model

from audit.actions import ACTIONS
from audit.models import Entry

_invented: ContextVar[bool] = ContextVar("audit.invented", default=False)


@contextmanager
def invented() -> Iterator[None]:
    """What services do inside is made up for the demonstration: nobody did it, and nothing of it is
    recorded. The demonstration itself is one entry, and can be taken out without a trace of people
    who never were."""
    token = _invented.set(True)
    try:
        yield
    finally:
        _invented.reset(token)


def record(action: str, *, by: Any, subject: Model | None = None, **detail: Any) -> Entry | None:
    """Write one entry. Raises LookupError for an action that is not registered.

    `by` is the acting user, or None for the operator at the command line and for the schedule.
    None comes back for what is `invented`.
    """
    if action not in ACTIONS:
        raise LookupError(f"{action!r} is not a registered audit action")
    if _invented.get():
        return None
    return Entry.objects.create(
        by=by,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        detail=detail,
    )
