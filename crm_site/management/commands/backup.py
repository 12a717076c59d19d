"""manage.py backup: database and files of one point in time, into a folder."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from core.errors import Refused
from crm_site.backup import store
from crm_site.backup.dump import back_up


class Command(BaseCommand):
    """Makes a backup while the product runs; the master key is never in it."""

    help = "Makes a backup of database and files; the master key is backed up apart."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to and how much."""
        parser.add_argument("--out", type=Path, help="folder (default: CRM_HOME/backups)")
        parser.add_argument("--no-files", action="store_true", help="the database alone")
        parser.add_argument(
            "--keep", type=int, default=store.KEPT, help="how many to keep (default %(default)s)"
        )
        parser.add_argument(
            "--before-upgrade",
            action="store_true",
            help="only when migrations wait for a database that holds tables",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and say where it lies; exit status 2 with one sentence when it cannot be made."""
        try:
            if options["before_upgrade"]:
                made = before_upgrade()
            else:
                made = back_up(
                    out=options["out"],
                    with_files=not options["no_files"],
                    kept=max(1, options["keep"]),
                )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except OperationalError as problem:
            sentence = _("The database cannot be reached: %(reason)s")
            reason = str(problem).strip().partition("\n")[0]
            raise CommandError(sentence % {"reason": reason}, returncode=2) from problem
        if made is not None:
            self.stdout.write(as_json(made) if options["json"] else told(made))


def before_upgrade() -> store.Backup | None:
    """A backup of the database when this version is about to change its tables.

    An upgrade that stopped and is tried again keeps the copy of its first try: the database of
    the second one is half changed already.
    """
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    if not executor.migration_plan(leaves):
        store.end_upgrade()
        return None
    if not executor.loader.applied_migrations:
        return None
    target = sorted(f"{app}.{name}" for app, name in leaves)
    if store.before_upgrade(target) is not None:
        return None
    made = back_up(reason="before-upgrade", with_files=False)
    store.begin_upgrade(made, target)
    return made


def told(made: store.Backup) -> str:
    """One sentence about a finished backup."""
    if made.manifest["reason"] == "before-upgrade":
        sentence = _(
            "Kept the database as it is before the upgrade: {folder} "
            "(back to it: manage.py restore {folder} --replace)."
        )
    else:
        sentence = _("Backup of {rows} rows in {folder}. The master key is not in it.")
    return sentence.format(rows=f"{sum(made.tables.values()):,}", folder=made.folder)


def as_json(made: store.Backup) -> str:
    """One object for programs."""
    facts = {
        "folder": str(made.folder),
        "made_at": made.manifest["made_at"],
        "rows": sum(made.tables.values()),
        "bytes": made.manifest["dump"]["bytes"],
        "files": made.manifest["files"],
    }
    return json.dumps(facts)
