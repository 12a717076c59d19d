"""Doorbells of satisfaction."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from satisfaction.link_files import delete_old_files
from satisfaction.services.invitations import remind_all
from satisfaction.services.loop import follow_up, settle
from satisfaction.services.ratings import ask_after_cases
from satisfaction.services.scoring_jobs import score_open_waves
from satisfaction.services.tidying import look_after_answers as look_after
from satisfaction.services.waves import open_and_close as turn

ACCESS = {
    "satisfaction.look_after_answers": "system",
    "satisfaction.open_and_close": "system",
    "satisfaction.remind": "system",
    "satisfaction.delete_link_files": "system",
    "satisfaction.score_open_waves": "system",
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


@periodic("satisfaction.look_after_answers", limit=timedelta(hours=1))
def look_after_answers(running: Running) -> None:
    """Flag answers, mix anonymous ones, delete old drafts."""
    look_after()


@periodic("satisfaction.score_open_waves")
def score(running: Running) -> None:
    """Ask for the scoring of the waves that are open."""
    score_open_waves()


@periodic("satisfaction.follow_up", limit=timedelta(minutes=30))
def follow_up_answers(running: Running) -> None:
    """Open cases for low answers, ask after closed cases, say who is recovered."""
    follow_up()
    settle()
    ask_after_cases()
