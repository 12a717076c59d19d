"""The drill: restore a backup on a second, fresh installation and look whether it is whole.

A backup that was never restored is a hope. The second installation has servers of its own in a
temporary CRM_HOME, so that nothing of the first one can be touched or taken for its copy.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from core import keys
from core.errors import Refused
from core.personal_data import Erased, blind_index, decrypt, unwrap
from core.values.phones import without_extension
from crm_site import services
from crm_site.backup import programs, restore, store
from customers.models import Customer

SAMPLE = 1000
PREFIX = "crm-drill-"  # and the process, of the second installation's folder


@dataclass
class Report:
    """What the drill saw. Empty lists and zero differences mean that the backup is whole."""

    backup: str
    rows: int
    differing_tables: list[str]
    keys_tried: int
    keys_closed: int
    values_tried: int
    values_closed: int
    files_tried: int
    files_damaged: list[str]
    audit_gaps: int
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything came back."""
        return not (
            self.differing_tables
            or self.keys_closed
            or self.values_closed
            or self.files_damaged
            or self.audit_gaps
        )

    def as_dict(self) -> dict[str, Any]:
        """For --json and the note of the last drill."""
        return {**asdict(self), "passed": self.passed}


def drill(backup: store.Backup, *, key_file: Path) -> Report:
    """Restore the backup into a second installation with this copy of the master key; compare.

    Raises Refused: the backup is damaged, or the second installation could not be made.
    """
    restore.refuse_damaged(backup)
    began = time.monotonic()
    remove_stale()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)  # noqa: S103  the servers' account must reach its data below
    with programs.tidy_end() as obey:
        try:
            return _drilled(backup, folder / "home", key_file, began, obey)
        except services.ServicesError as problem:
            raise Refused(str(problem)) from problem
        finally:
            _remove(folder)


def remove_stale() -> None:
    """Remove what drills left that were killed: servers, a copy of the data and of the key."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        # The folder for temporary files is everybody's; only what we made ourselves is ours.
        mine = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
        if mine and number.isdecimal() and not psutil.pid_exists(int(number)):
            _remove(folder)


def _remove(folder: Path) -> None:
    with suppress(services.ServicesError):  # the data must go in any case
        services.stop(folder / "home")
    shutil.rmtree(folder, ignore_errors=True)


def _drilled(
    backup: store.Backup, home: Path, key_file: Path, began: float, obey: Callable[[], None]
) -> Report:
    """`obey` ends the drill between its steps when somebody asked the process to end."""
    secrets = home / "secrets"
    secrets.mkdir(mode=0o700, parents=True)
    shutil.copyfile(key_file, secrets / "master_key.json")
    (secrets / "master_key.json").chmod(0o600)
    services.start(home)
    obey()
    _manage(home, "restore", str(backup.folder), "--no-migrate", "--damaged-files")
    obey()
    report = Report(**json.loads(_manage(home, "drill", str(backup.folder), "--examine")))
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _manage(home: Path, *arguments: str) -> str:
    """Run a command of ours for the second installation. Raises Refused with its sentence."""
    own = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CRM_MASTER_KEY_FILE")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, "CRM_HOME": str(home), "DJANGO_SETTINGS_MODULE": "crm_site.settings"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["?"]
        raise Refused(_("The drill failed: {reason}").format(reason=lines[-1]))
    return done.stdout


def examine(backup: store.Backup) -> Report:
    """Compare the database and files of this installation with what the backup says of itself."""
    tried, closed = _keys()
    values, unread = _values()
    root = Path(settings.PRIVATE_FILES)
    known = list(store.sums(backup))
    return Report(
        backup=str(backup.folder),
        rows=sum(backup.tables.values()),
        differing_tables=_differing(backup.tables),
        keys_tried=tried,
        keys_closed=closed,
        values_tried=values,
        values_closed=unread,
        files_tried=len(known),
        files_damaged=restore.damaged_files(backup, root),
        audit_gaps=_audit_gaps(),
    )


def _differing(wanted: dict[str, int]) -> list[str]:
    """Tables with another number of rows; sessions are left out, a restore ends them."""
    wrong = []
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, count in wanted.items():
            if name == "django_session":
                continue
            have = None
            if name in there:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608
                (have,) = cursor.fetchone()
            if have != count:
                wrong.append(f"{name}: {have} ≠ {count}")
    return wrong


def _keys() -> tuple[int, int]:
    """How many keys of persons were tried, and how many could not be opened."""
    samples = keys.sample(SAMPLE)
    closed = 0
    for wrapped in samples:
        try:
            unwrap(wrapped)
        except Erased:
            closed += 1
    return len(samples), closed


def _values() -> tuple[int, int]:
    """How many telephone numbers were tried, and how many could not be read or found again.

    A number must open with its person's key and give the index by which searches find it.
    """
    tried = closed = 0
    known = Customer.objects.filter(phone_cipher__isnull=False, subject__wrapped__isnull=False)
    for customer in known.select_related("subject").order_by("?")[:SAMPLE]:
        tried += 1
        try:
            text = decrypt(_key_of(customer), customer.phone_cipher, "customer.phone")
        except Erased:
            closed += 1
            continue
        index = blind_index("phone", without_extension(text))
        closed += index != bytes(customer.phone_index or b"")
    return tried, closed


def _key_of(customer: Customer) -> bytes:
    """The key of a person. Raises Erased."""
    return unwrap(customer.subject.wrapped if customer.subject else None)


def _audit_gaps() -> int:
    """Entries of the audit whose time lies more than a day before that of an earlier entry.

    Numbers are given before commit, so neighbours may stand the other way round; a day never is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT at, max(at) OVER (ORDER BY id) AS latest"
            " FROM audit_entry) AS entries WHERE at < latest - interval '1 day'"
        )
        return int(cursor.fetchone()[0])
