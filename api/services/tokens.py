"""Making, knowing and ending tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from api.models import USE, ApiToken
from api.policies import TOKEN_DAYS
from api.reach import SCOPES
from audit.services import record
from core.errors import Refused
from regions.policies import policy

MARK = "crm_"  # by which secret scanners know a token
SHOWN = 10  # characters by which people know it again
MOST_LIVING = 20


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh token and its text, which is nowhere else."""

    token: ApiToken
    text: str


@transaction.atomic
def issue(*, by: Any, name: str, scopes: Iterable[str], days: int) -> Issued:
    """Make a token of one's own that lives so many days.

    Raises Refused without scopes, for a life longer than the policy allows, and beyond
    MOST_LIVING tokens.
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= SCOPES.keys():
        raise Refused(_("Please choose what the token may be used for."))
    longest = longest_life(by)
    if not 1 <= days <= longest:
        raise Refused(_("A token lives between 1 and {days} days.").format(days=longest))
    if ApiToken.objects.filter(user=by).living().count() >= MOST_LIVING:
        raise Refused(_("You have {count} tokens. Revoke one first.").format(count=MOST_LIVING))
    text = MARK + secrets.token_urlsafe(32)
    now = timezone.now()
    token = ApiToken.objects.create(
        user=by,
        name=name,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        scopes=wanted,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record("token.issued", by=by, subject=token, name=name, scopes=wanted)
    return Issued(token, text)


def longest_life(user: Any) -> int:
    """How many days a token of a person may live."""
    days: int = policy(TOKEN_DAYS, user.unit_id)
    return days


def digest_of(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).digest()


def token_behind(text: str) -> ApiToken | None:
    """The living token with this text, of somebody who may log in and use the API, or None.

    One answer for all reasons: whoever guesses learns nothing.
    """
    rows = ApiToken.objects.living().select_related("user__unit")
    token = rows.filter(digest=digest_of(text)).first()
    if token is None or not token.user.is_active or not token.user.has_perm(USE):
        return None
    return token


@transaction.atomic
def revoke(token: ApiToken, *, by: Any) -> None:
    """End a token at once. Revoking it again changes nothing."""
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=by
    )
    if ended:
        record("token.revoked", by=by, subject=token, name=token.name)


def count_call(token: ApiToken, now: datetime) -> int:
    """Count a call: how many the token made in this minute, this one included.

    One statement, so that all processes count together.
    """
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE api_apitoken
                  SET calls = CASE WHEN window_at = %s THEN calls + 1 ELSE 1 END,
                      window_at = %s, last_used_at = %s
                WHERE id = %s RETURNING calls""",
            [minute, minute, now, token.pk],
        )
        row = cursor.fetchone()
    return row[0] if row else 1
