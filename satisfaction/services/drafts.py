"""Drafts of answers: kept after every page, found again from any device, gone in the end."""

import json
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import QuotaExceeded
from satisfaction.models import SurveyDraft
from satisfaction.services.answering import Entry, Kept

KEPT_DAYS = 30
MOST_SAVES = 500  # of one draft; nobody turns so many pages

_KEEP = """
INSERT INTO satisfaction_surveydraft AS known
    (key, wave_id, answers, page, saves, started_on, expires_at)
VALUES (%s, %s, %s, %s, 1, %s, %s)
ON CONFLICT (key) DO UPDATE SET answers = known.answers || excluded.answers,
    page = excluded.page, saves = known.saves + 1
WHERE known.saves < %s
RETURNING answers
"""


def draft_of(key: bytes) -> tuple[dict[str, Entry], int]:
    """What was kept under a key and the page it stands at; ({}, 1) for a new one."""
    rows = SurveyDraft.objects.filter(key=key, expires_at__gt=timezone.now())
    found = rows.values_list("answers", "page").first()
    return found if found is not None else ({}, 1)


def keep_draft(key: bytes, wave: int, entries: Kept, *, page: int) -> dict[str, Entry]:
    """Keep the entries of a page beside those of others, in one statement: two tabs do not undo
    one another. Returns all that is kept. Raises QuotaExceeded for a draft written too often."""
    today = timezone.localdate()
    values: list[Any] = [key, wave, json.dumps(entries), page, today, _expiry(today), MOST_SAVES]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        row = cursor.fetchone()
    if row is None:
        raise QuotaExceeded(_("This form was sent too often. Please speak to us."))
    return json.loads(row[0]) if isinstance(row[0], str) else row[0]


def drop_draft(key: bytes) -> None:
    """Forget a draft; no harm if there is none."""
    SurveyDraft.objects.filter(key=key).delete()


def delete_old_drafts() -> int:
    """Delete drafts that nobody came back to. Returns how many."""
    return SurveyDraft.objects.filter(expires_at__lte=timezone.now()).delete()[0]


def _expiry(today: Any) -> datetime:
    # The same instant for everybody who began on a day: an exact one would lead to his link.
    return timezone.make_aware(datetime.combine(today + timedelta(days=KEPT_DAYS), time.min))
