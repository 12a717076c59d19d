"""How long notices and outgoing messages are kept."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from core.models import Notice, OutboxMessage, OutboxState

BATCH = 2000
SETTLED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.CANCELLED)


def delete_old_notices() -> tuple[int, int]:
    """Delete notices read long ago and settled messages, in small transactions.

    Returns how many of each. What nobody has read and what is in doubt stays.
    """
    now = timezone.now()
    read = Notice.objects.filter(read_at__lt=now - timedelta(days=settings.NOTICES_KEPT_DAYS))
    settled = OutboxMessage.objects.filter(
        state__in=SETTLED, created_at__lt=now - timedelta(days=settings.OUTBOX_KEPT_DAYS)
    )
    return _delete(read), _delete(settled)


def _delete(rows: QuerySet) -> int:
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model.objects.filter(pk__in=keys).delete()
        count += len(keys)
    return count
