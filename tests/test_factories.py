"""The world that is written table by table holds the rows that makers of single rows make."""

import json
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model

from regions.models import Kind
from tests.factories import World, make_post, make_unit, make_user, make_world

pytestmark = pytest.mark.django_db

OWN = {"id", "password", "pgh_id", "pgh_context_id"}  # differ from one world to the other
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ].*")


def test_the_world_holds_what_its_rows_made_one_by_one_would_be():
    at_once, singly = told(make_world), told(one_after_the_other)

    assert at_once == singly
    assert [len(at_once[name]) for name in ("regions_orgunit", "accounts_user")] == [9, 9]
    assert len(at_once["accounts_formerpassword"]) == 9
    assert at_once["regions_unitversion"]


def told(make: Any) -> dict[str, list[Any]]:
    """What a world is: its objects, and the rows that came into the tables with it."""
    before = rows()
    point = transaction.savepoint()
    world = make()
    after = rows()
    transaction.savepoint_rollback(point)
    names = {f"unit {unit.pk}": unit.code for unit in world.units.values()}
    names |= {f"user {user.pk}": user.employee_no for user in world.people.values()}
    found = {
        table: sorted(
            (plain(row, names) for key, row in after[table].items() if key not in before[table]),
            key=str,
        )
        for table in after
        if after[table] != before[table]
    }
    objects = [*world.units.items(), *world.people.items()]
    found["objects"] = sorted(((name, plain(values(one), names)) for name, one in objects), key=str)
    return found


def rows() -> dict[str, dict[str, dict[str, Any]]]:
    """Every row of every model's table, by all that it holds."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT one::text, to_jsonb(one)::text FROM {name} AS one")
            found[table] = {key: json.loads(text) for key, text in cursor.fetchall()}
    return found


def values(one: Model) -> dict[str, Any]:
    """The object as the maker left it."""
    assert not one._state.adding
    return {key: value for key, value in vars(one).items() if key != "_state"}


def plain(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A row without what differs from one world to the other; units and people by their names."""
    return {key: _plain(key, value, names) for key, value in row.items() if key not in OWN}


def _plain(key: str, value: Any, names: dict[str, str]) -> Any:
    if key == "path":
        return "/".join(names.get(f"unit {part}", part) for part in value.split("/"))
    if key in {"unit_id", "parent_id"}:
        return names.get(f"unit {value}", value)
    if key == "user_id":
        return names[f"user {value}"]
    return "a moment" if MOMENT.fullmatch(str(value)) else value


def one_after_the_other() -> World:
    """The world by the makers that every other test uses."""
    world = World()
    units, people = world.units, world.people
    units["group"] = make_unit(kind=Kind.GROUP, code="G", name="测试集团")
    for side, word in (("north", "北方"), ("south", "南方")):
        letter, code = side[0], side[0].upper()
        units[side] = make_unit(
            kind=Kind.REGION,
            code=code,
            name=f"{word}区域",
            parent=units["group"],
            department_name="客户关系中心",
            department_level="first",
        )
        more = {"department_name": "客户关系部"}
        city = units[f"{letter}1"] = make_unit(
            kind=Kind.CITY, code=f"{code}1", name=f"{word}公司", parent=units[side], **more
        )
        for tail, suffix in (("a", "花园"), ("b", "名邸")):
            name, no = f"{word}{suffix}", f"{code}1{tail.upper()}"
            units[f"{letter}1{tail}"] = make_unit(
                kind=Kind.PROJECT, code=no, name=name, parent=city, **more
            )
        clerk = make_user(unit=units[f"{letter}1a"], role="staff", no=f"{code}-CLERK")
        make_post(user=clerk, unit=units[f"{letter}1a"], function="客户专员")
        people[f"{side}_clerk"] = clerk
        for name, role in (("head", "section-head"), ("keeper", "section-administrator")):
            person = make_user(unit=units[side], role=role, no=f"{code}-{name}".upper())
            people[f"{side}_{name}"] = person
    for name, role in (
        ("boss", "group-management"),
        ("reader", "group-function"),
        ("admin", "system-administrator"),
    ):
        people[name] = make_user(unit=units["group"], role=role, no=f"G-{name}".upper())
    return world
