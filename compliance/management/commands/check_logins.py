"""`manage.py check_logins --from DAY --to DAY [--unit CODE] [--json]`: who met the log-in rule."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from compliance.selectors.log_ins import PersonResult, Result, check
from core.errors import Refused
from core.values.base import BadValue
from core.values.dates import parse_date
from regions.models import OrgUnit


class Command(BaseCommand):
    """Days are local. What is stored and frozen is not asked: the rule is applied to what is
    recorded now."""

    help = "Apply the log-in rule to a span of days, for the group or one branch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", metavar="DAY", required=True)
        parser.add_argument("--to", dest="last", metavar="DAY", required=True)
        parser.add_argument("--unit", metavar="CODE", default="")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            first, last = _day(options["first"]), _day(options["last"])
            result = check(first, last, unit=_unit(options["unit"]))
        except (Refused, BadValue) as problem:
            raise CommandError(str(problem), returncode=2) from problem
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(result)))


def _day(text: str) -> dt.date:
    """The day somebody typed. Raises BadValue."""
    day = parse_date(text)
    if day is None:
        raise BadValue("date", _("This is not a date. Write dates like 2021-01-31."))
    return day


def _unit(code: str) -> OrgUnit | None:
    """The unit of a code, None for the group. Raises Refused."""
    if not code:
        return None
    unit = OrgUnit.objects.filter(code=code.upper()).first()
    if unit is None:
        raise Refused(_("There is no unit with the code {code}.").format(code=code))
    return unit


def _lines(result: Result) -> list[str]:
    """A line for each unit, then one for each person who missed something."""
    lines = [
        _("{code}: {met} of {expected} expected days met").format(
            code=unit.code, met=unit.met, expected=unit.expected
        )
        for unit in result.units
    ]
    return lines + [_person_line(one) for one in result.people if _missed(one)]


def _missed(one: PersonResult) -> bool:
    return one.met < one.expected or one.trip_weeks_met < one.trip_weeks or bool(one.lapses)


def _person_line(one: PersonResult) -> str:
    runs = ", ".join(f"{run.first} – {run.last} ({run.days})" for run in one.lapses)
    sentence = _("  {no}: {met} of {expected} days, {weeks_met} of {weeks} weeks of trips {runs}")
    return sentence.format(
        no=one.employee_no,
        met=one.met,
        expected=one.expected,
        weeks_met=one.trip_weeks_met,
        weeks=one.trip_weeks,
        runs=runs,
    ).rstrip()
