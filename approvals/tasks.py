"""Doorbells of approvals."""

from approvals.services.timing import run_due
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"approvals.run_due": "system"}


@periodic("approvals.run_due")
def look_at_the_clock(running: Running) -> None:
    """Do what time limits, people who left and unsigned calls ask for."""
    run_due()
