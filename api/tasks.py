"""Doorbells of the interface for programs."""

from api.services import hooks, repeats
from core.jobs import Running
from core.periodic import periodic

ACCESS = {"api.delete_old_answers": "system", "api.stop_failing_webhooks": "system"}


@periodic("api.delete_old_answers")
def delete_old_answers(running: Running) -> None:
    """Forget the answers kept for idempotency keys."""
    repeats.delete_old_answers()


@periodic("api.stop_failing_webhooks")
def stop_failing_webhooks(running: Running) -> None:
    """Switch off webhooks that took nothing for days."""
    hooks.stop_failing_webhooks()
