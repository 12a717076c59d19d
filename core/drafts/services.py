"""Keeping, reading and deleting drafts.

A window saves under the key that its page brought. If another window saved over the same draft
meanwhile (both restored it), the later one goes on under a new key: neither loses anything.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import IO, Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.attachments import KeptFile, discard, keep
from core.attachments.kinds import kind_of
from core.attachments.store import discard_after_commit
from core.drafts.forms import DraftForm
from core.errors import Refused
from core.models import Draft, DraftFile, SubjectKey
from core.personal_data import Erased, decrypt, encrypt, new_subject_key, unwrap

KEPT_FOR: Final = timedelta(days=7)
OFFERED: Final = 2
MOST_BYTES: Final = 200_000
#: Drafts of one person; the oldest go when there are more.
MOST_DRAFTS: Final = 30
FIELD: Final = "draft.body"


def save_draft(*, user: Any, form: str, key: UUID, version: int, body: str) -> Draft | None:
    """Keep what is typed: `body` is the form as the browser sends it. `version` is what the page
    has, 0 before its first saving.

    Returns the draft with its key and version as they are now, or None when the draft was sent
    or thrown away meanwhile. Raises Refused for a body that is too long.
    """
    if len(body) > MOST_BYTES:
        raise Refused(_("This form is too long to be kept."))
    try:
        with transaction.atomic():
            return _save(user, form, key, version, body)
    except IntegrityError:  # the first two savings of a window at the same time
        with transaction.atomic():
            return _save(user, form, key, 1, body)


def _save(user: Any, form: str, key: UUID, version: int, body: str) -> Draft | None:
    rows = Draft.objects.select_for_update(of=("self",)).select_related("subject")
    draft = rows.filter(key=key, user=user, form=form).first()
    if draft is None:
        return _new(user, form, key, body) if version == 0 else None
    if draft.version != version:
        return _new(user, form, uuid4(), body)
    draft.body = encrypt(unwrap(draft.subject.wrapped), body, FIELD)
    draft.version += 1
    draft.updated_at = timezone.now()
    draft.save(update_fields=["body", "version", "updated_at"])
    return draft


def _new(user: Any, form: str, key: UUID, body: str, *, version: int = 1) -> Draft:
    plain, wrapped = new_subject_key()
    subject = SubjectKey.objects.create(wrapped=wrapped)
    sealed = encrypt(plain, body, FIELD)
    draft: Draft = Draft.objects.create(
        key=key, user=user, form=form, subject=subject, body=sealed, version=version
    )
    older = Draft.objects.filter(user=user).order_by("-updated_at", "-pk")[MOST_DRAFTS:]
    _delete(list(older))
    return draft


def body_of(draft: Draft) -> str:
    """What was typed, as the browser sent it; empty when it cannot be read any more."""
    try:
        return decrypt(unwrap(draft.subject.wrapped), draft.body, FIELD)
    except Erased:
        return ""


def find_draft(*, user: Any, form: str, key: UUID) -> Draft | None:
    """A draft of one's own, by its key."""
    rows = Draft.objects.filter(user=user, form=form, key=key)
    found: Draft | None = rows.select_related("subject").first()
    return found


def offered_drafts(*, user: Any, form: str) -> list[Draft]:
    """The latest drafts of a form, to be restored or thrown away."""
    rows = Draft.objects.filter(user=user, form=form, updated_at__gt=timezone.now() - KEPT_FOR)
    return list(rows.order_by("-updated_at", "-pk")[:OFFERED])


@transaction.atomic
def drop_draft(draft: Draft) -> None:
    """Delete a draft with its files and its key."""
    _delete([draft])


def _delete(drafts: Iterable[Draft]) -> None:
    keys = [draft.pk for draft in drafts]
    if not keys:
        return
    for name in DraftFile.objects.filter(draft__in=keys).values_list("stored_name", flat=True):
        discard_after_commit(name)
    subjects = [draft.subject_id for draft in drafts]
    Draft.objects.filter(pk__in=keys).delete()
    SubjectKey.objects.filter(pk__in=subjects).delete()


def delete_old_drafts() -> int:
    """Delete drafts that nobody came back to for a week; safe to run twice. Returns how many."""
    count = 0
    while True:
        with transaction.atomic():
            old = Draft.objects.select_for_update(skip_locked=True)
            rows = list(old.filter(updated_at__lt=timezone.now() - KEPT_FOR).order_by("pk")[:500])
            _delete(rows)
        if not rows:
            return count
        count += len(rows)


# --- files ----------------------------------------------------------------------------------------


def attach_to_draft(
    *, user: Any, form: DraftForm, name: str, key: UUID, file: IO[bytes], file_name: str
) -> DraftFile:
    """Keep an upload in the draft of a form, which begins with it if there is none yet; the same
    content once.

    Raises Refused for what cannot be attached and for a draft that is full.
    """
    kept = keep(file, file_name, most_bytes=form.most_bytes())
    try:
        with transaction.atomic():
            row = _take(user, form, name, key, kept)
    except BaseException:
        discard(kept.stored_name)
        raise
    if row.stored_name != kept.stored_name:
        discard(kept.stored_name)
    return row


def _take(user: Any, form: DraftForm, name: str, key: UUID, kept: KeptFile) -> DraftFile:
    rows = Draft.objects.select_for_update(of=("self",))
    draft = rows.filter(user=user, form=name, key=key).first()
    if draft is None:
        # Nothing typed was saved yet, which is what the page believes as well.
        draft = _new(user, name, key, "", version=0)
    there = {row.sha256: row for row in DraftFile.objects.filter(draft=draft)}
    if kept.sha256 in there:
        return there[kept.sha256]
    most = form.most_files()
    if len(there) >= most:
        sentence = ngettext(
            "{most} file can be attached here. Please remove one first.",
            "{most} files can be attached here. Please remove one first.",
            most,
        )
        raise Refused(sentence.format(most=most))
    Draft.objects.filter(pk=draft.pk).update(updated_at=timezone.now())
    row: DraftFile = DraftFile.objects.create(draft=draft, uploaded_by=user, **kept.columns())
    return row


@transaction.atomic
def remove_draft_file(file: DraftFile) -> None:
    """Delete a file of a draft."""
    file.delete()
    discard_after_commit(file.stored_name)


def hand_over(draft: Draft) -> list[KeptFile]:
    """End a draft whose form was accepted, within the transaction of that: its files are the
    caller's from now on, its content is gone.

    Of two who send the same draft only the first gets the files.
    """
    held = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if held is None:
        return []
    files = [_kept(row) for row in DraftFile.objects.filter(draft=held).order_by("pk")]
    DraftFile.objects.filter(draft=held).delete()
    _delete([held])
    return files


def _kept(row: DraftFile) -> KeptFile:
    return KeptFile(
        stored_name=row.stored_name,
        name=row.name,
        kind=kind_of(row.mime),
        size=row.size,
        sha256=row.sha256,
        width=row.width,
        height=row.height,
    )
