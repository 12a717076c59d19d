"""Lines of the ledger, and the columns of an application that repeat their sums (EXP-11)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from expenses.models import Application, EntryKind, LedgerEntry

ZERO = Decimal("0.00")


def book(
    application: Application,
    kind: EntryKind,
    *,
    by: Any,
    approved: Decimal = ZERO,
    paid: Decimal = ZERO,
    on: date | None = None,
    text: str = "",
    reverses: LedgerEntry | None = None,
) -> LedgerEntry:
    """Write a line for a held application and add it to its sums; the caller saves the
    application. The line lies in the unit that applied."""
    entry = LedgerEntry(
        application=application,
        category_id=application.category_id,
        kind=kind,
        approved=approved,
        paid=paid,
        booked_on=on or timezone.localdate(),
        text=text[:200],
        reverses=reverses,
        by=by,
    )
    entry.unit_id = application.unit_id
    entry.region_id = application.region_id
    entry.city_id = application.city_id
    entry.project_id = application.project_id
    entry.save(force_insert=True)
    application.approved_amount += approved
    application.paid_amount += paid
    return entry
