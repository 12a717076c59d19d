"""Doorbells of reports."""

from core.jobs import Running
from core.periodic import periodic
from reports.builder.sending import start_due

ACCESS = {"reports.send_due": "system"}


@periodic("reports.send_due")
def send_due(running: Running) -> None:
    """Begin the sendings whose time has come."""
    start_due()
