"""Webhooks: other systems that are told about chosen kinds of notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.deeds import record
from core.errors import Refused
from core.models import OutboxMessage, OutboxState, WebhookTarget
from core.notices import outbox
from core.notices.channels.base import NotNow, Rejected
from core.notices.channels.webhook import resolve, split_url
from core.notices.kinds import NoticeKind
from core.notices.render import words_of
from core.notices.secrets import give_secret

TEST_KIND = "core.test"
PATIENCE = timedelta(days=3)  # without a single success


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and how many people it concerned."""

    key: str
    url: str
    facts: dict[str, Any]
    people: int


def enqueue(kind: NoticeKind, events: Sequence[Event]) -> None:
    """Write one message an event and target that wants this kind."""
    targets = [
        target
        for target in WebhookTarget.objects.filter(is_active=True)
        if kind.key in target.kinds
    ]
    if not targets:
        return
    for event in events:
        payload = payload_of(
            kind, key=event.key, url=event.url, facts=event.facts, people=event.people
        )
        outbox.post(_message(target, payload, key=event.key, kind=kind.key) for target in targets)


def payload_of(
    kind: NoticeKind, *, key: str, url: str, facts: dict[str, Any], people: int
) -> dict[str, Any]:
    """What a receiver gets: the event, its words in the language of the house, a link."""
    words = words_of(kind, facts, settings.LANGUAGE_CODE)
    return {
        "version": 1,
        "kind": kind.key,
        "key": key,
        "at": timezone.now().isoformat(),
        "subject": words.subject,
        "text": words.text,
        "url": f"{settings.CRM_URL}{url}" if url else "",
        "people": people,
    }


def _message(
    target: WebhookTarget, payload: dict[str, Any], *, key: str, kind: str
) -> OutboxMessage:
    message = OutboxMessage(
        channel="webhook",
        dedupe_key=f"webhook:{target.pk}:{key}",
        kind=kind,
        target=target,
        subject=payload["subject"],
    )
    message.payload = payload | {"id": str(message.number)}
    return message


# --- verbs of administrators --------------------------------------------------------------------


def save_target(
    target: WebhookTarget,
    *,
    by: Any,
    name: str,
    url: str,
    kinds: list[str],
    is_active: bool,
    events: Sequence[str] = (),
    unit: Any = None,
) -> str:
    """Create or change a target. Returns the secret of a new one, to be shown once, else "".

    One that was switched off for failing begins anew when it is switched on. Raises Refused for an
    address that requests may not go to, and without anything to tell.
    """
    check_address(url)
    if not kinds and not events:
        raise Refused(_("Please choose what the webhook is told about."))
    fresh = target.pk is None
    target.name, target.url, target.kinds, target.is_active = name, url, kinds, is_active
    target.events, target.unit = list(events), unit
    if is_active and target.stopped_at is not None:
        target.failing_since = target.stopped_at = None
    with transaction.atomic():
        secret = give_secret(target) if fresh else ""
        target.save()
        record("webhook.created" if fresh else "webhook.changed", by=by, subject=target, name=name)
    return secret


def check_address(url: str) -> None:
    """Raises Refused when an address is malformed or leads into a closed network.

    A name that cannot be resolved now is let pass: the check is made again at every request.
    """
    parts = split_url(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        resolve(str(parts.hostname), port)
    except Rejected as refusal:
        raise Refused(
            _(
                "This address lies inside a network that webhooks may not reach. An operator can "
                "open the network with the setting CRM_WEBHOOK_NETWORKS."
            )
        ) from refusal
    except NotNow:
        return


def renew_secret(target: WebhookTarget, *, by: Any) -> str:
    """Replace the secret; requests from now on are signed with the new one, which is returned."""
    with transaction.atomic():
        secret = give_secret(target)
        target.save(update_fields=["secret"])
        record("webhook.secret_renewed", by=by, subject=target, name=target.name)
    return secret


def delete_target(target: WebhookTarget, *, by: Any) -> None:
    """Delete a target with its messages and its key."""
    with transaction.atomic():
        key = target.key
        record("webhook.deleted", by=by, subject=target, name=target.name)
        target.delete()
        key.delete()


def send_test(target: WebhookTarget, *, by: Any) -> OutboxMessage:
    """Put an invented message into the outbox for one target, so that its receiver can be tried."""
    if not target.is_active:
        raise Refused(_("This webhook is switched off. Switch it on before testing it."))
    now = timezone.now()
    payload = {
        "version": 1,
        "kind": TEST_KIND,
        "key": f"test:{now.timestamp()}",
        "at": now.isoformat(),
        "subject": _("A test message"),
        "text": _("If you can read this and the signature fits, the webhook works."),
        "url": "",
        "people": 0,
    }
    message = _message(target, payload, key=str(payload["key"]), kind=TEST_KIND)
    with transaction.atomic():
        outbox.post([message])
        record("webhook.tested", by=by, subject=target, name=target.name)
    return OutboxMessage.objects.get(dedupe_key=message.dedupe_key)


# --- targets that fail --------------------------------------------------------------------------


def stop_failing(now: datetime | None = None) -> list[WebhookTarget]:
    """Switch off targets that took nothing for PATIENCE, and give up what waits for them. Returns
    them: who answers for webhooks is told by the caller. What they missed can be sent again."""
    at = now or timezone.now()
    with transaction.atomic():
        rows = WebhookTarget.objects.select_for_update().filter(
            is_active=True, failing_since__lt=at - PATIENCE
        )
        found = list(rows)
        for target in found:
            target.is_active, target.stopped_at = False, at
            target.save(update_fields=["is_active", "stopped_at"])
            record("webhook.stopped", by=None, subject=target, name=target.name)
        OutboxMessage.objects.filter(target__in=found, state=OutboxState.WAITING).update(
            state=OutboxState.FAILED,
            last_error="the webhook was switched off",
            holder=None,
            lease_until=None,
        )
    return found
