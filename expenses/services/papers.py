"""Files of applications and events: kept before the transaction, deleted after it.

The row of the owner is held while files are counted and compared, so that the same file that comes
twice is taken once (core.attachments.store).
"""

from collections.abc import Callable
from typing import IO, Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from core.attachments import KeptFile, discard, keep
from core.attachments.store import MEGABYTE, discard_after_commit
from core.errors import Refused
from core.models import StoredFile

MOST_FILES = 30
MOST_BYTES = 20 * MEGABYTE

F = TypeVar("F", bound=StoredFile)


def add_file(file: IO[bytes], name: str, write: Callable[[KeptFile], F]) -> F:
    """Keep a file and let `write` make its row in a transaction; the bytes go again when it
    refuses. `write` may give a row that is there already."""
    kept = keep(file, name, most_bytes=MOST_BYTES)
    try:
        with transaction.atomic():
            row = write(kept)
    except BaseException:
        discard(kept.stored_name)
        raise
    if row.stored_name != kept.stored_name:
        discard(kept.stored_name)
    return row


def refuse_full(count: int) -> None:
    """Refuse one more file where there are many."""
    if count >= MOST_FILES:
        sentence = _("There are {most} files already. Please remove one first.")
        raise Refused(sentence.format(most=MOST_FILES))


def drop(row: Any) -> None:
    """Delete a row of a file and, after the commit, its bytes."""
    row.delete()
    discard_after_commit(row.stored_name)
