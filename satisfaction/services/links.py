"""Links to the form: made, followed, used up (SAT-04).

A token has 128 random bits and stands in the link alone. The table keeps its hash; the draft of
the answers lies under a key derived from the token by another label, so that the two tables do
not lead to one another.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from satisfaction.models import Sample, SampleState, SurveyLink, WaveState

TOKEN_BYTES = 16
_LINK, _DRAFT, _MARK = b"satisfaction.link", b"satisfaction.draft", b"satisfaction.mark"


def issue_link(sample: Sample, *, channel: str, valid_until: datetime, by: Any = None) -> str:
    """A fresh token for somebody who is to be asked; it is shown once and never again.

    Earlier links of the same person go on to work until one of them is used.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    SurveyLink.objects.create(
        sample=sample,
        channel=channel,
        token_hash=_digest(_LINK, token),
        expires_at=valid_until,
        created_by=by,
    )
    return token


def issue_links(
    samples: Sequence[Sample], *, channel: str, valid_until: datetime, by: Any = None
) -> list[str]:
    """Fresh tokens for many people, in their order; see `issue_link`."""
    tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _sample in samples]
    SurveyLink.objects.bulk_create(
        (
            SurveyLink(
                sample=sample,
                channel=channel,
                token_hash=_digest(_LINK, token),
                expires_at=valid_until,
                created_by=by,
            )
            for sample, token in zip(samples, tokens, strict=True)
        ),
        batch_size=1000,
    )
    return tokens


def address_of(token: str) -> str:
    """The address of the form, as it stands in mails, messages and codes."""
    return f"{settings.CRM_URL}/s/{token}/"


def link_of(token: str) -> SurveyLink | None:
    """The link of a token, while it may be followed; None for an unknown, used or expired one, for
    somebody who has answered by another way, and while the wave is not open, so that nobody can
    tell these apart."""
    return _usable(token).select_related("sample__wave__version__questionnaire").first()


def hold_link(token: str) -> SurveyLink | None:
    """The same, locked with its sample until the transaction ends: of two who hand in at once, by
    this link or by two links of one person, the second finds None."""
    rows = _usable(token).select_related("sample__wave__version", "sample__unit")
    return rows.select_for_update(of=("self", "sample")).first()


def draft_key(token: str) -> bytes:
    """Under which key the draft of a token lies (`SurveyDraft`)."""
    return _digest(_DRAFT, token)


def mark_of(token: str) -> str:
    """What a form bears so that it is never handed in under the cookie of another link."""
    return _digest(_MARK, token).hex()[:16]


def _usable(token: str) -> QuerySet[SurveyLink]:
    return SurveyLink.objects.filter(
        ~Q(sample__state=SampleState.ANSWERED),
        token_hash=_digest(_LINK, token),
        used_at=None,
        expires_at__gt=timezone.now(),
        sample__wave__state=WaveState.OPEN,
    )


def _digest(label: bytes, token: str) -> bytes:
    return hashlib.blake2b(token.encode(), key=label, digest_size=32).digest()
