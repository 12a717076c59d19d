"""`manage.py customer_stats [--unit CODE] [--json]`: how many customers the archive holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.display import thousands
from core.errors import Refused
from customers.selectors.stats import customer_stats
from regions.selectors.units import branch_of_code


class Command(BaseCommand):
    help = "Count persons, organisations and properties, of the group or of one branch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", metavar="CODE", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            unit = branch_of_code(options["unit"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        stats = customer_stats(unit)
        if options["json"]:
            self.stdout.write(json.dumps(stats, ensure_ascii=False))
            return
        self.stdout.write("\n".join(_lines(stats)))


def _lines(stats: dict[str, Any]) -> list[str]:
    """The counts in words, the classes of organisations below their heads."""
    lines = [
        f"{title}: {thousands(stats[name])}"
        for name, title in (
            ("persons", _("Owners and other persons")),
            ("organisations", _("Organisations")),
            ("properties", _("Properties")),
        )
    ]
    for name, title in (
        ("by_ownership_class", _("Organisations by class")),
        ("by_importance", _("Organisations by importance")),
    ):
        lines += [f"{title}:", *(f"  {key}: {thousands(n)}" for key, n in stats[name].items())]
    return lines
