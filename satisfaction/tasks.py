"""Doorbells of satisfaction."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from satisfaction.link_files import delete_old_files
from satisfaction.services.invitations import remind_all
from satisfaction.services.waves import open_and_close as turn

ACCESS = {
    "satisfaction.open_and_close": "system",
    "satisfaction.remind": "system",
    "satisfaction.delete_link_files": "system",
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
