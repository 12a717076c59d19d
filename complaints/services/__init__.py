"""Verbs of complaints: each one transaction, keyword-only, with the acting person as `by`."""

from complaints.models import Complainant
from complaints.services.escalation import escalate
from complaints.services.intake import register_case
from complaints.services.moves import make_move, why_not
from customers.services.reveal import FIELDS

__all__ = ["escalate", "make_move", "register_case", "why_not"]

# The number of somebody who complains is shown as those of customers are: with a reason, recorded.
FIELDS[Complainant] = frozenset({"phone"})
