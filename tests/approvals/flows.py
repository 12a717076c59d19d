"""A paper for the tests, flows made in a line, and people who decide in them.

The paper is a case of complaints: its content is what is approved, its rating in hundreds the
amount. The product itself registers nothing under this name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from accounts.models import User
from approvals.models import Approval, Body, Flow, FlowModel, FlowVersion, Step, Task, TaskState
from approvals.services import publish, submit
from approvals.services.flows import draft, save_draft
from approvals.subjects import SUBJECTS, Facts, FieldSpec, Handlers, Subject
from complaints.models import Case
from regions.models import OrgUnit
from tests.factories import World, make_case, make_user

KIND = "tests.case"
HAPPENED: list[tuple[str, int]] = []


def facts(case: Case) -> Facts:
    amount = Decimal(case.rating or 0) * 1000
    return Facts(
        title=case.content,
        unit=case.unit,
        amount=amount,
        fields={"room": case.room, "category": case.kind},
        snapshot={"content": case.content, "amount": amount},
        url=case.get_absolute_url(),
    )


def change(case: Case, values: dict[str, Any], *, by: Any) -> None:
    case.room = values.get("room", case.room)
    case.rating = values.get("rating", case.rating)
    case.save()


def _note(name: str):
    def handler(obj: Any, approval: Any, *, by: Any) -> None:
        HAPPENED.append((name, approval.pk))

    return handler


SUBJECT = Subject(
    kind=KIND,
    label="Test paper",
    model=Case,
    facts=facts,
    fields=(FieldSpec("room", "Room"), FieldSpec("rating", "Rating", "number")),
    change=change,
    on=Handlers(
        **{
            name: _note(name)
            for name in (
                *("submitted", "approved", "rejected", "sent_back", "withdrawn", "voided"),
            )
        }
    ),
)


@contextmanager
def registered() -> Iterator[Subject]:
    """The paper of the tests is known inside."""
    SUBJECTS[KIND] = SUBJECT
    HAPPENED.clear()
    try:
        yield SUBJECT
    finally:
        SUBJECTS.pop(KIND, None)


def person(name: str, *, level: str = "") -> dict[str, Any]:
    return {"kind": "person", "name": name}


def a_step(key: str, *who: Any, **more: Any) -> dict[str, Any]:
    """A step for people, given by number or as JSON."""
    ways = [person(one) if isinstance(one, str) else one for one in who]
    return {"key": key, "name": key, "who": ways, **more}


def make_flow(
    *steps: dict[str, Any], model: str = FlowModel.PREDEFINED, **rules: Any
) -> FlowVersion:
    """A published version of a flow for the paper of the tests."""
    unit = rules.pop("unit", None)
    position = rules.pop("position", 100)
    condition = rules.pop("condition", {})
    key = rules.pop("key", f"flow-{Flow.objects.count()}")
    flow = Flow.objects.create(
        key=key, name=key, subject_kind=KIND, model=model, unit=unit, position=position,
        condition=condition,
    )  # fmt: skip
    version = save_draft(draft(flow, by=None), {"steps": list(steps), "rules": rules}, by=None)
    return publish(version, by=None)


def make_paper(
    world: World, *, applicant: User | None = None, unit: OrgUnit | None = None, **values: Any
) -> Case:
    """A case of the north as a paper."""
    case = make_case(
        unit=unit or world.n1a, assign=False, content=values.pop("content", "业主运动会")
    )
    for name, value in values.items():
        setattr(case, name, value)
    case.save()
    return case


def hand_in(world: World, case: Case | None = None, **more: Any) -> Approval:
    """Submit a paper of the northern clerk."""
    by = more.pop("by", world.north_clerk)
    return submit(case or make_paper(world), kind=KIND, by=by, **more)


def deciders(world: World, *names: str, unit: OrgUnit | None = None) -> list[User]:
    """People who decide, with the numbers P-NAME."""
    return [
        make_user(unit=unit or world.n1, role="section-head", no=f"P-{name}".upper())
        for name in names
    ]


def task_of(approval: Approval, who: User) -> Task:
    """What somebody is to decide now."""
    return Task.objects.select_related("step__approval").get(
        step__approval=approval, person=who, state=TaskState.OPEN
    )


def any_task(approval: Approval, who: User) -> Task:
    """The newest task of a person, in whatever state."""
    rows = Task.objects.select_related("step__approval").filter(step__approval=approval, person=who)
    return rows.latest("pk")


def open_names(approval: Approval) -> list[str]:
    """Numbers of those whose turn it is."""
    rows = Task.objects.filter(step__approval=approval, state=TaskState.OPEN)
    return sorted(rows.values_list("person__employee_no", flat=True))


def way(approval: Approval) -> list[tuple[str, str]]:
    """The steps of the present round with their states."""
    rows = Step.objects.filter(approval=approval, round=approval.round).order_by("position")
    return list(rows.values_list("key", "state"))


def fresh(approval: Approval) -> Approval:
    return Approval.objects.select_related("flow_version__flow", "applicant", "unit").get(
        pk=approval.pk
    )


def board(world: World, *people: User, quorum: int = 2) -> Body:
    """A body of people."""
    body = Body.objects.create(key="board", name="董事会", unit=world.group, quorum=quorum)
    for one in people:
        body.members.create(user=one)
    return body
