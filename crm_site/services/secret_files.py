"""The secrets of an installation: made once, readable by their owner only, never replaced."""

import base64
import json
import os
import secrets
import tempfile
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from crm_site.services.errors import ServicesError

SECRET_KEY_FILE = "secret_key"  # noqa: S105  a file's name, not a secret
MASTER_KEY_FILE = "master_key.json"


def ensure_secrets(home: Path) -> None:
    """Create ``secrets/secret_key`` and ``secrets/master_key.json`` where they are missing.

    An existing file is never touched: without the master key the personal data of the database
    cannot be read any more. Raises ServicesError where a file stands in the place of the folder.
    """
    home = Path(home).absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ServicesError(
            _("%(home)s is not a folder; please name another with CRM_HOME.") % {"home": home}
        ) from None
    folder = home / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    _create(folder / SECRET_KEY_FILE, secrets.token_urlsafe(64) + "\n")
    keys = {"current": "k1", "keys": {"k1": _random_key()}, "index_key": _random_key()}
    _create(folder / MASTER_KEY_FILE, json.dumps(keys, indent=2) + "\n")


def _random_key() -> str:
    """32 random bytes as base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _create(path: Path, text: str) -> None:
    """Write a new file whole, or leave the one that is there alone.

    A hard link appears with its full content or not at all, and fails where a name is taken;
    so of two processes that start together one wins and both use the same secret.
    """
    if path.exists():
        return
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        os.unlink(draft)
