"""Flows, ways and running approvals as pages show them: definitions with the names they mention."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Role, User
from approvals.conditions import UNIT_LEVEL
from approvals.definitions import Definition, DefinitionError, StepDef, Who, WhoKind
from approvals.definitions import policies_named as named_policies
from approvals.drawing import Drawing, Shown, draw, shown_step, shown_steps
from approvals.models import (
    Approval,
    ApprovalState,
    Body,
    Outcome,
    Step,
    StepState,
    Task,
    TaskState,
)
from approvals.selectors.powers import definition_of, stepdef_of
from approvals.services.routing import RouteStep, route
from approvals.subjects import SUBJECTS
from approvals.wording import Names
from core.display import when
from core.errors import Refused
from regions.models import Kind
from regions.policies import policy

# What of the state of a step the drawing has a sign for.
STATES: dict[str, str] = {
    StepState.WAITING: "waiting",
    StepState.OPEN: "open",
    StepState.DONE: "done",
    StepState.SKIPPED: "skipped",
    StepState.SENT_BACK: "sent_back",
    StepState.ENDED: "skipped",
}


def names_for(definitions: Iterable[Definition], kind: str = "", unit: Any = None) -> Names:
    """The names of whatever some flows of one kind of paper mention. `unit`: whose policies."""
    flows = list(definitions)
    people = [who for flow in flows for step in flow.steps for who in (*step.who, *step.copy_to)]
    subject = SUBJECTS.get(kind)
    specs = subject.fields if subject else ()
    return Names(
        bodies=_named(Body.objects, "key", _keys(people, WhoKind.BODY)),
        roles=_named(Role.objects, "code", _keys(people, WhoKind.ROLE)),
        people=_named(User.objects, "employee_no", _keys(people, WhoKind.PERSON)),
        fields={spec.key: spec.label for spec in specs},
        choices={UNIT_LEVEL: dict(Kind.choices)}
        | {spec.key: dict(spec.pairs()) for spec in specs if spec.type in ("choice", "yes_no")},
        policies={key: policy(key, unit=unit) for flow in flows for key in named_policies(flow)},
    )


def _keys(people: Sequence[Who], kind: WhoKind) -> set[str]:
    return {who.name for who in people if who.kind == kind}


def _named(rows: Any, column: str, keys: set[str]) -> dict[str, str]:
    if not keys:
        return {}
    return dict(rows.filter(**{f"{column}__in": keys}).values_list(column, "name"))


def drawing_of(definition: Definition, kind: str, *, upright: bool = False) -> Drawing:
    """A flow that nobody runs."""
    return draw(shown_steps(definition, names_for([definition], kind)), upright=upright)


def drawing_of_route(kind: str, obj: Any, applicant: Any) -> tuple[Drawing | None, str]:
    """The way a paper would take if it were submitted now, and why there is none."""
    try:
        way = route(kind, obj, applicant)
    except (Refused, DefinitionError) as problem:
        return None, str(problem)
    definition = Definition(tuple(one.step for one in way))
    names = names_for([definition], kind, getattr(obj, "unit_id", None))
    return draw([_planned(one, names) for one in way], applicant=applicant.name), ""


def _planned(one: RouteStep, names: Names) -> Shown:
    shown = shown_step(one.step, names)
    if not one.applies:
        return replace(shown, state="skipped")
    if one.why and one.why != "choice":
        said = _("Nobody decides; the step is left out.") if one.why != "refuse" else _("Nobody")
        return replace(shown, state="waiting", said=said)
    people = tuple(person.name for person in one.people)
    return replace(shown, state="waiting", people=people, said=_("Will be asked"))


def drawing_of_approval(approval: Approval, steps: Sequence[Step], reader: Any) -> Drawing:
    """A running or ended approval: where it is, who decided, who is to decide. `steps` are those
    of `selectors.history.steps_now`."""
    definition = definition_of(approval.flow_version)
    stepdefs = {step.pk: stepdef_of(definition, step) for step in steps}
    names = names_for(
        [Definition(tuple(stepdefs.values()))], approval.subject_kind, approval.unit_id
    )
    shown = [_running(step, stepdefs[step.pk], names, approval, reader) for step in steps]
    at = when(approval.started_at, "short")
    return draw(shown, applicant=approval.applicant.name, at=at)


def _running(step: Step, stepdef: StepDef, names: Names, approval: Approval, reader: Any) -> Shown:
    tasks: list[Task] = step.asked  # type: ignore[attr-defined]  # history.steps_now
    shown = replace(
        shown_step(stepdef, names),
        name=step.name,
        state=STATES[step.state],
        people=tuple(dict.fromkeys(task.person.name for task in tasks)),
    )
    if step.state == StepState.DONE and step.closed_at:
        at = when(step.closed_at, "short")
        return replace(shown, said=pgettext("step", "Passed {time}").format(time=at))
    if step.state == StepState.OPEN:
        mine = any(task.person_id == reader.pk and task.state == TaskState.OPEN for task in tasks)
        return replace(shown, marked=True, said=_("Waiting for you") if mine else "")
    if step.state == StepState.ENDED:
        against = any(task.outcome == Outcome.REJECTED for task in tasks)
        if against and approval.state == ApprovalState.REJECTED:
            return replace(shown, state="rejected")
        return replace(shown, said=pgettext("step", "Not reached"))
    return shown
