"""`manage.py store_log_ins --through DAY [--json]`: judge the log-in duty over a long gap."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from compliance.services.nightly import close_gap
from core.errors import Refused
from core.values.base import BadValue
from core.values.dates import parse_date


class Command(BaseCommand):
    """The nightly run refuses to judge more than 31 days at once: a wrong clock must not. Whoever
    has looked at the clock runs this; the nights go on from there."""

    help = "Store the log-in duty through a day that is over, however long ago the last one was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The last day to store."""
        parser.add_argument("--through", metavar="DAY", required=True)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 2 with one sentence for a day that is not over."""
        try:
            day = _day(options["through"])
            said = close_gap(day)
        except (Refused, BadValue) as problem:
            raise CommandError(str(problem), returncode=2) from problem
        if options["json"]:
            said = json.dumps({"through": day.isoformat(), "said": said}, ensure_ascii=False)
        self.stdout.write(said)


def _day(text: str) -> dt.date:
    """The day somebody typed. Raises BadValue."""
    day = parse_date(text)
    if day is None:
        raise BadValue("date", _("This is not a date. Write dates like 2021-01-31."))
    return day
