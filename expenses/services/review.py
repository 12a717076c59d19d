"""Somebody looks at an unusual application and says what he found."""

from typing import Any

from django.db import transaction

from audit.services import record
from expenses.models import Application, ReviewMark


@transaction.atomic
def mark(application: Application, *, finding: str, by: Any, note: str = "") -> ReviewMark:
    """Take a finding off the review list; the last note counts."""
    row, _made = ReviewMark.objects.update_or_create(
        application=application, finding=finding, defaults={"note": note.strip()[:200], "by": by}
    )
    record(
        "application.reviewed",
        by=by,
        subject=application,
        number=application.number,
        finding=finding,
    )
    return row
