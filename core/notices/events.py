"""What happens in the business, for other systems: kinds of events, and telling of them.

    # <app>/notices.py
    register_event(EventKind("case.registered", _("A case was registered")))

    # in a service, inside its transaction
    announce(Happening("case.registered", f"case:{case.pk}", case.pk, [case.unit],
                       case.get_absolute_url(), f"cases/{case.pk}/", {"number": case.number}))

Other systems are told keys and addresses, and facts that are about no person; whoever may read more
fetches it through the API with his own rights.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise

from core.models import OutboxMessage, WebhookTarget
from core.notices import outbox

KEY = re.compile(r"[a-z_]+\.[a-z_]+")
Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: `key` as thing.what, `title` what happened, in few words."""

    key: str
    title: str | Promise


EVENTS: dict[str, EventKind] = {}


def register_event(kind: EventKind) -> EventKind:
    """Make a kind known. Raises ValueError for a bad or a taken key."""
    if not KEY.fullmatch(kind.key):
        raise ValueError(f"{kind.key!r} must read thing.what, in small letters")
    if EVENTS.get(kind.key, kind) != kind:
        raise ValueError(f"{kind.key!r} is registered twice")
    EVENTS[kind.key] = kind
    return kind


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened. `key` names it within its kind, so that nobody is told it twice.

    `pk` is that of the thing; `units` are those it lies in, read only when somebody is to be told;
    with `covers` it concerns every unit below them too. `url` is its page, `api` its address below
    /api/v1/; `facts` are about no person.
    """

    kind: str
    key: str
    pk: int
    units: Iterable[Any]
    url: str
    api: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    covers: bool = False


def announce(*happenings: Happening) -> None:
    """Write one message for each target that asked for this kind and reaches a unit of the thing.

    In the caller's transaction: what rolls back was never told. One query while nobody asked.
    Raises LookupError for an unknown kind.
    """
    for one in happenings:
        if one.kind not in EVENTS:
            raise LookupError(f"{one.kind!r} is not a registered kind of event")
    kinds = sorted({one.kind for one in happenings})
    targets = list(
        WebhookTarget.objects.filter(is_active=True, events__has_any_keys=kinds).select_related(
            "unit"
        )
        if kinds
        else ()
    )
    if targets:
        outbox.post(message for one in happenings for message in _messages(one, targets))


def _messages(one: Happening, targets: list[WebhookTarget]) -> Iterable[OutboxMessage]:
    units = None
    for target in targets:
        if one.kind not in target.events:
            continue
        units = list(one.units) if units is None else units
        seen = [unit.code for unit in units if target.reaches(unit, covers=one.covers)]
        if seen:
            yield _message(target, one, seen)


def _message(target: WebhookTarget, one: Happening, units: list[str]) -> OutboxMessage:
    """What one target is told; of the units only those that it reaches."""
    message = OutboxMessage(
        channel="webhook",
        dedupe_key=f"webhook:{target.pk}:event:{one.kind}:{one.key}",
        kind=one.kind,
        target=target,
        subject=one.kind,
    )
    message.payload = {
        "version": 1,
        "id": str(message.number),
        "event": one.kind,
        "key": one.key,
        "at": timezone.now().isoformat(),
        "units": units,
        "object": {"type": one.kind.partition(".")[0], "id": one.pk},
        "facts": dict(one.facts),
        "url": f"{settings.CRM_URL}{one.url}",
        "api": f"{settings.CRM_URL}/api/v1/{one.api}" if one.api else "",
    }
    return message
