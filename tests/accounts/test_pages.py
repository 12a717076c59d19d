"""Pages about people: scoped, paged, in a fixed number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.selectors import PeopleQuery, people_page
from tests.factories import make_post, make_user


def numbers(page):
    return [row.employee_no for row in page.context["page"].rows]


def test_everybody_sees_the_people_in_reach_only(client, world):
    client.force_login(world.north_head)

    assert numbers(client.get("/people/")) == ["N-CLERK", "N-HEAD", "N-KEEPER"]


def test_nobody_without_a_role_opens_it(client, world):
    client.force_login(make_user(unit=world.n1a, role=None))

    assert client.get("/people/").status_code == 403
    assert client.get("/people/N-CLERK/").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "head"}, ["N-HEAD", "S-HEAD"]),
        ({"q": "s-"}, ["S-CLERK", "S-HEAD", "S-KEEPER"]),
        ({"unit": "N1"}, ["N-CLERK"]),
        ({"unit": "S"}, ["S-CLERK", "S-HEAD", "S-KEEPER"]),
        ({"state": "left"}, []),
        ({"q": "100%"}, []),
    ],
)
def test_filters(client, world, query, found):
    client.force_login(world.boss)
    make_user(unit=world.group, role=None, no="Z1", name="黄海")

    assert numbers(client.get("/people/", query)) == found


def test_a_unit_out_of_reach_is_no_choice(client, world):
    client.force_login(world.north_head)
    page = client.get("/people/", {"unit": "S1"})

    assert list(page.context["filter_form"].errors) == ["unit"]
    assert b"S1A" not in page.content


def test_htmx_gets_the_rows_alone(client, world):
    client.force_login(world.boss)
    rows = client.get("/people/", headers={"HX-Request": "true"})

    assert rows.templates[0].name == "accounts/_people_rows.html"
    assert "HX-Request" in rows["Vary"]


def test_pages_follow_each_other_both_ways(world):
    def page(**where):
        return people_page(world.boss, PeopleQuery(**where), size=4)

    first = page()
    second = page(after=first.next)
    third = page(after=second.next)
    walked = [[row.employee_no for row in one] for one in (first, second, third)]

    assert walked == [
        ["G-ADMIN", "G-BOSS", "G-READER", "N-CLERK"],
        ["N-HEAD", "N-KEEPER", "S-CLERK", "S-HEAD"],
        ["S-KEEPER"],
    ]
    assert (first.previous, third.next) == ("", "")
    assert [row.employee_no for row in page(before=third.previous)] == walked[1]
    back = page(before=second.previous)
    assert ([row.employee_no for row in back], back.previous) == (walked[0], "")
    assert [row.employee_no for row in page(after="forged")] == walked[0]


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list_do_not_grow(client, world, rows, django_assert_num_queries):
    for number in range(rows):
        person = make_user(unit=world.s1a, role=None, no=f"Q{number}")
        make_post(user=person, unit=world.s1a, function="客户专员")
    client.force_login(world.south_head)
    client.get("/people/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/people/", {"q": "Q"})

    assert page.content.count(b"data-person=") == rows
    # session, user, grants, rights, units of the filter, people, posts
    assert len(queries) <= 8


@pytest.mark.parametrize(
    ("who", "no", "status"),
    [
        ("north_head", "N-CLERK", 200),
        ("north_head", "S-CLERK", 404),
        ("north_head", "NOBODY", 404),
        ("boss", "S-CLERK", 200),
    ],
)
def test_a_person_out_of_reach_does_not_exist(client, world, who, no, status):
    client.force_login(getattr(world, who))

    assert client.get(f"/people/{no}/").status_code == status


def test_a_persons_page_masks_and_says_what_he_may_do(client, world):
    world.north_clerk.phone = "+8613812345507"
    world.north_clerk.save()
    client.force_login(world.north_head)
    body = client.get("/people/N-CLERK/").content.decode()

    assert "138****5507" in body
    assert "13812345507" not in body
    assert "业务人员" in body
    assert "客户专员" in body


def test_my_language_is_kept(client, world, settings):
    client.force_login(world.north_clerk)
    answer = client.post("/account/", {"language": "en"})

    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    world.north_clerk.refresh_from_db()
    assert world.north_clerk.language == "en"
    assert 'lang="en"' in client.get("/account/").content.decode()
    assert client.post("/account/", {"language": "xx"}).status_code == 422


def test_the_switch_in_the_menu_is_remembered_too(client, world):
    client.force_login(world.north_clerk)
    client.post("/language/", {"language": "en", "next": "/account/"})

    world.north_clerk.refresh_from_db()
    assert world.north_clerk.language == "en"
