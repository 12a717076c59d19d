"""Somebody is told something: the bell counts it, opening it takes it off again."""

import pytest

from core.models import Notice
from core.notices import notify
from tests.journeys.browser import NARROW, axe, sideways

pytestmark = pytest.mark.journey


def tell(user, key: str, url: str = "/help/") -> None:
    notify([user], "core.export_ready", key=key, url=url, rows=3, outcome="done")


def test_a_notice_is_seen_in_the_bell_opened_and_gone(world, signed_in):
    tell(world.north_clerk, "a")
    tell(world.north_clerk, "b")
    page = signed_in(world.north_clerk)
    page.goto("/")
    bell = page.locator(".crm-bell > summary")
    number = page.locator("[data-bell-count]")
    assert number.inner_text() == "2"

    bell.click()
    entries = page.locator(".crm-bell-list a")
    entries.first.wait_for()
    assert entries.count() == 2
    entries.first.click()
    page.wait_for_url("**/help/")
    assert number.inner_text() == "1"

    page.goto("/notifications/")
    assert axe(page) == []
    page.get_by_role("button", name="全部标为已读").click()
    page.wait_for_load_state()
    assert number.count() == 0
    assert Notice.objects.unread().count() == 0


def test_the_number_follows_without_moving_the_focus(world, signed_in):
    page = signed_in(world.north_clerk)
    page.clock.install()
    page.goto("/")
    page.locator("[data-shortcut='/']").focus()
    tell(world.north_clerk, "a")
    with page.expect_response("**/notifications/count/") as answer:
        page.clock.run_for(66_000)
    assert answer.value.request.headers["x-poll"] == "1"
    page.locator("[data-bell-count='1']").wait_for(state="attached")
    assert page.evaluate("document.activeElement.dataset.shortcut") == "/"
    assert page.locator("[data-bell-voice]").inner_text() != ""


def test_the_bell_serves_a_phone(world, signed_in):
    tell(world.north_clerk, "a")
    page = signed_in(world.north_clerk)
    page.set_viewport_size(NARROW)
    for address in ("/notifications/", "/account/notifications/"):
        page.goto(address)
        page.locator(".crm-bell > summary").click()
        page.locator(".crm-bell-list a, .crm-bell-none").first.wait_for()
        assert sideways(page) == []
        assert axe(page) == []


def test_without_script_the_bell_leads_to_the_list(world, signed_in):
    tell(world.north_clerk, "a")
    page = signed_in(world.north_clerk, java_script_enabled=False)
    page.goto("/help/")
    page.locator(".crm-bell > summary").click()
    page.get_by_role("link", name="全部通知").click()
    page.get_by_role("link", name="您的导出已完成").click()
    page.wait_for_url("**/help/")
    assert page.locator("[data-bell-count]").count() == 0


def test_an_administrator_sees_the_outbox_and_makes_a_webhook(world, signed_in):
    page = signed_in(world.admin)
    page.goto("/system/outbox/")
    assert page.get_by_text("尚未配置邮件服务器").is_visible()
    assert axe(page) == []
    page.goto("/system/webhooks/new/")
    page.get_by_label("名称").fill("总线")
    page.get_by_label("地址").fill("https://hooks.example.cn/crm")
    page.get_by_label("导出完成").check()
    page.get_by_role("button", name="保存推送").click()
    assert len(page.locator("[data-secret]").inner_text()) == 64
    assert axe(page) == []
    page.get_by_role("link", name="我已保存").click()
    page.get_by_role("button", name="发送测试").click()
    page.get_by_text("测试消息").first.wait_for()
    assert axe(page) == []
