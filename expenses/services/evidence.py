"""Photographs and lists that prove an event took place, due some working days after it (EXP-08)."""

from datetime import date, timedelta
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.attachments import KeptFile
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from expenses.models import Application, Evidence, EvidenceKind
from expenses.services.papers import add_file, drop, refuse_full
from expenses.states import GRANTED, State

REMIND_BEFORE = timedelta(days=2)


def add(
    application: Application,
    file: IO[bytes],
    name: str,
    *,
    by: Any,
    kind: str = EvidenceKind.PHOTO,
    caption: str = "",
) -> Evidence:
    """Attach one file; with one of each kind the category wants, the duty is done.

    The same file again gives the row that is there. Raises Refused before the approval, and for a
    file that is there as another kind.
    """
    caption = caption.strip()[:200]
    return add_file(file, name, lambda kept: _write(application, kept, by, kind, caption))


def _write(application: Application, kept: KeptFile, by: Any, kind: str, caption: str) -> Evidence:
    row = _held(application.pk)
    if row.state not in GRANTED:
        raise Refused(_("Evidence is added once the application is approved."))
    known = row.evidence.filter(sha256=kept.sha256).first()
    if known is not None and known.kind != kind:
        sentence = _("This file is there already, as {kind}. Please choose another one.")
        raise Refused(sentence.format(kind=known.get_kind_display()))
    if known is not None:
        return known
    refuse_full(row.evidence.count())
    evidence = Evidence.objects.create(
        application=row, uploaded_by=by, kind=kind, caption=caption, **kept.columns()
    )
    _look(row)
    record("application.evidence_added", by=by, subject=row, number=row.number)
    return evidence


@transaction.atomic
def remove(evidence: Evidence, *, by: Any) -> None:
    """Take a file out; the duty may be open again. Raises Refused after the settlement, and for
    somebody else's file."""
    row = _held(evidence.application_id)
    if row.state == State.SETTLED:
        raise Refused(_("The application is settled; its evidence stays."))
    if by is not None and evidence.uploaded_by_id != by.pk:
        raise Refused(_("Only who uploaded a file removes it."))
    drop(evidence)
    _look(row)
    record("application.evidence_removed", by=by, subject=row, number=row.number)


def lacking(application: Application) -> list[str]:
    """Kinds of evidence that the category wants and the application does not have."""
    if not application.category.wants_evidence:
        return []
    there = set(application.evidence.values_list("kind", flat=True))
    wanted = application.category.evidence_kinds or [EvidenceKind.PHOTO]
    return [kind for kind in wanted if kind not in there]


def _look(row: Application) -> None:
    """Note whether the duty is done."""
    done = None if lacking(row) else row.evidence_done_at or timezone.now()
    if done != row.evidence_done_at:
        row.evidence_done_at = done
        row.save(update_fields=["evidence_done_at", "updated_at"])


def _held(pk: int) -> Application:
    return lock(Application.objects.filter(pk=pk)).select_related("category").get()


@transaction.atomic
def remind(today: date | None = None) -> int:
    """Tell applicants whose evidence is due within two days or late, once each. Returns how many
    were told."""
    day = today or timezone.localdate()
    rows = Application.objects.filter(
        evidence_due_on__lte=day + REMIND_BEFORE,
        evidence_done_at=None,
        state__in=sorted(GRANTED),
        applicant__isnull=False,
    )
    told = 0
    for row in rows.order_by("pk"):
        late = row.evidence_due_on is not None and row.evidence_due_on < day
        told += notify(
            [row.applicant_id],
            "expenses.evidence_due",
            key=f"application:{row.pk}:{'late' if late else 'due'}",
            url=row.get_absolute_url(),
            number=row.number,
            due_on=row.evidence_due_on.isoformat() if row.evidence_due_on else "",
            late=late,
        )
    return told
