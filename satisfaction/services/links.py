"""Links to the form: made, followed, used up (SAT-04).

A token has 128 random bits and stands in the link alone. The table keeps its hash; the draft of
the answers lies under a key derived from the token by another label, so that the two tables do
not lead to one another.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.prepared import Prepared
from satisfaction.models import Sample, SurveyLink
from satisfaction.services.storing import FOLLOWED

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
        token_hash=link_hash(token),
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
                token_hash=link_hash(token),
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


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a link leads that may be followed: to whom, to which questions, and to what he has
    already sent of his answers and on which page he was."""

    sample: int
    state: str
    wave: int
    is_anonymous: bool
    version: int
    is_frozen: bool
    kept: Mapping[str, Any]
    page: int


_FOLLOW = Prepared(
    "survey_follow",
    f"""
    SELECT s.id, s.state, w.id, w.is_anonymous, w.version_id,
        (SELECT v.frozen_at IS NOT NULL FROM satisfaction_questionnaireversion v
            WHERE v.id = w.version_id),
        (SELECT jsonb_build_array(d.answers, d.page)::text FROM satisfaction_surveydraft d
            WHERE d.key = %(draft)s AND d.expires_at > %(now)s)
    {FOLLOWED}
    """,  # noqa: S608  parts of this module and its neighbour
    token_hash="bytea",  # noqa: S106  a type
    draft="bytea",
    now="timestamptz",
)


def link_of(token: str) -> Followed | None:
    """The link of a token, while it may be followed; None for an unknown, used or expired one, for
    somebody who has answered by another way, and while the wave is not open, so that nobody can
    tell these apart. One statement."""
    now = timezone.now()
    row = _FOLLOW.row(token_hash=link_hash(token), draft=draft_key(token), now=now)
    if row is None:
        return None
    sample, state, wave, is_anonymous, version, is_frozen, draft = row
    kept, page = json.loads(draft) if draft else ({}, 1)
    return Followed(sample, state, wave, is_anonymous, version, is_frozen, kept, page)


def link_hash(token: str) -> bytes:
    """What the table of links keeps of a token."""
    return _digest(_LINK, token)


def draft_key(token: str) -> bytes:
    """Under which key the draft of a token lies (`SurveyDraft`)."""
    return _digest(_DRAFT, token)


def mark_of(token: str) -> str:
    """What a form bears so that it is never handed in under the cookie of another link."""
    return _digest(_MARK, token).hex()[:16]


def _digest(label: bytes, token: str) -> bytes:
    return hashlib.blake2b(token.encode(), key=label, digest_size=32).digest()
