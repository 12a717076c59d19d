"""Doorbells of satisfaction."""

from core.jobs import Running
from core.periodic import periodic
from satisfaction.services.scoring_jobs import score_open_waves

ACCESS = {"satisfaction.score_open_waves": "system"}


@periodic("satisfaction.score_open_waves")
def score(running: Running) -> None:
    """Ask for the scoring of the waves that are open."""
    score_open_waves()
