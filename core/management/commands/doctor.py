"""manage.py doctor: the self-check, for people and for monitoring."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import listed
from core.doctor import Examined, Level, examine, worst

SIGNS = {Level.OK: "[ok]", Level.WARNING: "[!!]", Level.ERROR: "[XX]"}


class Command(BaseCommand):
    """Every finding with what to do about it; exit status 1 when one is an error."""

    help = "Checks the installation and says what to do; exit status 1 when something is wrong."
    requires_system_checks: list[str] = []  # they would stop what this command should explain

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to check and how to say it."""
        parser.add_argument("--quick", action="store_true", help="leave out what takes long")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings. Warnings alone are no failure: exit status 0."""
        found = list(examine(quick=options["quick"]))
        level = worst(one.finding for one in found)
        if options["json"]:
            self.stdout.write(as_json(found, level))
        else:
            self.tell(found)
        if level == Level.ERROR:
            raise SystemExit(1)

    def tell(self, found: list[Examined]) -> None:
        """A line a finding, under it the advice."""
        for one in found:
            self.stdout.write(f"{SIGNS[one.finding.level]} {one.title}: {one.finding.sentence}")
            if one.finding.advice:
                self.stdout.write(f"     → {one.finding.advice}")
        self.stdout.write("")
        self.stdout.write(summary(found))


def summary(found: list[Examined]) -> str:
    """How many errors and warnings there are, in one sentence."""
    errors = sum(one.finding.level == Level.ERROR for one in found)
    warnings = sum(one.finding.level == Level.WARNING for one in found)
    if not errors and not warnings:
        return _("All checks passed.")
    parts = [
        ngettext("%(count)d error", "%(count)d errors", errors) % {"count": errors},
        ngettext("%(count)d warning", "%(count)d warnings", warnings) % {"count": warnings},
    ]
    return _("Found: {list}.").format(list=listed(parts))


def as_json(found: list[Examined], level: Level) -> str:
    """One object: the worst level and every finding."""
    findings = [{"check": one.key, "title": one.title, **asdict(one.finding)} for one in found]
    return json.dumps({"level": level, "findings": findings}, ensure_ascii=False)
