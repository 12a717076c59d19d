"""manage.py drill: restore a backup on trial and say whether it is whole."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import keys
from core.errors import Refused
from crm_site import drill
from crm_site.backup import store


class Command(BaseCommand):
    """Restores the latest backup into a second installation and compares; touches nothing else."""

    help = "Restores a backup into a second, temporary installation and says whether it is whole."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which backup, with which copy of the master key."""
        parser.add_argument("backup", nargs="?", type=Path, help="folder (default: the latest)")
        parser.add_argument(
            "--key", type=Path, help="the copy of the master key you keep (default: the one in use)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--examine",
            action="store_true",
            help="compare this installation itself with the backup",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0 when the backup is whole, 1 when not, 2 when it could not be tried."""
        try:
            backup = store.read(options["backup"]) if options["backup"] else store.newest()
            if backup is None:
                raise Refused(_("There is no backup yet. Run: manage.py backup"))
            if options["examine"]:
                self.stdout.write(json.dumps(vars(drill.examine(backup))))
                return
            report = drill.drill(backup, key_file=options["key"] or keys.key_file())
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if report.passed:
            store.drill_passed({"backup": report.backup, "rows": report.rows})
        text = json.dumps(report.as_dict(), ensure_ascii=False)
        self.stdout.write(text if options["json"] else "\n".join(told(report)))
        if not report.passed:
            raise SystemExit(1)


def told(report: drill.Report) -> list[str]:
    """The report in sentences."""
    lines = [
        _("{rows} rows restored in {seconds} seconds from {folder}.").format(
            rows=f"{report.rows:,}", seconds=report.seconds, folder=report.backup
        ),
        _("Keys of persons: {tried} tried, {closed} could not be opened.").format(
            tried=report.keys_tried, closed=report.keys_closed
        ),
        _("Telephone numbers: {tried} tried, {closed} could not be read.").format(
            tried=report.values_tried, closed=report.values_closed
        ),
        _("Files: {tried} compared, {damaged} damaged or missing.").format(
            tried=report.files_tried, damaged=len(report.files_damaged)
        ),
    ]
    lines += [_("Other number of rows: {table}").format(table=t) for t in report.differing_tables]
    if report.audit_gaps:
        lines.append(
            _("The audit is out of order at {count} entries.").format(count=report.audit_gaps)
        )
    lines.append(
        _("The backup is whole.")
        if report.passed
        else _("The backup is NOT whole; make a new one and find the reason.")
    )
    return lines
