"""Works of contractors and crews on a case: planned, moved through their states, their parts.

complaints.work_states has the table of moves. Whoever may work on the case may work on its works.
The case is locked before the work, always in this order: of two people who finish the last two
works at once, one sees that all are done.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Contractor, Pause, SparePart, WorkOrder
from complaints.services.handling import pressed_twice, refuse_stranger
from complaints.services.log import log
from complaints.services.moves import hold
from complaints.states import ASSIGN, UNSOLVED, State
from complaints.work_states import GOING_ON, UNFINISHED, WORK_MOVES, WorkState
from core.errors import Refused, Stale
from core.notices import notify
from regions.models import OrgUnit


@transaction.atomic
def plan_work(
    case: Case,
    *,
    by: Any,
    title: str,
    planned_from: date,
    planned_until: date,
    contractor: Contractor | None = None,
    crew: str = "",
    trade: str = "",
    labour_cost: Decimal | None = None,
) -> WorkOrder:
    """Send a contractor or a crew: the work is planned. The same one pressed twice is one.

    Raises Refused when the case is no longer worked on, without somebody who does it, for a span
    that ends before it begins, for a contractor of another branch, and for somebody who does not
    work on the case.
    """
    held = hold(case)
    refuse_stranger(held, by)
    if held.state not in UNSOLVED:
        raise Refused(
            _("A case that is “{state}” gets no further work.").format(
                state=held.get_state_display()
            )
        )
    values: dict[str, Any] = {
        "title": title.strip(),
        "trade": trade.strip() or (contractor.trade if contractor else ""),
        "contractor": contractor,
        "crew": crew.strip(),
        "planned_from": planned_from,
        "planned_until": planned_until,
        "labour_cost": labour_cost,
    }
    _check_plan(held, values)
    written = pressed_twice(held.works.all(), "created_at", entered_by=by, **values)
    if written is not None:
        return written
    work = WorkOrder(case=held, entered_by=by, **values)
    work.place_in(held.unit)
    work.save()
    _note(work, "planned", by, text=work.title)
    return work


@transaction.atomic
def change_work(
    work: WorkOrder, *, by: Any, version: int | None = None, **values: Any
) -> WorkOrder:
    """Change the plan of a work that still goes on; its costs also later, until it is cancelled.

    Raises Stale when somebody else was first, Refused as plan_work does.
    """
    held = _hold(work, by, version)
    _refuse_if_ended(held)
    former = held.planned_until
    kept = {
        name: getattr(held, name)
        for name in ("title", "contractor", "crew", "planned_from", "planned_until")
    }
    _check_plan(held.case, kept | values)
    for name, value in values.items():
        setattr(held, name, value.strip() if isinstance(value, str) else value)
    _save(held)
    facts = {}
    if held.planned_until != former:
        facts = {"day_before": former.isoformat(), "day": held.planned_until.isoformat()}
    _note(held, "changed", by, text=held.title, **facts)
    return held


@transaction.atomic
def move_work(
    work: WorkOrder, name: str, *, by: Any, version: int | None = None, reason: str = ""
) -> WorkOrder:
    """Make a move of a work (complaints.work_states).

    When it was the last one that a waiting case waited for, the handler is told; the case goes on
    waiting until he has looked. Raises Stale when somebody else moved the work first, Refused for
    an illegal move, without the reason it asks for, and for somebody who does not work on the
    case.
    """
    move = WORK_MOVES[name]
    held = _hold(work, by, version)
    if held.state not in move.sources:
        raise Refused(
            _("A work that is “{state}” cannot do this: {move}.").format(
                state=held.get_state_display(), move=move.label
            )
        )
    if move.asks and not reason.strip():
        raise Refused(_("Please give the reason."))
    now = timezone.now()
    held.state, held.reason = move.target, reason.strip()
    _DO[name](held, by, now)
    _save(held)
    _note(held, name, by, text=held.reason, title=held.title)
    if held.state in (WorkState.DONE, WorkState.ACCEPTED, WorkState.CANCELLED):
        _tell_when_all_are_done(held)
    return held


def _begin(work: WorkOrder, by: Any, now: datetime) -> None:
    work.started_at = work.started_at or now
    work.finished_at = None


def _finish(work: WorkOrder, by: Any, now: datetime) -> None:
    work.finished_at = now


def _accept(work: WorkOrder, by: Any, now: datetime) -> None:
    work.accepted_at, work.accepted_by = now, by


def _refuse(work: WorkOrder, by: Any, now: datetime) -> None:
    work.refused_times += 1


def _cancel(work: WorkOrder, by: Any, now: datetime) -> None:
    """The reason is all that a cancelled work keeps."""


_DO: dict[str, Callable[[WorkOrder, Any, datetime], None]] = {
    "start": _begin,
    "finish": _finish,
    "accept": _accept,
    "refuse": _refuse,
    "cancel": _cancel,
}


def _tell_when_all_are_done(work: WorkOrder) -> None:
    """Tell the handler of a case that waits for contractors that none is at work any more."""
    case = work.case
    if case.state != State.WAITING_CONTRACTOR or case.handler_id is None:
        return
    works = WorkOrder.objects.filter(case=case)
    done = works.filter(state__in=(WorkState.DONE, WorkState.ACCEPTED))
    if works.filter(state__in=GOING_ON).exists() or not done.exists():
        return
    pause = Pause.objects.filter(case=case, ended_at=None).order_by("-pk").first()
    rounds = sum(works.values_list("refused_times", flat=True))
    notify(
        [case.handler_id],
        "complaints.works_done",
        key=f"case:{case.pk}:works:{pause.pk if pause else 0}:{done.count()}:{rounds}",
        url=case.get_absolute_url(),
        number=case.number,
        unit=case.unit.name,
        work=work.title,
    )


# --- spare parts ----------------------------------------------------------------------------------


@transaction.atomic
def add_part(work: WorkOrder, *, by: Any, **values: Any) -> SparePart:
    """Write down a part that was put in. The same one pressed twice is not guarded: two equal
    parts are two. Raises Refused when the work has ended."""
    held = _hold(work, by, None)
    _refuse_if_ended(held)
    part = SparePart.objects.create(work=held, **values)
    record("work.part_added", by=by, subject=held)
    return part


@transaction.atomic
def remove_part(part: SparePart, *, by: Any) -> None:
    """Take a part out again. Raises Refused when the work has ended."""
    held = _hold(part.work, by, None)
    _refuse_if_ended(held)
    part.delete()
    record("work.part_removed", by=by, subject=held)


# --- contractors ----------------------------------------------------------------------------------


@transaction.atomic
def save_contractor(
    contractor: Contractor | None, *, by: Any, unit: OrgUnit, **values: Any
) -> Contractor:
    """Write a contractor into the list of a unit, or change him. Raises Refused out of reach, and
    for a name that the unit has already."""
    units = OrgUnit.objects.visible_to(by, ASSIGN) if by is not None else OrgUnit.objects.all()
    kept = {unit.pk} | ({contractor.unit_id} if contractor else set())
    if units.filter(pk__in=kept).count() != len(kept):
        raise Refused(_("You may not keep contractors of {unit}.").format(unit=unit.name))
    row = contractor or Contractor()
    for name, value in values.items():
        setattr(row, name, value)
    row.place_in(unit)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        sentence = _("{unit} has a contractor with this name already.")
        raise Refused(sentence.format(unit=unit.name)) from error
    record("contractor.saved", by=by, subject=row)
    return row


# --- what the verbs share -------------------------------------------------------------------------


def _hold(work: WorkOrder, by: Any, version: int | None) -> WorkOrder:
    """The work as it is now, locked after its case; for somebody who may work on it."""
    case = hold(Case(pk=work.case_id))
    refuse_stranger(case, by)
    held = WorkOrder.objects.select_for_update(of=("self",)).get(pk=work.pk)
    held.case = case
    if version is not None and held.version != version:
        raise Stale(
            _(
                "This work has changed meanwhile and is “{state}” now. Please look at it again."
            ).format(state=held.get_state_display())
        )
    return held


def _refuse_if_ended(work: WorkOrder) -> None:
    if work.state not in UNFINISHED:
        raise Refused(
            _("A work that is “{state}” is not changed any more.").format(
                state=work.get_state_display()
            )
        )


def _check_plan(case: Case, values: dict[str, Any]) -> None:
    if not values["title"].strip():
        raise Refused(_("Please write what is to be done."))
    contractor = values["contractor"]
    if contractor is None and not values["crew"].strip():
        raise Refused(_("Please choose a contractor or write which crew comes."))
    if contractor is not None and contractor.unit_id not in case.unit.ancestor_ids():
        raise Refused(_("{name} does not work for this unit.").format(name=contractor.name))
    if values["planned_until"] < values["planned_from"]:
        raise Refused(_("The work must end after it begins."))


def _save(work: WorkOrder) -> None:
    work.version += 1
    work.updated_at = timezone.now()
    work.save()


def _note(work: WorkOrder, what: str, by: Any, *, text: str, **facts: Any) -> None:
    log(work.case, f"work_{what}", by=by, at=timezone.now(), text=text, work=work.pk, **facts)
    record(f"work.{what}", by=by, subject=work)
