"""Doorbells of complaints."""

from complaints.services.escalation import escalate
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"complaints.escalate": "system"}


@periodic("complaints.escalate")
def climb(running: Running) -> None:
    """Take the steps of the escalation whose time has come."""
    escalate()
