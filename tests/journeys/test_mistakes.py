"""What goes wrong, and what the pages do about it; and what works without script or mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from customers.models import Activity, Customer
from customers.services import change_customer
from tests.factories import PASSWORD, World, make_customer
from tests.journeys.browser import check
from tests.journeys.conftest import log_in

pytestmark = pytest.mark.journey

WRONG = "工号或密码不正确。连续输错会暂时锁定。"


@pytest.fixture
def owner(world: World) -> Customer:
    clerk = world.north_clerk
    return make_customer(unit=world.n1a, by=clerk, keeper=clerk, name="陈志远")


def test_wrong_passwords_lock_the_account_without_telling_more(world, page):
    with page.watch.expecting(422):
        for _ in range(5):
            log_in(page, world.north_clerk, "wrong")
            expect(page.get_by_text(WRONG)).to_be_visible()
        check(page, narrow=True)
        log_in(page, world.north_clerk, PASSWORD)  # the right one, too late
        expect(page.get_by_text(WRONG)).to_be_visible()
        expect(page.get_by_label("工号")).to_have_value("N-CLERK")
    log_in(page, world.south_clerk, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("今日")


def test_a_form_keeps_what_was_typed_and_leads_to_the_mistakes(world, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/customers/new/")
    page.get_by_label("姓名").fill("林静")
    page.get_by_label("手机", exact=True).fill("12345")
    page.get_by_label("证件号码").fill("420106199001011234")
    page.get_by_label("备注").fill("周末联系")
    with page.watch.expecting(422):
        page.get_by_role("button", name="保存客户").click()
        summary = page.locator(".crm-summary")
        expect(summary).to_be_focused()
        expect(summary.get_by_role("link")).to_have_count(2)
        check(page, narrow=True)
    kept = {"姓名": "林静", "手机": "12345", "证件号码": "420106199001011234", "备注": "周末联系"}
    for label, value in kept.items():
        expect(page.get_by_label(label, exact=label == "手机")).to_have_value(value)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("手机", exact=True)).to_be_focused()
    page.keyboard.type("6")
    page.get_by_label("手机", exact=True).fill("138 0000 5507")
    page.get_by_label("证件号码").fill("")
    page.get_by_label("备注").press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("林静")
    expect(page.get_by_text("138****5507")).to_be_visible()


def test_two_people_edit_one_customer(world, owner, signed_in):
    page = signed_in(world.north_clerk)
    page.goto(f"{owner.get_absolute_url()}edit/")
    change_customer(owner, by=world.north_head, address="滨江路 8 号")
    page.get_by_label("备注").fill("喜静")
    with page.watch.expecting(422):
        page.get_by_role("button", name="保存客户").click()
        expect(page.locator(".crm-summary")).to_be_focused()
        check(page)
    expect(page.get_by_label("备注")).to_have_value("喜静")
    owner.refresh_from_db()
    assert (owner.address, owner.remark) == ("滨江路 8 号", "")


def test_an_ended_session_leads_back_to_where_it_ended(world, owner, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/customers/")
    page.context.clear_cookies()
    page.get_by_role("link", name="陈志远").click()
    page.wait_for_url(re.compile(rf"/login/\?next={owner.get_absolute_url()}"))
    page.get_by_label("工号").fill("n-clerk")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("陈志远")


def test_an_ended_session_under_a_filter_leads_to_the_door(world, owner, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/customers/")
    page.context.clear_cookies()
    with page.watch.expecting(401):
        page.locator("#id_q").fill("陈志远")
        page.wait_for_url(re.compile("/login/"))


def test_language_and_colours_follow_the_reader(world, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/customers/")
    page.locator("summary.crm-user").click()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer list")
    assert page.url.endswith("/customers/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    check(page, narrow=True)
    page.locator("summary.crm-user").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("客户列表")


def test_keys_lead_through_the_pages(world, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("跳到主要内容")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(re.compile("/customers/$"))
    page.keyboard.press("/")
    box = page.get_by_role("searchbox", name="搜索客户、房号、号码")
    expect(box).to_be_focused()
    page.keyboard.type("g?")  # typed, not obeyed
    expect(box).to_have_value("g?")
    page.keyboard.press("Escape")  # puts the list below the box away
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    page.wait_for_url(re.compile("/help/$"))


def test_the_daily_work_needs_no_script(world, owner, new_page):
    page = new_page(java_script_enabled=False)
    log_in(page, world.north_clerk, PASSWORD)
    page.goto("/customers/")
    page.locator("#id_q").fill("chenzhi")
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_text("共 1 位")).to_be_visible()

    page.goto("/customers/new/")
    page.get_by_label("姓名").fill("林静")
    page.get_by_role("button", name="保存客户").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("林静")
    log_without_script(page)
    done = Activity.objects.get()
    assert (done.customer.name, done.content) == ("林静", "首次联系")


def log_without_script(page: Page) -> None:
    page.get_by_role("link", name="记录跟进").click()
    page.get_by_label("内容").fill("首次联系")
    page.get_by_role("button", name="保存跟进").click()
    expect(page.get_by_text("首次联系")).to_be_visible()
