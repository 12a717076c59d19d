"""A year of cases: planned one by one, judged by the product's own limits, written by COPY."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from django.utils import timezone

from complaints.demo import stories
from complaints.demo.beside import Beside
from complaints.demo.pictures import write_pictures
from complaints.demo.works import write_works
from complaints.limits import KINDS_OF_CASE, Still, due_at, span_of
from complaints.models import (
    Case,
    CaseEntry,
    CaseKind,
    CasePerson,
    Category,
    Deadline,
    EscalationStep,
    Level,
    LimitKind,
    Urge,
)
from complaints.selectors.relations import Relations
from complaints.services.clocks import recompute_many
from complaints.services.intake import proposed_level, top_of
from complaints.services.numbers import next_number
from complaints.states import OPEN, State
from complaints.warranty import after_months, months_of
from core.bulk import copy_rows, next_ids
from customers.demo.archive import Flat, Place, subjects
from customers.demo.organisation import Person
from customers.demo.parts import Scene
from customers.demo.tables import protected
from customers.models import STRATEGIC
from regions.calendars import WorkTime, worktime_of
from regions.policies import one_reading

COUNT = 1500
OPEN_SHARE = 0.12
DAYS = 365
DISAGREED = dt.timedelta(hours=3)  # ago
# State → weight among cases that are open, and among those that are not.
OPEN_STATES = {
    State.REGISTERED: 6, State.ASSIGNED: 18, State.ACCEPTED: 10, State.IN_PROGRESS: 34,
    State.WAITING_OWNER: 8, State.WAITING_CONTRACTOR: 7, State.RESOLVED: 13, State.CALLED_BACK: 4,
}  # fmt: skip
ENDED_STATES = {State.CLOSED: 93, State.REJECTED: 5, State.MERGED: 2}
# What has happened to a case that stands in a state.
HAPPENED = {
    State.REGISTERED: "",
    State.ASSIGNED: "assign",
    State.ACCEPTED: "assign contact accept",
    State.IN_PROGRESS: "assign contact accept plan start",
    State.WAITING_OWNER: "assign contact accept plan start wait",
    State.WAITING_CONTRACTOR: "assign contact accept plan start wait",
    State.RESOLVED: "assign contact accept plan start resolve",
    State.CALLED_BACK: "assign contact accept plan start resolve call_back",
    State.CLOSED: "assign contact accept plan start resolve call_back close",
    State.REJECTED: "assign contact ask_reject reject",
    State.MERGED: "assign merge",
}
LANDS = {
    "assign": State.ASSIGNED, "accept": State.ACCEPTED, "start": State.IN_PROGRESS,
    "wait_owner": State.WAITING_OWNER, "wait_contractor": State.WAITING_CONTRACTOR,
    "resolve": State.RESOLVED, "call_back": State.CALLED_BACK, "close": State.CLOSED,
    "reject": State.REJECTED, "merge": State.MERGED,
}  # fmt: skip
MEETS = {
    "contact": (LimitKind.FIRST_CONTACT,),
    "plan": (LimitKind.PLAN,),
    "resolve": (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION),
    "call_back": (LimitKind.CALL_BACK,),
}


@dataclass(slots=True, eq=False)
class Tale:
    """A case to be, with what happened to it: (kind, moment, person's key, words, facts)."""

    case: Case
    phone: str
    handler: Person | None
    log: list[tuple[str, dt.datetime, int | None, str, dict[str, Any]]] = field(
        default_factory=list
    )
    limits: list[Deadline] = field(default_factory=list)
    pause: tuple[dt.datetime, dt.datetime] | None = None


def write_cases(cursor: Any, scene: Scene) -> dict[str, int]:
    """Write COUNT cases with complainants, logs, limits and the steps that were taken."""
    year = Year(scene)
    with one_reading():
        tales = year.dispute()
        drawn = (year.tale() for _number in range(3 * COUNT))
        tales += islice((tale for tale in drawn if tale is not None), COUNT - len(tales))
    tales.sort(key=lambda tale: tale.case.taken_in_at)
    for tale, key in zip(tales, next_ids(cursor, "complaints_case", len(tales)), strict=True):
        tale.case.pk = key
        tale.case.number = next_number(tale.case.taken_in_at)
    _merge(tales)
    beside = Beside(scene, tales)
    urges = beside.urges()  # they stand in the logs too
    _copy(cursor, Case, [tale.case for tale in tales])
    _write_complainants(cursor, tales)
    _write_log(cursor, tales)
    _write_pauses(cursor, tales)
    _copy(cursor, Deadline, _limits(cursor, tales))
    _copy(cursor, Urge, urges)
    _copy(cursor, CasePerson, beside.people())
    away = beside.stand_in()
    if away is not None:
        away.save()
    _climb(tales, scene.now)
    write_works(scene)
    return {"cases": len(tales), "case_files": write_pictures(scene)}


class Year:
    """Draws cases one by one."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.now = scene, scene.now
        self.random = Random(scene.seed + 3)  # noqa: S311  invented data, no secret
        self.places = [
            place for place in scene.archive.places if place.client.flats and place.unit.people
        ]
        categories = Category.objects.select_related("parent__level", "level")
        self.categories = {one.name: one for one in categories}
        self.grave = list(Level.objects.filter(is_offered=True, is_mass=False).order_by("rank"))
        self.unseen = [state for state in (*OPEN_STATES, *ENDED_STATES) for _twice in range(2)]
        self.clocks: dict[int, WorkTime] = {}
        self.intake: int = scene.chosen["hotline"].key

    def tale(self) -> Tale | None:
        """A case of a customer who lived there by then; None where there is no such customer."""
        draw = self.random
        place = draw.choice(self.places)
        states = OPEN_STATES if draw.random() < OPEN_SHARE else ENDED_STATES
        state = draw.choices(list(states), list(states.values()))[0]
        if self.unseen:  # each state is seen, however few cases there are
            state = self.unseen[-1]
        is_open = state in OPEN
        days = draw.uniform(0, 9) if is_open else draw.uniform(14, DAYS)
        at = self._at_work(self.now - dt.timedelta(days=days))
        if at < place.created_at:
            return None
        self.unseen = self.unseen[:-1]
        story = draw.choices(stories.STORIES, stories.WEIGHTS)[0]
        handlers = place.unit.officers or place.unit.people
        handler = draw.choice(handlers) if state != State.REGISTERED else None
        flats = [flat for flat, _first in place.client.flats if flat.project is place.unit]
        tale = Tale(self._case(place, flats[0], story, state, at), place.client.phone, handler)
        if handler is not None:
            tale.case.handler_id = handler.key
        self._live(tale, story)
        self._limit(tale)
        return tale

    def dispute(self) -> list[Tale]:
        """A strategic customer disagrees since some hours: the committee owes its reaction within
        a day. Empty where no such customer was drawn."""
        customers = [
            place
            for place in self.scene.archive.places
            if place.client.level == STRATEGIC and place.client.contacts and place.unit.officers
        ]
        if not customers:
            return []
        place = customers[0]
        at = self.now - dt.timedelta(days=2)
        case = self._case(place, None, stories.DISPUTE, State.IN_PROGRESS, at)
        tale = Tale(case, place.client.contacts[0].phone, place.unit.officers[0])
        case.handler_id = place.unit.officers[0].key
        self._live(tale, stories.DISPUTE)
        since = max(tale.log[-1][1], self.now - DISAGREED)
        tale.log.append(("disagree", since, case.handler_id, stories.DISAGREEMENT, {}))
        case.version, case.updated_at = len(tale.log), since
        self._limit(tale)
        clock = self.clocks[case.unit_id]
        tale.limits.append(_limit_of(case, LimitKind.COMMITTEE, since, clock, []))
        return [tale]

    def _at_work(self, moment: dt.datetime) -> dt.datetime:
        """The same day between eight and nine in the evening, never later than now."""
        hour, minute = self.random.randrange(8, 21), self.random.randrange(60)
        local = timezone.localtime(moment).replace(hour=hour, minute=minute, second=0)
        return min(local.replace(microsecond=0), self.now - dt.timedelta(minutes=20))

    def _case(
        self, place: Place, flat: Flat | None, story: tuple[str, ...], state: str, at: dt.datetime
    ) -> Case:
        draw = self.random
        category = self.categories.get(story[1])
        level = proposed_level(category)
        if story[0] == CaseKind.COMPLAINT and draw.random() < 0.12:
            level = draw.choice(self.grave)
        region, city, project = place.unit.scope()
        return Case(
            unit_id=place.unit.key,
            region_id=region,
            city_id=city,
            project_id=project,
            kind=story[0],
            channel=draw.choices(stories.CHANNELS, stories.CHANNEL_WEIGHTS)[0],
            category=category,
            top_category=top_of(category),
            level=level,
            state=state,
            content=story[2],
            complainant_name=place.client.name,
            room=flat.room.label if flat else "",
            customer_id=place.client.key,
            flat_id=flat.key if flat else None,
            warranty_until=self._warranty(flat, category, at) if flat else None,
            entered_by_id=self.intake,
            import_run_id=self.scene.run,
            taken_in_at=at,
            created_at=at,
            updated_at=at,
        )

    def _warranty(self, flat: Flat, category: Category | None, at: dt.datetime) -> dt.date | None:
        months = months_of(category, flat.project.key, timezone.localdate(at))
        if not months or flat.handed_over_on is None:
            return None
        return after_months(flat.handed_over_on, months) - dt.timedelta(days=1)

    def _live(self, tale: Tale, story: tuple[str, ...]) -> None:
        """Let happen, one after the other, what leads to the state of the case."""
        case, draw = tale.case, self.random
        moment = case.taken_in_at
        tale.log.append(("register", moment, self.intake, "", {"channel": case.channel}))
        steps = HAPPENED[State(case.state)].split()
        hours = {"assign": 0.3, "contact": 6, "accept": 2, "plan": 8, "start": 4, "resolve": 40,
                 "call_back": 12, "close": 10, "ask_reject": 5, "reject": 12, "merge": 5, "wait": 4}  # fmt: skip  # noqa: E501
        room = 0.9 * (self.now - moment).total_seconds() / 3600
        lengths = [draw.expovariate(1 / hours[name]) for name in steps]
        # What must have happened by now is squeezed into the time there was.
        scale = min(1.0, room / sum(lengths)) if lengths else 1.0
        for name, length in zip(steps, lengths, strict=True):
            moment = moment + dt.timedelta(hours=length * scale)
            self._happen(tale, name, moment, story)
        case.version = len(tale.log)
        case.updated_at = moment

    def _happen(self, tale: Tale, name: str, at: dt.datetime, story: tuple[str, ...]) -> None:
        case, draw = tale.case, self.random
        handler = tale.handler.key if tale.handler else None
        by, text = handler, ""
        facts: dict[str, Any] = {}
        if name == "assign":
            by, facts, case.assigned_at = self.intake, {"handler": handler}, at
        elif name == "contact":
            text, case.first_contact_at = draw.choice(stories.CONTACTS), at
        elif name == "plan":
            text = case.plan = story[3] or "已受理，当日答复。"
            case.planned_at = at
        elif name == "resolve":
            text = case.resolution = story[4]
            case.resolved_at = at
            if case.kind == CaseKind.COMPLAINT and draw.random() < 0.7:
                case.cause = draw.choice(stories.CAUSES)
        elif name == "call_back":
            case.rating, case.called_back_at = draw.choices((5, 4, 3, 2), (52, 33, 11, 4))[0], at
            by, facts = self.intake, {"outcome": "satisfied", "rating": case.rating}
        elif name in ("close", "reject"):
            case.closed_at, by = at, None
        elif name == "ask_reject":
            text = case.reject_reason = stories.REASONS[0]
            case.reject_asked_by_id = handler
        elif name == "wait":
            self._wait(tale, at)
            return
        tale.log.append((name, at, by, text, facts))

    def _wait(self, tale: Tale, at: dt.datetime) -> None:
        until = max(self.now, at) + dt.timedelta(days=self.random.randrange(1, 5))
        tale.pause = (at, until)
        text = stories.PAUSES[tale.case.state == State.WAITING_CONTRACTOR]
        by = tale.handler.key if tale.handler else None
        name = "wait_owner" if tale.case.state == State.WAITING_OWNER else "wait_contractor"
        tale.log.append((name, at, by, text, {"until": until.isoformat()}))

    def _limit(self, tale: Tale) -> None:
        """The limits the case had, by the rules of the product, and when each was met."""
        case = tale.case
        clock = self.clocks.setdefault(case.unit_id, worktime_of(case.unit_id))
        met = {
            limit: at for name, at, *_rest in reversed(tale.log) for limit in MEETS.get(name, ())
        }
        pauses = [Still(tale.pause[0], None)] if tale.pause else []
        for kind in KINDS_OF_CASE[case.kind]:
            start = case.resolved_at if kind == LimitKind.CALL_BACK else case.taken_in_at
            if start is None:
                continue
            limit = _limit_of(case, kind, start, clock, [] if kind in met else pauses)
            limit.met_at = met.get(LimitKind(kind))
            limit.dropped = case.state in (State.REJECTED, State.MERGED) and kind not in met
            tale.limits.append(limit)


def _limit_of(
    case: Case, kind: str, start: dt.datetime, clock: WorkTime, pauses: list[Still]
) -> Deadline:
    span = span_of(case, kind)
    return Deadline(
        kind=kind,
        round=1,
        starts_at=start,
        amount=span.amount,
        unit_of_time=span.unit,
        due_at=due_at(start, span, clock, pauses),
    )


def _merge(tales: list[Tale]) -> None:
    """A merged case goes into the next later one that is not merged itself."""
    into: Case | None = None
    for tale in reversed(tales):
        case = tale.case
        if case.state != State.MERGED:
            into = case
        elif into is not None:
            case.merged_into_id, case.merged_from_state = into.pk, State.ASSIGNED
        else:
            case.state = State.ASSIGNED


# --- writing --------------------------------------------------------------------------------------


def _copy(cursor: Any, model: Any, rows: list[Any]) -> None:
    """Copy model instances as they are; those without a key get one from the table."""
    fields = [
        one for one in model._meta.concrete_fields if rows and rows[0].pk or not one.primary_key
    ]
    columns = " ".join(one.column for one in fields)
    copy_rows(
        cursor,
        model._meta.db_table,
        columns,
        ([_plain(getattr(row, one.attname)) for one in fields] for row in rows),
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _limits(cursor: Any, tales: list[Tale]) -> list[Deadline]:
    found = []
    for tale in tales:
        for limit in tale.limits:
            limit.case_id = tale.case.pk
            found.append(limit)
    for limit, key in zip(found, next_ids(cursor, "complaints_deadline", len(found)), strict=True):
        limit.pk = key
    return found


def _write_complainants(cursor: Any, tales: list[Tale]) -> None:
    keys = subjects(cursor, len(tales))
    copy_rows(
        cursor,
        "complaints_complainant",
        "case_id customer_id name room subject_id phone_cipher phone_index phone_last4 is_first"
        " is_spokesperson created_at",
        (
            (
                tale.case.pk,
                tale.case.customer_id,
                tale.case.complainant_name,
                tale.case.room,
                subject,
                *protected(key, "complainant.phone", tale.phone, index="phone"),
                True,
                False,
                tale.case.taken_in_at,
            )
            for tale, (subject, key) in zip(tales, keys, strict=True)
        ),
    )


def _write_log(cursor: Any, tales: list[Tale]) -> None:
    copy_rows(
        cursor,
        "complaints_caseentry",
        "case_id kind at by_id from_state to_state text facts internal",
        (row for tale in tales for row in _entries(tale)),
    )


def _entries(tale: Tale) -> Iterator[tuple[Any, ...]]:
    before = ""
    for name, at, by, text, facts in tale.log:
        after = str(LANDS.get(name, before or State.REGISTERED))
        to = after if before and after != before else ""
        yield (tale.case.pk, name, at, by, before, to, text, json.dumps(facts), True)
        before = after


def _write_pauses(cursor: Any, tales: list[Tale]) -> None:
    copy_rows(
        cursor,
        "complaints_pause",
        "case_id state reason started_at limit_at by_id",
        (
            (t.case.pk, str(t.case.state), t.log[-1][3], *t.pause, t.case.handler_id)
            for t in tales
            if t.pause is not None
        ),
    )


def _climb(tales: list[Tale], now: dt.datetime) -> None:
    """Give open cases their ladders; steps whose time has passed were taken then, as the log says.

    Nobody gets a notice of them: the bell of an invented person would ring for a year.
    """
    keys = [tale.case.pk for tale in tales if tale.case.state in OPEN]
    cases = Case.objects.select_related(
        "unit",
        "handler",
        "level",
        "category",
        "top_category",
        "customer__contact_leader",
        "customer__specialist",
    ).in_bulk(keys)
    recompute_many(list(cases.values()))
    relations = Relations(now)
    due = EscalationStep.objects.filter(case__in=keys, at__lte=now).select_related("deadline")
    steps = list(due.order_by("at", "pk"))
    entries = []
    before: dict[int, set[str]] = defaultdict(set)
    for step in steps:
        told = before[step.deadline_id]
        found = relations.addressee(cases[step.case_id], step.relation, told)
        told.add(step.relation)
        step.taken_at = step.at
        step.told, step.passed_over = list(found.people), list(found.passed_over)
        entries.append(_told(step))
    EscalationStep.objects.bulk_update(steps, ["taken_at", "told", "passed_over"], batch_size=500)
    CaseEntry.objects.bulk_create(entries, batch_size=1000)


def _told(step: EscalationStep) -> CaseEntry:
    return CaseEntry(
        case_id=step.case_id,
        kind="escalated",
        at=step.taken_at or timezone.now(),
        facts={
            "relation": step.relation,
            "limit": step.deadline.kind,
            "side": step.side,
            "amount": str(step.amount),
            "unit_of_time": step.unit_of_time,
            "told": step.told,
            "passed_over": step.passed_over,
        },
    )
