"""What a person wants to be mailed about, and when."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from core.models import MailChoice, NoticeChoice, NoticePreference
from core.notices.kinds import KINDS, NoticeKind


def preference_of(user: Any) -> NoticePreference:
    """A person's times; unsaved with the usual ones before he changed anything."""
    found = NoticePreference.objects.filter(user=user).first()
    return found or NoticePreference(user=user)


def choices_of(user: Any) -> dict[str, str]:
    """Kind → how it is mailed to this person, for every registered kind."""
    chosen = dict(NoticeChoice.objects.filter(user=user).values_list("kind", "mail"))
    return {key: _wish(kind, chosen.get(key)) for key, kind in KINDS.items()}


def _wish(kind: NoticeKind, chosen: str | None) -> str:
    return str(kind.habit) if kind.mandatory or chosen is None else chosen


def save_preferences(
    user: Any,
    *,
    choices: Mapping[str, str],
    digest_at: time,
    quiet_from: time | None,
    quiet_until: time | None,
    working_days_only: bool,
) -> None:
    """Keep what a person chose. Raises Refused for a quiet time with one end only.

    A choice that equals the kind's habit is not kept, so that a later change of the habit reaches
    people who never minded. Mandatory kinds cannot be chosen.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise Refused(_("Please give both ends of the quiet time, or neither."))
    with transaction.atomic():
        NoticePreference.objects.update_or_create(
            user=user,
            defaults={
                "digest_at": digest_at,
                "quiet_from": quiet_from,
                "quiet_until": quiet_until,
                "working_days_only": working_days_only,
            },
        )
        NoticeChoice.objects.filter(user=user).delete()
        NoticeChoice.objects.bulk_create(
            NoticeChoice(user=user, kind=key, mail=MailChoice(mail))
            for key, mail in choices.items()
            if key in KINDS and not KINDS[key].mandatory and mail != KINDS[key].habit
        )
