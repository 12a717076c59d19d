"""What the page of one case shows: its clocks, the ladder, its log, and whom it waits for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.limits import limits_of, span_of
from complaints.models import (
    Case,
    CaseEntry,
    Complainant,
    Deadline,
    EscalationStep,
    LimitKind,
    Relation,
    Urge,
)
from complaints.selectors.due import Due, left_of
from complaints.selectors.relations import Relations
from complaints.states import CALL_BACK, HANDLE, State
from complaints.warranty import Warranty, warranty_on
from regions.policies.types import Span

ENTRIES = 30
RELATED = 60  # merged cases and members of a group, together


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A limit of the case: `state` is met, late (met too late), dropped, running or not_begun."""

    label: str
    span: Span
    state: str
    due_at: datetime | None = None
    met_at: datetime | None = None
    left: Due | None = None


def clock_rows(case: Case, now: datetime) -> list[ClockRow]:
    """The limits of the case's present round in their order, also those that begin later."""
    once = (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.COMMITTEE)
    found = {
        one.kind: one
        for one in Deadline.objects.filter(case=case, round__lte=case.round).order_by("round", "pk")
        if one.round == case.round or one.kind in once
    }
    kinds = limits_of(case)
    if LimitKind.COMMITTEE in found:
        kinds = (*kinds, LimitKind.COMMITTEE)
    return [_clock_row(case, kind, found.get(kind), now) for kind in kinds]


def _clock_row(case: Case, kind: str, limit: Deadline | None, now: datetime) -> ClockRow:
    label = str(LimitKind(kind).label)
    if limit is None:
        return ClockRow(label, span_of(case, kind), "not_begun")
    span = Span(limit.amount, limit.unit_of_time)
    if limit.met_at is not None:
        late = limit.due_at is not None and limit.met_at > limit.due_at
        return ClockRow(label, span, "late" if late else "met", limit.due_at, limit.met_at)
    if limit.dropped:
        return ClockRow(label, span, "dropped")
    left = left_of(limit, case.unit, now, exact=True)
    return ClockRow(label, span, "running", limit.due_at, left=left)


