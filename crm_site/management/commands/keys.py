"""`manage.py keys status|backup|add|rotate|retire`: care of the key that protects personal data."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.services import record
from core import keys
from core.errors import Refused

Answer = tuple[dict[str, Any], str]


class Command(BaseCommand):
    """One act; what was done is on the record."""

    help = "Backs up, renews or retires the master key of personal data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The act, and what it is about."""
        parser.add_argument("act", choices=("status", "backup", "add", "rotate", "retire"))
        parser.add_argument(
            "what", nargs="?", help="backup: the file that takes the copy; retire: the key's name"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print one sentence; exit status 2 with one sentence when it is refused."""
        try:
            document, sentence = getattr(self, f"_{options['act']}")(options["what"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        self.stdout.write(json.dumps(document) if options["json"] else sentence)

    def _status(self, _what: str | None) -> Answer:
        users = dict(keys.users_of_keys())
        due = keys.backup_is_due()
        if due:
            sentence = _("The key of personal data has no backup. Run: manage.py keys backup FILE")
        else:
            sentence = _("The key of personal data is backed up.")
        lines = [f"{name}: {count}" for name, count in sorted(users.items())]
        return {"backup_due": due, "keys": users}, "\n".join([sentence, *lines])

    def _backup(self, what: str | None) -> Answer:
        if what is None:
            raise Refused(_("Please name the file that takes the copy."))
        keys.back_up(Path(what).absolute())
        record("keys.backed_up", by=None)
        sentence = _("Copied to {file}. Keep it apart from the backups of the database.")
        return {"file": what}, sentence.format(file=what)

    def _add(self, _what: str | None) -> Answer:
        name = keys.add_key()
        record("keys.added", by=None, key=name)
        sentence = _(
            "The key {name} waits in the file. Copy the file to all machines, then rotate."
        )
        return {"key": name}, sentence.format(name=name)

    def _rotate(self, _what: str | None) -> Answer:
        name, count = keys.rotate()
        record("keys.rotated", by=None, key=name, count=count)
        sentence = _("{count} keys were wrapped with the new key {name}. Please back it up now.")
        return {"key": name, "rewrapped": count}, sentence.format(count=count, name=name)

    def _retire(self, what: str | None) -> Answer:
        if what is None:
            raise Refused(_("Please name the key, as manage.py keys status shows it."))
        keys.retire(what)
        record("keys.retired", by=None, key=what)
        sentence = _("{name} was taken out of the file. Older backups need the older copies of it.")
        return {"retired": what}, sentence.format(name=what)
