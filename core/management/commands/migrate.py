"""migrate, connected as the owner of the tables.

The product runs as a role that may not change tables (crm_app); only migrations need the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.utils.translation import gettext as _


class Command(migrate.Command):
    """Django's migrate as the role of settings.DATABASE_OWNER."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as the owner, and leave the connection as it was."""
        if options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        with connected_as_owner():
            refuse_unreachable()
            super().handle(*args, **options)


def refuse_unreachable() -> None:
    """Say in one sentence when no database answers, which is no fault of a migration."""
    try:
        connections[DEFAULT_DB_ALIAS].ensure_connection()
    except OperationalError as problem:
        sentence = _("The database cannot be reached: %(reason)s")
        reason = str(problem).strip().partition("\n")[0]
        raise CommandError(sentence % {"reason": reason}, returncode=2) from problem


@contextmanager
def connected_as_owner() -> Iterator[None]:
    """Use the default connection as the owner for a while.

    settings.DATABASE_OWNER holds what differs from DATABASES["default"], often only the user;
    where it is empty, one role does both. In a transaction (a test) the role stays.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    owner = getattr(settings, "DATABASE_OWNER", {})
    # The name stays: a test runner has put the name of its own database there.
    changes = {key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT") if key in owner}
    if not changes or connection.in_atomic_block:
        yield
        return
    before = {key: connection.settings_dict.get(key, "") for key in changes}
    connection.close()
    connection.settings_dict.update(changes)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
