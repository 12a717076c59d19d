"""Files that appear under their name when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part-"  # begins the name of a file that is still being written


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place to write to; what is there at the end gets the name `path`.

    So a backup never takes a file that is half written. After an error nothing is left.
    """
    part = path.with_name(f"{PART}{path.name}")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
