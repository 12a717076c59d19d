"""Who did what, from modules of core: the record itself belongs to `audit`, an app to the right.

`audit` registers its writer when Django starts; core calls `record` as every service does.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

Writer = Callable[..., Any]
_writer: list[Writer] = []


def register_writer(writer: Writer) -> None:
    """Name the function that writes: `writer(action, by=…, subject=…, **detail)`."""
    _writer[:] = [writer]


def record(action: str, *, by: Any, subject: Model | None = None, **detail: Any) -> None:
    """Write one entry in the caller's transaction (audit.services.record). Raises LookupError for
    an action that is not registered, and where no record is installed: a deed is never lost."""
    if not _writer:
        raise LookupError("no audit record is installed")
    _writer[0](action, by=by, subject=subject, **detail)
