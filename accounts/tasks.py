"""Doorbells of people and access."""

from accounts.services import (
    close_past_last_day,
    delete_old_drafts,
    delete_old_login_records,
    end_stand_ins,
    find_work_left,
    tell_reviewers,
)
from accounts.sessions import end_expired
from core.jobs import Running
from core.periodic import periodic

ACCESS = {
    "accounts.close_leavers": "system",
    "accounts.delete_old_login_records": "system",
    "accounts.end_expired_sessions": "system",
    "accounts.end_stand_ins": "system",
    "accounts.find_work_left": "system",
    "accounts.tell_reviewers": "system",
}


@periodic("accounts.delete_old_login_records")
def delete_old_log_ins(running: Running) -> None:
    """Delete the log-in book beyond thirteen months."""
    delete_old_login_records()


@periodic("accounts.end_expired_sessions")
def end_sessions_that_ran_out(running: Running) -> None:
    """End log-ins that nobody came back to."""
    end_expired()


@periodic("accounts.end_stand_ins")
def return_work(running: Running) -> None:
    """Return work whose stand-in has ended, and forget plans that nobody carried out."""
    end_stand_ins()
    delete_old_drafts()


@periodic("accounts.close_leavers")
def close_leavers(running: Running) -> None:
    """Close accounts whose last day has passed."""
    close_past_last_day()


@periodic("accounts.find_work_left")
def look_for_work_left(running: Running) -> None:
    """List open work of people who have left."""
    find_work_left()


@periodic("accounts.tell_reviewers")
def tell_who_reviews(running: Running) -> None:
    """Tell heads and administrators on the first working day that grants wait for review."""
    tell_reviewers()
