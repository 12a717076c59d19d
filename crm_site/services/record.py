"""What CRM_HOME remembers of its servers: services.json, the lock, and whose data it is."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from crm_site.services.errors import ServicesError

POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"


@dataclass(frozen=True)
class Endpoints:
    """Where the embedded servers are reached, and as whom."""

    socket_dir: Path
    broker_url: str
    database: str = "crm"
    owner: str = "crm_owner"
    app: str = "crm_app"


@dataclass
class Record:
    """The content of services.json.

    ``state`` is relative to CRM_HOME when the data lie inside it, so that a moved home still
    finds its data and a copied one does not reach into the original.
    """

    id: str
    state: str
    socket_dir: str = ""
    prepared: bool = False  # roles and database exist

    def state_folder(self, home: Path) -> Path:
        """The folder of the data, absolute."""
        return home / self.state  # an absolute state replaces home

    def endpoints(self) -> Endpoints:
        """Where the servers of this record listen."""
        folder = Path(self.socket_dir)
        return Endpoints(folder, "redis+socket://" + quote(str(folder / VALKEY_SOCKET)))


def new_id() -> str:
    """A random name for an installation, fit for a folder."""
    return secrets.token_hex(6)


def _load(path: Path) -> Record:
    return Record(**json.loads(path.read_text("utf-8")))


def read_record(home: Path) -> Record | None:
    """The record of this home, or None when its servers were never started.

    Raises:
        ServicesError: services.json is there but cannot be understood.
    """
    path = home / "services.json"
    try:
        return _load(path)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise ServicesError(
            _("%(path)s belongs to another user; please run this command as that user.")
            % {"path": path}
        ) from None
    except (OSError, ValueError, TypeError):
        raise ServicesError(
            _("%(path)s is damaged; please restore it from a backup of this folder.")
            % {"path": path}
        ) from None


def write_record(home: Path, record: Record) -> None:
    """Replace services.json in one step, so that no reader sees half of it."""
    new = home / "services.json.new"
    new.write_text(json.dumps(asdict(record), indent=2) + "\n", "utf-8")
    os.replace(new, home / "services.json")


def endpoints(home: Path) -> Endpoints | None:
    """Where this home's servers listen when they run; None before their first start.

    Cheap enough for the settings module: it reads one file and asks no server.
    """
    try:
        record = _load(Path(home).absolute() / "services.json")
    except (OSError, ValueError, TypeError):
        return None  # the settings must load, so that `services start` can say what is wrong
    return record.endpoints() if record.socket_dir else None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock; the system releases it when the process dies."""
    try:
        handle = path.open("a")
    except PermissionError:
        raise ServicesError(
            _("%(path)s belongs to another user; please run this command as that user.")
            % {"path": path}
        ) from None
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
