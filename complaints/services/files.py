"""Files of cases: attached by whoever works with cases, removed by whoever attached them.

The bytes are kept before the transaction and deleted after it (core.attachments.store). The row
of the case is locked while files are counted and compared, so that two people who attach the same
picture at the same time attach it once.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.services import record
from complaints.models import Case, CaseEntry, CaseFile, FileRole
from complaints.selectors.powers import Powers
from complaints.services.log import log
from complaints.states import CALL_BACK, CLOSE, ENDED, HANDLE, REGISTER, VIEW, State
from core.attachments import Group, KeptFile, discard, keep
from core.attachments.store import MEGABYTE, discard_after_commit, too_large
from core.drafts.forms import DraftForm, register
from core.drafts.services import hand_over
from core.errors import Refused
from core.locking import lock
from core.models import Draft
from regions.policies import policy

# Whoever takes matters in, works on them or calls owners back holds one of these.
ATTACH = (HANDLE, REGISTER, CALL_BACK)


IN_A_ROW = timedelta(minutes=10)
# What the photographs show that come with a happening; files of other kinds show nothing special.
SHOWN_WITH = {
    "register": FileRole.BEFORE,
    "merged_in": FileRole.BEFORE,
    "resolve": FileRole.AFTER,
}


def _most_files() -> int:
    return int(policy("complaints.files_per_case"))


def _most_bytes() -> int:
    return int(policy("complaints.file_megabytes")) * MEGABYTE


INTAKE = register(DraftForm("complaints.intake", REGISTER, _most_files, _most_bytes))
MOVE = register(DraftForm("complaints.move", VIEW, _most_files, _most_bytes))


def may_attach(case: Case, by: Any) -> bool:
    """Whether somebody may attach files to a case. `by` None is the operator."""
    return takes_files(case, Powers(by, [case]))


def takes_files(case: Case, powers: Powers) -> bool:
    """As may_attach, by what was read of a person's powers before."""
    return case.state != State.MERGED and powers.reaches(case, *ATTACH)


def may_remove(file: CaseFile, by: Any) -> bool:
    """Whoever attached it, for some hours while the case goes on (policy); else who closes
    cases."""
    if by is None or _reaches(file.case, by, CLOSE):
        return True
    hours = policy("complaints.file_regret_hours", file.case.unit_id)
    young = timezone.now() <= file.uploaded_at + timedelta(hours=hours)
    return (
        file.uploaded_by_id == by.pk
        and young
        and file.case.state not in ENDED
        and _reaches(file.case, by, *ATTACH)
    )


def _reaches(case: Case, by: Any, *rights: str) -> bool:
    return any(
        Case.objects.visible_to(by, right).filter(pk=case.pk).exists()
        for right in rights
        if by.has_perm(right)
    )


def most_bytes(case: Case) -> int:
    """How large a file of this case may be, in bytes (policy)."""
    return int(policy("complaints.file_megabytes", case.unit_id)) * MEGABYTE


def attach_file(
    case: Case,
    file: IO[bytes],
    name: str,
    *,
    by: Any,
    role: str = FileRole.GENERAL,
    caption: str = "",
    **links: Any,
) -> CaseFile:
    """Attach one file with a line in the log; the row that is there already if the case has the
    same content. `links` are further columns of the row.

    Raises Refused when the person may not, when the case is full, and for a file that is too
    large or of a kind that is not accepted.
    """
    if not may_attach(case, by):
        raise Refused(_("You may not attach files to this case."))
    kept = keep(file, name, most_bytes=most_bytes(case))
    try:
        with transaction.atomic():
            rows = take_files(case, [kept], by=by, role=role, caption=caption, **links)
            fresh = [row for row in rows if row.stored_name == kept.stored_name]
            tell_log(case, fresh, by=by)
    except BaseException:
        discard(kept.stored_name)
        raise
    if not fresh:
        discard(kept.stored_name)
    return rows[0]


def take_files(
    case: Case,
    kept: Iterable[KeptFile],
    *,
    by: Any,
    role: str = FileRole.GENERAL,
    caption: str = "",
    entry: CaseEntry | None = None,
    **links: Any,
) -> list[CaseFile]:
    """Give files that lie in the store to a case, within a transaction; each content once.

    Of a content that the case has already, its row is returned and the new file is left to the
    caller. Raises Refused when the case would have too many files.
    """
    Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    known = {row.sha256: row for row in CaseFile.objects.filter(case=case).select_related("case")}
    rows = []
    for one in kept:
        row = known.get(one.sha256)
        if row is None:
            _refuse_full(case, len(known))
            columns = one.columns() | {"role": role, "caption": caption.strip()[:200]} | links
            row = CaseFile.objects.create(case=case, entry=entry, uploaded_by=by, **columns)
            record("case.file_attached", by=by, subject=case)
            known[one.sha256] = row
        rows.append(row)
    return rows


