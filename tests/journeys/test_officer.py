"""A customer officer's day: find an owner, call him, plan a visit, keep the promise."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from audit.models import Entry
from customers.models import Activity, ActivityState, Customer
from tests.factories import World, make_customer, make_ownership, make_property
from tests.journeys.browser import check

pytestmark = pytest.mark.journey

PHONE = "13800005507"
HIDDEN_AFTER = 61_000  # milliseconds; a shown number hides itself after a minute


@pytest.fixture
def owner(world: World) -> Customer:
    """单雨晴 of 北方花园, kept by the north's officer; the surname is read Shan."""
    clerk = world.north_clerk
    customer = make_customer(
        unit=world.n1a, by=clerk, keeper=clerk, name="单雨晴", phone=f"+86{PHONE}"
    )
    flat = make_property(unit=world.n1a, building="3", building_unit="2", room="1201")
    make_ownership(customer=customer, flat=flat, handed_over_on=date(2026, 3, 28))
    return customer


def search(page: Page, text: str) -> None:
    box = page.get_by_role("searchbox", name="搜索客户、房号、号码")
    box.fill(text)
    box.press("Enter")
    page.wait_for_url(re.compile("/search/"))


def test_an_officer_finds_calls_and_visits_an_owner(world, owner, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/")
    for text in ("shanyuqing", "syq", "5507", "3栋2单元1201", PHONE):
        search(page, text)
        assert PHONE not in page.url
        expect(page.get_by_role("link", name="单雨晴")).to_be_visible()
    check(page)
    page.get_by_role("link", name="单雨晴").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("单雨晴")
    expect(page.get_by_text("138****5507")).to_be_visible()
    check(page, narrow=True)

    log_a_call(page)
    plan_a_visit(page)
    owner.refresh_from_db()
    assert [*owner.activities.order_by("pk").values_list("kind", "state")] == [
        ("call", "done"),
        ("visit", "planned"),
    ]
    complete_the_visit(page)
    visit = Activity.objects.get(kind="visit")
    assert (visit.state, visit.result) == (ActivityState.DONE, "业主满意，无遗留问题")


def log_a_call(page: Page) -> None:
    page.get_by_role("link", name="记录跟进").click()
    check(page)
    page.get_by_label("内容").fill("回访交付后的感受")
    page.get_by_label("下次联系").fill("2031-01-15")
    page.get_by_role("button", name="保存跟进").click()
    expect(page.get_by_text("跟进已保存。")).to_be_visible()
    expect(page.get_by_text("回访交付后的感受")).to_be_visible()
    expect(page.get_by_text("2031-01-15")).to_be_visible()


def plan_a_visit(page: Page) -> None:
    """For the end of today, so that it is due and not yet overdue."""
    page.get_by_role("link", name="记录跟进").click()
    page.get_by_role("radio", name="计划").check()
    page.get_by_label("类型").select_option("visit")
    page.get_by_label("时间").fill(f"{timezone.localdate()}T23:59")
    page.get_by_label("内容").fill("上门看渗漏维修")
    page.get_by_role("button", name="保存跟进").click()
    expect(page.get_by_text("上门看渗漏维修")).to_be_visible()


def complete_the_visit(page: Page) -> None:
    page.goto("/")
    tasks = page.locator("#tasks")
    expect(tasks.get_by_text("上门看渗漏维修")).to_be_visible()
    check(page, narrow=True)
    tasks.get_by_role("link", name="完成", exact=True).click()
    page.get_by_label("结果").fill("业主满意，无遗留问题")
    page.get_by_role("button", name="完成跟进").click()
    expect(page.get_by_text("跟进已完成。")).to_be_visible()
    page.goto("/")
    expect(page.locator("#tasks").get_by_text("上门看渗漏维修")).to_have_count(0)


def test_a_number_is_shown_for_a_reason_and_for_a_minute(world, owner, signed_in):
    page = signed_in(world.north_clerk)
    page.clock.install()
    page.goto(owner.get_absolute_url())
    show = page.get_by_role("button", name="显示手机")
    show.click()
    reason = page.get_by_label("原因")
    expect(reason).to_be_visible()
    assert PHONE not in page.content()
    reason.select_option("call-back")
    page.get_by_role("button", name="显示", exact=True).click()
    expect(page.get_by_text(PHONE)).to_be_visible()
    check(page)

    page.clock.run_for(HIDDEN_AFTER)
    expect(page.get_by_text("138****5507")).to_be_visible()
    assert PHONE not in page.content()
    page.get_by_role("button", name="再次显示").click()
    expect(page.get_by_text(PHONE)).to_be_visible()  # the reason is asked once a day
    shown = Entry.objects.filter(action="customer.revealed")
    assert [entry.detail["reason"] for entry in shown] == ["call-back"] * 2


def test_a_siblings_officer_finds_nothing(world, owner, signed_in):
    page = signed_in(world.south_clerk)
    page.goto("/")
    for text in ("shanyuqing", "syq", "单雨晴", "5507", "3栋2单元1201", PHONE):
        search(page, text)
        expect(page.get_by_text("没有找到。试试两个以上汉字、拼音或完整手机号。")).to_be_visible()
        expect(page.get_by_role("link", name="单雨晴")).to_have_count(0)
    page.goto("/customers/")
    expect(page.get_by_text("还没有客户。")).to_be_visible()
    check(page)
    with page.watch.expecting(404):
        answer = page.goto(owner.get_absolute_url())
    assert answer.status == 404
    assert "单雨晴" not in page.content()
    check(page, narrow=True)


def test_what_was_promised_stands_on_the_home_page(world, owner, signed_in):
    place = owner.places.get()
    place.next_contact_on = timezone.localdate() - timedelta(days=1)
    place.save(update_fields=["next_contact_on"])
    page = signed_in(world.north_clerk)
    page.goto("/")
    tile = page.get_by_role("link", name=re.compile("待联系"))
    expect(tile).to_contain_text("1")
    tile.click()
    expect(page.get_by_role("link", name="单雨晴")).to_be_visible()
