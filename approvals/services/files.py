"""Files that come with a comment: kept before the transaction, discarded when it fails."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from approvals.models import Approval, ApprovalFile, Decision
from core.attachments import KeptFile, discard, keep
from core.attachments.store import MEGABYTE
from regions.policies import policy

Uploads = Sequence[tuple[IO[bytes], str]]


def most_bytes(approval: Approval) -> int:
    """How large a file with a comment may be, in bytes (policy)."""
    return int(policy("approvals.file_megabytes", approval.unit_id)) * MEGABYTE


@contextmanager
def kept(approval: Approval, files: Uploads) -> Iterator[list[KeptFile]]:
    """The uploads in the store while a transaction writes their rows. Raises Refused for one that
    is too large or of a kind that cannot be attached."""
    stored: list[KeptFile] = []
    try:
        for file, name in files:
            stored.append(keep(file, name, most_bytes=most_bytes(approval)))
        yield stored
    except BaseException:
        _discard(stored)
        raise
    _discard(_without_row(stored))


def _without_row(stored: Sequence[KeptFile]) -> list[KeptFile]:
    """What nobody wanted in the end: the content was there already, or the paper had changed."""
    if not stored:
        return []
    rows = ApprovalFile.objects.filter(stored_name__in=[one.stored_name for one in stored])
    wanted = set(rows.values_list("stored_name", flat=True))
    return [one for one in stored if one.stored_name not in wanted]


def _discard(files: Sequence[KeptFile]) -> None:
    for one in files:
        discard(one.stored_name)


def adopt(stored: Sequence[KeptFile], decision: Decision, by: Any) -> None:
    """Write the rows of kept files; a content that the approval has already is not kept twice."""
    had = set(ApprovalFile.objects.filter(approval=decision.approval).values_list("sha256"))
    for one in stored:
        if (one.sha256,) in had:
            continue
        had.add((one.sha256,))
        ApprovalFile.objects.create(
            approval=decision.approval, decision=decision, uploaded_by=by, **one.columns()
        )
