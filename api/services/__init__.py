"""Verbs of the interface for programs."""

from api.services.repeats import delete_old_answers, once
from api.services.tokens import Issued, count_call, issue, revoke, token_behind

__all__ = [
    "Issued",
    "count_call",
    "delete_old_answers",
    "issue",
    "once",
    "revoke",
    "token_behind",
]
