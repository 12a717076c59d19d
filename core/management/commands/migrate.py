"""migrate, connected as the owner of the tables.

The product runs as a role that may not change tables (crm_app); only migrations need the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections


class Command(migrate.Command):
    """Django's migrate as the role of settings.DATABASE_OWNER."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as the owner, and leave the connection as it was."""
        if options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        with connected_as_owner():
            super().handle(*args, **options)


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
