"""Where exported files lie until they are fetched."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from core.files.parts import PART
from core.models import Job


def folder() -> Path:
    """The private folder of exported files, made on first use."""
    path = Path(settings.PRIVATE_FILES) / "exports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(job: Job) -> Path:
    """Where the file of a job lies, or will lie."""
    return folder() / str(job.payload["file"])


def delete_files(jobs: Iterable[Job]) -> None:
    """Delete what these jobs wrote or are writing, once the caller's transaction is committed."""
    for job in jobs:
        path = path_of(job)
        for one in (path, path.with_name(f"{PART}{path.name}")):
            transaction.on_commit(partial(one.unlink, missing_ok=True))
