"""What a person holds, and who may take it over."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, Q

from accounts.handover import Work, kinds
from accounts.models import User, WorkLeft
from core.scope import EVERYTHING, Scope, scope_of
from regions.models import OrgUnit

RIGHT = "accounts.hand_over_work"
BATCH = 200


@dataclass(frozen=True, slots=True)
class WorkTable:
    """Open work by unit and kind, within the reader's reach. `outside` lies beyond it."""

    titles: list[Any]
    rows: list[tuple[OrgUnit, list[int]]]
    totals: list[int]
    outside: int

    @property
    def unit_ids(self) -> list[int]:
        return [unit.pk for unit, _numbers in self.rows]

    @property
    def count(self) -> int:
        return sum(self.totals)

    @property
    def filled(self) -> "WorkTable":
        """The same without the kinds of which the person holds nothing."""
        kept = [place for place, total in enumerate(self.totals) if total]
        rows = [(unit, [numbers[place] for place in kept]) for unit, numbers in self.rows]
        titles, totals = (
            [column[place] for place in kept] for column in (self.titles, self.totals)
        )
        return WorkTable(titles, rows, totals, self.outside)


def reach_of(by: Any) -> Scope:
    """The branches in which somebody hands over other people's work."""
    if by is None:
        return EVERYTHING
    scope = scope_of(by, RIGHT)
    return Scope(scope.user_id, scope.branches)


def work_table(person: User, *, by: Any) -> WorkTable:
    """Counts of a person's open work: a row a unit, a column a kind."""
    works = kinds()
    counts: list[dict[int, int]] = []
    everything = 0
    for work in works:
        held = work.rows().filter(**{work.holder: person}).order_by()
        inside = held.filter(reach_of(by).q(())).values_list("unit_id").annotate(n=Count("pk"))
        counts.append(dict(inside))
        everything += held.count()
    units = OrgUnit.objects.filter(pk__in=set().union(*counts) if counts else ()).in_tree_order()
    rows = [(unit, [numbers.get(unit.pk, 0) for numbers in counts]) for unit in units]
    totals = [sum(numbers.values()) for numbers in counts]
    return WorkTable([work.title for work in works], rows, totals, everything - sum(totals))


def receivers_for(person: User, *, by: User, text: str, limit: int) -> list[User]:
    """People in reach who may take over at least one unit's share of a person's work."""
    people = User.objects.active().visible_to(by, RIGHT).exclude(pk=person.pk)
    if text:
        people = people.filter(Q(name__contains=text) | Q(employee_no__istartswith=text))
    people = people.order_by("name", "employee_no")
    table = work_table(person, by=by)
    there = [work for work, total in zip(kinds(), table.totals, strict=True) if total]
    return list(islice(_allowed(people, table.unit_ids, there, by), limit))


def _allowed(people: Any, units: list[int], works: list[Work], by: User) -> Any:
    start = 0
    while batch := list(people[start : start + BATCH]):
        able: set[int] = set()
        for work in works:
            able |= {key for key, where in work.takers(batch, units, by).items() if where}
        yield from (person for person in batch if person.pk in able)
        start += BATCH


def work_left_in_reach(by: Any) -> list[WorkLeft]:
    """Open work of people who left, in reach of whoever may hand it over; most first."""
    people = User.objects.visible_to(by, RIGHT)
    titles = {work.key: work.title for work in kinds()}
    rows = list(
        WorkLeft.objects.filter(user__in=people)
        .select_related("user__unit")
        .order_by("-count", "user__employee_no")[:50]
    )
    for row in rows:
        row.title = titles.get(row.kind, row.kind)  # type: ignore[attr-defined]
    return rows
