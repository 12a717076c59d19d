"""Doorbells of the interface for programs."""

from api.services import repeats
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"api.delete_old_answers": "system"}


@periodic("api.delete_old_answers")
def delete_old_answers(running: Running) -> None:
    """Forget the answers kept for idempotency keys."""
    repeats.delete_old_answers()
