"""Who somebody is to a case: its handler, the head of its city … (CMP-02, ORG-08).

Read once for a whole run of the escalation. A relation that nobody holds passes on to the next
above; who was passed over is told, so that the vacancy shows.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Post, UserState
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
INSTEAD = {Relation.CONTACT_LEADER: Relation.REGION_HEAD, Relation.COMMITTEE: Relation.GROUP_DUTY}


def _near(unit: OrgUnit | None) -> Q:
    """Posts in a unit and above it, and those of the committee; all without a unit."""
    if unit is None:
        return Q()
    return Q(unit__in=unit.ancestor_ids()) | Q(function__name__contains=COMMITTEE_WORD)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a step reaches: keys of people, and the relations that were vacant on the way."""

    people: tuple[int, ...]
    passed_over: tuple[str, ...] = ()


class Relations:
    """Posts and duty of a moment, by unit. `case` needs `unit`, `handler` and the customer's
    contact leader loaded. Whoever is on duty goes before those who share a post with him."""

    def __init__(self, moment: datetime, unit: OrgUnit | None = None) -> None:
        """`unit`: only the posts that cases of this unit can climb to are read."""
        self.duty = on_duty(moment, None if unit is None else unit.ancestor_ids())
        self.complaint: dict[int, list[int]] = defaultdict(list)
        self.lead: dict[int, list[int]] = defaultdict(list)
        self.head: dict[int, list[int]] = defaultdict(list)
        self.committee: list[int] = []
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
                self.committee.append(post.user_id)

    def addressee(self, case: Case, relation: str) -> Addressee:
        """The people of a relation, else those of the next above who exist."""
        passed: list[str] = []
        for one in self._line(relation):
            found = self._people(case, one)
            if found:
                return Addressee(tuple(dict.fromkeys(found)), tuple(passed))
            passed.append(one)
        return Addressee((), tuple(passed))

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
            case Relation.CONTACT_LEADER:
                leader = case.customer.contact_leader if case.customer else None
                active = leader is not None and leader.state == UserState.ACTIVE
                return [leader.pk] if active and leader else []
            case Relation.COMMITTEE:
                return self.committee
