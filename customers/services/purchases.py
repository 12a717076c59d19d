"""Taking purchases back."""

from django.db import transaction

from audit.services import record
from core.models import ImportRun
from customers.models import Transaction, TransactionFile


@transaction.atomic
def undo_purchases(run: ImportRun) -> tuple[int, int]:
    """Delete the purchases that a file brought, so that it may come again: (deleted, kept).

    Customers whom it made stay: others may have worked with them since.
    """
    files = TransactionFile.objects.filter(digest=run.file_hash)
    deleted, _models = Transaction.objects.filter(file__in=files).delete()
    files.delete()
    record("import.undone", by=run.actor, subject=run, rows=deleted)
    return deleted, 0
