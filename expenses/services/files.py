"""Files that go with an application: the plan of an event, an offer, a list.

The bytes are kept before the transaction and deleted after it (core.attachments.store). The row
of the application is locked while files are counted and compared.
"""

from collections.abc import Iterable
from typing import IO, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.services import record
from core.attachments import KeptFile, discard, keep
from core.attachments.store import MEGABYTE, discard_after_commit, too_large
from core.drafts.forms import DraftForm, register
from core.drafts.services import hand_over
from core.errors import Refused
from core.locking import lock
from core.models import Draft
from expenses.models import Application, ApplicationFile
from regions.policies import policy

ADD: Final = "expenses.add_application"


def most_files() -> int:
    """How many files an application may have."""
    return int(policy("expenses.files_per_application"))


def most_bytes() -> int:
    """How large one file may be, in bytes."""
    return int(policy("expenses.file_megabytes")) * MEGABYTE


FORM = register(DraftForm("expenses.application", ADD, most_files, most_bytes))


def may_attach(application: Application, by: Any) -> bool:
    """Whoever may write in the application, while it may be written in. `by` None is the
    operator."""
    if not application.is_editable:
        return False
    return by is None or by.pk in (application.applicant_id, application.entered_by_id)


def attach(
    application: Application, file: IO[bytes], name: str, *, by: Any, caption: str = ""
) -> ApplicationFile:
    """Attach one file; the row that is there already if the application has the same content.

    Raises Refused for somebody who may not, when there are too many, and for a file that is too
    large or of a kind that is not accepted.
    """
    kept = keep(file, name, most_bytes=most_bytes())
    try:
        with transaction.atomic():
            rows = _take(application, [kept], by=by, caption=caption)
    except BaseException:
        discard(kept.stored_name)
        raise
    if rows[0].stored_name != kept.stored_name:
        discard(kept.stored_name)
    return rows[0]


def adopt(application: Application, draft: Draft | None, *, by: Any) -> list[ApplicationFile]:
    """The files of a draft whose form was accepted become files of the application, within the
    transaction that saves it. Raises Refused when they are too many or too large."""
    if draft is None:
        return []
    kept = hand_over(draft)
    if any(one.size > most_bytes() for one in kept):
        raise Refused(too_large(most_bytes()))
    rows = _take(application, kept, by=by)
    taken = {row.stored_name for row in rows}
    for one in kept:
        if one.stored_name not in taken:
            discard_after_commit(one.stored_name)
    return rows


def _take(
    application: Application, kept: Iterable[KeptFile], *, by: Any, caption: str = ""
) -> list[ApplicationFile]:
    held = lock(Application.objects.filter(pk=application.pk)).get()
    if not may_attach(held, by):
        raise Refused(_("This application cannot be changed any more."))
    known = {row.sha256: row for row in ApplicationFile.objects.filter(application=held)}
    rows = []
    for one in kept:
        row = known.get(one.sha256)
        if row is None:
            _refuse_full(len(known))
            columns = one.columns() | {"caption": caption.strip()[:200]}
            row = ApplicationFile.objects.create(application=held, uploaded_by=by, **columns)
            record("expense.file_attached", by=by, subject=held)
            known[one.sha256] = row
        rows.append(row)
    return rows


def _refuse_full(count: int) -> None:
    most = most_files()
    if count >= most:
        sentence = ngettext(
            "An application can have {most} file. Please remove one first.",
            "An application can have {most} files. Please remove one first.",
            most,
        )
        raise Refused(sentence.format(most=most))


@transaction.atomic
def remove(file: ApplicationFile, *, by: Any) -> None:
    """Delete a file of an application that may still be written in. Raises Refused."""
    held = lock(Application.objects.filter(pk=file.application_id)).get()
    if not may_attach(held, by):
        raise Refused(_("This application cannot be changed any more."))
    gone, _rows = ApplicationFile.objects.filter(pk=file.pk).delete()
    if gone:
        discard_after_commit(file.stored_name)
        record("expense.file_removed", by=by, subject=held)
