"""Doorbells of complaints."""

from datetime import timedelta

from complaints.services.escalation import escalate
from complaints.services.mailbox import delete_old_mail
from complaints.services.mailbox import fetch_mail as fetch
from complaints.services.measures import remind_owners
from core.jobs import Running
from core.periodic import periodic

ACCESS = {
    "complaints.escalate": "system",
    "complaints.fetch_mail": "system",
    "complaints.delete_old_mail": "system",
    "complaints.remind_measures": "system",
}


@periodic("complaints.escalate")
def climb(running: Running) -> None:
    """Take the steps of the escalation whose time has come."""
    escalate()


@periodic("complaints.remind_measures")
def remind(running: Running) -> None:
    """Remind the owners of improvement measures."""
    remind_owners()


@periodic("complaints.fetch_mail", limit=timedelta(minutes=30))
def fetch_mail(running: Running) -> None:
    """Take over the new mails of the mailbox."""
    fetch(progress=running.progress)


@periodic("complaints.delete_old_mail")
def tidy_mail(running: Running) -> None:
    """Delete mails that became no case."""
    delete_old_mail()
