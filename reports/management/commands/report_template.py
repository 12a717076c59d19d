"""manage.py report_template: the workbooks into which standard reports are put (ADR 0039)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from reports.models import ReportTemplate
from reports.standard.base import Standard
from reports.standard.catalogue import STANDARDS
from reports.standard.template import check_template, left_out, shipped
from reports.standard.templates import save_template, use_template


class Command(BaseCommand):
    help = "List, fetch, check, replace the templates of standard reports; 0 is the shipped one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="which template each report is put into")
        for name, words in (
            ("get", "write a template to a file, the one in use without --number"),
            ("check", "say whether a workbook can be a template"),
            ("put", "use a workbook from now on"),
            ("use", "go back to a version that was kept"),
        ):
            one = verbs.add_parser(name, help=words)
            one.add_argument("report", help="key of the report")
            if name != "use":
                one.add_argument("file", type=Path)
            if name in ("get", "use"):
                one.add_argument("--number", type=int, help="version", required=name == "use")
            if name in ("put", "use"):
                one.add_argument("--by", metavar="NUMBER", default="", help="employee number")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self._list()
            return
        standard = STANDARDS.get(options["report"])
        if standard is None:
            raise CommandError(_("There is no report {key}.").format(key=options["report"]))
        try:
            getattr(self, f"_{options['verb']}")(standard, options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(str(error)) from error

    def _list(self) -> None:
        used = dict(
            ReportTemplate.objects.filter(is_current=True).values_list("standard", "version")
        )
        for key, one in STANDARDS.items():
            self.stdout.write(f"{key}\t{used.get(key, 0)}\t{one.title}")

    def _get(self, standard: Standard, options: dict[str, Any]) -> None:
        rows = ReportTemplate.objects.filter(standard=standard.key)
        number = options["number"]
        row = rows.filter(is_current=True) if number is None else rows.filter(version=number)
        found = row.first()
        if number and found is None:
            raise CommandError(_("There is no such version of this template."))
        options["file"].write_bytes(bytes(found.content) if found else shipped(standard))

    def _check(self, standard: Standard, options: dict[str, Any]) -> None:
        content = options["file"].read_bytes()
        check_template(content, standard)
        self.stdout.write(_("This workbook can be a template of the report."))
        self._tell(content, standard)

    def _put(self, standard: Standard, options: dict[str, Any]) -> None:
        content = options["file"].read_bytes()
        save_template(
            by=_person(options["by"]), standard=standard, name=options["file"].name, content=content
        )
        self.stdout.write(_("The template was saved and is in use from now on."))
        self._tell(content, standard)

    def _use(self, standard: Standard, options: dict[str, Any]) -> None:
        use_template(by=_person(options["by"]), standard=standard, version=options["number"])
        self.stdout.write(_("This template is in use from now on."))

    def _tell(self, content: bytes, standard: Standard) -> None:
        for title in left_out(content, standard):
            self.stdout.write(_("It leaves out: {part}").format(part=title))


def _person(number: str) -> User | None:
    if not number:
        return None
    person = User.objects.filter(employee_no=number.strip().upper()).first()
    if person is None:
        raise CommandError(_("Nobody has the employee number {number}.").format(number=number))
    return person
