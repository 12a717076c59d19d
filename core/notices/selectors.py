"""Lists of notices and outgoing messages for pages and commands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from core.keyset import Order, Page
from core.models import Notice, OutboxMessage
from core.notices.kinds import KINDS
from core.notices.render import Words, words_of_notice
from core.paging import page_of_rows

NEWEST_FIRST = Order("newest", "id", descending=True)
PAGE_SIZE = 50
LATEST = 8
COUNTED = 100  # the bell says 99+, so nobody counts further


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice with its words in the reader's language."""

    notice: Notice
    words: Words

    @property
    def title(self) -> str:
        """What its kind is called."""
        kind = KINDS.get(self.notice.kind)
        return str(kind.title) if kind else ""


def shown(notices: Iterable[Notice]) -> list[ShownNotice]:
    """Notices with their words."""
    return [ShownNotice(one, words_of_notice(one)) for one in notices]


def unread_count(user: Any) -> int:
    """How many notices a person has not read, at most COUNTED. One query on a partial index."""
    return Notice.objects.visible_to(user).unread().order_by()[:COUNTED].count()


def latest(user: Any) -> list[ShownNotice]:
    """The newest notices of a person, for the bell."""
    return shown(Notice.objects.visible_to(user).order_by("-id")[:LATEST])


def notices_page(
    user: Any, *, state: str = "", kind: str = "", after: str = "", before: str = ""
) -> Page:
    """One page of a person's notices, the newest first."""
    rows = Notice.objects.visible_to(user)
    if state == "unread":
        rows = rows.unread()
    if kind:
        rows = rows.filter(kind=kind)
    page = newest_first(rows, after=after, before=before)
    return Page(shown(page.rows), page.previous, page.next, page.size)


def outbox_page(*, state: str = "", channel: str = "", after: str = "", before: str = "") -> Page:
    """One page of outgoing messages, the newest first; their texts are not read."""
    rows = OutboxMessage.objects.select_related("target").defer("text", "html", "payload")
    if state:
        rows = rows.filter(state=state)
    if channel:
        rows = rows.filter(channel=channel)
    return newest_first(rows, after=after, before=before)


def newest_first(rows: QuerySet, *, after: str, before: str, size: int = PAGE_SIZE) -> Page:
    """One page of rows by falling key. One query."""
    return page_of_rows(rows, NEWEST_FIRST, after=after, before=before, size=size)
