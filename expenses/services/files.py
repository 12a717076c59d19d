"""Files that go with an application: the plan of an event, an offer, a list."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.attachments import KeptFile
from core.attachments.store import discard_after_commit
from core.drafts.forms import DraftForm, register
from core.drafts.services import hand_over
from core.errors import Refused
from core.locking import lock
from core.models import Draft
from expenses.models import Application, ApplicationFile
from expenses.services.papers import MOST_BYTES, MOST_FILES, drop, refuse_full

ADD: Final = "expenses.add_application"
FORM = register(DraftForm("expenses.application", ADD, lambda: MOST_FILES, lambda: MOST_BYTES))


def may_attach(application: Application, by: Any) -> bool:
    """Whoever may write in the application, while it may be written in. `by` None is the
    operator."""
    if not application.is_editable:
        return False
    return by is None or by.pk in (application.applicant_id, application.entered_by_id)


def adopt(application: Application, draft: Draft | None, *, by: Any) -> list[ApplicationFile]:
    """The files of a draft whose form was accepted become files of the application, within the
    transaction that saves it. Raises Refused when they are too many."""
    if draft is None:
        return []
    kept = hand_over(draft)
    rows = _take(application, kept, by)
    taken = {row.stored_name for row in rows}
    for one in kept:
        if one.stored_name not in taken:
            discard_after_commit(one.stored_name)
    return rows


def _take(application: Application, kept: Iterable[KeptFile], by: Any) -> list[ApplicationFile]:
    held = _held(application.pk, by)
    known = {row.sha256: row for row in ApplicationFile.objects.filter(application=held)}
    rows = []
    for one in kept:
        row = known.get(one.sha256)
        if row is None:
            refuse_full(len(known))
            row = ApplicationFile.objects.create(application=held, uploaded_by=by, **one.columns())
            record("application.file_attached", by=by, subject=held, number=held.number)
            known[one.sha256] = row
        rows.append(row)
    return rows


def _held(pk: int, by: Any) -> Application:
    held: Application = lock(Application.objects.filter(pk=pk)).get()
    if not may_attach(held, by):
        raise Refused(_("This application can no longer be changed."))
    return held


@transaction.atomic
def remove(file: ApplicationFile, *, by: Any) -> None:
    """Delete a file of an application that may still be written in. Raises Refused."""
    held = _held(file.application_id, by)
    drop(file)
    record("application.file_removed", by=by, subject=held, number=held.number)
