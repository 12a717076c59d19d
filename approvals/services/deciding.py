"""What whoever is to decide may do: agree, refuse, send back, hand on, ask others (WF-02, WF-06).

Each verb is one transaction under the lock of the approval. Of two people, two clicks or two
sendings of the same form one is carried out: the same `request_key` gives the same answer again,
anybody else reads in a `Conflict` who decided, and when.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from approvals.errors import Conflict
from approvals.models import (
    Approval,
    ApprovalState,
    FlowModel,
    Origin,
    Outcome,
    Step,
    StepState,
    Task,
    TaskState,
    Verb,
)
from approvals.selectors.powers import (
    FREE,
    Powers,
    awaits_choice,
    earlier_steps,
    is_barred,
    may,
    next_step,
)
from approvals.services import files as attached
from approvals.services import telling
from approvals.services.held import Held, Replayed, cancel_tasks, holding, read_task
from approvals.services.steps import (
    advance,
    as_users,
    close_task,
    condition_again,
    everybody_in,
    insert_next,
    lay_out_again,
    make_task,
    reopen,
    settle,
    tell_open,
)
from approvals.services.voiding import void
from core.errors import Refused

MOST_FREE_STEPS = 50


def _powers(held: Held, task: Task, verb: str) -> Powers:
    """Raises Refused when the person may not do this with a task."""
    task.step.approval = held.approval
    powers = may(task, held.by, held.now)
    if verb not in powers:
        raise Refused(powers.why_not or _("This cannot be done here."))
    return powers


def approve(
    task: Task,
    *,
    by: Any,
    comment: str = "",
    request_key: str = "",
    chosen: Sequence[Any] = (),
    values: Mapping[str, Any] | None = None,
    files: attached.Uploads = (),
) -> Approval:
    """Agree to exactly what was submitted.

    `chosen` are the people of the next step where the approver picks them; `values` what he wrote
    in the fields that his step lets him write; `files` are (file, name), or a draft that has them.
    Raises Conflict when somebody was quicker and when the paper has changed under it (its decisions
    are void then); Refused where the person may not, or has to choose who is next.
    """
    changed = False
    try:
        with (
            attached.kept(task.step.approval, files) as stored,
            holding(task.step.approval_id, by=by, request_key=request_key) as held,
        ):
            task = read_task(held, task)
            if task.origin == Origin.DELEGATION:
                _give_back(held, task, comment, agrees=True)
                return held.approval
            powers = _powers(held, task, "approve")
            if held.is_unchanged():
                _agree(held, task, powers, comment, chosen, values, stored)
            else:
                changed = True
                void(held)
                attached.give_up(stored)
    except Replayed as same:
        return same.approval
    if changed:
        raise Conflict(_("The content has changed since it was submitted; it must come again."))
    return held.approval


def _agree(
    held: Held,
    task: Task,
    powers: Powers,
    comment: str,
    chosen: Sequence[Any],
    values: Mapping[str, Any] | None,
    stored: attached.Stored,
    verb: str = Verb.APPROVE,
) -> None:
    detail = _write_fields(held, task.step, values)
    choose_people(held, task, chosen)
    decision = held.decide(
        verb,
        step=task.step,
        task=task,
        acting_for=powers.acting_for,
        comment=comment,
        **detail,
    )
    attached.adopt(stored, decision, held.by)
    close_task(held, task, Outcome.APPROVED)
    follow(held, task)


def follow(held: Held, task: Task) -> None:
    """What a vote sets going: whoever was to sign after it, or who waited for it, then the
    count."""
    for after in task.children.filter(origin=Origin.AFTER, state=TaskState.WAITING):
        reopen(after, held)
    parent = task.parent
    if parent is not None and task.origin in (Origin.BEFORE, Origin.DELEGATION):
        _return_to(held, parent)
    tell_open(held, task.step)
    settle(held, task.step)


def _return_to(held: Held, parent: Task) -> None:
    """Whoever asked others decides himself once all of them have answered."""
    asked = parent.children.filter(origin__in=(Origin.BEFORE, Origin.DELEGATION)).unfinished()
    if parent.state == TaskState.WAITING and not asked.exists():
        reopen(parent, held)


def _write_fields(held: Held, step: Step, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write what the approver entered; the paper is then about the new content."""
    if not values:
        return {}
    allowed = held.stepdef(step).writable_fields
    if held.subject.change is None or set(values) - set(allowed):
        raise Refused(_("This step does not let you write these fields."))
    before = held.approval.snapshot_hash
    held.subject.change(held.obj, dict(values), by=held.by)
    held.forget_paper()
    held.take_snapshot()
    held.approval.save()
    condition_again(held)
    return {"wrote": sorted(values), "before": before}


