"""Applications of the demonstration that run through their flows, each to its own fate."""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import User
from approvals import services as approvals
from approvals.models import Approval, Task, TaskState
from approvals.services.library import install_library
from complaints.models import Case
from complaints.states import OPEN
from customers.demo.organisation import Person, Unit
from customers.demo.parts import Scene
from customers.models import CustomerUnit
from expenses.demo.beside import write_dates, write_events, write_gifts
from expenses.demo.past import COUNT, Past
from expenses.demo.words import TALES, Tale
from expenses.models import Application, Budget, Category, Needs
from expenses.services import applications, payments
from expenses.services.applications import KIND, Given, Line
from regions.models import Kind, OrgUnit

PROJECTS = 12
GUESTS = 12  # customers of a project that are taken
COMMENTS = {
    "商务核签": "均为重点业主，建议支持。",
    "产品线经理": "同意，注意控制费用。",
    "总经理": "同意。",
    "财务审单": "单据齐全，计入申请单位。",
    "大区经理": "情况属实。",
}
# How many steps from the beginning have decided, by the fate of a paper; None: all of them.
STOPS = {
    "commerce": "商务核签",
    "product": "产品线经理",
    "general": "总经理",
    "finance": "财务审单",
}


def write_money(cursor: Any, scene: Scene) -> dict[str, int]:
    """Budgets, the year that was spent, the papers of today, gifts, key dates, events."""
    install_library()
    staff = scene.chosen["staff"]
    projects = _projects(scene, staff.unit)
    guests = {unit.key: _guests(unit) for unit in projects}
    finance = _holder(scene, "财务审单")
    Past(scene, projects, guests).write(finance, _holder(scene, "总经理"))
    papers = Papers(scene, guests[staff.unit.key]).write()
    gifts = write_gifts(scene, staff.unit)
    dates = write_dates(scene, projects[:4], guests)
    events = write_events(scene, projects[:4], guests)
    return {
        "budgets": Budget.objects.count(),
        "applications": COUNT + papers,
        "gifts": gifts,
        "key_dates": dates,
        "events": events,
    }


def _projects(scene: Scene, first: Unit) -> list[Unit]:
    """The project that is shown, its neighbours, and one in most other cities."""
    found = [first]
    cities: dict[int, int] = {}
    for unit in scene.organisation.of(Kind.PROJECT):
        city = unit.parent.key if unit.parent else 0
        most = 3 if unit.parent is first.parent else 1
        if unit is first or not unit.officers or cities.get(city, 0) >= most:
            continue
        cities[city] = cities.get(city, 0) + 1
        found.append(unit)
    mine = [unit for unit in found if unit.parent is first.parent]
    others = [unit for unit in found if unit.parent is not first.parent]
    return [*mine, *others][:PROJECTS]


def _guests(unit: Unit) -> list[int]:
    places = CustomerUnit.objects.filter(unit=unit.key).order_by("pk")
    return list(places.values_list("customer", flat=True)[:GUESTS])


def _holder(scene: Scene, function: str) -> Person:
    return next(
        person
        for person in scene.organisation.people
        if any(name == function for name, _alone in person.posts)
    )


class Papers:
    """Applications of one member of staff, decided by those whom the flows ask."""

    def __init__(self, scene: Scene, guests: list[int]) -> None:
        self.scene, self.guests = scene, guests
        self.random = Random(scene.seed + 8)  # noqa: S311  invented data
        staff = scene.chosen["staff"]
        self.by = User.objects.get(pk=staff.key)
        self.unit = OrgUnit.objects.get(pk=staff.unit.key)
        self.finance = User.objects.get(pk=_holder(scene, "财务审单").key)
        self.categories = {one.code: one for one in Category.objects.all()}
        self.customers = {
            place.customer_id: place.customer
            for place in CustomerUnit.objects.filter(
                unit=self.unit, customer__in=guests
            ).select_related("customer")
        }
        # Which cases are open depends on the hour; a project may have none that is.
        cases = Case.objects.filter(unit=self.unit).order_by("-pk")[:40]
        self.cases = sorted(cases, key=lambda case: case.state not in OPEN)[:4]

    def write(self) -> int:
        tales = [tale for tale in TALES if self.cases or self._category(tale).case != Needs.MUST]
        for tale in tales:
            self._write(tale)
        return len(tales)

    def _category(self, tale: Tale) -> Category:
        return self.categories[tale.category]

    def _write(self, tale: Tale) -> None:
        paper = applications.save(self._given(tale), by=self.by)
        if tale.fate == "draft":
            return
        paper = applications.submit(paper, by=self.by)
        approval = approvals.open_approval(paper, KIND)
        if approval is None:
            return
        match tale.fate:
            case "withdrawn":
                applications.withdraw(paper, by=self.by, comment="改由物业承担，撤回。")
            case "rejected":
                self._ahead(approval, "产品线经理")
                task = self._task(approval)
                approvals.reject(task, by=task.person, comment="规模过大，与维系目标关联不足。")
            case "sent_back":
                self._ahead(approval, "产品线经理")
                task = self._task(approval)
                approvals.send_back(task, by=task.person, comment="请补充被推荐成交的合同编号。")
            case _:
                self._ahead(approval, STOPS.get(tale.fate, ""))
                self._after(tale, paper)

    def _after(self, tale: Tale, paper: Application) -> None:
        paper.refresh_from_db()
        if tale.fate in ("paid", "unproved"):
            payments.pay(paper, amount=paper.approved_amount, by=self.finance)
        if tale.fate == "unproved":
            late = timezone.localdate() - dt.timedelta(days=3)
            Application.objects.filter(pk=paper.pk).update(evidence_due_on=late)

    def _given(self, tale: Tale) -> Given:
        category = self._category(tale)
        count = min(tale.customers, len(self.customers))
        chosen = self.random.sample(list(self.customers.values()), count)
        cash = category.beneficiary == "must"
        day = None
        if tale.days is not None:
            day = timezone.localdate() + dt.timedelta(days=tale.days)
        return Given(
            category=category,
            unit=self.unit,
            title=tale.title,
            reason=tale.reason,
            event_on=day,
            people=tale.people,
            one_off=tale.one_off,
            lines=[Line(text, Decimal(count), Decimal(price)) for text, count, price in tale.lines],
            customers=[(customer, None) for customer in chosen],
            case=self.cases[len(tale.title) % len(self.cases)]
            if self.cases and category.case == "must"
            else None,
            beneficiary_name=chosen[0].name if cash and chosen else "",
            beneficiary_bank="中国工商银行武汉光谷支行" if cash else "",
            account="6222021001112223334" if cash else None,
            phone="+8613800005507" if cash else None,
        )

    def _ahead(self, approval: Approval, stop: str) -> None:
        """Agree until the step `stop` is open; to the end without one."""
        while (task := self._task(approval)) is not None and task.step.name != stop:
            approvals.approve(task, by=task.person, comment=COMMENTS.get(task.step.name, ""))

    def _task(self, approval: Approval) -> Any:
        rows = Task.objects.filter(step__approval=approval, state=TaskState.OPEN)
        return rows.select_related("person", "step").order_by("pk").first()
