"""Telling people: one row a person and event, and the mails and requests that belong to it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

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
T = TypeVar("T")
KEY_LENGTH = 200


def is_local(url: str) -> bool:
    """Whether an address leads into this product and nowhere else."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


@dataclass(frozen=True, slots=True)
class Letter:
    """One event for one person. `user` is his key, `facts` are plain (core.notices.facts)."""

    user: int
    key: str
    url: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Mapping[str, str]] = ()


def notify(
    users: Iterable[Any] | QuerySet,
    kind: str,
    *,
    key: str,
    url: str = "",
    files: Sequence[Mapping[str, str]] = (),
    **context: Any,
) -> int:
    """Tell people about an event, once: the same `key` again tells nobody twice.

    `users` are people or their primary keys; who is frozen or has left gets nothing. `url` is a
    page of ours, opened later under the reader's own rights. `context` holds plain facts
    (core.notices.facts). `files` go with the mail (`name`, `type`, `content` in base64); they lie
    in the row of the outbox until it is sent, so they are small. Everything is written in the
    caller's transaction, so what rolls back was never told. Returns how many people were told.
    Raises LookupError for an unknown kind and
    ValueError for a foreign address.
    """
    known, facts = kind_named(kind), pack(context)
    _refuse_bad(key, url)
    told = 0
    with transaction.atomic():
        telling = _Telling(known)
        for keys in _batches(_keys_of(users)):
            told += len(telling.tell([Letter(user, key, url, facts, files) for user in keys]))
        if told:
            webhooks.enqueue(known, [webhooks.Event(key, url, facts, told)])
    return told


def notify_each(kind: str, letters: Iterable[Letter]) -> int:
    """As `notify`, for many events of one kind at once, each told to its own person: a fixed
    number of queries for two thousand of them. Returns how many were told."""
    known = kind_named(kind)
    told = 0
    with transaction.atomic():
        telling = _Telling(known)
        for batch in _batches(_packed(letters)):
            new = telling.tell(batch)
            people = Counter(letter.key for letter in new)
            events = {letter.key: letter for letter in new}
            webhooks.enqueue(
                known,
                [
                    webhooks.Event(key, one.url, dict(one.facts), people[key])
                    for key, one in events.items()
                ],
            )
            told += len(new)
    return told


def _packed(letters: Iterable[Letter]) -> Iterator[Letter]:
    for letter in letters:
        _refuse_bad(letter.key, letter.url)
        yield replace(letter, facts=pack(dict(letter.facts)))


def _refuse_bad(key: str, url: str) -> None:
    if url and not is_local(url):
        raise ValueError(f"{url!r} is no address of this product")
    if not key or len(key) > KEY_LENGTH:
        raise ValueError(f"a key has 1 to {KEY_LENGTH} characters, not {len(key)}")


def _keys_of(users: Iterable[Any] | QuerySet) -> Iterator[int]:
    if isinstance(users, QuerySet):
        yield from users.order_by().values_list("pk", flat=True)
    else:
        yield from (getattr(user, "pk", user) for user in users if user is not None)


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


class _Telling:
    """Letters of one kind on their way: words are made once an event and language, rows are
    written in batches, and the number of queries does not grow with the letters of a batch."""

    def __init__(self, kind: NoticeKind) -> None:
        self.kind = kind
        self.now = timezone.now()
        self.doors = Doors()
        self.mails: dict[tuple[str, str], Words] = {}

    def tell(self, letters: Sequence[Letter]) -> list[Letter]:
        """Write the notices of one batch and their mails. Returns those that were new."""
        people = self._receivers({letter.user for letter in letters})
        wishes = self._wishes(people)
        new = self._new([letter for letter in letters if letter.user in people])
        Notice.objects.bulk_create(
            (
                Notice(
                    user_id=letter.user,
                    kind=self.kind.key,
                    key=letter.key,
                    context=dict(letter.facts),
                    url=letter.url,
                    created_at=self.now,
                    in_digest=wishes[letter.user] == MailChoice.DIGEST,
                )
                for letter in new
            ),
            batch_size=BATCH,
            ignore_conflicts=True,  # another transaction may be telling the same event
        )
        mailed = [
            letter
            for letter in new
            if people[letter.user]["email"] and wishes[letter.user] == MailChoice.ONCE
        ]
        if mailed:
            self._mail(mailed, people)
        return new

    @staticmethod
    def _receivers(keys: Collection[int]) -> dict[int, dict[str, Any]]:
        """Who of them works here."""
        people = get_user_model().objects.active().filter(pk__in=keys)  # type: ignore[attr-defined]
        rows = people.order_by("pk").values("pk", "email", "language", "unit_id")
        return {row["pk"]: row for row in rows}

    @staticmethod
    def _new(letters: Sequence[Letter]) -> list[Letter]:
        """Letters that nobody was sent yet, each once, people in order."""
        told = set(
            Notice.objects.filter(
                key__in={letter.key for letter in letters},
                user__in={letter.user for letter in letters},
            ).values_list("user_id", "key")
        )
        found = {
            (letter.user, letter.key): letter
            for letter in letters
            if (letter.user, letter.key) not in told
        }
        return sorted(found.values(), key=lambda letter: letter.user)

    def _wishes(self, people: Collection[int]) -> dict[int, str]:
        """Person → whether this kind is mailed: the kind's habit unless he chose."""
        wishes = dict.fromkeys(people, str(self.kind.habit))
        if not self.kind.mandatory:
            choices = NoticeChoice.objects.filter(kind=self.kind.key, user__in=list(wishes))
            wishes |= dict(choices.values_list("user_id", "mail"))
        return wishes

    def _mail(self, letters: Sequence[Letter], people: dict[int, dict[str, Any]]) -> None:
        wishes = NoticePreference.objects.in_bulk(
            {letter.user for letter in letters}, field_name="user_id"
        )
        usual = NoticePreference()
        outbox.post(
            outbox.mail(
                to=people[letter.user]["email"],
                words=self._words(letter, people[letter.user]["language"]),
                key=f"{letter.key}:{letter.user}",
                kind=self.kind.key,
                user=letter.user,
                at=self._when(wishes.get(letter.user, usual), people[letter.user]["unit_id"]),
                files=letter.files,
            )
            for letter in letters
        )

    def _words(self, letter: Letter, language: str) -> Words:
        known = (letter.key, language)
        if known not in self.mails:
            link = f"{settings.CRM_URL}{letter.url}" if letter.url else ""
            self.mails[known] = mail_of(self.kind, dict(letter.facts), language, link)
        return self.mails[known]

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
