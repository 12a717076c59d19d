"""Doorbells of satisfaction."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from satisfaction.services.loop import follow_up, settle
from satisfaction.services.ratings import ask_after_cases

ACCESS = {
    "satisfaction.follow_up": "system",
}


@periodic("satisfaction.follow_up", limit=timedelta(minutes=30))
def follow_up_answers(running: Running) -> None:
    """Open cases for low answers, ask after closed cases, say who is recovered."""
    follow_up()
    settle()
    ask_after_cases()
