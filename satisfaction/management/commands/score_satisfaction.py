"""`manage.py score_satisfaction --wave CODE [--unit CODE] [--json]`: score a wave."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import Refused
from regions.models import OrgUnit
from satisfaction.models import Wave
from satisfaction.selectors.results import results_of
from satisfaction.services.analysing import analyse
from satisfaction.services.scoring import score_wave
from satisfaction.services.scoring_jobs import ask_for_analysis
from satisfaction.services.tones import read_remarks

PATIENCE = 600  # seconds to wait for a run that a worker has begun


class Command(BaseCommand):
    """Scores in this process, without a worker, and publishes what it prints."""

    help = "Score a wave and print the figures of every unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wave", metavar="CODE", required=True)
        parser.add_argument("--unit", metavar="CODE", default="", help="print this branch only")
        parser.add_argument(
            "--analyse",
            action="store_true",
            help="also resample, compare and find drivers before printing, in this process;"
            " else a worker does",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        wave = (
            Wave.objects.select_related("version__questionnaire", "unit")
            .filter(code=options["wave"])
            .first()
        )
        if wave is None:
            sentence = _("There is no wave with the code {code}.")
            raise CommandError(sentence.format(code=options["wave"]), returncode=2)
        unit = _unit(options["unit"])
        try:
            read_remarks(wave)
            run = score_wave(wave, by=None, patience=PATIENCE)
            if options["analyse"]:
                analyse(run)
            else:
                ask_for_analysis(run)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        results = results_of(run, unit)
        if options["json"]:
            self.stdout.write(json.dumps(results, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(results)))


def _unit(code: str) -> OrgUnit | None:
    if not code:
        return None
    unit = OrgUnit.objects.filter(code=code.upper()).first()
    if unit is None:
        sentence = _("There is no unit with the code {code}.")
        raise CommandError(sentence.format(code=code), returncode=2)
    return unit


def _lines(results: dict[str, Any]) -> list[str]:
    """A line a unit: n, mean with interval, top-2 share, net promoter score."""
    lines = []
    for unit in results["units"]:
        if not unit["shown"]:
            lines.append(f"{unit['code']}  n={unit['n']}  {_('too few answers')}")
            continue
        low, high = unit["mean_ci"] or (unit["mean"], unit["mean"])
        lines.append(
            f"{unit['code']}  n={unit['n']}  {unit['mean']:.2f} [{low:.2f}, {high:.2f}]  "
            f"{unit['top2']:.1%}  NPS {unit['nps'] or 0:+.1f}"
        )
    return lines
