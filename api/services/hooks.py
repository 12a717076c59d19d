"""Webhooks that nobody takes any more."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.selectors.people import holding
from core.notices import notify
from core.notices.webhooks import stop_failing

MANAGE = "core.manage_webhooks"


@transaction.atomic
def stop_failing_webhooks(now: datetime | None = None) -> int:
    """Switch off webhooks that took nothing for days, and tell who manages them. Returns how
    many."""
    stopped = stop_failing(now)
    managers = list(holding(MANAGE).values_list("pk", flat=True)) if stopped else []
    for target in stopped:
        notify(
            managers,
            "api.webhook_stopped",
            key=f"webhook:{target.pk}:stopped:{target.stopped_at}",
            url=reverse("core:webhook", args=[target.pk]),
            name=target.name,
        )
    return len(stopped)
