"""Files that people attach to records: photographs, letters, recordings.

A table of attached files extends `core.models.StoredFile`; its owner (a case, an expense) is a
foreign key of its own, and whoever sees the owner sees the file. `kinds` says by content what a
file is, `store` keeps and deletes the bytes, `pictures` makes what browsers are shown, `serving`
answers a request with a file. docs/adr/0023-attached-files-and-drafts.md has the reasons.
"""

from core.attachments.kinds import FileKind, Group, accepted, recognise
from core.attachments.serving import send
from core.attachments.store import KeptFile, discard, keep

__all__ = [
    "FileKind",
    "Group",
    "KeptFile",
    "accepted",
    "discard",
    "keep",
    "recognise",
    "send",
]
