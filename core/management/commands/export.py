"""`manage.py export KIND`: write a list to a workbook, in this process, with group reach."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import Refused
from core.exports import WRITERS


class Command(BaseCommand):
    help = "Write a list to an .xlsx file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=" | ".join(sorted(WRITERS)))
        parser.add_argument("--unit", metavar="CODE", default="", help="only this branch")
        parser.add_argument("--out", metavar="FILE", type=Path, help="default: KIND.xlsx")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["kind"]
        if kind not in WRITERS:
            sentence = _("There is no export “{name}”. The exports are: {choices}.")
            choices = ", ".join(sorted(WRITERS))
            raise CommandError(sentence.format(name=kind, choices=choices), returncode=2)
        target = (options["out"] or Path(f"{kind}.xlsx")).absolute()
        if not target.parent.is_dir():
            sentence = _("The folder {folder} does not exist.")
            raise CommandError(sentence.format(folder=target.parent), returncode=2)
        try:
            rows = WRITERS[kind](options["unit"].upper(), target)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["json"]:
            document = {"kind": kind, "rows": rows, "file": str(target)}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write(_("{rows} rows in {file}").format(rows=rows, file=target))
