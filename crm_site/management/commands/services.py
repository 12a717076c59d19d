"""manage.py services start|stop|status: the embedded servers alone."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from crm_site import services


class Command(BaseCommand):
    """Start, stop or ask after the embedded PostgreSQL and Valkey of CRM_HOME."""

    help = "Starts, stops or shows the embedded PostgreSQL and Valkey of CRM_HOME."
    requires_system_checks: list[str] = []  # they may ask the database, which is not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One verb, and --json for programs."""
        parser.add_argument("verb", choices=["start", "stop", "status"])
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print one line; exit status 2 with one sentence when it cannot be done."""
        try:
            line = getattr(self, options["verb"])(as_json=options["json"])
        except services.ServicesError as problem:
            self.stderr.write(str(problem))
            raise SystemExit(2) from None
        self.stdout.write(line)

    def start(self, *, as_json: bool) -> str:
        """Start what does not run."""
        running = services.start(settings.CRM_HOME)
        if as_json:
            return json.dumps({"started": running.started, **_where(running.endpoints)})
        folder = running.endpoints.socket_dir
        if running.started:
            names = " + ".join(running.started)
            return _("Started: %(names)s (sockets in %(folder)s).") % {
                "names": names,
                "folder": folder,
            }
        return _("Already running (sockets in %(folder)s).") % {"folder": folder}

    def stop(self, *, as_json: bool) -> str:
        """Stop what runs."""
        stopped = services.stop(settings.CRM_HOME)
        if as_json:
            return json.dumps({"stopped": stopped})
        if stopped:
            return _("Stopped: %(names)s.") % {"names": " + ".join(stopped)}
        return _("Nothing was running.")

    def status(self, *, as_json: bool) -> str:
        """Tell what runs."""
        now = services.status(settings.CRM_HOME)
        if as_json:
            facts = {"postgres": now.postgres, "valkey": now.valkey, "running": now.running}
            return json.dumps({**facts, **_where(now.endpoints)})
        return f"PostgreSQL: {now.postgres}; Valkey: {now.valkey}"


def _where(endpoints: services.Endpoints | None) -> dict[str, str]:
    """What a program needs to connect."""
    if endpoints is None:
        return {}
    return {
        "socket_dir": str(endpoints.socket_dir),
        "database": endpoints.database,
        "owner": endpoints.owner,
        "app": endpoints.app,
        "broker_url": endpoints.broker_url,
    }
