"""`manage.py check_org [--unit CODE] [--json]`: the rules of the organisation, checked now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from compliance.checks import CheckReport, words
from compliance.services.findings import run_checks
from regions.models import OrgUnit


class Command(BaseCommand):
    """Findings open and close by what is found, as in the nightly run. Scores are 100 less 20, 10
    or 5 for each breach of high, medium or low severity."""

    help = "Check the rules of the organisation, of the group or of one branch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", metavar="CODE", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = None
        if options["unit"]:
            unit = OrgUnit.objects.filter(code=options["unit"].upper()).first()
            if unit is None:
                sentence = _("There is no unit with the code {code}.")
                raise CommandError(sentence.format(code=options["unit"]), returncode=2)
        report = run_checks(unit)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        self.stdout.write("\n".join(_lines(report)))


def _lines(report: CheckReport) -> list[str]:
    """What was found in words, the rules with their numbers below."""
    lines = [f"{one.check.id}  {one.breach.unit.code}  {words(one)}" for one in report.found]
    if not lines:
        return [_("All rules are kept.")]
    lines += ["", *(f"{rule}: {count}" for rule, count in report.by_rule.items())]
    return lines
