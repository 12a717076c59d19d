"""manage.py rebuild_metrics: add up every stored figure anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reports.metrics.registry import METRICS
from reports.metrics.rollups import rebuild


class Command(BaseCommand):
    help = "Add up the stored figures anew, all or those named; frozen months stay frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("metrics", nargs="*", help="keys of metrics; all without any")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = [key for key in options["metrics"] if key not in METRICS]
        if unknown:
            raise CommandError(_("There is no metric {key}.").format(key=unknown[0]))
        changed = rebuild(options["metrics"])
        self.stdout.write(_("{count} stored figures changed.").format(count=f"{changed:,}"))
