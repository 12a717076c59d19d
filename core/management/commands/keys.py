"""`manage.py keys status|backup FILE|rotate`: care of the key that protects personal data."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import keys
from core.errors import Refused


class Command(BaseCommand):
    help = "Back up or renew the master key of personal data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=("status", "backup", "rotate"))
        parser.add_argument("file", nargs="?", type=Path, help="backup: where the copy goes")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document, sentence = getattr(self, f"_{options['act']}")(options["file"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        self.stdout.write(json.dumps(document) if options["json"] else sentence)

    def _status(self, file: Path | None) -> tuple[dict[str, Any], str]:
        if keys.backup_is_due():
            sentence = _("The key of personal data has no backup. Run: manage.py keys backup FILE")
            return {"backup_due": True}, sentence
        return {"backup_due": False}, _("The key of personal data is backed up.")

    def _backup(self, file: Path | None) -> tuple[dict[str, Any], str]:
        if file is None:
            raise Refused(_("Please name the file that takes the copy."))
        keys.back_up(file.absolute())
        sentence = _("Copied to {file}. Keep it apart from the backups of the database.")
        return {"file": str(file)}, sentence.format(file=file)

    def _rotate(self, file: Path | None) -> tuple[dict[str, Any], str]:
        name = keys.add_key()
        count = keys.rewrap()
        sentence = _("{count} keys were wrapped with the new key {name}. Please back it up now.")
        return {"key": name, "rewrapped": count}, sentence.format(count=count, name=name)
