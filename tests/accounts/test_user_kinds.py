"""Kinds of users: tier and rank, from position and posts."""

import pytest
from django.urls import reverse

from accounts.user_kinds import KINDS, kind_of, leading_positions
from regions.models import Kind
from tests.factories import make_post, make_user, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
HEAD = "客户关系中心(部)负责人"
LEAD = "项目客户关系负责人"


def kind(person):
    held = [post.function for post in person.posts.now().select_related("function")]
    return kind_of(person, held, leading_positions())


@pytest.mark.parametrize(
    ("unit", "position", "function", "expected"),
    [
        ("group", "集团总经理", "", "Leader of the group"),
        ("group", "", HEAD, "Head of a department of the group"),
        ("group", "主管", "", "Employee of the group"),
        ("north", "", HEAD, "Head of a department of a region"),
        ("n1", "城市总经理", HEAD, "Leader of a city company"),
        ("n1", "", "", "Employee of a city company"),
        ("n1a", "", LEAD, "Leader of a project"),
        ("n1a", "客户专员", "客户运营管理", "Employee of a project"),
    ],
)
def test_tier_and_rank_follow_unit_position_and_posts(world, unit, position, function, expected):
    person = make_user(unit=world.units[unit], no="K-1", position=position)
    if function:
        make_post(user=person, unit=world.units[unit], function=function)

    assert kind(person) == expected


def test_every_tier_has_its_kinds():
    assert {tier for tier, _rank in KINDS} == set(Kind)


def test_a_post_that_ended_and_a_position_of_other_words_lead_nothing(world, time_machine):
    person = make_user(unit=world.n1, no="K-1", position="总监")
    make_post(user=person, unit=world.n1, function=HEAD, valid_until="2026-01-01")
    assert kind(person) == "Employee of a city company"
    say(world.group, "accounts.leading_positions", "总监，总经理")
    assert kind(person) == "Leader of a city company"


def test_the_page_of_a_person_says_it(client, world):
    person = make_user(unit=world.n1, no="K-1", position="城市总经理")
    client.force_login(world.admin)
    page = client.get(reverse("accounts:person", args=[person.employee_no]))
    assert "城市公司领导" in page.content.decode()
