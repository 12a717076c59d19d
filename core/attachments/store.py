"""The bytes of attached files: kept under random names in the private folder, never by address.

The file is written before its row and deleted after it. A process that dies in between leaves a
file without a row, which `delete_strays` finds; a row without its file cannot come about.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.attachments.kinds import FileKind, Group, recognise
from core.attachments.pictures import draw
from core.errors import Refused
from core.faults import fault_point
from core.files.parts import written_whole

FOLDER: Final = "attachments"
MEGABYTE: Final = 1 << 20
#: Seconds. A file younger than this may still be waiting for its row.
YOUNG: Final = 24 * 3600
VIEW, THUMB = "view", "thumb"
RENDITIONS: Final = (VIEW, THUMB)
_KEY: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that lies in the store and has no row yet; `columns` are those of StoredFile.

    `width` and `height` are those of the view of a picture, in pixels.
    """

    stored_name: str
    name: str
    kind: FileKind
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None

    def columns(self) -> dict[str, Any]:
        """Values for a new row."""
        return {
            "stored_name": self.stored_name,
            "name": self.name,
            "mime": self.kind.mime,
            "size": self.size,
            "sha256": self.sha256,
            "width": self.width,
            "height": self.height,
        }


def root() -> Path:
    """The private folder of attached files."""
    return Path(settings.PRIVATE_FILES) / FOLDER


def path_of(stored_name: str) -> Path:
    """Where a kept file lies."""
    return root() / stored_name


def rendition(stored_name: str, which: str) -> Path:
    """Where the view or the thumbnail of a picture lies."""
    return path_of(rendition_name(stored_name, which))


def rendition_name(stored_name: str, which: str) -> str:
    """The name of a view or thumbnail, beside the name of its picture."""
    return f"{stored_name.partition('.')[0]}.{which}.jpg"


def clean_name(name: str) -> str:
    """The name a person gave, without folders and control characters, at most 200 long."""
    name = re.split(r"[\\/]", name)[-1]
    name = "".join(letter for letter in name if letter.isprintable()).strip(" .")
    return name[-200:] or "file"


def keep(file: IO[bytes], name: str, *, most_bytes: int) -> KeptFile:
    """Write an upload into the store, with view and thumbnail if it is a picture.

    Raises Refused, leaving nothing, for a file that is too large or of a kind that cannot be
    attached. The caller writes the row, or calls `discard`.
    """
    kind = recognise(file)
    key = secrets.token_hex(16)
    stored = f"{key[:2]}/{key}{kind.suffixes[0]}"
    path = path_of(stored)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        digest, size = _write(file, path, most_bytes)
        drawn: tuple[int, int] | tuple[None, None] = (None, None)
        if kind.group is Group.PICTURE:
            drawn = _draw(path, stored)
    except BaseException:
        discard(stored)
        raise
    fault_point("files.kept")
    return KeptFile(stored, clean_name(name), kind, size, digest, *drawn)


def _write(file: IO[bytes], path: Path, most_bytes: int) -> tuple[str, int]:
    """Copy the upload in pieces; returns its SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    with written_whole(path) as part, os.fdopen(_opened(part), "wb") as target:
        while piece := file.read(MEGABYTE):
            size += len(piece)
            if size > most_bytes:
                raise Refused(too_large(most_bytes))
            digest.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())  # before any row names it
    return digest.hexdigest(), size


def too_large(most_bytes: int) -> str:
    """The sentence for a file above the limit."""
    return _("This file is larger than {limit} MB.").format(limit=most_bytes // MEGABYTE)


def _opened(path: Path) -> int:
    """A new file that only we may read."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _draw(path: Path, stored: str) -> tuple[int, int]:
    view, thumb = (rendition(stored, which) for which in RENDITIONS)
    with written_whole(view) as view_part, written_whole(thumb) as thumb_part:
        for part in (view_part, thumb_part):
            os.close(_opened(part))
        return draw(path, view_part, thumb_part)


def discard(stored_name: str) -> None:
    """Delete a kept file with its view and thumbnail; nothing happens if it is gone already."""
    path_of(stored_name).unlink(missing_ok=True)
    for which in RENDITIONS:
        rendition(stored_name, which).unlink(missing_ok=True)


def discard_after_commit(stored_name: str) -> None:
    """Delete a file once the transaction that deletes its row is through."""
    transaction.on_commit(partial(discard, stored_name))


# --- files and rows -------------------------------------------------------------------------------


def tables() -> list[Any]:
    """The tables of attached files, of all apps."""
    from core.models import StoredFile

    return [model for model in apps.get_models() if issubclass(model, StoredFile)]


def _rows(**condition: Any) -> QuerySet[Any]:
    """Stored names in all tables, read in one statement: a row that moves from one table to
    another meanwhile is in it."""
    parts = [
        table._base_manager.filter(**condition).values_list("stored_name", "mime")
        for table in tables()
    ]
    return parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]


def known_names() -> set[str]:
    """Names of all files that rows know, views and thumbnails included."""
    return {name for stored, mime in _rows().iterator() for name in _names(stored, mime)}


def _names(stored: str, mime: str) -> Iterator[str]:
    yield stored
    if mime.startswith("image/"):
        yield from (rendition_name(stored, which) for which in RENDITIONS)


def delete_strays() -> int:
    """Delete files older than a day that no row knows; safe to run twice. Returns how many."""
    oldest, count = timezone.now().timestamp() - YOUNG, 0
    for folder in sorted(root().iterdir()) if root().is_dir() else ():
        if not folder.is_dir():
            continue
        settled = [path for path in folder.iterdir() if _age(path) < oldest]
        if not settled:
            continue
        known = {
            name
            for stored, mime in _rows(stored_name__startswith=f"{folder.name}/")
            for name in _names(stored, mime)
        }
        for path in settled:
            if f"{folder.name}/{path.name}" not in known:
                path.unlink(missing_ok=True)
                count += 1
    return count


def _age(path: Path) -> float:
    """When a file was last written; now for one that has just gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return timezone.now().timestamp()
