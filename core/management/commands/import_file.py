"""`manage.py import_file KIND FILE`: bring a file in, in this process, without a worker."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import Refused
from core.files.problems import FileProblem
from core.imports.kinds import KINDS, kind_named
from core.imports.report import COUNTED, Report
from core.imports.runs import apply_run, check_run, context_of, create_run, remove_file

# What some kinds ask for beside the file; a kind that does not ask leaves it unread.
OPTIONS = sorted({option.name for kind in KINDS.values() for option in kind.options})


class Command(BaseCommand):
    help = "Import a file of owners, organisations or the organisation with its people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=" | ".join(sorted(KINDS)))
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--map",
            nargs="+",
            action="extend",
            default=[],
            metavar="HEAD=field",
            help="take the column HEAD for this field; HEAD= leaves it out",
        )
        parser.add_argument("--keeper", metavar="NO", default="", help="keeper of new customers")
        parser.add_argument("--mode", choices=("fill", "update", "skip"), default="fill")
        for option in OPTIONS:
            parser.add_argument(f"--{option}", default="", metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument("--as", dest="actor", metavar="NO", default="", help="act as a person")
        parser.add_argument("--rejected", metavar="FILE", type=Path, help="save rejected rows here")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self._say(report)

    def _import(self, options: dict[str, Any]) -> Report:
        kind = kind_named(options["kind"])
        actor = self._person(options["actor"])
        if actor is not None and not actor.has_perm(kind.permission):
            raise Refused(_("This person may not import files of this kind."))
        self._person(options["keeper"], among=kind.keepers(actor) if actor else None)
        file: Path = options["file"]
        if not file.is_file():
            raise Refused(_("The file {file} does not exist.").format(file=file))
        with file.open("rb") as stream:
            run = create_run(kind, stream, file.name, by=actor, look=False)
        run.options = {"keeper": options["keeper"].upper(), "mode": options["mode"]}
        run.options |= {option.name: options[option.name] for option in kind.options}
        run.overrides = self._overrides(options["map"])
        run.save(update_fields=["options", "overrides"])
        context = context_of(run)
        try:
            report = check_run(run, context) if options["dry_run"] else apply_run(run, context)
        except FileProblem:
            # Nothing of an unreadable file is worth keeping, and nothing was written.
            remove_file(run.stored_name)
            run.delete()
            raise
        self._save_rejected(run, options["rejected"])
        return report

    @staticmethod
    def _person(employee_no: str, *, among: Any = None) -> Any:
        """The active person with a number, None without one. Raises Refused when there is none, or
        none `among` those who may be chosen: both with the same words."""
        if not employee_no:
            return None
        people = get_user_model().objects.active() if among is None else among
        person = people.filter(employee_no=employee_no.upper()).first()
        if person is None:
            sentence = _("There is no active person with the employee number {no}.")
            raise Refused(sentence.format(no=employee_no))
        return person

    @staticmethod
    def _overrides(pairs: list[str]) -> dict[str, str]:
        overrides = {}
        for pair in pairs:
            head, equals, field = pair.rpartition("=")
            if not equals or not head:
                sentence = _("Please write a mapping as HEAD=field, not {pair}.")
                raise Refused(sentence.format(pair=pair))
            overrides[head] = field
        return overrides

    @staticmethod
    def _save_rejected(run: Any, target: Path | None) -> None:
        if target is not None and run.rejected_name:
            from core.imports.runs import folder

            target.write_bytes((folder() / run.rejected_name).read_bytes())

    def _say(self, report: Report) -> None:
        sentence = _("{rows} rows: {accepted} accepted, {rejected} rejected, {skipped} skipped.")
        document = report.as_json()
        self.stdout.write(sentence.format(**document))
        for name in document["created"]:
            sentence = _("{name}: {created} created, {updated} updated")
            created, updated = document["created"][name], document["updated"].get(name, 0)
            label = COUNTED.get(name, name)
            line = sentence.format(name=label, created=created, updated=updated)
            self.stdout.write(f"  {line}")
        for problem in [*report.errors, *report.warnings]:
            self.stdout.write(f"  {problem.row}: {problem.message} [{problem.code}]")
