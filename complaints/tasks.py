"""Doorbells of complaints."""

from complaints.services.escalation import escalate
from complaints.services.measures import remind_owners
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"complaints.escalate": "system", "complaints.remind_measures": "system"}


@periodic("complaints.escalate")
def climb(running: Running) -> None:
    """Take the steps of the escalation whose time has come."""
    escalate()


@periodic("complaints.remind_measures")
def remind(running: Running) -> None:
    """Remind the owners of improvement measures."""
    remind_owners()
