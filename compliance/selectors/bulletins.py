"""The bulletin board as its reader and those who publish see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.scopes import narrow
from compliance.models import Bulletin, BulletinRead, BulletinState, BulletinVersion
from compliance.selectors.audiences import audience_of
from core.keyset import Key, Order
from core.menu_counts import COUNTED, count_beside
from core.scope import scope_of
from core.words import around, mentioning
from regions.models import OrgUnit

PUBLISH = "compliance.publish_bulletin"
NEWEST = Order("-published", "published_at", descending=True, kind="time")
FOR_ME, UNREAD, PUBLISHED = "mine", "unread", "published"


@dataclass(frozen=True, slots=True)
class BulletinQuery:
    """A filtered list: what is meant for the reader, of it what he has not read or confirmed, or
    what his branches published."""

    show: str = FOR_ME
    unit: OrgUnit | None = None
    text: str = ""

    def parts(self, user: Any) -> list[QuerySet[Bulletin]]:
        """Querysets whose union is the list."""
        found: list[QuerySet[Bulletin]]
        if self.show == PUBLISHED:
            scope = scope_of(user, PUBLISH)
            if self.unit:
                scope = narrow(scope, self.unit, below=True)
            found = list(Bulletin.objects.all().branches_of(scope, PUBLISH))
        elif self.show == UNREAD:
            found = [waiting_for(user)]
        else:
            found = [Bulletin.objects.addressed_to(user)]
        return [part.filter(title__icontains=self.text) for part in found] if self.text else found


def waiting_for(person: Any) -> QuerySet[Bulletin]:
    """What a person has still to open, or to confirm where that is asked."""
    receipts = BulletinRead.objects.filter(
        version__bulletin=OuterRef("pk"), version__number__gte=OuterRef("asks"), person=person
    )
    confirmed = receipts.filter(confirmed_at__isnull=False)
    return Bulletin.objects.addressed_to(person).filter(
        Q(~Exists(receipts)) | Q(~Exists(confirmed), must_confirm=True)
    )


def bulletin_rows(keys: Iterable[Key], reader: Any) -> list[Bulletin]:
    """The bulletins of these keys with `read` and `confirmed` of the reader, in one query."""
    wanted = [key.pk for key in keys]
    own = BulletinRead.objects.filter(
        version__bulletin=OuterRef("pk"), version__number__gte=OuterRef("asks"), person=reader
    )
    rows = Bulletin.objects.select_related("unit", "by").annotate(
        read=Exists(own), confirmed=Exists(own.filter(confirmed_at__isnull=False))
    )
    found = rows.in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def bulletin_in_reach(user: Any, pk: int, right: str | None = None) -> Bulletin | None:
    """One bulletin that the reader may see (or act on by `right`), or None."""
    rows = Bulletin.objects.visible_to(user, right).select_related("unit", "by")
    return rows.filter(pk=pk).first()


def search_bulletins(user: Any, pieces: list[str], *, most: int) -> list[BulletinVersion]:
    """The present versions of published bulletins in the reader's sight that have all these pieces
    in title or text, the newest first; `part` is the text around the first piece."""
    seen = Bulletin.objects.visible_to(user).filter(state=BulletinState.PUBLISHED)
    rows = mentioning(BulletinVersion.objects.all(), ("title", "body"), pieces).filter(
        number=F("bulletin__number"), bulletin__in=seen.values("pk")
    )
    rows = rows.select_related("bulletin__unit").defer("body")
    rows = rows.annotate(part=around("body", pieces[0]))
    return list(rows.order_by("-bulletin__published_at", "-pk")[:most])


def receipt_of(bulletin: Bulletin, person: Any) -> BulletinRead | None:
    """The reader's latest receipt that counts."""
    rows = BulletinRead.objects.filter(
        version__bulletin=bulletin, version__number__gte=bulletin.asks, person=person
    )
    return rows.select_related("version").order_by("-version__number").first()


@dataclass(frozen=True, slots=True)
class Receipts:
    """How many of the audience in reach opened and confirmed a bulletin."""

    people: int
    read: int
    confirmed: int

    @property
    def open(self) -> int:
        return self.people - self.read


def _receipts(bulletin: Bulletin) -> QuerySet[BulletinRead]:
    return BulletinRead.objects.filter(
        version__bulletin=bulletin, version__number__gte=bulletin.asks, person=OuterRef("pk")
    )


def audience_in_reach(bulletin: Bulletin, reader: Any) -> QuerySet[User]:
    """Of the audience those the reader answers for, with `read` and `confirmed`."""
    own = _receipts(bulletin)
    seen = User.objects.visible_to(reader, PUBLISH).values("pk")
    return (
        audience_of(bulletin)
        .filter(pk__in=seen)
        .annotate(read=Exists(own), confirmed=Exists(own.filter(confirmed_at__isnull=False)))
    )


def count_receipts(bulletin: Bulletin, reader: Any) -> Receipts:
    """The figures over the list of receipts."""
    found = audience_in_reach(bulletin, reader).aggregate(
        people=Count("pk"),
        seen=Count("pk", filter=Q(read=True)),
        sure=Count("pk", filter=Q(confirmed=True)),
    )
    return Receipts(found["people"], found["seen"], found["sure"])


def waiting_count(user: Any) -> int:
    """How many bulletins wait for the reader, up to COUNTED."""
    return int(waiting_for(user).order_by()[:COUNTED].count())


count_beside("compliance:bulletins", waiting_count, rows=urlencode({"show": UNREAD}))
