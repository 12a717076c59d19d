"""What a person searched for and opened lately and often.

Telephone and identity numbers, whole or their last digits, are never remembered.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.selectors.terms import Term
from reports.models import Remembered
from reports.search.kinds import KINDS, Hit

KEPT, KEPT_DAYS = 60, 180
RECENT, FREQUENT, OFTEN = 6, 6, 3
DIGITS = re.compile(r"\d{3,}[\dXx]")
TEXT = ""


def remember_text(user: Any, term: Term) -> None:
    """Note a search, unless it was for a number."""
    if term.text and not term.personal and not term.problem and not DIGITS.search(term.text):
        _remember(user, TEXT, term.text[:80])


def remember_thing(user: Any, kind: str, pk: int) -> None:
    """Note that a result was opened. What the person does not see is not noted."""
    known = KINDS.get(kind)
    if known is not None and known.named is not None and known.named(user, [pk]):
        _remember(user, kind, str(pk))


def _remember(user: Any, kind: str, what: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        row, is_new = Remembered.objects.get_or_create(user=user, kind=kind, what=what)
        if not is_new:
            Remembered.objects.filter(pk=row.pk).update(times=F("times") + 1, last_at=now)
            return
        mine = Remembered.objects.visible_to(user)
        kept = mine.order_by("-last_at", "-pk").values("pk")[:KEPT]
        mine.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
        mine.filter(last_at__lt=now - timedelta(days=KEPT_DAYS)).delete()


def forget(user: Any) -> None:
    """Forget everything that is remembered of a person's searches."""
    Remembered.objects.visible_to(user).delete()


@dataclass(frozen=True, slots=True)
class Memory:
    """What is offered while nothing is typed."""

    texts: list[str] = field(default_factory=list)
    often: list[str] = field(default_factory=list)
    things: list[Hit] = field(default_factory=list)

    no_marks: list[str] = field(default_factory=list)

    @property
    def lists(self) -> list[tuple[str, list[str]]]:
        """The texts with a heading each."""
        return [(_("Searched for lately"), self.texts), (_("Searched for often"), self.often)]

    @property
    def nothing(self) -> bool:
        return not (self.texts or self.often or self.things)


def memory_of(user: Any) -> Memory:
    """Texts searched for lately and often, and things opened lately or often as far as they are
    still in reach. One query, and one for each kind of thing."""
    rows = list(Remembered.objects.visible_to(user).order_by("-last_at", "-pk")[:KEPT])
    texts = [row.what for row in rows if row.kind == TEXT]
    often = [
        row.what
        for row in sorted(rows, key=lambda row: -row.times)
        if row.kind == TEXT and row.times >= OFTEN
    ]
    recent = texts[:RECENT]
    return Memory(
        texts=recent,
        often=[text for text in often if text not in recent][:FREQUENT],
        things=_things(user, [row for row in rows if row.kind != TEXT]),
    )


def _things(user: Any, rows: list[Remembered]) -> list[Hit]:
    """The latest things, those opened often before the rest."""
    often = [row for row in rows if row.times >= OFTEN]
    wanted = list(dict.fromkeys([*rows[:RECENT], *often]))[: RECENT + FREQUENT]
    found: dict[tuple[str, int], Hit] = {}
    for key, kind in KINDS.items():
        pks = [int(row.what) for row in wanted if row.kind == key]
        if pks and kind.named is not None:
            found |= {(key, hit.pk): hit for hit in kind.named(user, pks)}
    order = [(row.kind, int(row.what)) for row in wanted]
    return [found[one] for one in order if one in found]
