"""Verbs of complaints: each one transaction, keyword-only, with the acting person as `by`."""

from complaints.services.escalation import escalate
from complaints.services.intake import register_case
from complaints.services.moves import make_move, why_not

__all__ = ["escalate", "make_move", "register_case", "why_not"]
