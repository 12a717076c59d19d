"""Webhooks that nobody takes any more."""

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse

from accounts.models import RoleGrant, User
from core.notices import notify
from core.notices.webhooks import stop_failing

MANAGE = "manage_webhooks"


@transaction.atomic
def stop_failing_webhooks(now: datetime | None = None) -> int:
    """Switch off webhooks that took nothing for days, and tell who manages them. Returns how
    many."""
    stopped = stop_failing(now)
    for target in stopped:
        notify(
            _managers(),
            "api.webhook_stopped",
            key=f"webhook:{target.pk}:stopped:{target.stopped_at}",
            url=reverse("core:webhook", args=[target.pk]),
            name=target.name,
        )
    return len(stopped)


def _managers() -> list[int]:
    """Active people with a role in force that manages webhooks."""
    right = Permission.objects.filter(content_type__app_label="core", codename=MANAGE)
    grants = RoleGrant.objects.now().filter(role__permissions__in=right)
    return list(
        User.objects.active().filter(pk__in=grants.values("user")).values_list("pk", flat=True)
    )
