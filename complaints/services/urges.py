"""What becomes of urges (催办, CMP-04): answered, or told to the one who urged when none came."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from complaints.models import Case, Urge
from complaints.services.telling import tell
from complaints.states import OPEN

BATCH = 500


def waiting(case: Case) -> QuerySet[Urge]:
    """The urges of a case that nobody has answered."""
    return Urge.objects.filter(case=case, answered_at=None)


def answer(case: Case, by: Any, now: datetime, text: str) -> int:
    """Answer every urge of a case that waits, and tell those who urged. Returns how many."""
    rows = list(waiting(case).select_for_update().order_by("pk"))
    for row in rows:
        row.answer, row.answered_at, row.answered_by = text, now, by
    Urge.objects.bulk_update(rows, ["answer", "answered_at", "answered_by"])
    for row in rows:
        if by is None or row.by_id != by.pk:
            name = by.name if by is not None else ""
            key = f"urge:{row.pk}:answered"
            tell([row.by_id], "complaints.urge_answered", case, key=key, by=name, answer=text)
    return len(rows)


@transaction.atomic
def tell_late(now: datetime) -> int:
    """Tell whoever urged that his date has passed without an answer, each urge once."""
    rows = (
        Urge.objects.filter(answered_at=None, late_told_at=None, answer_by__lte=now)
        .filter(case__state__in=OPEN)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("case__unit", "case__handler")
        .order_by("pk")[:BATCH]
    )
    late = list(rows)
    for row in late:
        row.late_told_at = now
        handler = row.case.handler.name if row.case.handler else ""
        tell(
            [row.by_id],
            "complaints.urge_late",
            row.case,
            key=f"urge:{row.pk}:late",
            handler=handler,
            reason=row.reason,
        )
    Urge.objects.bulk_update(late, ["late_told_at"])
    return len(late)
