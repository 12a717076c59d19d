"""Doorbells of figures and of reports that are sent."""

from datetime import timedelta

from core.jobs import Running
from core.periodic import periodic
from reports.builder.sending import start_due
from reports.metrics import rollups
from reports.metrics.night import night

ACCESS = {
    "reports.refresh": "system",
    "reports.nightly": "system",
    "reports.send_due": "system",
}


@periodic("reports.refresh", limit=timedelta(minutes=10))
def refresh(running: Running) -> None:
    """Add up what changed."""
    rollups.refresh()


@periodic("reports.nightly", limit=timedelta(hours=1))
def compare_and_close(running: Running) -> str:
    """Compare the figures with their rows, judge limits, take snapshots, close months."""
    return night(progress=running.progress)


@periodic("reports.send_due")
def send_due(running: Running) -> None:
    """Begin the sendings whose time has come."""
    start_due()
