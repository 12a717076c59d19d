"""Telling people: one row a person and event, and the mails and requests that belong to it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from core.models import MailChoice, Notice, NoticeChoice, NoticePreference
from core.notices import outbox, webhooks
from core.notices.facts import pack
from core.notices.kinds import NoticeKind, kind_named
from core.notices.quiet import Doors
from core.notices.render import Words, mail_of

BATCH = 2000
KEY_LENGTH = 200


def is_local(url: str) -> bool:
    """Whether an address leads into this product and nowhere else."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def notify(
    users: Iterable[Any] | QuerySet, kind: str, *, key: str, url: str = "", **context: Any
) -> int:
    """Tell people about an event, once: the same `key` again tells nobody twice.

    `users` are people or their primary keys; who is frozen or has left gets nothing. `url` is a
    page of ours, opened later under the reader's own rights. `context` holds plain facts
    (core.notices.facts). Everything is written in the caller's transaction, so what rolls back
    was never told. Returns how many people were told. Raises LookupError for an unknown kind and
    ValueError for a foreign address.
    """
    known = kind_named(kind)
    if url and not is_local(url):
        raise ValueError(f"{url!r} is no address of this product")
    if not key or len(key) > KEY_LENGTH:
        raise ValueError(f"a key has 1 to {KEY_LENGTH} characters, not {len(key)}")
    facts = pack(context)
    told = 0
    with transaction.atomic():
        telling = _Telling(known, key, url, facts)
        for keys in _batches(_keys_of(users)):
            told += telling.tell(keys)
        if told:
            webhooks.enqueue(known, key=key, url=url, facts=facts, people=told)
    return told


def _keys_of(users: Iterable[Any] | QuerySet) -> Iterator[int]:
    if isinstance(users, QuerySet):
        yield from users.order_by().values_list("pk", flat=True)
    else:
        yield from (getattr(user, "pk", user) for user in users if user is not None)


def _batches(keys: Iterator[int]) -> Iterator[list[int]]:
    while batch := list(islice(keys, BATCH)):
        yield batch


class _Telling:
    """One event on its way to many people: words are made once a language, rows are written in
    batches, and the number of queries does not grow with the people of a batch."""

    def __init__(self, kind: NoticeKind, key: str, url: str, facts: dict[str, Any]) -> None:
        self.kind, self.key, self.url, self.facts = kind, key, url, facts
        self.now = timezone.now()
        self.doors = Doors()
        self.mails: dict[str, Words] = {}

    def tell(self, keys: Collection[int]) -> int:
        """Write the notices of one batch and their mails. Returns how many were new."""
        people = self._receivers(keys)
        wishes = self._wishes(people)
        Notice.objects.bulk_create(
            (
                Notice(
                    user_id=person["pk"],
                    kind=self.kind.key,
                    key=self.key,
                    context=self.facts,
                    url=self.url,
                    created_at=self.now,
                    in_digest=wishes[person["pk"]] == MailChoice.DIGEST,
                )
                for person in people
            ),
            batch_size=BATCH,
            ignore_conflicts=True,  # another transaction may be telling the same event
        )
        mailed = [one for one in people if one["email"] and wishes[one["pk"]] == MailChoice.ONCE]
        if mailed:
            self._mail(mailed)
        return len(people)

    def _receivers(self, keys: Collection[int]) -> list[dict[str, Any]]:
        """Who of them works here and was not told yet."""
        people = get_user_model().objects.active().filter(pk__in=keys)  # type: ignore[attr-defined]
        told = set(
            Notice.objects.filter(key=self.key, user__in=keys).values_list("user_id", flat=True)
        )
        rows = people.order_by("pk").values("pk", "email", "language", "unit_id")
        return [row for row in rows if row["pk"] not in told]

    def _wishes(self, people: list[dict[str, Any]]) -> dict[int, str]:
        """Person → whether this kind is mailed: the kind's habit unless he chose."""
        wishes = {person["pk"]: str(self.kind.habit) for person in people}
        if not self.kind.mandatory:
            choices = NoticeChoice.objects.filter(kind=self.kind.key, user__in=list(wishes))
            wishes |= dict(choices.values_list("user_id", "mail"))
        return wishes

    def _mail(self, people: list[dict[str, Any]]) -> None:
        wishes = NoticePreference.objects.in_bulk(
            [one["pk"] for one in people], field_name="user_id"
        )
        usual = NoticePreference()
        outbox.post(
            outbox.mail(
                to=person["email"],
                words=self._words(person["language"]),
                key=f"{self.key}:{person['pk']}",
                kind=self.kind.key,
                user=person["pk"],
                at=self._when(wishes.get(person["pk"], usual), person["unit_id"]),
            )
            for person in people
        )

    def _words(self, language: str) -> Words:
        if language not in self.mails:
            link = f"{settings.CRM_URL}{self.url}" if self.url else ""
            self.mails[language] = mail_of(self.kind, self.facts, language, link)
        return self.mails[language]

    def _when(self, wish: NoticePreference, unit: int | None) -> datetime:
        return self.now if self.kind.mandatory else self.doors.opens_at(self.now, wish, unit)


def mark_read(user: Any, *, keys: Collection[str] | None = None, pks: Any = None) -> int:
    """Mark notices of a person as read: those of some events or rows, else all. Returns how many.

    Pages that show what a notice is about call it, so that the bell does not repeat them.
    """
    rows = Notice.objects.visible_to(user).unread()
    if keys is not None:
        rows = rows.filter(key__in=keys)
    if pks is not None:
        rows = rows.filter(pk__in=pks)
    return rows.update(read_at=timezone.now())
