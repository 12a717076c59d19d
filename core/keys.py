"""Care of the master key file: copy it to a safe place, add a new key, re-wrap under it.

Whoever loses the file loses all personal data, and backups of the database do not contain it; so
the product reminds its administrators until a copy was made.

A rotation has no state of its own: which master key wraps a person's key is written in each
wrapped key. Killed at any point, it goes on when it is called again. On several machines
add the key first (`add_key`), copy the file everywhere, then rotate: nobody may meet a key that he
does not have.
"""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import SubjectKey
from core.personal_data import AES_256_GCM, Erased, unwrap, wrap

BATCH = 5000
KEY_BYTES = 32
# The id of the master key inside a wrapped key: 0x01 | length | id | … (core.personal_data).
NAME_SQL = "convert_from(substring(wrapped FROM 3 FOR get_byte(wrapped, 1)), 'UTF8')"


def key_file() -> Path:
    """Where the master key lies."""
    return Path(settings.MASTER_KEY_FILE)


def _marker() -> Path:
    return key_file().with_name("master_key.backed_up")


def last_backup() -> datetime | None:
    """When the key file was last copied, None for never."""
    try:
        return datetime.fromisoformat(_marker().read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def backup_is_due() -> bool:
    """Whether the present key file was never copied by `manage.py keys backup`."""
    try:
        return _marker().stat().st_mtime < key_file().stat().st_mtime
    except FileNotFoundError:
        return key_file().exists()


def back_up(target: Path) -> None:
    """Copy the key file to a new file that only its owner may read. Raises Refused."""
    if not key_file().exists():
        raise Refused(_("There is no key file yet. Start the product first."))
    if target.exists():
        raise Refused(_("{file} exists already. Please name a new file.").format(file=target))
    if not target.parent.is_dir():
        raise Refused(_("The folder {folder} does not exist.").format(folder=target.parent))
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        with key_file().open("rb") as source:
            shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    _marker().write_text(f"{timezone.now().isoformat()}\n", encoding="utf-8")


def _document() -> dict[str, Any]:
    """The content of the key file. Raises Refused when there is none."""
    try:
        document: dict[str, Any] = json.loads(key_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(_("There is no key file yet. Start the product first.")) from None
    return document


def fingerprint() -> str:
    """Tells key files apart without telling anything about them; empty without a file.

    It stays the same when keys are added, since the key of the blind indexes stays.
    """
    try:
        index_key = base64.b64decode(_document()["index_key"])
    except Refused:
        return ""
    return hmac.new(index_key, b"fingerprint", hashlib.sha256).hexdigest()[:16]


@contextmanager
def _changing() -> Iterator[dict[str, Any]]:
    """The content of the key file to change; written in one step, by one process at a time."""
    with (key_file().parent / "master_key.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        document = _document()
        yield document
        handle, draft = tempfile.mkstemp(dir=key_file().parent, prefix=".master_key.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())  # before any row depends on it
        os.replace(draft, key_file())
        folder = os.open(key_file().parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def add_key() -> str:
    """Put a fresh master key into the file without using it yet. Returns its id.

    A key that waits already is returned instead of a second one. Old keys stay.
    """
    with _changing() as document:
        name = _next(document)
        if name is None:
            number = max(int(known.removeprefix("k")) for known in document["keys"]) + 1
            name = f"k{number}"
            document["keys"][name] = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    return name


def _next(document: dict[str, Any]) -> str | None:
    """A key of the file that was added after the current one."""

    def number(name: str) -> int:
        return int(name.removeprefix("k"))

    last: str = max(document["keys"], key=number)
    return last if number(last) > number(document["current"]) else None


def use_newest_key() -> str:
    """Make the newest key of the file the current one: what is written from now on uses it."""
    with _changing() as document:
        document["current"] = _next(document) or document["current"]
        return str(document["current"])


def rotate() -> tuple[str, int]:
    """Change to a new master key, or finish a rotation that was interrupted.

    Readers and writers go on meanwhile. Returns the key's id and how many keys of persons were
    wrapped anew. Raises Refused when some could not be opened; the others are done then.
    """
    done, closed = rewrap()  # what an interrupted rotation left
    if not done:
        add_key()
        use_newest_key()
    count = 1
    while count:  # a writer that began under the old key may add rows behind us
        count, closed = rewrap()
        done += count
    if closed:
        sentence = _("Some keys of persons fit no key of the file ({count}); the others are done.")
        raise Refused(sentence.format(count=closed))
    return str(_document()["current"]), done


def rewrap() -> tuple[int, int]:
    """Wrap the keys of persons that another master key wraps; ciphertext stays as it is.

    Goes by number in batches, each committed. Returns how many were wrapped anew, and how many
    could not be opened.
    """
    done = closed = last = 0
    while True:
        with transaction.atomic():
            rows = list(_old_ones().select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH])
            if not rows:
                return done, closed
            fresh = [row for row in rows if _wrapped_anew(row)]
            SubjectKey.objects.bulk_update(fresh, ["wrapped"])
        done, closed, last = done + len(fresh), closed + len(rows) - len(fresh), rows[-1].pk


def _wrapped_anew(row: SubjectKey) -> bool:
    try:
        row.wrapped = wrap(unwrap(row.wrapped))
    except Erased:
        return False
    return True


def _old_ones() -> QuerySet[SubjectKey]:
    """Keys of persons that are not wrapped with the current master key."""
    name = str(_document()["current"]).encode()
    current = AES_256_GCM + bytes([len(name)]) + name
    beginning = Substr("wrapped", 1, len(current), output_field=BinaryField())
    living = SubjectKey.objects.filter(wrapped__isnull=False)
    return living.annotate(beginning=beginning).exclude(beginning=current)


def waiting() -> int:
    """How many keys of persons are wrapped with another master key than the current one."""
    return int(_old_ones().count())


def users_of_keys() -> Counter[str]:
    """Id of a master key → how many keys of persons it wraps."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {NAME_SQL}, count(*) FROM core_subjectkey"  # noqa: S608  fixed text
            " WHERE wrapped IS NOT NULL GROUP BY 1"
        )
        return Counter(dict(cursor.fetchall()))


def sample(count: int) -> list[bytes]:
    """Some wrapped keys: the oldest, the newest, and by chance from between."""
    living = SubjectKey.objects.filter(wrapped__isnull=False)
    first = list(living.order_by("pk").values_list("pk", flat=True)[: count // 4])
    last = list(living.order_by("-pk").values_list("pk", flat=True)[: count // 4])
    between: list[int] = []
    if first and last:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM (SELECT DISTINCT %s + floor(random() * (%s - %s + 1))::bigint AS id"
                " FROM generate_series(1, %s)) AS guesses",
                [first[0], last[0], first[0], count // 2],
            )
            between = [row[0] for row in cursor.fetchall()]
    chosen = living.filter(pk__in={*first, *last, *between})
    return [bytes(wrapped or b"") for wrapped in chosen.values_list("wrapped", flat=True)]


def retire(name: str) -> None:
    """Take an old master key out of the file. Raises Refused while anything needs it.

    Backups of the database from before the rotation can then be read with older copies of the
    key file only.
    """
    if users := users_of_keys().get(name, 0):
        sentence = _("{name} still opens keys of persons ({count}); rotate first.")
        raise Refused(sentence.format(count=users, name=name))
    with _changing() as document:
        if name == document["current"]:
            raise Refused(_("{name} is the current key.").format(name=name))
        if document["keys"].pop(name, None) is None:
            raise Refused(_("There is no key {name} in the file.").format(name=name))