def choose_people(held: Held, task: Task, chosen: Sequence[Any]) -> None:
    """Remember the people of the next step; the flow may demand it of this approver."""
    if task.parent_id is not None:
        return
    if not awaits_choice(task.step):
        if chosen:
            raise Refused(_("Who decides next is not yours to choose here."))
        return
    following = next_step(task.step)
    people = as_users(list(chosen))
    if not people or following is None:
        name = following.name if following else ""
        raise Refused(_("Please choose who decides the step “{step}”.").format(step=name))
    for person in people:
        _refuse_person(held, person)
    held.approval.chosen = held.approval.chosen | {following.key: [one.pk for one in people]}
    held.approval.save(update_fields=["chosen"])
    held.__dict__.pop("router", None)


def _refuse_person(held: Held, person: User) -> None:
    if is_barred(held.approval, person.pk, held.definition):
        raise Refused(_("{name} cannot decide his own paper.").format(name=person.name))


def reject(
    task: Task,
    *,
    by: Any,
    comment: str,
    request_key: str = "",
    files: attached.Uploads = (),
) -> Approval:
    """Say no. It ends the approval, unless the step only asks for an opinion or others may still
    bring enough votes. Raises Refused without a comment."""
    _need_comment(comment)
    try:
        with (
            attached.kept(task.step.approval, files) as stored,
            holding(task.step.approval_id, by=by, request_key=request_key) as held,
        ):
            task = read_task(held, task)
            if task.origin == Origin.DELEGATION:
                _give_back(held, task, comment, agrees=False)
                return held.approval
            _refuse(held, task, _powers(held, task, "reject"), comment, stored)
            return held.approval
    except Replayed as same:
        return same.approval


def _refuse(held: Held, task: Task, powers: Powers, comment: str, stored: attached.Stored) -> None:
    decision = held.decide(
        Verb.REJECT, step=task.step, task=task, acting_for=powers.acting_for, comment=comment
    )
    attached.adopt(stored, decision, held.by)
    close_task(held, task, Outcome.REJECTED)
    refuse_parents(held, task)
    settle(held, task.step)


def refuse_parents(held: Held, task: Task) -> None:
    """A no of somebody who was added counts as the no of whoever added him."""
    parent = task.parent
    while parent is not None:
        if parent.is_unfinished:
            close_task(held, parent, Outcome.REJECTED)
        parent = parent.parent


def _need_comment(comment: str) -> None:
    if not comment.strip():
        raise Refused(_("Please say why."))


def send_back(
    task: Task, *, by: Any, comment: str, to: str = "", request_key: str = ""
) -> Approval:
    """Let the applicant mend his paper, or let an earlier step, `to` (its key), decide again.

    What lies between stands, and the paper returns here; unless the applicant changes it: then
    every step decides anew. Raises Refused without a comment.
    """
    _need_comment(comment)
    try:
        with holding(task.step.approval_id, by=by, request_key=request_key) as held:
            task = read_task(held, task)
            powers = _powers(held, task, "send_back")
            if to:
                _to_step(held, task, powers, to, comment)
            else:
                _to_applicant(held, task, powers, comment)
            return held.approval
    except Replayed as same:
        return same.approval


def _mark_sent_back(held: Held, step: Step) -> None:
    cancel_tasks(held.approval, held.now)
    step.state, step.closed_at = StepState.SENT_BACK, held.now
    step.save(update_fields=["state", "closed_at"])


