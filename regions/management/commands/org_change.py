"""`manage.py org_change list|apply`: changes of the organisation for operators."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from regions.models import ChangeState, OrgChange
from regions.services import apply_due


class Command(BaseCommand):
    help = "List changes of the organisation, or carry out those whose day has come."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["list", "apply"])
        parser.add_argument("--on", metavar="DATE", default="", help="the day; default: today")
        parser.add_argument("--state", choices=ChangeState.values, help="list only this state")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "apply":
            self._apply(options)
        else:
            self._list(options)

    def _apply(self, options: dict[str, Any]) -> None:
        done = apply_due(_day(options["on"]))
        failed = {str(pk): OrgChange.objects.get(pk=pk).problem for pk in done["failed"]}
        if options["json"]:
            document = {"applied": done["applied"], "failed": failed}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        for pk in done["applied"]:
            self.stdout.write(_("Change {number} carried out.").format(number=pk))
        for number, problem in failed.items():
            self.stdout.write(f"{number}: {problem}")

    def _list(self, options: dict[str, Any]) -> None:
        rows = OrgChange.objects.select_related("unit").order_by("effective_on", "pk")
        if options["state"]:
            rows = rows.filter(state=options["state"])
        if options["json"]:
            document = {"changes": [_as_json(change) for change in rows]}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        for change in rows:
            name = change.unit.name if change.unit else change.payload.get("name", "")
            kind, state = change.get_kind_display(), change.get_state_display()
            self.stdout.write(f"{change.pk}  {change.effective_on}  {kind}  {name}  {state}")


def _as_json(change: OrgChange) -> dict[str, Any]:
    return {
        "number": change.pk,
        "kind": change.kind,
        "unit": change.unit.code if change.unit else change.payload.get("code", ""),
        "effective_on": change.effective_on.isoformat(),
        "state": change.state,
        "late_by": change.late_by,
        "problem": change.problem,
    }


def _day(text: str) -> date:
    """The day of an ISO date, without one today. Raises CommandError."""
    try:
        return date.fromisoformat(text) if text else timezone.localdate()
    except ValueError as error:
        sentence = _("“{text}” is no date. Please write it like 2026-12-01.")
        raise CommandError(sentence.format(text=text), returncode=2) from error
