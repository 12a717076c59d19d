"""manage.py jobs list|run: the schedule at the command line."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from core import jobs
from core.errors import Refused
from core.models import Job
from core.work import verbs
from core.work.selectors import Line, schedule_lines


class Command(BaseCommand):
    """List periodic work, or do one of it now in this process."""

    help = "Lists periodic work, or runs one of it now: jobs list, jobs run NAME."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verb, the name of the work, and --json for programs."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("verb", choices=["list", "run"], nargs="?", default="list")
        parser.add_argument("name", nargs="?", default="", help="e.g. core.delete_old_jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit status 2 with one sentence for an unknown name, 1 when the work failed."""
        if options["verb"] == "list":
            self._list(as_json=options["json"])
        else:
            self._run(options["name"], as_json=options["json"])

    def _list(self, *, as_json: bool) -> None:
        lines = schedule_lines()
        if as_json:
            self.stdout.write(json.dumps({"jobs": [_facts(line) for line in lines]}))
            return
        for line in lines:
            state = line.last.job.get_state_display() if line.last else _("Not run yet")
            state = state if line.enabled else _("Switched off")
            self.stdout.write(f"{line.kind:<36} {line.timing:<24} {state}")

    def _run(self, name: str, *, as_json: bool) -> None:
        """Run in this process, as every command does, without worker or broker."""
        try:
            asked = verbs.run_now(name, by=None)
        except Refused as refusal:
            self.stderr.write(str(refusal))
            raise SystemExit(2) from None
        try:
            job = jobs.work(asked.pk)
        except Exception:  # noqa: BLE001  the job's row and the log have it
            job = None
        job = job or Job.objects.get(pk=asked.pk)
        if as_json:
            facts = {"job": job.pk, "kind": job.kind, "state": job.state, "message": job.message}
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(f"{job.get_state_display()}. {job.message}".strip())
        if job.state == "failed":
            raise SystemExit(1)


def _facts(line: Line) -> dict[str, Any]:
    """A line of the schedule for programs."""
    last = line.last.job if line.last else None
    return {
        "name": line.kind,
        "title": line.title,
        "timing": line.timing,
        "enabled": line.enabled,
        "next": line.next_at.isoformat() if line.next_at else None,
        "last": None
        if last is None
        else {"job": last.pk, "state": last.state, "at": last.created_at.isoformat()},
    }