def adopt(case: Case, draft: Draft | None, entry: CaseEntry, *, by: Any) -> list[CaseFile]:
    """The files of a draft whose form was accepted become files of the case, within the
    transaction of `entry`. Raises Refused when they are too many or too large for the case."""
    if draft is None:
        return []
    kept = hand_over(draft)
    if any(one.size > most_bytes(case) for one in kept):
        raise Refused(too_large(most_bytes(case)))
    pictures = [one for one in kept if one.kind.group is Group.PICTURE]
    others = [one for one in kept if one.kind.group is not Group.PICTURE]
    role = SHOWN_WITH.get(entry.kind, FileRole.GENERAL)
    rows = take_files(case, pictures, by=by, role=role, entry=entry)
    rows += take_files(case, others, by=by, entry=entry)
    taken = {row.stored_name for row in rows}
    for one in kept:
        if one.stored_name not in taken:
            discard_after_commit(one.stored_name)
    return rows


def refuse_without_photo(case: Case) -> None:
    """Raise Refused when the work of this case must be seen (policy) and no photograph shows it.

    A case of a group is exempt: the parent's one resolution is everybody's.
    """
    if case.kind not in policy("complaints.photos_after_resolve", case.unit_id) or case.parent_id:
        return
    photos = CaseFile.objects.filter(case=case, role=FileRole.AFTER, mime__startswith="image/")
    if not photos.exists():
        raise Refused(_("Please attach a photograph of the finished work."))


def _refuse_full(case: Case, count: int) -> None:
    most = policy("complaints.files_per_case", case.unit_id)
    if count >= most:
        sentence = ngettext(
            "A case can have {most} file. Please remove one first.",
            "A case can have {most} files. Please remove one first.",
            most,
        )
        raise Refused(sentence.format(most=most))


def refuse_overflow(case: Case, contents: Iterable[str]) -> None:
    """Refuse beforehand, without writing, what take_files would refuse midway: more files than a
    case may have. `contents` are their SHA-256."""
    known = set(CaseFile.objects.filter(case=case).values_list("sha256", flat=True))
    fresh = len(set(contents) - known)
    if fresh:
        _refuse_full(case, len(known) + fresh - 1)


def tell_log(case: Case, rows: list[CaseFile], *, by: Any) -> None:
    """A line in the log for files that came without another happening; what one person attaches
    in a row shares a line."""
    if not rows:
        return
    now = timezone.now()
    last = CaseEntry.objects.filter(case=case).first()
    in_a_row = (
        last is not None
        and last.kind == "attached"
        and last.by_id == (by.pk if by is not None else None)
        and now - last.at < IN_A_ROW
    )
    entry = last if in_a_row else log(case, "attached", by=by, at=now)
    CaseFile.objects.filter(pk__in=[row.pk for row in rows]).update(entry=entry)
    for row in rows:
        row.entry = entry


@transaction.atomic
def change_file(file: CaseFile, *, by: Any, role: str, caption: str) -> CaseFile:
    """Say otherwise what a file shows, or caption it anew; the log keeps what it said before.

    Raises Refused for somebody who may not attach files to the case.
    """
    if not may_attach(file.case, by):
        raise Refused(_("You may not attach files to this case."))
    held = lock(CaseFile.objects.filter(pk=file.pk)).select_related("case").first()
    if held is None:
        raise Refused(_("Somebody has removed this file meanwhile."))
    words = caption.strip()[:200]
    if (held.role, held.caption) == (role, words):
        return held
    facts = {"file": held.name, "roles": [held.role, role], "captions": [held.caption, words]}
    held.role, held.caption = FileRole(role), words
    held.save(update_fields=["role", "caption"])
    log(held.case, "file_changed", by=by, at=timezone.now(), **facts)
    record("case.file_changed", by=by, subject=held.case)
    return held


@transaction.atomic
def remove_file(file: CaseFile, *, by: Any) -> None:
    """Delete a file; the log keeps its name and who removed it. Raises Refused."""
    if not may_remove(file, by):
        raise Refused(
            _("You may not remove this file any more. Please ask somebody who closes cases.")
        )
    case = Case.objects.select_for_update(of=("self",)).get(pk=file.case_id)
    gone, _rows = CaseFile.objects.filter(pk=file.pk).delete()
    if not gone:
        return  # somebody else was quicker, which comes to the same
    discard_after_commit(file.stored_name)
    log(case, "file_removed", by=by, at=timezone.now(), file=file.name)
    record("case.file_removed", by=by, subject=case)
