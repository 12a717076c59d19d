"""Declaring void what was decided about a person (LOG-08)."""

from typing import Any

from django.utils import timezone

from accounts.models import User


def declare_void(row: Any, *, by: User, reason: str) -> None:
    """Write that a sanction or a commendation is void, since when, by whom and why."""
    row.state, row.void_reason = "void", reason.strip()[:500]
    row.void_by, row.void_at = by, timezone.now()
    row.save()
