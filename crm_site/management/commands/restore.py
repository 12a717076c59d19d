"""manage.py restore FOLDER: put a backup back, whole or not at all."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from audit.services import record
from core import keys
from core.errors import Refused
from core.personal_data import Erased, unwrap
from crm_site.backup import programs, restore, store

SAMPLE = 100


class Command(BaseCommand):
    """Replaces database and files by those of a backup, and brings them up to date."""

    help = "Puts a backup back into the database and the files, and brings both up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The backup, and how sure the operator is."""
        parser.add_argument("backup", type=Path, help="folder that manage.py backup made")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="replace a database that holds data; asks for its name, keeps a backup of it",
        )
        parser.add_argument("--name", help="the name of the database, instead of the question")
        parser.add_argument(
            "--no-keep", action="store_true", help="keep no backup of what is there"
        )
        parser.add_argument(
            "--damaged-files",
            action="store_true",
            help="restore although some files differ from their hashes",
        )
        parser.add_argument(
            "--no-migrate", action="store_true", help="leave the schema as it was then"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore; exit status 2 with one sentence when it is refused, and nothing changed then."""
        try:
            backup = store.read(options["backup"])
            if options["replace"] and restore.holds_data():
                self.ask(backup, options["name"])
            with programs.tidy_end():
                former = restore.restore(
                    backup,
                    replace=options["replace"],
                    keep_old=not options["no_keep"],
                    damaged_too=options["damaged_files"],
                )
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except OperationalError as problem:
            sentence = _("The database cannot be reached: %(reason)s")
            reason = str(problem).strip().partition("\n")[0]
            raise CommandError(sentence % {"reason": reason}, returncode=2) from problem
        if not options["no_migrate"]:
            call_command("migrate", interactive=False, verbosity=0)
            record("backup.restored", by=None, made_at=backup.manifest["made_at"])
        if former is not None:
            self.stdout.write(_("What was there before: {folder}").format(folder=former))
        rows = f"{sum(backup.tables.values()):,}"
        sentence = _("Restored {rows} rows of {made_at}. Everybody must log in again.")
        self.stdout.write(sentence.format(rows=rows, made_at=backup.manifest["made_at"]))
        self.tell_about_key(backup)

    def ask(self, backup: store.Backup, given: str | None) -> None:
        """Let the operator type the name of the database. Raises Refused for another text."""
        name = restore.database_name()
        if given is None:
            if not sys.stdin.isatty():
                sentence = _("The database {name} holds data. Confirm with --name {name}.")
                raise Refused(sentence.format(name=name))
            self.stdout.write(
                _("This replaces all data of {name} by those of {made_at}.").format(
                    name=name, made_at=backup.manifest["made_at"]
                )
            )
            given = input(_("Type the name of the database to go on: "))
        if given.strip() != name:
            raise Refused(_("The name is not that of the database; nothing was changed."))

    def tell_about_key(self, backup: store.Backup) -> None:
        """Say at once when the master key of this machine is not the one of this backup."""
        if not backup.manifest["key"]:
            return
        fits = keys.fingerprint() == backup.manifest["key"]
        if not fits or not all(map(_opens, keys.sample(SAMPLE))):
            self.stderr.write(
                _(
                    "The master key of this machine does not fit: copy the one you kept to "
                    "{path}, else all telephone numbers stay empty."
                ).format(path=keys.key_file())
            )


def _opens(wrapped: bytes) -> bool:
    try:
        unwrap(wrapped)
    except Erased:
        return False
    return True
