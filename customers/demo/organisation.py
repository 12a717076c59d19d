"""The units and the staff of the demonstration: group, regions, cities, projects; posts and roles.

Nearly everything is as the group prescribes. A few gaps are left on purpose, so that the checks
of the organisation have something to say: see `GAPS`.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Function, Role
from core.bulk import copy_rows, next_ids
from core.values.phones import national_format
from customers.demo.names import GROUP, REGIONS, Names
from regions.models import PARENT_KIND, Kind

PROJECTS = 90
STAFF = 600
# City without a head, project without a lead, region that lacks a function, head with two posts.
GAPS = {"city": 7, "project": 33, "region": 4, "head": 2}
# Position, functions, role of those at the top who decide about money and sit in the committee.
DECIDERS = (
    ("集团总经理", ("总经理", "客户管理委员会主任"), "group-management"),
    ("总经理助理", ("总经理助理", "客户管理委员会委员"), "group-management"),
    ("商务部主管", ("商务核签", "客户管理委员会委员"), "group-function"),
    ("产品线销售经理", ("产品线经理",), "group-function"),
    ("财务主管", ("财务审单",), "group-function"),
)


@dataclass(slots=True, eq=False)
class Unit:
    """A unit to be; `key` is its primary key once keys were drawn."""

    kind: str
    code: str
    name: str
    parent: "Unit | None" = None
    opened_on: dt.date = dt.date(2008, 1, 1)
    department: str = "客户关系部"
    level: str = ""
    stage: str = ""
    households: int | None = None
    key: int = 0
    officers: list["Person"] = field(default_factory=list)
    people: list["Person"] = field(default_factory=list)

    def line(self) -> list["Unit"]:
        """The units from the group down to this one."""
        return [*(self.parent.line() if self.parent else []), self]

    @property
    def path(self) -> str:
        return "/" + "".join(f"{unit.key}/" for unit in self.line())

    def scope(self) -> tuple[int | None, int | None, int | None]:
        """(region_id, city_id, project_id) of rows of this unit."""
        keys = [unit.key for unit in self.line()[1:]]
        region, city, project = [*keys, None, None, None][:3]
        return region, city, project


@dataclass(slots=True, eq=False)
class Person:
    """A member of staff to be, with his posts as (function, dedicated) and his role."""

    name: str
    unit: Unit
    position: str
    posts: list[tuple[str, bool]]
    role: str
    phone: str
    hired_on: dt.date
    number: str = ""
    password: str = field(default="", repr=False)
    key: int = 0


@dataclass(slots=True)
class Organisation:
    """All units, parents before children, and all people."""

    units: list[Unit]
    people: list[Person] = field(default_factory=list)

    def of(self, kind: str) -> list[Unit]:
        return [unit for unit in self.units if unit.kind == kind]


def plan_units(names: Names, today: dt.date) -> Organisation:
    """The tree: one group, the regions and cities of `names`, PROJECTS projects."""
    group = Unit(Kind.GROUP, "D", GROUP, department="客户关系管理部", level="first")
    units = [group]
    cities: list[Unit] = []
    for r, (region_name, city_names) in enumerate(REGIONS.items(), start=1):
        region = Unit(
            Kind.REGION,
            f"D{r}",
            region_name,
            group,
            opened_on=dt.date(2010 + r, 3, 1),
            department="客户关系中心",
            level="centre" if r <= 2 else "first",
        )
        units.append(region)
        for c, city_name in enumerate(city_names, start=1):
            since = dt.date(2012 + (r + c) % 5, 5, 1)
            city = Unit(Kind.CITY, f"D{r}{c:02}", f"{city_name}公司", region, opened_on=since)
            units.append(city)
            cities.append(city)
    for c, city in enumerate(cities):
        count = PROJECTS // len(cities) + (c < PROJECTS % len(cities))
        units += _projects(names, city, count, today)
    return Organisation(units)


def _projects(names: Names, city: Unit, count: int, today: dt.date) -> Iterator[Unit]:
    place = city.name.removesuffix("公司")
    for p, name in enumerate(names.projects(place, count), start=1):
        # The day the first building is handed over decides what stage its owners are in.
        days = names.random.choice((-300, -120, 100, 200, 320, 450, 640, 900, 1500, 2400, 3300))
        first = today - dt.timedelta(days=days + names.random.randrange(60))
        yield Unit(
            Kind.PROJECT,
            f"{city.code}{p:02}",
            name,
            city,
            opened_on=max(first - dt.timedelta(days=900), city.opened_on),
            stage="建设期" if days < 0 else "交付期" if days < 365 else "运营期",
            households=int(names.random.lognormvariate(7.0, 0.5)),
        )


def first_hand_over(project: Unit) -> dt.date:
    """When the first building of a project is handed over: 900 days after its opening."""
    return project.opened_on + dt.timedelta(days=900)


def plan_people(organisation: Organisation, names: Names, today: dt.date) -> None:
    """STAFF people with posts and roles; what is left of them become customer officers."""
    core = list(
        Function.objects.filter(is_core=True).order_by("number").values_list("name", flat=True)
    )
    lead = Function.objects.filter(is_project_lead=True).values_list("name", flat=True)[0]
    keep = Function.objects.filter(keeps_customers=True).values_list("name", flat=True)[0]
    staff = _Staff(names, today, organisation)
    staff.group(organisation.units[0], core)
    for place, unit in enumerate(organisation.of(Kind.REGION)):
        staff.region(unit, core, gap=place == GAPS["region"])
    for place, unit in enumerate(organisation.of(Kind.CITY)):
        staff.city(unit, core, place)
    projects = organisation.of(Kind.PROJECT)
    for place, unit in enumerate(projects):
        if place != GAPS["project"]:
            staff.add(unit, "项目客户关系负责人", [(lead, True)], "section-head")
    staff.deciders(organisation.units[0])
    for place in range(STAFF - len(organisation.people)):
        unit = projects[place % len(projects)]
        unit.officers.append(staff.add(unit, "客户专员", [(keep, True)], "staff"))


class _Staff:
    """Adds people to the plan."""

    def __init__(self, names: Names, today: dt.date, organisation: Organisation) -> None:
        self.names, self.today, self.organisation = names, today, organisation

    def add(self, unit: Unit, position: str, posts: list[tuple[str, bool]], role: str) -> Person:
        names = self.names
        hired = unit.opened_on + dt.timedelta(days=names.random.randrange(1500))
        person = Person(
            names.person(names.gender()),
            unit,
            position,
            posts,
            role,
            national_format(names.phone()),
            min(hired, self.today - dt.timedelta(days=30)),
        )
        unit.people.append(person)
        self.organisation.people.append(person)
        return person

    def group(self, unit: Unit, core: list[str]) -> None:
        self.add(unit, "分管副总裁", [("客户管理委员会副主任", False)], "group-management")
        self.add(unit, "客户关系管理部总经理", [(core[0], True)], "group-management")
        for name in core[1:-1]:
            self.add(unit, f"{name}主管", [(name, True)], "group-function")
        self.add(unit, "信息化主管", [(core[-1], True)], "system-administrator")
        self.add(unit, "系统管理员", [], "system-administrator")
        self.add(unit, "400热线坐席", [], "hotline")

    def deciders(self, unit: Unit) -> None:
        """Those who decide about money (EXP-03…EXP-07)."""
        for position, functions, role in DECIDERS:
            self.add(unit, position, [(name, len(functions) == 1) for name in functions], role)

    def region(self, unit: Unit, core: list[str], *, gap: bool) -> None:
        """Nine functions, a person each; the one for operations administers the section."""
        for place, name in enumerate(core):
            if gap and place == 5:
                continue
            role = {0: "section-head", 3: "section-administrator"}.get(place, "staff")
            position = "客户关系中心总经理" if place == 0 else f"{name}主管"
            posts = [(name, True), ("大区经理", False)] if place == 3 else [(name, True)]
            self.add(unit, position, posts, role)

    def city(self, unit: Unit, core: list[str], place: int) -> None:
        """A head and four people with two functions each."""
        if place != GAPS["city"]:
            posts = [(core[0], True)]
            if place == GAPS["head"]:
                posts.append((core[1], False))
            self.add(unit, "客户关系部经理", posts, "section-head")
        for first in range(1, len(core), 2):
            posts = [(name, False) for name in core[first : first + 2]]
            role = "section-administrator" if first == 3 else "staff"
            unit.officers.append(self.add(unit, "客户关系主管", posts, role))


def write_organisation(cursor: Any, organisation: Organisation, today: dt.date) -> None:
    """Draw keys and write units, their history, people, posts and grants."""
    units, people = organisation.units, organisation.people
    for unit, key in zip(units, next_ids(cursor, "regions_orgunit", len(units)), strict=True):
        unit.key = key
    copy_rows(
        cursor,
        "regions_orgunit",
        "id kind code name parent_id parent_kind path is_active opened_on department_name"
        " department_level stage households entered_at late_by",
        (_unit_row(unit) for unit in units),
    )
    copy_rows(
        cursor,
        "regions_unitversion",
        "unit_id valid_from kind code name parent_id is_active department_name department_level"
        " stage recorded_at",
        (_version_row(unit) for unit in units),
    )
    keys = next_ids(cursor, "accounts_user", len(people))
    for person, key in zip(people, keys, strict=True):
        person.key = key
    now = timezone.now()
    copy_rows(
        cursor,
        "accounts_user",
        "id password is_superuser employee_no name phone email unit_id position hired_on state"
        " language is_demo password_changed_at",
        (_person_row(person, now) for person in people),
    )
    _write_rights(cursor, people, today)


def _unit_row(unit: Unit) -> tuple[Any, ...]:
    return (
        unit.key,
        unit.kind,
        unit.code,
        unit.name,
        unit.parent.key if unit.parent else None,
        PARENT_KIND[Kind(unit.kind)],
        unit.path,
        True,
        unit.opened_on,
        unit.department,
        unit.level,
        unit.stage,
        unit.households,
        _entered(unit),
        0,
    )


def _version_row(unit: Unit) -> tuple[Any, ...]:
    return (
        unit.key,
        unit.opened_on,
        unit.kind,
        unit.code,
        unit.name,
        unit.parent.key if unit.parent else None,
        True,
        unit.department,
        unit.level,
        unit.stage,
        _entered(unit),
    )


def _entered(unit: Unit) -> dt.datetime:
    """Units are entered within their first month, which is in time by every rule (CHG-01)."""
    morning = dt.datetime.combine(unit.opened_on, dt.time(10), timezone.get_current_timezone())
    return morning + dt.timedelta(days=9)


def _person_row(person: Person, now: dt.datetime) -> tuple[Any, ...]:
    # None makes an unusable password: nobody logs in as those without a demonstration account.
    return (
        person.key,
        make_password(None),
        False,
        person.number,
        person.name,
        person.phone,
        f"{person.number.lower()}@example.com",
        person.unit.key,
        person.position[:60],
        person.hired_on,
        "active",
        "",
        True,
        None,
    )


def _write_rights(cursor: Any, people: list[Person], today: dt.date) -> None:
    functions = dict(Function.objects.values_list("name", "pk"))
    roles = dict(Role.objects.values_list("code", "pk"))
    heads = {person.unit.key: person.name for person in reversed(people)}
    copy_rows(
        cursor,
        "accounts_post",
        "user_id unit_id function_id is_dedicated reports_to from_file valid_from",
        (
            (p.key, p.unit.key, functions[name], alone, _boss(p, heads), False, p.hired_on)
            for p in people
            for name, alone in p.posts
        ),
    )
    now = timezone.now()
    copy_rows(
        cursor,
        "accounts_rolegrant",
        "user_id unit_id role_id valid_from from_file given_at",
        ((p.key, p.unit.key, roles[p.role], p.hired_on, False, now) for p in people),
    )


MANAGERS = {Kind.CITY: "城市总经理", Kind.PROJECT: "项目总经理"}


def _boss(person: Person, heads: dict[int, str]) -> str:
    """The head of his unit; for a head the general manager there, as the rules say (ORG-05)."""
    above = person.unit.parent
    name = heads[person.unit.key]
    if name != person.name:
        return name
    manager = MANAGERS.get(Kind(person.unit.kind), "")
    return manager or (heads.get(above.key, "") if above else "")


def choose_accounts(organisation: Organisation) -> dict[str, Person]:
    """One person a role who is worth logging in as: his branch has much to show."""
    by_role: dict[str, Person] = {}
    order = {Kind.CITY: 0, Kind.REGION: 1, Kind.GROUP: 2, Kind.PROJECT: 3}
    for person in sorted(organisation.people, key=lambda p: order[Kind(p.unit.kind)]):
        by_role.setdefault(person.role, person)
    busiest = max(
        (p for p in organisation.people if p in p.unit.officers and p.unit.kind == Kind.PROJECT),
        key=lambda p: (p.unit.households or 0) / len(p.unit.officers),
    )
    by_role["staff"] = busiest
    return by_role


def deciders(organisation: Organisation) -> list[Person]:
    """Those who decide about money, to log in as."""
    functions = {names[0] for _position, names, _role in DECIDERS}
    return [
        person
        for person in organisation.people
        if any(name in functions for name, _alone in person.posts)
    ]


def superiors(organisation: Organisation, person: Person) -> list[Person]:
    """Who leads the project of a person, and the manager of his region: his papers go to them."""
    project, region = person.unit, person.unit.line()[1]
    return [
        one
        for one in organisation.people
        if (one.unit is project and one.role == "section-head")
        or (one.unit is region and any(name == "大区经理" for name, _alone in one.posts))
    ]


def second_administrator(organisation: Organisation, first: Person) -> Person | None:
    """Somebody who may approve what the first administrator proposes."""
    return next(
        (
            person
            for person in organisation.people
            if person.role == first.role and person.key != first.key
        ),
        None,
    )


def draw_names(seed: int) -> Names:
    """The one source of chance of a demonstration."""
    return Names(Random(seed))  # noqa: S311  invented data, no secret
