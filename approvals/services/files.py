"""Files that come with a comment: kept before the transaction, discarded when it fails. Those that
were uploaded while somebody wrote lie in a draft until the comment takes them over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

from approvals.models import Approval, ApprovalFile, Decision
from core.attachments import KeptFile, discard, keep
from core.attachments.store import MEGABYTE, discard_after_commit
from core.drafts.forms import DraftForm, register
from core.drafts.services import drop_draft, hand_over
from core.models import Draft, DraftFile
from regions.policies import policy

Uploads = Sequence[tuple[IO[bytes], str]] | Draft | None
MOST_FILES: Final = 20


def _default_bytes() -> int:
    return int(policy("approvals.file_megabytes")) * MEGABYTE


#: The forms of decisions, comments and calls; the page says whose paper it is about.
FORM = register(DraftForm("approvals.act", "", lambda: MOST_FILES, _default_bytes))


@dataclass(slots=True)
class Stored:
    """What a comment brings: files in the store that have no row yet, and a draft with files."""

    files: list[KeptFile] = field(default_factory=list)
    draft: Draft | None = None


def most_bytes(approval: Approval) -> int:
    """How large a file with a comment may be, in bytes (policy)."""
    return int(policy("approvals.file_megabytes", approval.unit_id)) * MEGABYTE


def has_any(files: Uploads) -> bool:
    """Whether anything is attached."""
    if isinstance(files, Draft):
        return DraftFile.objects.filter(draft=files).exists()
    return bool(files)


@contextmanager
def kept(approval: Approval, files: Uploads) -> Iterator[Stored]:
    """The uploads in the store while a transaction writes their rows; what lies in a draft stays
    there if it fails. Raises Refused for one that is too large or of a kind that cannot be
    attached."""
    if files is None or isinstance(files, Draft):
        yield Stored(draft=files)
        return
    stored = Stored()
    try:
        for file, name in files:
            stored.files.append(keep(file, name, most_bytes=most_bytes(approval)))
        yield stored
    except BaseException:
        _discard(stored.files)
        raise
    _discard(_without_row(stored.files))


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


def give_up(stored: Stored) -> None:
    """Nobody will send what the draft holds: its paper has changed."""
    if stored.draft is not None:
        drop_draft(stored.draft)


def adopt(stored: Stored, decision: Decision, by: Any) -> None:
    """Write the rows of kept files; a content that the approval has already is not kept twice."""
    handed = hand_over(stored.draft) if stored.draft is not None else []
    rows = ApprovalFile.objects.filter(approval=decision.approval)
    had = set(rows.values_list("sha256", flat=True)) if stored.files or handed else set()
    for one in (*stored.files, *handed):
        if one.sha256 in had:
            if one in handed:
                discard_after_commit(one.stored_name)
            continue
        had.add(one.sha256)
        ApprovalFile.objects.create(
            approval=decision.approval, decision=decision, uploaded_by=by, **one.columns()
        )
