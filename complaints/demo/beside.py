"""Who is on cases of the demonstration besides their handlers: helpers, followers, superiors who
urge, and a colleague who is away."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

from accounts.models import StandIn
from complaints.models import CasePerson, PersonRole, Urge
from complaints.states import UNSOLVED
from customers.demo.organisation import Person
from customers.demo.parts import Scene

if TYPE_CHECKING:
    from complaints.demo.year import Tale

HELPED, FOLLOWED = 40, 15
URGES = (
    ("业主第二次来电，请说明进展。", "今日下午三点前安排师傅上门。"),
    ("业主表示将向媒体反映，请尽快答复。", ""),
    ("已临近时限，请说明何时办结。", ""),
)


class Beside:
    """Draws from the cases that are open and have a handler, the newest first."""

    def __init__(self, scene: Scene, tales: "list[Tale]") -> None:
        self.scene, self.random = scene, Random(scene.seed + 4)  # noqa: S311  invented data
        self.worked_on = [
            tale
            for tale in reversed(tales)
            if tale.case.state in UNSOLVED and tale.handler is not None
        ]

    def urges(self) -> list[Urge]:
        """A head urges in his branch: one was answered, one is late, one waits. The logs say so."""
        head, now = self.scene.chosen["section-head"], self.scene.now
        region, city, project = head.unit.scope()
        found: list[Urge] = []
        for tale, (reason, answer) in zip(self._of(region, city, project), URGES, strict=False):
            at = max(tale.log[-1][1], now - dt.timedelta(hours=20))
            wanted = at + (now - at) / 2 if len(found) == 1 else now + dt.timedelta(hours=5)
            found.append(self._urge(tale, head, at, wanted, (reason, answer)))
        return found

    def _of(self, region: int | None, city: int | None, project: int | None) -> "Iterator[Tale]":
        wanted = {"region_id": region, "city_id": city, "project_id": project}
        for tale in self.worked_on:
            case = tale.case
            if all(getattr(case, name) == key for name, key in wanted.items() if key):
                yield tale

    def _urge(
        self, tale: "Tale", by: Person, at: dt.datetime, wanted: dt.datetime, words: tuple[str, str]
    ) -> Urge:
        reason, answer = words
        handler = tale.handler.key if tale.handler else None
        facts: dict[str, Any] = {"answer_by": wanted.isoformat(), "told": [handler]}
        tale.log.append(("urge", at, by.key, reason, facts))
        tale.case.version += 1
        row = Urge(case_id=tale.case.pk, by_id=by.key, reason=reason, urged_at=at, answer_by=wanted)
        if answer:
            row.answer, row.answered_by_id = answer, handler
            row.answered_at = at + (self.scene.now - at) / 4
            tale.log.append(("answer_urge", row.answered_at, handler, answer, {"count": 1}))
            tale.case.version += 1
        elif wanted <= self.scene.now:
            row.late_told_at = wanted
        return row

    def people(self) -> list[CasePerson]:
        """Colleagues of the same project who help, and such who only follow."""
        found = []
        for place, tale in enumerate(self.worked_on[: HELPED + FOLLOWED]):
            handler = tale.handler
            others = [one for one in handler.unit.people if one is not handler] if handler else []
            if not others or handler is None:
                continue
            helps = place < HELPED
            other = self.random.choice(others)
            found.append(
                CasePerson(
                    case_id=tale.case.pk,
                    user_id=other.key,
                    role=PersonRole.COLLABORATOR if helps else PersonRole.WATCHER,
                    added_by_id=handler.key if helps else other.key,
                    added_at=tale.log[-1][1],
                )
            )
        return found

    def stand_in(self) -> StandIn | None:
        """A colleague of the demonstration's member of staff is on leave; he stands in."""
        staff, now = self.scene.chosen["staff"], self.scene.now
        role = staff.role
        others = [one for one in staff.unit.people if one is not staff and one.role == role]
        if not others:
            return None
        return StandIn(
            person_id=others[0].key,
            deputy_id=staff.key,
            starts_at=now - dt.timedelta(days=1),
            ends_at=now + dt.timedelta(days=4),
            reason="年休假",
            given_by_id=others[0].key,
        )
