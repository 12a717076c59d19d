"""`manage.py analyse abc|rfm|seasonal`: tables of the analysis of customers."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scopes import narrow
from core.scope import EVERYTHING, Scope
from customers.models import Customer
from customers.selectors.codes import by_code
from regions.models import OrgUnit
from regions.selectors.changes import code_today
from reports.analysis.purchases import AbcLine, RfmLine, SeasonLine, abc, rfm, seasonal


class Command(BaseCommand):
    """Full tables, unrounded; money with two decimals as text. Purchases through the day count."""

    help = "Analyse the purchases of customers: ABC classes, RFM scores, seasonal index."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("method", choices=("abc", "rfm", "seasonal"))
        parser.add_argument("--unit", metavar="CODE", default="", help="customers of this branch")
        parser.add_argument("--customer", metavar="CODE", default="", help="one customer")
        parser.add_argument("--as-of", metavar="DAY", default="", help="YYYY-MM-DD, else today")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = _day(options["as_of"])
        scope, customer = _scope(options["unit"]), _customer(options["customer"])
        table = TABLES[options["method"]](as_of, scope, customer)
        if options["json"]:
            self.stdout.write(json.dumps(table, ensure_ascii=False))
            return
        for lines in table.values():
            if lines:
                self.stdout.write("\t".join(lines[0]))
            for line in lines:
                self.stdout.write("\t".join("" if v is None else str(v) for v in line.values()))


def _day(text: str) -> dt.date:
    if not text:
        return timezone.localdate()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2999:
        sentence = _("“{text}” is no day. Please write it like 2026-11-21.")
        raise CommandError(sentence.format(text=text), returncode=2)
    return day


def _scope(code: str) -> Scope:
    if not code:
        return EVERYTHING
    unit = code_today(OrgUnit.objects.all(), code.upper())
    if unit is None:
        sentence = _("There is no unit with the code {code}.")
        raise CommandError(sentence.format(code=code), returncode=2)
    return narrow(EVERYTHING, unit, below=True)


def _customer(code: str) -> Customer | None:
    if not code:
        return None
    customer = by_code(Customer.objects.all(), code)
    if customer is None:
        sentence = _("There is no customer with the code {code}.")
        raise CommandError(sentence.format(code=code), returncode=2)
    return customer


def _abc(*asked: Any) -> dict[str, list[dict[str, Any]]]:
    return {"customers": [_abc_line(line) for line in abc(*asked)]}


def _abc_line(line: AbcLine) -> dict[str, Any]:
    return {
        "business_type": line.business_type,
        "code": line.code,
        "amount": f"{line.amount:.2f}",
        "share": line.share,
        "cumulative": line.cumulative,
        "class": line.abc,
    }


def _rfm(*asked: Any) -> dict[str, list[dict[str, Any]]]:
    return {"customers": [_rfm_line(line) for line in rfm(*asked)]}


def _rfm_line(line: RfmLine) -> dict[str, Any]:
    return {
        "code": line.code,
        "recency_days": line.recency_days,
        "frequency": line.frequency,
        "monetary": f"{line.monetary:.2f}",
        "r": line.r,
        "f": line.f,
        "m": line.m,
        "segment": line.segment,
    }


def _seasonal(*asked: Any) -> dict[str, list[dict[str, Any]]]:
    return {"months": [_season_line(line) for line in seasonal(*asked)]}


def _season_line(line: SeasonLine) -> dict[str, Any]:
    return {
        "month": line.month,
        "mean": float(line.mean),
        "index": line.index,
        "share": line.share,
    }


TABLES = {"abc": _abc, "rfm": _rfm, "seasonal": _seasonal}
