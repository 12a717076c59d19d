"""The way of a paper through its steps: opened, counted, closed; until it is approved or not.

Nothing here locks: the caller holds the approval (approvals.services.held).
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from accounts.models import User
from approvals.definitions import How, Repeated, StepDef, WhoKind
from approvals.limits import due_at
from approvals.models import (
    Approval,
    ApprovalState,
    Copy,
    Decision,
    Origin,
    Outcome,
    Step,
    StepState,
    Task,
    TaskState,
    Verb,
    WhySkipped,
)
from approvals.selectors.people import active
from approvals.selectors.powers import FREE
from approvals.services import telling
from approvals.services.held import Held, cancel_tasks
from approvals.services.routing import Found

SPACING = 100  # between the positions of two steps, so that others find room between them
SKIPPED = frozenset({WhySkipped.NOBODY, WhySkipped.APPLICANT})


def lay_out(held: Held) -> None:
    """The steps of a new round, from the definition and the paper as it stands now."""
    Step.objects.bulk_create(
        Step(
            approval=held.approval,
            round=held.approval.round,
            position=(place + 1) * SPACING,
            key=step.key,
            name=step.name,
            how=step.how,
            state=StepState.WAITING if applies else StepState.SKIPPED,
            why_skipped="" if applies else WhySkipped.CONDITION,
        )
        for place, (step, applies, _because) in enumerate(held.router.steps())
    )


def lay_out_again(held: Held, *, start: int, resume: int) -> None:
    """A new round in which steps before the position `start`, and those between it and `resume`,
    stand as they were passed."""
    approval = held.approval
    former = list(Step.objects.filter(approval=approval, round=approval.round - 1))
    fresh = []
    for step in former:
        stands = step.position < start or start < step.position < resume
        copy = Step(
            approval=approval,
            round=approval.round,
            position=step.position,
            key=step.key,
            name=step.name,
            how=step.how,
        )
        if step.state == StepState.SKIPPED and (stands or step.why_skipped == WhySkipped.CONDITION):
            copy.state, copy.why_skipped = StepState.SKIPPED, step.why_skipped
        elif stands and step.state == StepState.DONE:
            copy.state, copy.closed_at = StepState.DONE, step.closed_at
            copy.kept_from_id = step.kept_from_id or step.pk
        fresh.append(copy)
    Step.objects.bulk_create(fresh)


def condition_again(held: Held) -> None:
    """An approver changed the paper in his rights: which later steps apply is judged anew."""
    applies = {one.step.key: one.applies for one in held.router.steps()}
    later = Step.objects.filter(approval=held.approval, round=held.approval.round)
    for step in later.filter(state__in=(StepState.WAITING, StepState.SKIPPED)):
        if step.key.startswith(FREE) or step.why_skipped not in ("", WhySkipped.CONDITION):
            continue
        if _is_past(step):
            continue
        wanted = applies.get(step.key, True)
        step.state = StepState.WAITING if wanted else StepState.SKIPPED
        step.why_skipped = "" if wanted else WhySkipped.CONDITION
        step.save(update_fields=["state", "why_skipped"])


def _is_past(step: Step) -> bool:
    """Whether the paper is beyond a step already."""
    same = Step.objects.filter(approval=step.approval_id, round=step.round)
    return same.filter(
        position__gt=step.position, state__in=(StepState.OPEN, StepState.DONE)
    ).exists()


def advance(held: Held) -> None:
    """Open the next step, passing those that need nobody; without any left the paper is
    approved."""
    while True:
        steps = Step.objects.filter(approval=held.approval, round=held.approval.round)
        step = steps.filter(state=StepState.WAITING).order_by("position").first()
        if step is None:
            _approved(held)
            return
        if open_step(held, step):
            return


def _approved(held: Held) -> None:
    held.end(ApprovalState.APPROVED)
    held.subject.on.approved(held.obj, held.approval, by=held.by)
    held.tell(lambda: telling.ended(held))


def rejected(held: Held, step: Step) -> None:
    """A decider said no: the approval ends."""
    step.state, step.closed_at = StepState.ENDED, held.now
    step.save(update_fields=["state", "closed_at"])
    held.end(ApprovalState.REJECTED)
    held.subject.on.rejected(held.obj, held.approval, by=held.by)
    held.tell(lambda: telling.ended(held))


def open_step(held: Held, step: Step) -> bool:
    """Ask the people of a step. False when nobody is needed and the caller goes on."""
    definition = held.stepdef(step)
    found = held.router.found(definition)
    if found.why in SKIPPED:
        step.state, step.why_skipped, step.closed_at = StepState.SKIPPED, found.why, held.now
        step.save(update_fields=["state", "why_skipped", "closed_at"])
        return False
    if not found.people:
        # Nobody was chosen or is left; never stuck, so whoever keeps the flows decides.
        found = Found(tuple(held.router.last_resort()), 1)
    step.state, step.opened_at, step.needed = StepState.OPEN, held.now, found.needed
    if definition.limit is not None:
        step.due_at = due_at(held.now, definition.limit, held.approval.unit_id)
    step.save()
    _ask(held, step, definition, found)
    settle(held, step)  # where everybody agreed before, the paper goes on from there
    return True


def _ask(held: Held, step: Step, definition: StepDef, found: Found) -> None:
    was_chosen = bool(held.approval.chosen.get(step.key))
    origin = Origin.CHOSEN if was_chosen else Origin.RULE
    tasks = [
        make_task(held, step, person, origin=origin, order=place)
        for place, person in enumerate(found.people)
    ]
    once = held.definition.rules.repeated == Repeated.ONCE
    # Who was chosen by name is wanted; who has fields to fill in has more to do than to agree.
    if once and not was_chosen and not definition.writable_fields:
        _agreed_before(held, step, tasks)
    if step.how == How.IN_ORDER:
        _in_turn(held, step)
    tell_open(held, step)


def make_task(
    held: Held,
    step: Step,
    person: User,
    *,
    origin: str = Origin.RULE,
    parent: Task | None = None,
    order: int = 0,
    state: str = TaskState.OPEN,
) -> Task:
    """Let somebody decide in a step."""
    task = Task(
        step=step,
        person=person,
        origin=origin,
        parent=parent,
        order=order,
        state=state,
        opened_at=held.now if state == TaskState.OPEN else None,
        due_at=step.due_at,
    )
    # The same place as the approval, whose columns follow changes of the tree.
    approval = held.approval
    task.unit_id, task.region_id = approval.unit_id, approval.region_id
    task.city_id, task.project_id = approval.city_id, approval.project_id
    task.save()
    return task


def tell_open(held: Held, step: Step) -> None:
    """Tell everybody who may decide in a step now; each once."""
    held.tell(lambda: telling.to_decide(held, step))


def _agreed_before(held: Held, step: Step, tasks: Sequence[Task]) -> None:
    """Whoever agreed in an earlier step of this round to the same content is not asked again."""
    before = set(
        Decision.objects.filter(
            approval=held.approval,
            step__round=held.approval.round,
            verb__in=(Verb.APPROVE, Verb.CHOOSE_NEXT),
            acting_for=None,
            snapshot_hash=held.approval.snapshot_hash,
            task__outcome=Outcome.APPROVED,
        )
        .exclude(step__in=_opinions(held))
        .exclude(step=step)
        .values_list("by", flat=True)
    )
    for task in tasks:
        if task.person_id in before:
            close_task(held, task, Outcome.APPROVED)
            held.decide(
                Verb.ONCE, step=step, task=task, acting_for=task.person, by=None, keyed=False
            )


def _opinions(held: Held) -> list[int]:
    keys = {step.key for step in held.definition.steps if step.opinion_only}
    steps = Step.objects.filter(approval=held.approval, key__in=keys)
    return list(steps.values_list("pk", flat=True))


def _in_turn(held: Held, step: Step) -> None:
    """Of the people of a step only the first who has not decided may decide now."""
    roots = [task for task in _roots(step) if task.is_unfinished]
    for place, task in enumerate(sorted(roots, key=lambda one: (one.order, one.pk))):
        wanted = TaskState.OPEN if place == 0 else TaskState.WAITING
        asks_others = task.children.unfinished().exists()
        if task.state != wanted and not asks_others:
            task.state = wanted
            task.opened_at = held.now if wanted == TaskState.OPEN else None
            task.save(update_fields=["state", "opened_at"])


def close_task(held: Held, task: Task, outcome: str) -> None:
    """Somebody has decided."""
    task.state, task.outcome, task.closed_at = TaskState.DONE, outcome, held.now
    task.save(update_fields=["state", "outcome", "closed_at"])


# --- counting -------------------------------------------------------------------------------------


def _roots(step: Step) -> list[Task]:
    """The tasks that count as votes: neither added nor delegated, nor handed on or cancelled."""
    rows = Task.objects.filter(step=step, parent=None).exclude(outcome=Outcome.HANDED_ON)
    return list(rows.exclude(state=TaskState.CANCELLED))


def vote(task: Task, children: dict[int, list[Task]]) -> str:
    """How a vote stands with everybody added to it: an Outcome, or empty while it is open."""
    below = [
        vote(child, children)
        for child in children.get(task.pk, [])
        if child.origin != Origin.DELEGATION and child.state != TaskState.CANCELLED
        and child.outcome != Outcome.HANDED_ON
    ]  # fmt: skip
    if task.outcome == Outcome.REJECTED or Outcome.REJECTED in below:
        return Outcome.REJECTED
    if task.outcome == Outcome.APPROVED and all(one == Outcome.APPROVED for one in below):
        return Outcome.APPROVED
    return ""


def votes_of(step: Step) -> list[str]:
    """How each vote of a step stands."""
    children: dict[int, list[Task]] = {}
    for task in Task.objects.filter(step=step, parent__isnull=False):
        children.setdefault(task.parent_id or 0, []).append(task)
    return [vote(task, children) for task in _roots(step)]


def settle(held: Held, step: Step) -> bool:
    """Count the votes of an open step and go on where they suffice. False while they do not."""
    votes = votes_of(step)
    definition = held.stepdef(step)
    opinion = definition.opinion_only
    against = votes.count(Outcome.REJECTED)
    agreed = votes.count(Outcome.APPROVED) + (against if opinion else 0)
    if not opinion and against and _is_lost(step, definition, len(votes) - against):
        rejected(held, step)
        return True
    if agreed >= step.needed:
        close_step(held, step)
        advance(held)
        return True
    if step.how == How.IN_ORDER:
        _in_turn(held, step)
        tell_open(held, step)
    return False


def _is_lost(step: Step, definition: StepDef, others: int) -> bool:
    """A no ends the paper, but not where votes are counted (a share, a body with its quorum): there
    the others may still bring enough."""
    whole_body = len(definition.who) == 1 and definition.who[0].kind == WhoKind.BODY
    counted = step.how == How.SHARE or whole_body
    return not counted or others < step.needed


def close_step(held: Held, step: Step) -> None:
    """Enough have agreed."""
    cancel_tasks(held.approval, held.now, step)
    step.state, step.closed_at = StepState.DONE, held.now
    step.save(update_fields=["state", "closed_at"])
    definition = held.stepdef(step)
    if definition.copy_to:
        people = held.router.everybody(definition.copy_to)
        give_copies(held, people)


def give_copies(held: Held, people: Sequence[User]) -> list[User]:
    """Let people read the approval, and tell those who could not before. Returns them."""
    had = set(
        Copy.objects.filter(approval=held.approval, person__in=people).values_list(
            "person", flat=True
        )
    )
    fresh = [one for one in people if one.pk not in had and one.pk != held.approval.applicant_id]
    Copy.objects.bulk_create(
        [Copy(approval=held.approval, person=one, given_at=held.now) for one in fresh],
        ignore_conflicts=True,
    )
    if fresh:
        held.tell(lambda: telling.copied(held, fresh))
    return fresh


def insert_next(held: Held, step: Step, person: User) -> Step:
    """A free flow goes on with somebody whom its approver named."""
    number = Step.objects.filter(
        approval=held.approval, round=held.approval.round, key__startswith=FREE
    ).count()
    key = f"{FREE}{number + 1}"
    held.approval.chosen = held.approval.chosen | {key: [person.pk]}
    held.approval.save(update_fields=["chosen"])
    held.__dict__.pop("router", None)
    return Step.objects.create(
        approval=held.approval,
        round=held.approval.round,
        position=_free_place(step),
        key=key,
        name=person.name,
        how=How.ONE,
    )


def _free_place(step: Step) -> int:
    same = Step.objects.filter(approval=step.approval_id, round=step.round)
    taken = set(same.filter(position__gt=step.position).values_list("position", flat=True))
    return next(place for place in count(step.position + 1) if place not in taken)


def reopen(task: Task, held: Held) -> None:
    """A task that waited for somebody may be decided again."""
    task.state, task.opened_at = TaskState.OPEN, held.now
    task.save(update_fields=["state", "opened_at"])


def current(approval: Approval) -> Step | None:
    """The step that is being decided."""
    return Step.objects.filter(approval=approval, state=StepState.OPEN).first()


def everybody_in(step: Step) -> set[int]:
    """Keys of those who have voted in a step or are still to."""
    tasks = Task.objects.filter(step=step)
    voted = tasks.filter(outcome__in=(Outcome.APPROVED, Outcome.REJECTED))
    return set((tasks.unfinished() | voted).values_list("person", flat=True))


def as_users(people: Any) -> list[User]:
    """People given as one, several, or their keys."""
    some = people if isinstance(people, list | tuple | set | frozenset) else [people]
    keys: list[Any] = [getattr(one, "pk", one) for one in some]
    return active(keys)
