"""Pages of the organisation: the tree in reach, a unit, the branches of the picker."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import UserState
from tests.factories import make_post, make_unit, make_user


def codes(answer):
    return re.findall(r'data-(?:unit|code)="(\w+)"', answer.content.decode())


def test_the_tree_in_order_and_in_reach(client, world):
    client.force_login(world.boss)
    assert codes(client.get("/organisation/units/")) == [
        "G", "N", "N1", "N1A", "N1B", "S", "S1", "S1A", "S1B",
    ]  # fmt: skip

    client.force_login(world.north_head)
    assert codes(client.get("/organisation/units/")) == ["N", "N1", "N1A", "N1B"]


def test_the_tree_names_heads_and_counts_people_who_work_there(client, world):
    head = make_user(unit=world.n1, role=None, no="H1", name="赵刚")
    make_post(user=head, unit=world.n1, function="客户关系中心(部)负责人")
    make_user(unit=world.n1, role=None, state=UserState.LEFT)
    client.force_login(world.boss)
    units = {unit.code: unit for unit in client.get("/organisation/units/").context["units"]}

    assert [(one.employee_no, one.name) for one in units["N1"].heads] == [("H1", "赵刚")]
    assert (units["N1"].people_count, units["N1A"].people_count) == (1, 1)
    assert units["S1"].heads == []


def test_search_by_name_or_code(client, world):
    client.force_login(world.boss)

    assert codes(client.get("/organisation/units/", {"q": "名邸"})) == ["N1B", "S1B"]
    assert codes(client.get("/organisation/units/", {"q": "s1"})) == ["S1", "S1A", "S1B"]


@pytest.mark.parametrize("more", [0, 4])
def test_queries_of_the_tree_do_not_grow(client, world, more):
    for number in range(more):
        make_unit(kind="project", code=f"X{number}", name=f"新{number}", parent=world.n1)
    client.force_login(world.boss)
    client.get("/organisation/units/")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/organisation/units/")

    assert len(codes(answer)) == 9 + more
    assert len(queries) <= 6  # session, user, grants, rights, units, heads


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        ("north_head", "N1", 200),
        ("north_head", "S1", 404),
        ("north_head", "G", 404),
        ("north_head", "ZZ", 404),
        ("boss", "G", 200),
    ],
)
def test_a_unit_out_of_reach_does_not_exist(client, world, who, code, status):
    client.force_login(getattr(world, who))

    assert client.get(f"/organisation/units/{code}/").status_code == status


def test_a_units_page_shows_posts_held_today_heads_first(client, world):
    head = make_user(unit=world.n1a, role=None, name="赵刚")
    make_post(user=head, unit=world.n1a, function="项目客户关系负责人")
    client.force_login(world.north_head)
    page = client.get("/organisation/units/N1A/")

    assert [post.user.name for post in page.context["posts"]] == ["赵刚", "员工N-CLERK"]


@pytest.mark.parametrize(
    ("who", "query", "found"),
    [
        ("boss", {"parent": ""}, ["G"]),
        ("boss", {"parent": "N"}, ["N1"]),
        ("north_head", {"parent": ""}, ["N"]),
        ("north_clerk", {"parent": ""}, ["N1A"]),
        ("north_head", {"q": "公司"}, ["N1"]),
        ("boss", {"q": "公司"}, ["N1", "S1"]),
        ("north_head", {"q": "南方"}, []),
    ],
)
def test_branches_of_the_picker(client, world, who, query, found):
    client.force_login(getattr(world, who))

    assert codes(client.get("/organisation/units/children/", query)) == found


def test_the_picker_opens_no_foreign_branch(client, world):
    client.force_login(world.north_head)

    assert client.get("/organisation/units/children/", {"parent": "S"}).status_code == 404


@pytest.mark.parametrize(("level", "shown"), [("3", "3"), ("", "1"), ("x", "1"), ("999", "8")])
def test_the_picker_counts_levels(client, world, level, shown):
    client.force_login(world.boss)
    answer = client.get("/organisation/units/children/", {"parent": "N", "level": level})

    assert f'aria-level="{shown}"' in answer.content.decode()


def test_without_the_right_nothing_opens(client, world):
    client.force_login(make_user(unit=world.n1a, role=None))

    for path in ("", "children/", "N1A/"):
        assert client.get(f"/organisation/units/{path}").status_code == 403
