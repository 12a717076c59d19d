"""Doorbells of satisfaction."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from satisfaction.link_files import delete_old_files
from satisfaction.services.invitations import remind_all
from satisfaction.services.loop import follow_up, settle
from satisfaction.services.ratings import ask_after_cases
from satisfaction.services.waves import open_and_close as turn

ACCESS = {
    "satisfaction.open_and_close": "system",
    "satisfaction.remind": "system",
    "satisfaction.delete_link_files": "system",
    "satisfaction.follow_up": "system",
}


@periodic("satisfaction.open_and_close")
def open_and_close(running: Running) -> None:
    """Open and close waves by their days."""
    turn()


@periodic("satisfaction.remind", limit=timedelta(hours=1))
def remind(running: Running) -> None:
    """Invite reserves who stepped in, and remind who has not answered."""
    remind_all(progress=running.progress)


@periodic("satisfaction.delete_link_files")
def delete_link_files(running: Running) -> None:
    """Delete files that hold personal links."""
    delete_old_files()


@periodic("satisfaction.follow_up", limit=timedelta(minutes=30))
def follow_up_answers(running: Running) -> None:
    """Open cases for low answers, ask after closed cases, say who is recovered."""
    follow_up()
    settle()
    ask_after_cases()
