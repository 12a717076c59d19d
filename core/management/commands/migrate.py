"""migrate, connected as the owner of the tables, giving up rather than queueing everybody.

The product runs as a role that may not change tables (crm_app); only migrations need the owner.

A statement that changes a table waits for whoever uses it, and everybody who comes later waits
behind it. So a migration waits three seconds for a lock, is rolled back, lets the others go on, and
tries again a few times. Each migration is a transaction: what is killed or given up leaves those
before it done, and the next run goes on.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from core.display import listed
from core.migration_states import LeanExecutor

LOCK_SECONDS = 3
WATCH_SECONDS = 0.5
IDLE_SECONDS = 600  # in a transaction: the machine of the operator went away
PAUSES = (2, 5, 10)  # seconds before each further try
SHOWN = 5

# Django's command has no other place to say which executor it uses.
migrate.MigrationExecutor = LeanExecutor  # type: ignore[attr-defined]


class Command(migrate.Command):
    """Django's migrate as the role of settings.DATABASE_OWNER, with a limit to waiting."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's, and how often to try."""
        super().add_arguments(parser)
        parser.add_argument(
            "--tries",
            type=int,
            default=len(PAUSES) + 1,
            help="how often to try when somebody else holds a lock (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as the owner, and leave the connection as it was.

        Exit status 2 with one sentence when no database answers or a lock is not to be had.
        """
        if options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        with connected_as_owner(), limited_waiting():
            refuse_unreachable()
            self.try_often(*args, **options)

    def try_often(self, *args: Any, **options: Any) -> None:
        """Migrate; where a lock was not to be had, pause and go on with what is left."""
        last = max(1, options["tries"]) - 1
        for attempt in range(last + 1):
            try:
                with watched() as holders:
                    super().handle(*args, **options)
            except OperationalError as problem:
                if not isinstance(problem.__cause__, LockNotAvailable):
                    raise
                if attempt == last:
                    raise CommandError(locked_sentence(holders), returncode=2) from problem
                pause = PAUSES[min(attempt, len(PAUSES) - 1)]
                note = _("Somebody else uses a table; trying again in %(seconds)s seconds.")
                self.stderr.write(note % {"seconds": pause})
                time.sleep(pause)
            else:
                return


@contextmanager
def watched() -> Iterator[list[int]]:
    """The database's processes that block us while we wait, the oldest transaction first.

    Only during the wait does the server know them, so a second connection asks meanwhile.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    found: list[int] = []
    ended = threading.Event()
    pid = connection.connection.info.backend_pid
    thread = threading.Thread(target=_watch, args=(pid, found, ended), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _watch(pid: int, found: list[int], ended: threading.Event) -> None:
    watcher = connections[DEFAULT_DB_ALIAS].copy()
    try:
        while not ended.wait(WATCH_SECONDS):
            with watcher.cursor() as cursor:
                cursor.execute(
                    "SELECT pid FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids(%s))"
                    " ORDER BY xact_start NULLS LAST, pid",
                    [pid],
                )
                found[:] = [row[0] for row in cursor.fetchall()] or found
    except (OperationalError, InterfaceError):
        pass  # the sentence for the operator then names nobody
    finally:
        watcher.close()


def locked_sentence(holders: list[int]) -> str:
    """What to tell the operator when a lock was not to be had."""
    if not holders:
        return _(
            "The tables were in use; nothing is half done. "
            "Please run the command again when it is quieter."
        )
    sentence = _(
        "The tables are in use by the database's processes %(pids)s; nothing is half done. "
        "Wait for them or end them with pg_terminate_backend, then run the command again."
    )
    return sentence % {"pids": listed(holders[:SHOWN])}


def refuse_unreachable() -> None:
    """Say in one sentence when no database answers, which is no fault of a migration."""
    try:
        connections[DEFAULT_DB_ALIAS].ensure_connection()
    except OperationalError as problem:
        sentence = _("The database cannot be reached: %(reason)s")
        reason = str(problem).strip().partition("\n")[0]
        raise CommandError(sentence % {"reason": reason}, returncode=2) from problem


@contextmanager
def limited_waiting() -> Iterator[None]:
    """Let the default connection wait for no lock longer than a few seconds.

    In a transaction (a test) the limits stay what they are.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        yield
        return
    own = connection.settings_dict.get("OPTIONS", {})
    limits = (
        f" -c lock_timeout={LOCK_SECONDS}s"
        f" -c idle_in_transaction_session_timeout={IDLE_SECONDS}s -c statement_timeout=0"
    )
    connection.close()
    connection.settings_dict["OPTIONS"] = {**own, "options": own.get("options", "") + limits}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = own


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
