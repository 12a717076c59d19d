"""manage.py catalogue compile|update|check: the Chinese of the product."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel.messages.pofile import PoFileError
from django.conf import settings
from django.core.management.base import BaseCommand

from core import catalogues


class Command(BaseCommand):
    """Collect, compile and check the message catalogue; needs none of gettext's programs."""

    help = "Collects, compiles and checks the Chinese of every sentence."
    requires_system_checks: list[str] = []
    # No sentence of this command is translated: it is what makes the translations.

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One verb, and further catalogues to take translations from."""
        parser.add_argument("verb", choices=["compile", "update", "check"])
        parser.add_argument(
            "--from",
            dest="others",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="with update: take missing translations from this .po file, too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit status 1 when the check finds something, 2 for a file that is malformed."""
        root = Path(settings.BASE_DIR)
        try:
            if options["verb"] == "compile":
                for path in catalogues.compile_all(root):
                    self.stdout.write(f"Compiled {path.relative_to(root)}.")
            elif options["verb"] == "update":
                path = catalogues.update(root, options["others"])
                catalogues.compile_all(root)
                self.stdout.write(f"Updated {path.relative_to(root)}.")
            else:
                self._check(root)
        except (PoFileError, OSError) as problem:
            self.stderr.write(f"The catalogue cannot be read: {problem}")
            raise SystemExit(2) from None

    def _check(self, root: Path) -> None:
        problems = catalogues.check(root)
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            self.stderr.write(f"{len(problems)} problems; `manage.py catalogue update` collects.")
            raise SystemExit(1)
        self.stdout.write("The catalogue is complete.")