def _to_applicant(held: Held, task: Task, powers: Powers, comment: str) -> None:
    decision = held.decide(
        Verb.SEND_BACK, step=task.step, task=task, acting_for=powers.acting_for, comment=comment
    )
    close_task(held, task, Outcome.HANDED_ON)
    _mark_sent_back(held, task.step)
    held.approval.state = ApprovalState.SENT_BACK
    held.approval.save(update_fields=["state"])
    held.subject.on.sent_back(held.obj, held.approval, by=held.by)
    held.tell(lambda: telling.sent_back(held, decision))


def _to_step(held: Held, task: Task, powers: Powers, to: str, comment: str) -> None:
    target = next((one for one in earlier_steps(task.step) if one.key == to), None)
    if target is None:
        raise Refused(_("Please choose a step that was passed before."))
    held.decide(
        Verb.SEND_BACK,
        step=task.step,
        task=task,
        acting_for=powers.acting_for,
        comment=comment,
        to=target.key,
        to_name=target.name,
    )
    close_task(held, task, Outcome.HANDED_ON)
    _mark_sent_back(held, task.step)
    held.approval.round += 1
    held.approval.save(update_fields=["round"])
    lay_out_again(held, start=target.position, resume=task.step.position)
    advance(held)


# --- handing on and asking others -----------------------------------------------------------------


def _name_others(
    task: Task,
    verb: str,
    people: Iterable[Any],
    act: Callable[[Held, Task, list[User]], None],
    *,
    by: Any,
    comment: str,
    request_key: str,
) -> Approval:
    """Write down that somebody names others for his task; `act` then lets them in."""
    try:
        with holding(task.step.approval_id, by=by, request_key=request_key) as held:
            task = read_task(held, task)
            powers = _powers(held, task, verb)
            found = _others(held, task, people)
            held.decide(
                verb,
                step=task.step,
                task=task,
                acting_for=powers.acting_for,
                comment=comment,
                to=[one.name for one in found],
            )
            act(held, task, found)
            return held.approval
    except Replayed as same:
        return same.approval


def transfer(task: Task, *, to: Any, by: Any, comment: str = "", request_key: str = "") -> Approval:
    """Let another decide instead."""

    def hand_on(held: Held, task: Task, people: list[User]) -> None:
        replace(held, task, people[0], Origin.TRANSFER)
        tell_open(held, task.step)

    said = {"by": by, "comment": comment, "request_key": request_key}
    return _name_others(task, Verb.TRANSFER, [to], hand_on, **said)


def replace(held: Held, task: Task, person: User, origin: str) -> Task:
    """Put another in the place of whoever was to decide, with those who sign after him."""
    state = task.state
    close_task(held, task, Outcome.HANDED_ON)
    fresh = make_task(
        held,
        task.step,
        person,
        origin=Origin.DELEGATION if task.origin == Origin.DELEGATION else origin,
        parent=task.parent,
        order=task.order,
        state=state,
    )
    task.children.update(parent=fresh)
    if task.origin in (Origin.BEFORE, Origin.AFTER):
        fresh.origin = task.origin  # whoever waits for it goes on waiting
        fresh.save(update_fields=["origin"])
    return fresh


def _others(held: Held, task: Task, people: Iterable[Any]) -> list[User]:
    """The people somebody names. Raises Refused for nobody, for such as may not log in or decide
    their own paper, and for those who are to decide in this step already."""
    found = as_users(list(people))
    if not found:
        raise Refused(_("Please choose somebody who can log in."))
    there = everybody_in(task.step)
    for person in found:
        if person.pk in there:
            sentence = _("{name} decides in this step already.")
            raise Refused(sentence.format(name=person.name))
        _refuse_person(held, person)
    return found


def add_signer(
    task: Task,
    *,
    who: Iterable[Any],
    after: bool,
    by: Any,
    comment: str = "",
    request_key: str = "",
) -> Approval:
    """Let others decide too: before the person, who then waits for them, or after him."""
    verb = Verb.ADD_AFTER if after else Verb.ADD_BEFORE
    origin = Origin.AFTER if after else Origin.BEFORE
    said = {"by": by, "comment": comment, "request_key": request_key}
    return _name_others(task, verb, who, _adding(origin), **said)


