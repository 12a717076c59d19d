#!/usr/bin/env python
"""Command line of the customer-relationship system; `manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  the sentence is for older ones
        sys.exit("This product needs Python 3.11 or newer. Please run it with a newer Python.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
