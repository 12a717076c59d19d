"""Meetings of leaders and the committee in people's calendars; held ones are activities."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from compliance.agenda import Entry, register_entries, span
from compliance.models import Meeting, Talk, TalkState
from compliance.models.rounds import COMMITTEE
from compliance.selectors.rounds import committee
from core.scope import scope_of

LENGTH = dt.timedelta(hours=1)


@register_entries
def talks(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """Talks that are planned, for our leader and for whoever prepares them."""
    begin, end = span(first, last)
    concerned = Q(leader__in=people) | Q(by__in=people)
    rows = Talk.objects.visible_to(reader).filter(
        concerned, state=TalkState.PLANNED, at__gte=begin, at__lt=end
    )
    wanted = set(people)
    for row in rows.select_related("customer"):
        for person in {row.leader_id, row.by_id} & wanted:
            title = f"{row.get_kind_display()} {row.customer.name}"
            yield Entry(
                person,
                row.at,
                row.at + LENGTH,
                False,
                title,
                row.get_absolute_url(),
                "strategic",
                key=f"talk-{row.pk}",
            )


@register_entries
def meetings(
    people: Collection[int], reader: Any, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """Meetings of the committee, for its members; only who may see the committee is told."""
    if not scope_of(reader, COMMITTEE).everything:
        return
    begin, end = span(first, last)
    rows = list(Meeting.objects.filter(held_at__gte=begin, held_at__lt=end))
    members = {post.user_id for post in committee()} & set(people) if rows else set()
    for row in rows:
        for person in sorted(members):
            yield Entry(
                person,
                row.held_at,
                row.held_at + 2 * LENGTH,
                False,
                _("Meeting of the committee"),
                row.get_absolute_url(),
                "strategic",
                key=f"committee-{row.pk}",
            )
