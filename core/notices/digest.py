"""The daily mail: what a person asked to read once a day instead of at once."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.template import engines
from django.utils import timezone, translation
from django.utils.translation import ngettext

from core.models import Notice, NoticePreference, OutboxMessage
from core.notices import outbox
from core.notices.quiet import Doors
from core.notices.render import Words, frame, framed, text_of, words_of_notice

BATCH = 500
LISTED = 50


def send_digests(now: datetime | None = None) -> int:
    """Write today's mail of everybody whose hour has come. Returns how many mails.

    Runs every few minutes; a person gets at most one a day, whoever runs it and how often.
    """
    now = timezone.localtime(now)
    doors, written = Doors(), 0
    for people in _waiting():
        wishes = NoticePreference.objects.in_bulk(
            [one["pk"] for one in people], field_name="user_id"
        )
        had = _had_today(people, now)
        for person in people:
            wish = wishes.get(person["pk"], NoticePreference())
            due = now.time() >= wish.digest_at and person["pk"] not in had
            if due and (not wish.working_days_only or doors.works(person["unit_id"], now.date())):
                written += _write(person, now)
    return written


def _waiting() -> Iterator[list[dict[str, Any]]]:
    """People with notices for a daily mail, in batches."""
    last = 0
    while True:
        pending = Notice.objects.filter(in_digest=True, digested_at__isnull=True, user__gt=last)
        keys = list(
            pending.order_by("user_id").values_list("user_id", flat=True).distinct()[:BATCH]
        )
        if not keys:
            return
        last = keys[-1]
        people = get_user_model().objects.active().filter(pk__in=keys)  # type: ignore[attr-defined]
        yield list(people.order_by("pk").values("pk", "email", "language", "unit_id"))


def _key(person: int, now: datetime) -> str:
    return f"digest:{person}:{now.date().isoformat()}"


def _had_today(people: list[dict[str, Any]], now: datetime) -> set[int]:
    keys = {f"mail:{_key(one['pk'], now)}": one["pk"] for one in people}
    found = OutboxMessage.objects.filter(dedupe_key__in=list(keys))
    return {keys[key] for key in found.values_list("dedupe_key", flat=True)}


def _write(person: dict[str, Any], now: datetime) -> int:
    """Take the waiting notices of one person and put them into a mail, in one transaction."""
    with transaction.atomic():
        waiting = Notice.objects.select_for_update(skip_locked=True).filter(
            user=person["pk"], in_digest=True, digested_at__isnull=True
        )
        notices = list(waiting.order_by("-pk"))
        Notice.objects.filter(pk__in=[one.pk for one in notices]).update(digested_at=now)
        unread = [one for one in notices if one.read_at is None]
        if not unread or not person["email"]:
            return 0
        words = digest_of(unread, person["language"] or settings.LANGUAGE_CODE)
        outbox.post(
            [
                outbox.mail(
                    to=person["email"],
                    words=words,
                    key=_key(person["pk"], now),
                    kind="core.digest",
                    user=person["pk"],
                )
            ]
        )
    return 1


def digest_of(notices: list[Notice], language: str) -> Words:
    """The mail in a language: the newest first, at most LISTED of them."""
    with translation.override(language):
        count = len(notices)
        subject = ngettext("{count} new notification", "{count} new notifications", count).format(
            count=count
        )
        items = [
            {
                "words": words_of_notice(one),
                "at": timezone.localtime(one.created_at),
                "link": f"{settings.CRM_URL}{one.url}" if one.url else "",
            }
            for one in notices[:LISTED]
        ]
        more = max(count - LISTED, 0)
        context = frame(subject, f"{settings.CRM_URL}/notifications/")
        context |= {"items": items, "more": more}
        inner = engines["django"].get_template("notices/digest.html").render(context)
        return Words(subject, text_of("notices/digest.txt", context), framed(inner, context))
