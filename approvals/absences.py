"""Who is away, and until when: asked of everything that knows absences.

Stand-ins with dates are known here. Approved trips and leave come from the app that keeps them:

    @register_absence
    def trips(people, moment):
        return {person: until, …}    # only those who are away at the moment
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Post, StandIn, UserState
from regions.policies import policy

# Those who named somebody, and his own posts. One statement of plain text: every page asks it,
# for the count beside the menu, where building it would take longer than running it.
ACTS = """
    SELECT person_id, NULL, NULL FROM accounts_standin
    WHERE deputy_id = %(key)s AND starts_at <= %(moment)s AND ends_at > %(moment)s
    UNION ALL
    SELECT NULL, p.unit_id, f.name
    FROM accounts_post p JOIN accounts_function f ON f.id = p.function_id
    WHERE p.user_id = %(key)s AND (p.valid_from IS NULL OR p.valid_from <= %(day)s)
      AND (p.valid_until IS NULL OR p.valid_until > %(day)s)
"""
Provider = Callable[[Collection[int], datetime], dict[int, datetime]]
PROVIDERS: list[Provider] = []


def register_absence(provider: Provider) -> Provider:
    """Let approvals ask one more source who of some people, by their keys, is away at a moment,
    and until when."""
    if provider not in PROVIDERS:
        PROVIDERS.append(provider)
    return provider


@register_absence
def stand_ins(people: Collection[int], moment: datetime) -> dict[int, datetime]:
    """Whoever has somebody to stand in for him is away."""
    rows = StandIn.objects.at(moment).filter(person__in=people)
    return dict(rows.values_list("person", "ends_at"))


def away(people: Collection[int], moment: datetime | None = None) -> dict[int, datetime]:
    """Those of some people, by their keys, who are away, and the latest known return of each."""
    found: dict[int, datetime] = {}
    when = moment or timezone.now()
    for provider in PROVIDERS:
        for person, until in provider(people, when).items():
            found[person] = max(until, found.get(person, until))
    return found


def away_until(person: int, moment: datetime | None = None) -> datetime | None:
    """When a person, by his key, is back; None when he is there."""
    return away([person], moment).get(person)


def persons_of(user: Any, moment: datetime | None = None) -> set[int]:
    """Keys of those for whom somebody, given as such or by his key, may act at a moment, himself
    left out: he stands in for them, or holds a post that deputises for theirs while they are away
    (EXP-07)."""
    key = getattr(user, "pk", user)
    if key is None:
        return set()
    when = moment or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(ACTS, {"key": key, "moment": when, "day": timezone.localdate(when)})
        rows = cursor.fetchall()
    posts = [(unit, function) for person, unit, function in rows if person is None]
    persons = {person for person, _unit, _function in rows if person is not None}
    return persons | _deputised(key, posts, when)


def _deputised(user: int, own: Sequence[tuple[int, str]], moment: datetime) -> set[int]:
    """Those whose post one of these posts, (unit, function), deputises for while they are away."""
    if not own:
        return set()
    wanted = [(row["deputy"], row["function"]) for row in policy("approvals.deputy_functions")]
    seats = {
        (unit, function) for unit, name in own for deputy, function in wanted if deputy == name
    }
    if not seats:
        return set()
    posts = Post.objects.on(timezone.localdate(moment))
    held = posts.filter(unit__in=[unit for unit, _name in seats]).exclude(user=user)
    people = {
        person
        for person, *seat in held.values_list("user", "unit", "function__name")
        if tuple(seat) in seats
    }
    return set(away(people - _with_stand_ins(people, moment), moment))


def _with_stand_ins(people: Collection[int], moment: datetime) -> set[int]:
    """Those who named somebody for the moment: then he acts, not the post."""
    rows = StandIn.objects.at(moment).filter(person__in=people, deputy__state=UserState.ACTIVE)
    return set(rows.values_list("person", flat=True))
