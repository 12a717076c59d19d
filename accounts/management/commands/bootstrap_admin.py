"""manage.py bootstrap_admin NO: the first administrator of a new installation."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from accounts.links import address_of_link
from accounts.services import bootstrap_administrator
from core.errors import Refused


class Command(BaseCommand):
    """No account exists after `migrate`, and none ever has a password that somebody else chose."""

    help = "Creates the first administrator and prints a link with which he sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and what the group is called where none exists yet."""
        parser.add_argument("employee_no")
        parser.add_argument("--name", default="", help="name of the person")
        parser.add_argument("--group", default="集团", help="name of the group, if it is new")
        parser.add_argument("--base", default="", help="scheme, host and port of the product")
        parser.add_argument("--force", action="store_true", help="even if there is one already")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 2 with one sentence when an administrator exists or a value is wrong."""
        try:
            user, key = bootstrap_administrator(
                employee_no=options["employee_no"],
                name=options["name"],
                group_name=options["group"],
                force=options["force"],
            )
        except Refused as refusal:
            self.stderr.write(str(refusal))
            raise SystemExit(2) from None
        except ValidationError as problem:
            self.stderr.write(" ".join(problem.messages))
            raise SystemExit(2) from None
        url = address_of_link(key, base=options["base"])
        answer = {"employee_no": user.employee_no, "name": user.name, "url": url}
        self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else url)
