"""Take the steps of the escalation that are due: `manage.py escalate --now T --json`."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.services.escalation import escalate


class Command(BaseCommand):
    """Does what the schedule does every minute, at a moment that one may name."""

    help = "Take the escalation steps that are due"

    def add_arguments(self, parser: CommandParser) -> None:
        """The moment, and whether the answer is JSON."""
        parser.add_argument("--now", default="", help="2026-11-22T15:30, local time unless it says")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Escalate once."""
        done = escalate(_moment(options["now"]) if options["now"] else None).as_json()
        if options["json"]:
            self.stdout.write(json.dumps(done))
            return
        self.stdout.write(
            _("{steps} steps of {cases} cases taken, {told} people told.").format(**done)
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        sentence = _("“{text}” is no moment; write it like 2026-11-22T15:30.").format(text=text)
        raise CommandError(sentence, returncode=2) from error
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
