"""Errors of approvals beside those of core."""

from core.errors import Stale


class Conflict(Stale):
    """Somebody else was quicker; the sentence says who, and when. Nothing was written."""
