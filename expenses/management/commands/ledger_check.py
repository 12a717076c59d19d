"""`manage.py ledger_check [--json]`: whether the sums of money agree with the ledger."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils.translation import gettext as _

from expenses.selectors.invariants import differences


class Command(BaseCommand):
    """Exit status 0 when everything agrees, 1 when something differs."""

    help = "Compare applications, payments, budgets and gifts with the ledger and the movements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # All checks see one moment: work that goes on meanwhile makes no difference.
                if not connection.in_atomic_block or not connection.savepoint_ids:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = differences()
        if options["json"]:
            document = {"differences": [one.as_json() for one in found]}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            for one in found:
                sentence = _("{what} of {key}: {expected} expected, {found} found")
                self.stdout.write(sentence.format(**one.as_json()))
            if not found:
                self.stdout.write(_("Everything agrees."))
        if found:
            sys.exit(1)
