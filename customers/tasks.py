"""Doorbells of the archive."""

from core.jobs import Running
from core.periodic import periodic
from customers.services import delete_old_shares

ACCESS = {"customers.delete_old_shares": "system"}


@periodic("customers.delete_old_shares")
def forget_old_shares(running: Running) -> None:
    """Delete shares half a year after they ended."""
    delete_old_shares()
