"""Care of the master key file: copy it to a safe place, add a new key, re-wrap under it.

Whoever loses the file loses all personal data, and backups of the database do not contain it; so
the product reminds its administrators until a copy was made.
"""

import base64
import json
import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import SubjectKey
from core.personal_data import unwrap, wrap

BATCH = 5000
KEY_BYTES = 32


def key_file() -> Path:
    return Path(settings.MASTER_KEY_FILE)


def _marker() -> Path:
    return key_file().with_name("master_key.backed_up")


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


def add_key() -> str:
    """Put a fresh master key into the file and make it the current one. Returns its id.

    The file is replaced in one step; old keys stay until every subject is re-wrapped.
    """
    document = json.loads(key_file().read_text(encoding="utf-8"))
    number = max(int(name.removeprefix("k")) for name in document["keys"]) + 1
    name = f"k{number}"
    document["keys"][name] = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    document["current"] = name
    fresh = key_file().with_name(".master_key.new")
    fresh.write_text(json.dumps(document, indent=1), encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(key_file())
    return name


def rewrap() -> int:
    """Wrap all subject keys with the current master key; ciphertext stays as it is.

    Goes by key in batches, each committed, so that it can be stopped and run again.
    Returns how many keys were wrapped anew.
    """
    done, last = 0, 0
    while True:
        with transaction.atomic():
            rows = list(
                SubjectKey.objects.select_for_update()
                .filter(pk__gt=last, wrapped__isnull=False)
                .order_by("pk")[:BATCH]
            )
            if not rows:
                return done
            for row in rows:
                row.wrapped = wrap(unwrap(row.wrapped))
            SubjectKey.objects.bulk_update(rows, ["wrapped"])
        done, last = done + len(rows), rows[-1].pk
