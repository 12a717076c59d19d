"""Making a backup: database and files of one point in time, with a note of what is in it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core import keys
from core.errors import Refused
from core.files.parts import PART
from core.management.commands.migrate import connected_as_owner
from crm_site.backup import programs, store

SPARE = 200 * 2**20  # bytes that must stay free
SHARE = 0.6  # of the size of the database; a compressed dump is mostly a quarter of it


def back_up(
    *, out: Path | None = None, reason: str = "", with_files: bool = True, kept: int = store.KEPT
) -> store.Backup:
    """Make a backup and delete all but the newest `kept` of its folder.

    Readers and writers go on meanwhile. The folder appears under its name when it is whole; what
    a killed run left is removed by the next one. Raises Refused: no room, no programs, no database.
    """
    folder = store.make_home(out or store.home())
    made_at = timezone.now()
    name = made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / (f"{name}-{reason}" if reason else name)
    if target.exists():
        raise Refused(_("{path} exists already.").format(path=target))
    draft = folder / f"{store.DRAFT}{target.name}-{os.getpid()}"
    with connected_as_owner(), programs.tidy_end(), _tidied(draft):
        _refuse_full_disk(folder)
        manifest = _dump_database(draft / store.DUMP)
        manifest |= {"format": store.FORMAT, "made_at": made_at.isoformat(), "reason": reason}
        manifest["files"] = _copy_files(draft) if with_files else None
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (draft / store.MANIFEST).write_text(text + "\n", encoding="utf-8")
        _sync(draft)
        draft.rename(target)
        _sync(folder)
    store.remember(folder)
    store.prune(folder, kept=kept)
    if "audit_entry" in manifest["tables"] and not reason:
        record("backup.made", by=None, rows=sum(manifest["tables"].values()))
    return store.read(target)


@contextmanager
def _tidied(draft: Path) -> Iterator[None]:
    """A folder for the draft, closed to others, which does not outlive an error."""
    draft.mkdir(mode=0o700)
    try:
        yield
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _refuse_full_disk(folder: Path) -> None:
    """A backup that fills the disk would stop the database it is meant to save."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    needed = int(size * SHARE) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        sentence = _("A backup needs {needed} MB on {folder}, and {free} MB are free.")
        words = {"needed": needed >> 20, "free": free >> 20, "folder": folder}
        raise Refused(sentence.format(**words))


def _dump_database(target: Path) -> dict[str, Any]:
    """Dump all but the working tables of imports, and count the rows in the same snapshot."""
    program = programs.find("pg_dump", programs.server_major())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, version = cursor.fetchone()
        command = [program, "--format=custom", "--exclude-schema=staging"]
        command += [f"--snapshot={snapshot}", "--lock-wait-timeout=30s", f"--file={target}"]
        # The rows are counted while the dump runs: both read the same snapshot.
        with programs.started(command, stderr=subprocess.PIPE) as child:
            facts = {"tables": _count_rows(cursor), "migrations": _migrations(cursor)}
            _out, complaint = child.communicate()
        if child.returncode:
            sentence = _("The database could not be dumped: {reason}")
            raise Refused(sentence.format(reason=programs.last_line(complaint)))
    target.chmod(0o600)
    facts["dump"] = {"bytes": target.stat().st_size, "sha256": store.sha256(target)}
    return facts | {"postgresql": version, "key": keys.fingerprint()}


def _count_rows(cursor: Any) -> dict[str, int]:
    """Rows of each table of ours."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " ORDER BY 1"
    )
    counts = {}
    for (name,) in cursor.fetchall():
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608
        counts[name] = cursor.fetchone()[0]
    return counts


def _migrations(cursor: Any) -> list[str]:
    """The applied migrations, as "app.name"."""
    cursor.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL")
    if not cursor.fetchone()[0]:
        return []
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [row[0] for row in cursor.fetchall()]


def _copy_files(draft: Path) -> dict[str, int]:
    """Copy the files after the database, so that every row has its file; note their hashes.

    Files are written once and never changed, so on the same disk a second name is a copy; those
    that are still being written have no row yet and are left out.
    """
    source = Path(settings.PRIVATE_FILES)
    target = draft / store.FILES
    target.mkdir(mode=0o700)
    count = size = 0
    with (draft / store.SUMS).open("w", encoding="utf-8") as sums:
        for path in sorted(source.rglob("*")) if source.is_dir() else ():
            name = path.relative_to(source)
            if not path.is_file() or path.is_symlink() or "\n" in str(name):
                continue
            if path.name.startswith(PART):
                continue
            copy = target / name
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _copied(path, copy):
                continue  # deleted meanwhile, as its time had come
            sums.write(f"{store.sha256(copy)}  {name}\n")
            count, size = count + 1, size + copy.stat().st_size
    return {"count": count, "bytes": size}


def _copied(path: Path, copy: Path) -> bool:
    """Give the file a second name, or copy it to another disk. False when it is gone."""
    try:
        os.link(path, copy)
    except FileNotFoundError:
        return False
    except OSError:
        try:
            shutil.copy2(path, copy)
        except FileNotFoundError:
            return False
    return True


def _sync(folder: Path) -> None:
    """Make sure that what is named is on the disk."""
    for path in [*(one for one in folder.iterdir() if one.is_file()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
