"""The log of a case, written in the transaction of what happened."""

from datetime import datetime
from typing import Any

from complaints.models import Case, CaseEntry


def entry(
    case: Case,
    kind: str,
    *,
    by: Any,
    at: datetime,
    text: str = "",
    before: str = "",
    internal: bool = True,
    **facts: Any,
) -> CaseEntry:
    """An unsaved entry. `before` is the state the case left; `facts` are plain values."""
    return CaseEntry(
        case=case,
        kind=kind,
        at=at,
        by=by,
        from_state=before,
        to_state=case.state if before and before != case.state else "",
        text=text,
        facts=facts,
        internal=internal,
    )


def log(case: Case, kind: str, **more: Any) -> CaseEntry:
    """Add an entry, as `entry` makes it."""
    made = entry(case, kind, **more)
    made.save(force_insert=True)
    return made
