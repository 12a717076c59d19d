"""`manage.py outbox [--send] [--json]`: what waits, failed or is in doubt; send what is due."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from core.doctor import Level
from core.models import OutboxState
from core.notices import findings
from core.notices.outbox import counts, deliver


class Command(BaseCommand):
    help = "Show outgoing mails and webhooks, or send what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--send", action="store_true", help="send what is due, then report")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        sent = deliver().as_json() if options["send"] else None
        found = counts()
        troubles = [one for one in findings() if one.level != Level.OK]
        if options["json"]:
            answer = {
                "states": {state.value: found.get(state, 0) for state in OutboxState},
                "sent_now": sent,
                "findings": [
                    {"level": one.level, "sentence": one.sentence, "advice": one.advice}
                    for one in troubles
                ],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        if sent is not None:
            words = _(
                "Sent {sent}, to be tried again {waiting}, failed {failed}, in doubt {doubt}."
            )
            self.stdout.write(words.format(**sent))
        for state in OutboxState:
            self.stdout.write(f"{state.label}: {found.get(state, 0)}")
        for one in troubles:
            self.stdout.write(f"{one.sentence} {one.advice}")
