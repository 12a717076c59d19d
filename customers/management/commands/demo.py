"""`manage.py demo`: load an invented property group to look at, or take it out again."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.display import thousands
from core.errors import Refused
from core.management.commands.migrate import connected_as_owner
from customers.demo.parts import parts
from customers.demo.removal import remove_demo
from customers.demo.services import SEED, Loaded, account_lines, load_demo, was_loaded
from customers.demo.tables import accounts_file
from regions.models import OrgUnit


class Command(BaseCommand):
    help = "Loads an invented property group with people, owners and a year of work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="do nothing where a demonstration was loaded before or an organisation exists",
        )
        parser.add_argument("--remove", action="store_true", help="take the demonstration out")
        parser.add_argument("--seed", type=int, default=SEED, help="another group by another seed")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document, lines = self._act(options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines))

    def _act(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Do what was asked; the result as JSON and as lines."""
        if options["remove"]:
            # Versions of rules are only ever added by the application's own role.
            with connected_as_owner():
                counts = remove_demo()
            lines = _count_lines(counts)
            return {"removed": counts}, [_("The demonstration was removed."), *lines]
        if options["once"] and (reason := _why_not()):
            return {"loaded": False, "reason": reason}, [reason]
        loaded = load_demo(options["seed"])
        # Pages are opened at once; without statistics the planner would guess.
        with connected_as_owner(), connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return {"loaded": True, **asdict(loaded)}, _lines(loaded)


def _why_not() -> str:
    """Why `--once` has nothing to do, empty when it has."""
    if was_loaded():
        return _("A demonstration was loaded before; nothing was changed.")
    if OrgUnit.objects.exists():
        return _("There is an organisation already; no demonstration was loaded.")
    return ""


def _count_lines(counts: dict[str, int]) -> list[str]:
    """What was written or removed, a line a kind, in words."""
    titles: dict[str, Any] = {
        "units": _("Units"),
        "people": _("People"),
        "people_kept": _("People kept because the audit names them"),
        "customers": _("Customers"),
        "owners": pgettext("count", "Owners"),
        "organisations": _("Organisations"),
        "contacts": _("Contacts"),
        "properties": _("Properties"),
        "ownerships": _("Ownerships"),
        "places": _("Customer relationships"),
        "activities": _("Activities"),
        "sections": _("Sections"),
        "rules": _("Rules with values of their own"),
        "changes": _("Organisation changes"),
        "shares": _("Shares"),
        "notices": _("Notifications"),
    }
    for part in parts():
        titles |= part.titles
    return [f"  {titles[name]}: {thousands(number)}" for name, number in counts.items()]


def _lines(loaded: Loaded) -> list[str]:
    sentence = _("The accounts are kept in {file}.").format(file=accounts_file())
    return [
        _("The demonstration was loaded."),
        *_count_lines(loaded.counts),
        *(line.expandtabs(16) for line in account_lines(loaded.accounts)),
        sentence,
    ]
