"""Finding something with the keyboard alone; the pages on a desk and on a telephone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import Page, expect

from accounts.models import Role
from reports.models import Remembered
from tests.factories import World, make_case, make_customer, make_daily
from tests.journeys.browser import check, picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(world: World) -> World:
    for number in range(7):
        make_customer(unit=world.n1a, name=f"青龙桥{number}号商贸", kind="organisation")
        make_case(unit=world.n1a, name="李四", content=f"小区北门青龙桥附近第{number}盏路灯不亮")
    make_daily(unit=world.n1a, person=world.north_clerk)
    return world


def test_a_search_from_the_slash_to_the_record(
    archive: World, signed_in: Callable[..., Page], tmp_path: Path
) -> None:
    page = signed_in(archive.north_head)
    page.goto("/approvals/inbox/")
    page.keyboard.press("/")
    page.keyboard.type("青龙桥")
    quick = page.locator("#crm-quick")
    expect(quick.locator("a")).to_have_count(6)
    expect(quick.locator("mark").first).to_have_text("青龙桥")
    picture(page, tmp_path, "search-quick")

    page.keyboard.press("ArrowDown")
    expect(quick.locator("a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#crm-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(quick).to_be_hidden()

    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    expect(page.locator("main .crm-hits-group")).to_have_count(2)
    check(page, narrow=True)
    picture(page, tmp_path, "search-page")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(page.locator("main .crm-hit").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*/")
    kinds = set(Remembered.objects.values_list("kind", flat=True))
    assert kinds == {"", "customers"}

    page.goto("/search/")
    expect(page.locator("main .crm-hit").first).to_contain_text("青龙桥")
    check(page, narrow=True)
    picture(page, tmp_path, "search-memory")


def test_the_reference_is_drawn_under_the_policy(
    archive: World, signed_in: Callable[..., Page], tmp_path: Path
) -> None:
    right = Permission.objects.get(codename="use_api")
    Role.objects.get(code="section-head").permissions.add(right)
    page = signed_in(archive.north_head)
    page.goto("/system/api/")

    expect(page.locator(".opblock")).not_to_have_count(0)
    expect(page.get_by_text("/api/v1/customers/", exact=True).first).to_be_visible()
    picture(page, tmp_path, "api-reference")
