"""Doorbells of expenses."""

from core.jobs import Running
from core.periodic import periodic
from expenses.services import evidence, key_dates

ACCESS = {"expenses.remind_evidence": "system", "expenses.remind_key_dates": "system"}


@periodic("expenses.remind_evidence")
def remind_evidence(running: Running) -> None:
    """Remind applicants of evidence that is due."""
    evidence.remind()


@periodic("expenses.remind_key_dates")
def remind_key_dates(running: Running) -> None:
    """Tell people of key dates that come near."""
    key_dates.remind()
