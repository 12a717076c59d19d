"""manage.py close_leavers: close the accounts of all whose last day has passed."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from accounts.services import close_past_last_day, past_last_day


class Command(BaseCommand):
    """For the operator, after a night that found more accounts than it closes by itself."""

    help = "Closes every account whose last day has passed, however many they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--list only says whose they are; --json for programs."""
        parser.add_argument("--list", action="store_true", help="only list them, close nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """What was found, and how many of them were closed."""
        found = list(past_last_day().values_list("employee_no", "name", "left_on"))
        closed = 0 if options["list"] else close_past_last_day(unbounded=True)
        if options["json"]:
            people = [{"employee_no": no, "left_on": str(on)} for no, _name, on in found]
            self.stdout.write(json.dumps({"found": people, "closed": closed}))
            return
        for number, name, on in found:
            self.stdout.write(f"{number}  {name}  {on}")
        sentence = ngettext("{count} account was closed.", "{count} accounts were closed.", closed)
        self.stdout.write(sentence.format(count=closed))
