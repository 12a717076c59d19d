"""Where backups lie, what they say of themselves, and how many are kept."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused

FORMAT = 1
KEPT = 5
DUMP = "database.dump"
MANIFEST = "manifest.json"
SUMS = "files.sha256"
FILES = "files"
DRAFT = ".draft-"
DRILL = "last_drill.json"
UPGRADE = "upgrade.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup. `manifest` is what `crm_site.backup.dump` wrote about it."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def made_at(self) -> datetime:
        """The instant of which the database is."""
        return datetime.fromisoformat(self.manifest["made_at"])

    @property
    def dump(self) -> Path:
        """The dump of the database."""
        return self.folder / DUMP

    @property
    def tables(self) -> dict[str, int]:
        """Rows of each table at the instant of the backup."""
        return dict(self.manifest["tables"])


def home() -> Path:
    """The folder of backups, whether it exists or not."""
    return Path(settings.CRM_HOME) / "backups"


def make_home(folder: Path) -> Path:
    """The folder, made if need be, closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def read(path: Path) -> Backup:
    """The backup in this folder. Raises Refused when it is none, or of a newer format."""
    folder = path.parent if path.name == MANIFEST else path
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        backup = Backup(folder.absolute(), manifest)
        newer = manifest["format"] > FORMAT
        backup.made_at, backup.tables  # noqa: B018  refuses what lacks them
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused(_("{path} is no backup of this product.").format(path=path)) from None
    if newer:
        sentence = _("{path} was made by a newer version; please use that one.")
        raise Refused(sentence.format(path=path))
    return backup


def all_in(folder: Path) -> list[Backup]:
    """The finished backups in a folder, oldest first; what is none is left out."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            try:
                found.append(read(path))
            except Refused:
                continue
    return sorted(found, key=lambda one: one.made_at)


def newest() -> Backup | None:
    """The latest backup of this installation, wherever `--out` put it."""
    found = all_in(home())
    try:
        elsewhere = Path((home() / "elsewhere").read_text(encoding="utf-8").strip())
        found += all_in(elsewhere)
    except OSError:
        pass
    return max(found, key=lambda one: one.made_at, default=None)


def remember(folder: Path) -> None:
    """Note a folder outside of ours, so that the self-check finds the backups in it."""
    if folder.absolute() != home().absolute():
        note = make_home(home()) / "elsewhere"
        note.write_text(f"{folder.absolute()}\n", encoding="utf-8")


def prune(folder: Path, *, kept: int = KEPT) -> list[Path]:
    """Delete all but the newest backups, and drafts of runs that died. Returns what was deleted.

    Those that were made for a reason, as before an upgrade, are for a person to delete.
    """
    usual = [one.folder for one in all_in(folder) if not one.manifest.get("reason")]
    gone = usual[:-kept] if kept else []
    gone += [path for path in folder.glob(f"{DRAFT}*") if not _alive(path)]
    for path in gone:
        shutil.rmtree(path)
    return gone


def _alive(draft: Path) -> bool:
    """Whether the process that writes this draft still runs; its id ends the name."""
    try:
        os.kill(int(draft.name.rpartition("-")[2]), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def begin_upgrade(made: Backup, target: list[str]) -> None:
    """Note which backup holds the database as it was before the upgrade to these migrations."""
    text = json.dumps({"folder": str(made.folder), "target": target}, indent=1)
    (make_home(home()) / UPGRADE).write_text(text + "\n", encoding="utf-8")


def end_upgrade() -> None:
    """Forget the note of `begin_upgrade`: the upgrade is done, or undone."""
    (home() / UPGRADE).unlink(missing_ok=True)


def before_upgrade(target: list[str] | None = None) -> Backup | None:
    """The backup made before the upgrade that was begun and has not ended (to `target`)."""
    try:
        note = json.loads((home() / UPGRADE).read_text(encoding="utf-8"))
        return read(Path(note["folder"])) if target in (None, note["target"]) else None
    except (OSError, ValueError, KeyError, Refused):
        return None


def drill_passed(facts: dict[str, Any]) -> None:
    """Note that a backup was restored on trial and was whole."""
    text = json.dumps({"at": timezone.now().isoformat(), **facts}, ensure_ascii=False)
    (make_home(home()) / DRILL).write_text(text + "\n", encoding="utf-8")


def last_drill() -> datetime | None:
    """When a backup was last tried with success."""
    try:
        return datetime.fromisoformat(json.loads((home() / DRILL).read_text("utf-8"))["at"])
    except (OSError, ValueError, KeyError):
        return None


def sha256(path: Path) -> str:
    """The hash of a file, as sha256sum prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums(backup: Backup) -> Iterator[tuple[str, str]]:
    """Hash and relative path of each file of a backup."""
    try:
        lines = (backup.folder / SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        digest, _two, name = line.partition("  ")
        yield digest, name
