"""Doorbells of people and access."""

from celery import shared_task

from accounts.services import delete_old_login_records

ACCESS = {"accounts.delete_old_login_records": "system"}


@shared_task(name="accounts.delete_old_login_records")
def delete_old_log_ins() -> None:
    """Delete the log-in book beyond thirteen months."""
    delete_old_login_records()
