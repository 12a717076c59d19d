"""`manage.py policies`: what every rule says in a unit, and who says so."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from regions.models import Kind, OrgUnit
from regions.selectors.policies import Line, lines_of


class Command(BaseCommand):
    help = "List what every rule says in a unit on a day, and where the value comes from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", metavar="CODE", default="", help="default: the group")
        parser.add_argument("--on", metavar="DATE", default="", help="default: today")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        unit, day = _unit(options["unit"]), _day(options["on"])
        lines = lines_of(unit, on=day)
        if options["json"]:
            rows = {line.rule.key: _as_json(line) for line in lines}
            document = {"unit": unit.code, "on": day.isoformat(), "policies": rows}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        width = max((len(line.rule.key) for line in lines), default=0)
        for line in lines:
            source = line.source.name if line.source else _("System default")
            since = f" {line.found.since}" if line.found.since else ""
            self.stdout.write(f"{line.rule.key:<{width}}  {line.words}  ({source}{since})")


def _unit(code: str) -> OrgUnit:
    """The unit of a code, without one the group."""
    wanted = OrgUnit.objects.filter(code=code.upper()) if code else None
    unit = (wanted if wanted is not None else OrgUnit.objects.filter(kind=Kind.GROUP)).first()
    if unit is None:
        sentence = _("There is no unit with the code {code}.") if code else _("There is no group.")
        raise CommandError(sentence.format(code=code), returncode=2)
    return unit


def _day(text: str) -> date:
    """The day of an ISO date, without one today."""
    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        sentence = _("“{text}” is not a date; write it like 2026-11-21.")
        raise CommandError(sentence.format(text=text), returncode=2) from error


def _as_json(line: Line) -> dict[str, Any]:
    since = line.found.since
    return {
        "value": line.rule.type.to_json(line.found.value),
        "words": line.words,
        "source": line.source.code if line.source else None,
        "since": since.isoformat() if since else None,
        "in_use": not line.rule.prepared,
    }
