"""`manage.py complaint_stats --from DAY --to DAY [--unit CODE] [--json]`: cases of a span."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from complaints.selectors.stats import complaint_stats
from core.display import thousands
from core.errors import Refused
from core.values.base import BadValue
from core.values.dates import parse_date
from regions.selectors.units import branch_of_code


class Command(BaseCommand):
    """Days are those of China; the last one counts."""

    help = "Count the cases taken in within a span, of the group or of one branch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", metavar="DAY", required=True)
        parser.add_argument("--to", dest="last", metavar="DAY", required=True)
        parser.add_argument("--unit", metavar="CODE", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = _day(options["first"]), _day(options["last"])
        if last < first:
            raise CommandError(_("The last day lies before the first."), returncode=2)
        try:
            unit = branch_of_code(options["unit"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        stats = complaint_stats(first, last, unit)
        if options["json"]:
            self.stdout.write(json.dumps(stats, ensure_ascii=False))
            return
        self.stdout.write("\n".join(_lines(stats)))


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except BadValue as bad:
        raise CommandError(str(bad.message), returncode=2) from bad
    if day is None:
        raise CommandError(_("Please name a day."), returncode=2)
    return day


def _lines(stats: dict[str, Any]) -> list[str]:
    """The counts in words."""
    lines = [f"{_('Cases')}: {thousands(stats['rows'])}"]
    for name, title in (
        ("by_category", _("By category")),
        ("by_level", _("By level")),
        ("by_status", _("By state")),
        ("by_month", _("By month")),
    ):
        lines += [f"{title}:", *(f"  {key}: {thousands(n)}" for key, n in stats[name].items())]
    late = stats["responded_late_clock_hours"]["24"]
    lines.append(f"{_('First contact after more than 24 hours')}: {thousands(late)}")
    for name, title in (
        ("first_contact", _("First contact within limit")),
        ("resolution", _("Resolution within limit")),
    ):
        share = stats["within_limit"][name]
        lines.append(f"{title}: {'–' if share is None else f'{share:.1%}'}")
    return lines
