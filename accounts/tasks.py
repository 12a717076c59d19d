"""Doorbells of people and access."""

from accounts.services import delete_old_login_records
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"accounts.delete_old_login_records": "system"}


@periodic("accounts.delete_old_login_records")
def delete_old_log_ins(running: Running) -> None:
    """Delete the log-in book beyond thirteen months."""
    delete_old_login_records()