@dataclass(frozen=True, slots=True)
class LadderRow:
    """A step of the ladder of a limit: when, whom it addresses by relation, who that is, and who
    was vacant on the way."""

    side: str
    span: Span
    limit: str
    relation: str
    at: datetime | None
    taken_at: datetime | None
    people: list[str]
    vacant: list[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder with the keys of whom it told, or would tell now, and the relations
    that were vacant on the way."""

    step: EscalationStep
    people: tuple[int, ...]
    passed_over: tuple[str, ...]


def ladder_of_case(case: Case, relations: Relations) -> list[Rung]:
    """The steps taken and those that wait, in order of time."""
    steps = (
        EscalationStep.objects.filter(case=case)
        .select_related("deadline")
        .order_by("deadline__round", "at", "position", "pk")
    )
    rungs = []
    before: dict[int, set[str]] = defaultdict(set)
    for step in steps:
        told = before[step.deadline_id]
        if step.taken_at is None:
            found = relations.addressee(case, step.relation, told)
            told.add(step.relation)
            rungs.append(Rung(step, found.people, found.passed_over))
        elif step.told:  # else a later step of the same run made it superfluous
            told.add(step.relation)
            rungs.append(Rung(step, tuple(step.told), tuple(step.passed_over)))
    return rungs


def ladder_rows(rungs: Iterable[Rung], names: dict[int, str]) -> list[LadderRow]:
    """The ladder in words."""
    return [
        LadderRow(
            rung.step.side,
            Span(rung.step.amount, rung.step.unit_of_time),
            str(LimitKind(rung.step.deadline.kind).label),
            str(Relation(rung.step.relation).label),
            rung.step.at,
            rung.step.taken_at,
            [names[key] for key in rung.people if key in names],
            [str(Relation(one).label) for one in rung.passed_over],
        )
        for rung in rungs
    ]


def names_of(keys: Iterable[Any]) -> dict[int, str]:
    """Names of people by their keys, one query."""
    wanted = {int(key) for key in keys if key is not None}
    if not wanted:
        return {}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name"))


def entries_of(case: Case, limit: int = ENTRIES) -> list[CaseEntry]:
    """The log, newest first."""
    rows = CaseEntry.objects.filter(case=case).select_related("by").order_by("-at", "-pk")
    return list(rows[: limit + 1])


def complainants_of(case: Case) -> list[Complainant]:
    """Who complains, the first one first."""
    return list(
        Complainant.objects.filter(case=case)
        .select_related("subject", "customer__subject")
        .order_by("-is_first", "pk")
    )


def warranty_of(case: Case) -> Warranty | None:
    """How the warranty stood when the case came in (CMP-16)."""
    return warranty_on(case.warranty_until, timezone.localdate(case.taken_in_at))


def urges_of(case: Case) -> list[Urge]:
    """Urges that wait for an answer, the one wanted first at the top."""
    return list(
        Urge.objects.filter(case=case, answered_at=None).select_related("by").order_by("answer_by")
    )


# --- whom it waits for ----------------------------------------------------------------------------

NEXT_MOVE = {
    State.REGISTERED: "assign",
    State.ASSIGNED: "accept",
    State.ACCEPTED: "start",
    State.IN_PROGRESS: "resolve",
    State.WAITING_OWNER: "resume",
    State.WAITING_CONTRACTOR: "resume",
    State.RESOLVED: "call_back",
    State.CALLED_BACK: "close",
}


def waits_for(case: Case, right: str, relations: Relations) -> tuple[int, ...]:
    """Keys of those whose turn it is: the handler, or whoever holds the complaint function of
    the unit or of the next one above it; after somebody who is away his stand-in."""
    if right == HANDLE and case.handler is not None and case.handler.is_active:
        return tuple(relations.away.with_deputies([case.handler.pk]))
    relation = Relation.COMPLAINT_POST if right == CALL_BACK else Relation.PROJECT_HEAD
    return relations.addressee(case, relation).people


def related_cases(user: Any, case: Case) -> list[tuple[str, list[Case]]]:
    """Merged cases and members of the group: within the reader's scope."""
    here = Q(merged_into=case) | Q(parent=case)
    rows = Case.objects.visible_to(user).filter(here).select_related("unit").order_by("-pk")
    known = list(rows[:RELATED])
    merged = [one for one in known if one.merged_into_id == case.pk]
    members = [one for one in known if one.parent_id == case.pk]
    found = [(_("Merged into this case"), merged), (_("Belong to this group complaint"), members)]
    return [(label, cases) for label, cases in found if cases]


def named_cases(user: Any, case: Case) -> dict[str, Case]:
    """The cases that this one names, by the field that names them: those the reader may see."""
    keys = {
        "merged_into": case.merged_into_id,
        "parent": case.parent_id,
        "repeat_of": case.repeat_of_id,
    }
    wanted = {key for key in keys.values() if key is not None}
    if not wanted:
        return {}
    found = Case.objects.visible_to(user).in_bulk(wanted)
    return {name: found[key] for name, key in keys.items() if key in found}


def similar_open(user: Any, case: Case, limit: int = 50) -> list[Case]:
    """Open cases into which this one may be merged: same room or owner first, then the newest of
    the same unit."""
    rows = (
        Case.objects.visible_to(user)
        .open()
        .filter(unit=case.unit_id)
        .exclude(pk=case.pk)
        .select_related("category__parent")
        .order_by("-taken_in_at", "-pk")[:limit]
    )
    near = [one for one in rows if _near(one, case)]
    return near + [one for one in rows if one not in near]


def _near(one: Case, case: Case) -> bool:
    same_owner = case.customer_id is not None and one.customer_id == case.customer_id
    return same_owner or bool(case.room and one.room == case.room)
