"""Taking an import of expenses back: what it brought and nobody has touched since goes again."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit.services import record
from core.models import ImportRun
from expenses.models import Application, LedgerEntry, Payment

BATCH = 2000


@transaction.atomic
def undo_expense_import(run: ImportRun) -> tuple[int, int]:
    """Delete the papers of an import with their lines in the ledger and their payments.

    Papers that a person or a later file has changed stay: with lines of another kind, with
    receipts or evidence, or with a later version. Returns how many were deleted and how many
    stayed.
    """
    brought = Application.objects.select_for_update().filter(import_run=run)
    booked = LedgerEntry.objects.filter(application=OuterRef("pk")).exclude(kind="import")
    touched = [
        Exists(Application.objects.filter(pk=OuterRef("pk"), **{f"{part}__isnull": False}))
        for part in ("receipts", "evidence", "customers", "settlement", "budget_entries")
    ]
    untouched = brought.filter(~Exists(booked), version=1)
    for part in touched:
        untouched = untouched.exclude(part)
    keys = list(untouched.order_by("pk").values_list("pk", flat=True))
    kept = brought.count() - len(keys)
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        Payment.objects.filter(application__in=batch).delete()
        LedgerEntry.objects.filter(application__in=batch).delete()
        Application.objects.filter(pk__in=batch).delete()
    record("import.undone", by=run.actor, subject=run, rows=len(keys))
    return len(keys), kept