def _adding(origin: str) -> Callable[[Held, Task, list[User]], None]:
    return lambda held, task, people: _add(held, task, people, origin)


def _add(held: Held, task: Task, people: Sequence[User], origin: str) -> None:
    waits = origin == Origin.AFTER
    for place, person in enumerate(people):
        state = TaskState.WAITING if waits else TaskState.OPEN
        make_task(
            held, task.step, person, origin=origin, parent=task, order=place, state=state
        )  # fmt: skip
    if not waits:
        _let_wait(task)
        tell_open(held, task.step)


def _let_wait(task: Task) -> None:
    task.state = TaskState.WAITING
    task.save(update_fields=["state"])


def delegate(task: Task, *, to: Any, by: Any, comment: str = "", request_key: str = "") -> Approval:
    """Let another look into it; it comes back with his answer, and the person decides."""
    said = {"by": by, "comment": comment, "request_key": request_key}
    return _name_others(task, Verb.DELEGATE, [to], _adding(Origin.DELEGATION), **said)


def give_back(
    task: Task,
    *,
    by: Any,
    comment: str,
    request_key: str = "",
    agrees: bool | None = None,
) -> Approval:
    """Answer whoever delegated; he decides. `agrees` is what the other one would do."""
    try:
        with holding(task.step.approval_id, by=by, request_key=request_key) as held:
            task = read_task(held, task)
            _give_back(held, task, comment, agrees=agrees)
            return held.approval
    except Replayed as same:
        return same.approval


def _give_back(held: Held, task: Task, comment: str, *, agrees: bool | None) -> None:
    powers = _powers(held, task, "give_back")
    held.decide(
        Verb.GIVE_BACK,
        step=task.step,
        task=task,
        acting_for=powers.acting_for,
        comment=comment,
        agrees=agrees,
    )
    close_task(held, task, Outcome.GIVEN_BACK)
    if task.parent is not None:
        _return_to(held, task.parent)
    tell_open(held, task.step)


def choose_next(
    task: Task,
    *,
    to: Any,
    by: Any,
    comment: str = "",
    request_key: str = "",
    values: Mapping[str, Any] | None = None,
    files: attached.Uploads = (),
) -> Approval:
    """Agree, and name who decides next: in a free flow, or where the next step is for people
    whom this one's approver chooses. `values` and `files` as for `approve`."""
    try:
        with (
            attached.kept(task.step.approval, files) as stored,
            holding(task.step.approval_id, by=by, request_key=request_key) as held,
        ):
            task = read_task(held, task)
            powers = _powers(held, task, "choose_next")
            if not held.is_unchanged():
                raise Conflict(_("The content has changed since it was submitted."))
            people = as_users(to)
            if not people:
                raise Refused(_("Please choose somebody who can log in."))
            if not awaits_choice(task.step):
                _go_on_with(held, task, people[0])
                people = []
            _agree(held, task, powers, comment, people, values, stored, Verb.CHOOSE_NEXT)
            return held.approval
    except Replayed as same:
        return same.approval


def _go_on_with(held: Held, task: Task, person: User) -> None:
    """One more step in a free flow."""
    if held.approval.flow_version.flow.model != FlowModel.FREE:
        raise Refused(_("This flow says itself who decides next."))
    if person.pk == held.by.pk:
        raise Refused(_("Please choose somebody else."))
    _refuse_person(held, person)
    steps = Step.objects.filter(approval=held.approval, round=held.approval.round)
    if steps.filter(key__startswith=FREE).count() >= MOST_FREE_STEPS:
        raise Refused(_("This paper has gone through too many hands. Please decide it."))
    insert_next(held, task.step, person)


def approve_many(tasks: Iterable[Task], *, by: Any, comment: str = "") -> list[tuple[Task, str]]:
    """Agree to several papers, each in a transaction of its own. Returns those that were refused,
    each with the sentence why."""
    problems = []
    for task in tasks:
        try:
            approve(task, by=by, comment=comment)
        except Refused as problem:
            problems.append((task, str(problem)))
    return problems


__all__ = [
    "add_signer",
    "approve",
    "approve_many",
    "choose_next",
    "delegate",
    "give_back",
    "reject",
    "send_back",
    "transfer",
]
