"""Doorbells of the archive."""

from core.jobs import Running
from core.periodic import periodic
from customers.services import delete_old_shares, find_duplicates

ACCESS = {"customers.delete_old_shares": "system", "customers.find_duplicates": "system"}


@periodic("customers.delete_old_shares")
def forget_old_shares(running: Running) -> None:
    """Delete shares half a year after they ended."""
    delete_old_shares()


@periodic("customers.find_duplicates")
def look_for_duplicates(running: Running) -> None:
    """Look for customers who may be one."""
    find_duplicates()
