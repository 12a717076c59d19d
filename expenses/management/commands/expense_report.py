"""`manage.py expense_report --year YEAR [--unit CODE] [--json]`: expenses of a year."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.display import thousands
from core.errors import Refused
from expenses.selectors.report import expense_report
from regions.selectors.units import branch_of_code


class Command(BaseCommand):
    """The year is that of the application. Sums are yuan."""

    help = "Add up the customer-relationship expenses of a year, of the group or of one branch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--unit", metavar="CODE", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1900 <= options["year"] <= 2100:
            raise CommandError(_("The year must lie between 1900 and 2100."), returncode=2)
        try:
            unit = branch_of_code(options["unit"])
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        report = expense_report(options["year"], unit)
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        self.stdout.write("\n".join(_lines(report)))


def _lines(report: dict[str, Any]) -> list[str]:
    """The sums in words."""
    lines = [
        f"{_('Applications')}: {thousands(report['rows'])}",
        f"{pgettext('expense', 'Paid')}: ¥{report['paid_total']}",
    ]
    for name, title in (
        ("paid_by_category", _("Paid by category")),
        ("paid_by_unit", _("Paid by unit")),
        ("by_status", _("By state")),
    ):
        lines += [f"{title}:", *(f"  {key}: {value}" for key, value in report[name].items())]
    return lines
