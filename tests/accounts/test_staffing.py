"""Naming and staffing of units as the group prescribes, asked of the database."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Function
from accounts.staffing import breaches
from tests.factories import make_post, make_unit, make_user

DAY = dt.date(2026, 11, 20)
HEAD, LEAD = "客户关系中心(部)负责人", "项目客户关系负责人"


@pytest.fixture
def tree(db):
    """group → region → city → project, staffed exactly as the rules ask."""
    group = make_unit(kind="group", code="G", name="集团")
    region = make_unit(
        kind="region",
        code="R",
        name="区域",
        parent=group,
        department_name="客户关系中心",
        department_level="centre",
    )
    city = make_unit(
        kind="city", code="C", name="城市", parent=region, department_name="客户关系部"
    )
    project = make_unit(kind="project", code="P", name="项目", parent=city)
    for unit in (region, city):
        make_post(user=make_user(unit=unit, no=f"HEAD-{unit.code}"), unit=unit, function=HEAD)
        other = make_user(unit=unit, no=f"ALL-{unit.code}")
        for function in Function.objects.filter(is_core=True).exclude(name=HEAD):
            make_post(user=other, unit=unit, function=function.name)
    make_post(user=make_user(unit=project, no="LEAD"), unit=project, function=LEAD)
    return {"group": group, "region": region, "city": city, "project": project}


def rules(day=DAY):
    return [(breach.rule, breach.unit.code) for breach in breaches(day)]


def post(no, function):
    from accounts.models import Post

    return Post.objects.get(user__employee_no=no, function__name=function)


def test_a_well_staffed_tree_breaks_no_rule(tree):
    assert rules() == []


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        ("region", {"department_name": "客服部"}, [("ORG-02", "R")]),
        ("city", {"department_name": "客户关系中心"}, [("ORG-02", "C")]),
        ("project", {"department_name": "物业客服"}, [("ORG-02", "P")]),
        ("region", {"department_name": "客户关系部"}, []),
        ("region", {"department_name": ""}, [("ORG-03", "R")]),
        ("city", {"department_name": ""}, [("ORG-03", "C")]),
        ("region", {"department_level": ""}, [("ORG-04", "R")]),
        ("city", {"is_active": False}, []),
    ],
)
def test_departments(tree, unit, values, expected):
    for name, value in values.items():
        setattr(tree[unit], name, value)
    tree[unit].save()

    assert rules() == expected


def test_a_city_needs_a_head_and_the_head_is_not_missed_twice(tree):
    post("HEAD-C", HEAD).delete()

    assert rules() == [("ORG-05", "C")]


def test_a_region_without_head_misses_a_function(tree):
    post("HEAD-R", HEAD).delete()
    (breach,) = breaches(DAY)

    assert (breach.rule, breach.unit.code) == ("ORG-08", "R")
    assert HEAD in str(breach.message)


def test_a_project_needs_a_lead(tree):
    post("LEAD", LEAD).delete()

    assert rules() == [("ORG-06", "P")]


def test_every_core_function_must_be_covered(tree):
    post("ALL-C", "客户运营管理").delete()
    (breach,) = breaches(DAY)

    assert (breach.rule, breach.unit.code) == ("ORG-08", "C")
    assert "客户运营管理" in str(breach.message)
    assert "客户满意度及感受管理" not in str(breach.message)


def test_a_head_holds_no_other_post(tree):
    head = post("HEAD-C", HEAD)
    make_post(user=head.user, unit=tree["city"], function="客户运营管理")
    (breach,) = breaches(DAY)

    assert (breach.rule, breach.unit.code, breach.user) == ("ORG-10", "C", head.user)


def test_a_head_is_dedicated(tree):
    head = post("HEAD-R", HEAD)
    head.is_dedicated = False
    head.save()

    assert rules() == [("ORG-10", "R")]


@pytest.mark.parametrize(
    ("last_day", "state", "expected"),
    [
        (DAY, "active", []),
        (DAY - dt.timedelta(days=1), "active", [("ORG-06", "P")]),
        (None, "left", [("ORG-06", "P")]),
        (None, "frozen", []),
    ],
)
def test_only_people_in_post_on_the_day_count(tree, last_day, state, expected):
    lead = post("LEAD", LEAD).user
    lead.left_on, lead.state = last_day, state
    lead.save()

    assert rules() == expected


def test_posts_count_between_their_days(tree):
    lead = post("LEAD", LEAD)
    lead.valid_from, lead.valid_until = DAY, DAY + dt.timedelta(days=1)
    lead.save()

    assert rules(DAY - dt.timedelta(days=1)) == [("ORG-06", "P")]
    assert rules(DAY) == []
    assert rules(DAY + dt.timedelta(days=1)) == [("ORG-06", "P")]


def test_the_number_of_queries_does_not_grow_with_the_tree(tree):
    with CaptureQueriesContext(connection) as before:
        breaches(DAY)
    for number in range(3):
        city = make_unit(kind="city", code=f"C{number}", name="城", parent=tree["region"])
        make_post(user=make_user(unit=city), unit=city, function=HEAD)
    with CaptureQueriesContext(connection) as after:
        assert len(breaches(DAY)) == 6

    assert len(after) == len(before)
