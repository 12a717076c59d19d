"""Doorbells of satisfaction."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from satisfaction.services.tidying import look_after_answers as look_after

ACCESS = {
    "satisfaction.look_after_answers": "system",
}


@periodic("satisfaction.look_after_answers", limit=timedelta(hours=1))
def look_after_answers(running: Running) -> None:
    """Flag answers, mix anonymous ones, delete old drafts."""
    look_after()
