"""Putting a backup back: whole or not at all."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.management.commands.migrate import connected_as_owner
from crm_site.backup import programs, store
from crm_site.backup.dump import back_up

# Everything old goes and everything new comes in one transaction: a restore that is killed leaves
# the database as it was.
CLEARED = """
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public;
{as_app}DROP SCHEMA IF EXISTS staging CASCADE;
{as_self}CREATE SCHEMA staging AUTHORIZATION {app};
"""
# People log in again: a session that was ended after the backup must not come back to life.
SIGNED_OUT = """
DO $$ BEGIN
  IF to_regclass('public.django_session') IS NOT NULL THEN
    DELETE FROM public.django_session;
  END IF;
END $$;
"""


def holds_data() -> bool:
    """Whether the database has people in it."""
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.accounts_user') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM public.accounts_user)")
        return bool(cursor.fetchone()[0])


def database_name() -> str:
    """What the operator types to confirm that this database shall be replaced."""
    return str(connection.settings_dict["NAME"])


def restore(
    backup: store.Backup,
    *,
    replace: bool = False,
    keep_old: bool = True,
    damaged_too: bool = False,
) -> Path | None:
    """Put database and files back. Returns the folder with what was there before, if anything.

    `replace` allows a database that holds data; unless `keep_old` is off, it is backed up first.
    `damaged_too` takes files that differ from their hashes as they are. The master key is not
    touched. Afterwards `migrate` brings an older schema up to date.

    Raises Refused: damaged or newer backup, database in use or not empty, no room for the files,
    or PostgreSQL's reason; nothing has changed then.
    """
    refuse_damaged(backup)
    refuse_newer(backup)
    _refuse_in_use()
    former: Path | None = None
    if holds_data():
        if not replace:
            sentence = _("The database {name} holds data; nothing was changed.")
            raise Refused(sentence.format(name=database_name()))
        if keep_old:
            former = back_up(reason="before-restore", kept=0).folder
    with _staged_files(backup, damaged_too=damaged_too) as draft:
        with connected_as_owner():
            _load(backup)
        if draft is not None:
            _put_in_place(draft)
    store.end_upgrade()  # what was begun is undone: the next upgrade needs a copy of its own
    return former


def refuse_damaged(backup: store.Backup) -> None:
    """Refuse a backup whose dump is not the one that was made."""
    try:
        whole = store.sha256(backup.dump) == backup.manifest["dump"]["sha256"]
    except OSError:
        whole = False
    if not whole:
        sentence = _("{path} is damaged; please take an older backup.")
        raise Refused(sentence.format(path=backup.dump))


def refuse_newer(backup: store.Backup) -> None:
    """Refuse a backup with migrations that this version of the product does not know."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    for migration in loader.disk_migrations.values():
        known |= {f"{app}.{name}" for app, name in migration.replaces}
    ours = {app for app, _name in loader.disk_migrations}
    unknown = [
        name
        for name in backup.manifest["migrations"]
        if name not in known and name.partition(".")[0] in ours
    ]
    if unknown:
        sentence = _("The backup is of a newer version ({name}); please install that one first.")
        raise Refused(sentence.format(name=unknown[0]))


def _refuse_in_use() -> None:
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename IS NOT NULL"
        )
        (others,) = cursor.fetchone()
    if others:
        sentence = _(
            "The database is in use (other connections: {count}); please stop the product first."
        )
        raise Refused(sentence.format(count=others))


def _load(backup: store.Backup) -> None:
    """Replace the content of the database in one transaction."""
    major = programs.server_major()
    unpack = [programs.find("pg_restore", major), "--file=-", "--no-comments", str(backup.dump)]
    load = [programs.find("psql", major), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    clearing = _clearing()
    connection.close()
    with tempfile.TemporaryFile() as complaints:  # a pipe could fill and block the program
        with (
            programs.started(unpack, stdout=subprocess.PIPE, stderr=complaints) as source,
            programs.started(
                [*load, "--file=-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
            ) as sink,
        ):
            _pour(clearing, source, sink)
        complaints.seek(0)
        trouble = complaints.read()
    if source.returncode or sink.returncode:
        sentence = _("The backup could not be restored, nothing was changed: {reason}")
        raise Refused(sentence.format(reason=programs.last_line(trouble)))


def _pour(clearing: str, source: subprocess.Popen[bytes], sink: subprocess.Popen[bytes]) -> None:
    """Send the statements of the one program to the other, in one transaction.

    The commit is the last statement sent and is sent only when the dump ended well: an end of the
    input for any other reason, as when this process is killed, leaves the database as it was.
    """
    assert source.stdout is not None  # noqa: S101  both are pipes
    assert sink.stdin is not None  # noqa: S101
    try:
        sink.stdin.write(f"BEGIN;\n{clearing}".encode())
        shutil.copyfileobj(source.stdout, sink.stdin, 1 << 20)
        if source.wait() == 0:
            sink.stdin.write(f"{SIGNED_OUT}COMMIT;\n".encode())
        sink.stdin.close()
    except BrokenPipeError:
        source.kill()  # psql met an error and left; its reason is told
    sink.wait()


def _clearing() -> str:
    """Statements that empty the database; the schema of staging is the application's own."""
    quote = connection.ops.quote_name
    app = str(settings.DATABASE_APP_ROLE)
    if app and app != connection.settings_dict["USER"]:
        words = {
            "as_app": f"SET ROLE {quote(app)};\n",
            "as_self": "RESET ROLE;\n",
            "app": quote(app),
        }
    else:
        words = {"as_app": "", "as_self": "", "app": "CURRENT_USER"}
    return CLEARED.format(**words)


@contextmanager
def _staged_files(backup: store.Backup, *, damaged_too: bool) -> Iterator[Path | None]:
    """The files of the backup on the disk of the product, before the database is touched.

    What can fail is done here, so that after the database only names change. Raises Refused.
    """
    if backup.manifest["files"] is None:
        yield None
        return
    target = Path(settings.PRIVATE_FILES)
    draft = target.with_name(f"{target.name}.restoring")
    shutil.rmtree(draft, ignore_errors=True)  # of a restore that was killed
    try:
        try:
            shutil.copytree(backup.folder / store.FILES, draft)
            draft.chmod(0o700)
            damaged = [] if damaged_too else damaged_files(backup, draft)
        except OSError as problem:  # shutil.Error is one
            sentence = _("The files could not be copied, nothing was changed: {reason}")
            raise Refused(sentence.format(reason=str(problem)[:200])) from problem
        if damaged:
            sentence = _(
                "{count} files of the backup are damaged or missing, such as {name}; nothing was "
                "changed. --damaged-files restores the others."
            )
            raise Refused(sentence.format(count=len(damaged), name=damaged[0]))
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put_in_place(draft: Path) -> None:
    """Let the files be where the product looks; what lies there is moved aside."""
    target = Path(settings.PRIVATE_FILES)
    if target.exists() and any(target.iterdir()):
        stamp = timezone.now().strftime("%Y%m%dT%H%M%S%fZ")
        target.rename(target.with_name(f"{target.name}.before-restore-{stamp}"))
    elif target.exists():
        target.rmdir()
    os.replace(draft, target)


def damaged_files(backup: store.Backup, root: Path) -> list[str]:
    """Files of the backup that are missing under `root` or differ there."""
    return [
        name
        for digest, name in store.sums(backup)
        if not (root / name).is_file() or store.sha256(root / name) != digest
    ]
