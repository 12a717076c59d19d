"""Papers of money for the tests, and the people who decide and pay."""

from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone
from PIL import Image

from accounts.models import User
from approvals.models import Task, TaskState
from approvals.services import approve, open_approval, reject
from expenses.models import Application, Budget, Category
from expenses.selectors.budgets import budget_for
from expenses.services import applications, budgets
from expenses.services.applications import KIND, Given, Line
from tests.factories import World, make_customer, make_post, make_user

YEAR = timezone.localdate().year
POSTS = {
    "commerce": "商务核签",
    "product": "产品线经理",
    "general": "总经理",
    "finance": "财务审单",
}


@dataclass
class Cast:
    """Who decides: the regional manager of the north, and four people of the group."""

    region: User
    commerce: User
    product: User
    general: User
    finance: User


def cast_of(world: World) -> Cast:
    """People in the posts that the ready flows ask."""
    region = make_user(unit=world.north, role="section-head", no="M-REGION")
    make_post(user=region, unit=world.north, function="大区经理")
    people = {}
    for name, function in POSTS.items():
        people[name] = make_user(unit=world.group, role="group-function", no=f"M-{name}".upper())
        make_post(user=people[name], unit=world.group, function=function)
    return Cast(region, **people)


def category(code: str = "gift") -> Category:
    return Category.objects.get(code=code)


def give_budget(
    world: World, amount: str = "10000.00", *, code: str = "gift", unit: Any = None, **more: Any
) -> Budget:
    """A budget of this year, at the northern city unless said otherwise."""
    return budgets.allot(
        unit or world.n1,
        category=category(code),
        year=YEAR,
        amount=Decimal(amount),
        by=None,
        **more,
    )


def given(world: World, amount: str = "100.00", *, code: str = "gift", **more: Any) -> Given:
    """A form of the northern project with one line."""
    values: dict[str, Any] = {
        "category": category(code),
        "unit": world.n1a,
        "title": "业主亲子运动会",
        "lines": [Line("礼品", Decimal(1), Decimal(amount))],
        "event_on": timezone.localdate(),
    } | more
    if "customers" not in values:
        values["customers"] = [(make_customer(unit=world.n1a), None)]
    return Given(**values)


CASH = {
    "code": "family",
    "beneficiary_name": "陈志远",
    "beneficiary_bank": "工商银行",
    "account": "6222020200112233445",
    "phone": "+8613800000001",
}


def write(world: World, amount: str = "100.00", *, by: User | None = None, **more: Any) -> Any:
    """A draft of the northern clerk."""
    return applications.save(given(world, amount, **more), by=by or world.north_clerk)


def submitted(world: World, amount: str = "100.00", **more: Any) -> Application:
    """A submitted application of the northern clerk."""
    paper = write(world, amount, **more)
    return applications.submit(paper, by=paper.applicant)


def tasks(paper: Any, kind: str = KIND) -> list[Task]:
    """What is to be decided now."""
    approval = open_approval(paper, kind)
    return list(
        Task.objects.filter(step__approval=approval, state=TaskState.OPEN).select_related(
            "step__approval", "person"
        )
    )


def steps_taken(paper: Application) -> list[str]:
    """Approve until nothing is open; the keys of the steps in their order."""
    keys = []
    while open_approval(paper, KIND) is not None:
        task = tasks(paper)[0]
        keys.append(task.step.key)
        approve(task, by=task.person)
    return keys


def granted(world: World, amount: str = "100.00", **more: Any) -> Application:
    """An approved application."""
    paper = submitted(world, amount, **more)
    steps_taken(paper)
    paper.refresh_from_db()
    return paper


def at_product(paper: Application) -> Task:
    """Bring a paper to the product-line manager; his task."""
    while (task := tasks(paper)[0]).step.key != "product":
        approve(task, by=task.person)
    return task


def refuse(paper: Application) -> Application:
    """The product-line manager rejects."""
    task = at_product(paper)
    reject(task, by=task.person, comment="理由不足")
    paper.refresh_from_db()
    return paper


def columns(budget: Budget) -> tuple[str, ...]:
    """Allotted, handed down, reserved, committed, spent, left."""
    row = Budget.objects.get(pk=budget.pk)
    return tuple(
        str(getattr(row, name))
        for name in ("allotted", "handed_down", "reserved", "committed", "spent", "left")
    )


def picture(colour: str = "red") -> BytesIO:
    """A small photograph; another colour is another file."""
    file = BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    file.seek(0)
    return file


def paying_budget(paper: Application) -> Budget | None:
    return budget_for(paper.unit, paper.category, paper.applied_on)
