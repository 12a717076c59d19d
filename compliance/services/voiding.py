"""Who may judge what was decided about a person, and declaring it void (LOG-08)."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from compliance.selectors.circulars import PUBLISH


def may_judge(row: Any, reader: User) -> bool:
    """Whether somebody may decide on a sanction or a commendation: he publishes notices where it
    was given, and it is not his own."""
    if row.person_id == reader.pk:
        return False
    return type(row).objects.visible_to(reader, PUBLISH).filter(pk=row.pk).exists()


def declare_void(row: Any, *, by: User, reason: str) -> None:
    """Write that a sanction or a commendation is void, since when, by whom and why."""
    row.state, row.void_reason = "void", reason.strip()[:500]
    row.void_by, row.void_at = by, timezone.now()
    row.save()
