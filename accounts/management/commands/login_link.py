"""manage.py login_link NO: print a one-time link with which a person sets a password."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts.links import address_of_link, issue_link
from accounts.models import User
from core.errors import Refused


class Command(BaseCommand):
    """The operator's way to let somebody in; older links of the person stop working."""

    help = "Prints a link of 24 hours with which a person sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An employee number, where the product is served, and --json for programs."""
        parser.add_argument("employee_no")
        parser.add_argument("--base", default="", help="scheme, host and port of the product")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 2 with one sentence when there is no such person or he may not log in."""
        try:
            user = User.objects.get_by_natural_key(options["employee_no"])
            url = address_of_link(issue_link(user, by=None), base=options["base"])
        except User.DoesNotExist:
            self.stderr.write(
                _("There is nobody with the employee number {number}.").format(
                    number=options["employee_no"]
                )
            )
            raise SystemExit(2) from None
        except Refused as refusal:
            self.stderr.write(str(refusal))
            raise SystemExit(2) from None
        answer = {"employee_no": user.employee_no, "name": user.name, "url": url}
        self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else url)
