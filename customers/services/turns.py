"""Imports of customers take turns, chunk by chunk; a merge waits for them, and they for it."""

from typing import Any

IMPORT_LOCK = 7_231_001


def take_turn(cursor: Any) -> None:
    """Wait for the chunk of another import, until the end of this transaction.

    Two imports at once would both find a customer missing and both create him.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
