"""Who somebody is to a case: its handler, the head of its city … (CMP-02, ORG-08).

Read once for a whole run of the escalation. A relation that nobody holds passes on to the next
above; who was passed over is told, so that the vacancy shows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Post, User, UserState
from accounts.selectors.stand_ins import StandIns
from complaints.models import Case, Relation
from complaints.selectors.roster import on_duty
from regions.models import OrgUnit

COMPLAINTS = 3  # number of the core function 投诉管理及舆情对接
COMMITTEE_WORD = "客户管理委员会"

UPWARDS = (
    Relation.HANDLER,
    Relation.COMPLAINT_POST,
    Relation.PROJECT_HEAD,
    Relation.CITY_HEAD,
    Relation.REGION_FUNCTION,
    Relation.REGION_HEAD,
    Relation.GROUP_DUTY,
)
# Outside the line of the tree: what stands in for them when they are vacant.
INSTEAD = {
    Relation.SPECIALIST: Relation.COMPLAINT_POST,
    Relation.CONTACT_LEADER: Relation.REGION_HEAD,
    Relation.COMMITTEE: Relation.GROUP_DUTY,
}


def _near(unit: OrgUnit | None) -> Q:
    """Posts in a unit and above it; all without a unit."""
    return Q() if unit is None else Q(unit__in=unit.ancestor_ids())


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a step reaches: keys of people, the relations that were vacant on the way, and those
    whose people an earlier step of the same limit had told as somebody else."""

    people: tuple[int, ...]
    passed_over: tuple[str, ...] = ()
    told_before: tuple[str, ...] = ()


class Relations:
    """Posts, duty and absences of a moment, by unit. `case` needs `unit`, `handler` and the
    customer's specialist and contact leader loaded. Whoever is on duty goes before those who share
    a post with him; whoever is away is reached together with his stand-in."""

    def __init__(self, moment: datetime, unit: OrgUnit | None = None) -> None:
        """`unit`: only the posts that cases of this unit can climb to are read."""
        self.duty = on_duty(moment, None if unit is None else unit.ancestor_ids())
        self.complaint: dict[int, list[int]] = defaultdict(list)
        self.lead: dict[int, list[int]] = defaultdict(list)
        self.head: dict[int, list[int]] = defaultdict(list)
        self.committee: dict[int, list[int]] = defaultdict(list)
        self.away = StandIns(moment)
        posts = (
            Post.objects.on(timezone.localdate(moment))
            .filter(_near(unit), user__state=UserState.ACTIVE)
            .select_related("function")
            .order_by("-is_dedicated", "pk")
        )
        for post in posts:
            if post.function.number == COMPLAINTS:
                self.complaint[post.unit_id].append(post.user_id)
            if post.function.is_project_lead:
                self.lead[post.unit_id].append(post.user_id)
            if post.function.is_head:
                self.head[post.unit_id].append(post.user_id)
            if COMMITTEE_WORD in post.function.name:
                self.committee[post.unit_id].append(post.user_id)

    def addressee(self, case: Case, relation: str, told: Iterable[str] = ()) -> Addressee:
        """The people of a relation, else those of the next above who exist.

        `told` are the relations that earlier steps of the limit addressed. A handler who is the
        head of the project too was told as the handler: the step for the head passes on to the
        next above, and only that step, so that one double post does not lift the whole ladder.
        Where nobody stands above, he is told again rather than nobody.
        """
        known = {
            one for name in set(told) - {relation} for one in self._people(case, Relation(name))
        }
        passed: list[str] = []
        same: list[str] = []
        again: tuple[int, ...] = ()
        for one in self._line(relation):
            found = self._people(case, one)
            if found and not known.issuperset(found):
                people = tuple(self.away.with_deputies(found))
                return Addressee(people, tuple(passed), tuple(same))
            if found:
                again = again or tuple(self.away.with_deputies(found))
            (same if found else passed).append(one)
        return Addressee(again, tuple(passed), () if again else tuple(same))

    def _at_work(self, posts: dict[int, list[int]], unit: int) -> list[int]:
        """The holders of a post who are on duty there, else all of them."""
        there = set(self.duty[unit])
        return [person for person in posts[unit] if person in there] or posts[unit]

    def _line(self, relation: str) -> list[Relation]:
        wanted = Relation(relation)
        start = INSTEAD.get(wanted, wanted)
        line = list(UPWARDS[UPWARDS.index(start) :])
        return [wanted, *line] if wanted in INSTEAD else line

    def _people(self, case: Case, relation: Relation) -> list[int]:
        group, *_rest = case.unit.ancestor_ids()
        match relation:
            case Relation.HANDLER:
                active = case.handler is not None and case.handler.state == UserState.ACTIVE
                return [case.handler_id] if active and case.handler_id else []
            case Relation.COMPLAINT_POST:
                return self._at_work(self.complaint, case.unit_id)
            case Relation.PROJECT_HEAD:
                return self.lead[case.unit_id] or self.head[case.unit_id]
            case Relation.CITY_HEAD:
                return self.head[case.city_id] if case.city_id else []
            case Relation.REGION_FUNCTION:
                return self._at_work(self.complaint, case.region_id) if case.region_id else []
            case Relation.REGION_HEAD:
                return self.head[case.region_id] if case.region_id else []
            case Relation.GROUP_DUTY:
                return self.duty[group] or self.complaint[group] or self.head[group]
            case Relation.SPECIALIST:
                return _active(case.customer.specialist if case.customer else None)
            case Relation.CONTACT_LEADER:
                return _active(case.customer.contact_leader if case.customer else None)
            case Relation.COMMITTEE:
                return self._nearest(self.committee, case)

    def _nearest(self, posts: dict[int, list[int]], case: Case) -> list[int]:
        """The holders of a post in the case's unit, else in the nearest above that has any."""
        line = reversed(case.unit.ancestor_ids())
        return next((posts[unit] for unit in line if unit in posts), [])


def _active(person: User | None) -> list[int]:
    """The key of somebody who may log in."""
    return [person.pk] if person is not None and person.state == UserState.ACTIVE else []
