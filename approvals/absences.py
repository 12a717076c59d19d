"""Who is away, and until when: asked of everything that knows absences.

Stand-ins with dates are known here. Approved trips and leave come from the app that keeps them:

    @register_absence
    def trips(people, moment):
        return {person: until, …}    # only those who are away at the moment
"""

from collections.abc import Callable, Collection
from datetime import datetime

from django.utils import timezone

from accounts.models import StandIn

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
