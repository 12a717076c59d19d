"""A head hands a leaver's customers over, undoes it, does it again and closes the account."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from customers.models import CustomerUnit
from tests.factories import make_customer, make_user
from tests.journeys.browser import check, picture
from tests.journeys.test_head import choose, choose_several

pytestmark = pytest.mark.journey

PICTURES = os.environ.get("CRM_PICTURES", "")


def look(page, name):
    """A file of the page for whoever asked for pictures."""
    if PICTURES:
        picture(page, Path(PICTURES), name)


def kept(user):
    return CustomerUnit.objects.filter(keeper=user).count()


def test_a_leaver_hands_over_and_his_account_is_closed(world, signed_in):
    for number in range(6):
        make_customer(
            unit=world.n1a, by=world.north_head, keeper=world.north_clerk, name=f"陈业主{number}"
        )
    first = make_user(unit=world.n1a, no="N-ZHOU", name="周敏")
    second = make_user(unit=world.n1a, no="N-HAN", name="韩雪")
    page = signed_in(world.north_head)

    page.goto("/people/N-CLERK/leave/")
    expect(page.get_by_text("先移交工作")).to_be_visible()
    check(page, narrow=True)
    look(page, "leave")
    page.get_by_role("link", name="移交全部工作").click()
    page.get_by_label("依次平均分给多人").check()
    choose_several(page, "id_people", "周敏", "韩雪")
    check(page, narrow=True)
    look(page, "plan")
    page.get_by_role("button", name="查看分配结果").click()
    expect(page.get_by_role("heading", name="分配结果")).to_be_visible()
    check(page, narrow=True)
    look(page, "preview")
    page.get_by_role("button", name="移交全部").click()
    expect(page.get_by_text("已移交 6 件工作。")).to_be_visible()
    assert (kept(first), kept(second), kept(world.north_clerk)) == (3, 3, 0)

    colleague = signed_in(first)
    colleague.goto("/customers/")
    expect(colleague.get_by_text("共 3 位")).to_be_visible()

    page.get_by_role("button", name="撤销移交").click()
    expect(page.get_by_text("移交已撤销。")).to_be_visible()
    look(page, "undone")
    assert kept(world.north_clerk) == 6
    page.go_back()  # no question whether to send a form again
    expect(page.get_by_role("heading", name="移交", exact=True)).to_be_visible()

    page.goto("/people/N-CLERK/hand-over/?cause=leaving")
    choose(page, "id_to", "周敏")
    page.get_by_role("button", name="查看分配结果").click()
    page.get_by_role("button", name="移交全部").click()
    expect(page.get_by_text("已移交 6 件工作。")).to_be_visible()
    page.goto("/people/N-CLERK/leave/")
    page.get_by_role("button", name="完成办理").click()
    expect(page.get_by_text("已完成 员工N-CLERK 的离职办理。")).to_be_visible()
    world.north_clerk.refresh_from_db()
    assert (world.north_clerk.state, kept(world.north_clerk)) == ("left", 0)


def test_sharing_and_reviewing_read_well(world, signed_in):
    customer = make_customer(
        unit=world.n1a, by=world.north_head, keeper=world.north_clerk, name="陈业主"
    )
    page = signed_in(world.north_head)
    for address, name in (
        (f"/customers/{customer.pk}/share/", "share"),
        (f"/customers/{customer.pk}/access/", "who"),
        ("/shares/", "shares"),
        ("/grants/review/", "review"),
        ("/people/N-CLERK/access/", "access"),
    ):
        page.goto(address)
        check(page, narrow=True)
        look(page, name)
