"""A call that is made again has its effect once (the header Idempotency-Key)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from api.models import Answered, ApiToken
from core.errors import Refused

KEPT = timedelta(hours=24)
KEY_LENGTH = 200
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered: status, JSON, headers of its own."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def digest_of(method: str, path: str, body: bytes) -> str:
    """By which it is seen whether the same key asks for the same thing."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def once(*, token: ApiToken, key: str, digest: str, act: Callable[[], Answer]) -> Answer:
    """Do `act`, or give its answer again when this key was used for it within a day.

    The row is written first and in the same transaction: a second call at the same moment waits
    at the unique index until the first one has ended, and then finds its answer. What was refused
    is rolled back with it, so the key is free to try again. Raises Refused for a key that was
    used for something else.
    """
    with transaction.atomic():
        Answered.objects.filter(token=token, key=key, at__lt=timezone.now() - KEPT).delete()
        row = Answered(token=token, key=key, digest=digest)
        Answered.objects.bulk_create([row], ignore_conflicts=True)
        kept = Answered.objects.select_for_update().get(token=token, key=key)
        if kept.status is not None:
            if kept.digest != digest:
                raise Refused(_("This idempotency key was used for another call already."))
            return Answer(kept.status, kept.body, kept.headers | {"Idempotent-Replayed": "true"})
        answer = act()
        kept.status, kept.body, kept.headers = answer.status, answer.body, answer.headers
        kept.save(update_fields=["status", "body", "headers"])
        return answer


def delete_old_answers() -> int:
    """Forget answers after a day. Returns how many."""
    old = Answered.objects.filter(at__lt=timezone.now() - KEPT)
    gone = 0
    while pks := list(old.values_list("pk", flat=True)[:BATCH]):
        gone += Answered.objects.filter(pk__in=pks).delete()[0]
    return gone
