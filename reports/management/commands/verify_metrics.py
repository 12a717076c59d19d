"""manage.py verify_metrics: compare every stored figure with the rows it was added up from."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from reports.metrics.checking import differences


class Command(BaseCommand):
    help = "Compare the stored figures with their rows; exit status 1 when any differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print every difference")

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        if options["json"]:
            words = json.dumps({"differences": [one.as_json() for one in found]})
        elif found:
            words = _("{count} stored figures differ from their rows.").format(count=len(found))
        else:
            words = _("All stored figures are what their rows say.")
        self.stdout.write(words)
        if found:
            raise SystemExit(1)
