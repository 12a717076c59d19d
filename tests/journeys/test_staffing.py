"""A city without head is found, explained, mended, and the finding closes; a leaver's account."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User, UserState
from compliance.models import AccountChange, Finding
from compliance.services import findings
from customers.models import CustomerUnit
from tests.factories import make_customer, make_post, make_user
from tests.journeys.browser import check
from tests.journeys.test_head import choose

pytestmark = pytest.mark.journey

HEAD = "客户关系中心(部)负责人"


def test_a_city_without_head_is_found_explained_mended_and_closes(world, signed_in):
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    User.objects.filter(pk=world.north_keeper.pk).update(name="赵若娜")
    page = signed_in(world.north_head)

    page.goto("/compliance/findings/")
    expect(page.get_by_text("没有未关闭的问题。")).to_be_visible()
    page.get_by_role("button", name="立即检查").click()
    expect(page.get_by_text("检查已完成")).to_be_visible()
    check(page, narrow=True)
    page.get_by_role("link", name="北方公司尚未指定客户关系部门负责人。").first.click()
    page.wait_for_url(re.compile(r"/findings/\d+/$"))
    check(page, narrow=True)

    page.get_by_role("link", name="分派").click()
    choose(page, "id_to", "赵若娜")
    page.get_by_label("截止").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("问题已分派，已通知责任人。")).to_be_visible()

    colleague = signed_in(world.north_keeper)
    colleague.goto("/compliance/me/")
    colleague.get_by_role("link", name="北方公司尚未指定客户关系部门负责人。").click()
    colleague.get_by_role("link", name="说明情况").click()
    colleague.get_by_label("说明").fill("人选已确定，下周到岗。")
    colleague.get_by_role("button", name="保存").click()
    expect(colleague.get_by_text("说明已保存。")).to_be_visible()
    finding = Finding.objects.get(rule="ORG-05", unit=world.n1)
    assert (finding.state, finding.owner) == ("explained", world.north_keeper)

    # Somebody takes the post; the next run closes the finding by itself.
    person = make_user(unit=world.n1, no="N1-HEAD", role="section-head")
    make_post(user=person, unit=world.n1, function=HEAD, reports_to="城市总经理")
    findings.run_checks()
    page.reload()
    expect(page.get_by_text("已整改").first).to_be_visible()
    expect(page.get_by_role("link", name="分派")).to_have_count(0)
    page.goto("/compliance/findings/?rule=ORG-05&unit=N1")
    expect(page.get_by_text("没有符合条件的检查问题。")).to_be_visible()


def test_a_leaver_is_closed_in_one_guided_step(world, signed_in):
    """Named on the form, approved above, handed over and closed; the form is done by itself."""
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    User.objects.filter(pk=world.north_clerk.pk).update(name="周敏")
    heir = make_user(unit=world.n1a, no="N-HAN", name="韩雪")
    for number in range(3):
        make_customer(unit=world.n1a, by=None, keeper=world.north_clerk, name=f"陈业主{number}")

    page = signed_in(world.north_keeper)
    page.goto("/account-changes/new/?cause=leave&person=N-CLERK")
    choose(page, "id_unit", "北方花园")
    page.get_by_role("textbox", name="原因").fill("本人申请离职")
    page.get_by_label("处理要求").fill("交接后关闭账号")
    check(page, narrow=True)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("变更表已提交审批。")).to_be_visible()
    change = AccountChange.objects.get()
    assert (change.state, change.kind) == ("in_approval", "close")

    head = signed_in(world.north_head)
    head.goto(change.get_absolute_url())
    head.get_by_role("link", name="查看审批").click()
    head.locator("#decide button[value=approve]").click()
    head.locator(".crm-toast, .crm-alert").first.wait_for()

    head.goto(change.get_absolute_url())
    check(head, narrow=True)
    head.get_by_role("link", name="移交并关闭账号").click()
    head.get_by_role("link", name="移交全部工作").click()
    choose(head, "id_to", "韩雪")
    head.get_by_role("button", name="查看分配结果").click()
    head.get_by_role("button", name="移交全部").click()
    expect(head.get_by_text("已移交 3 件工作。")).to_be_visible()
    head.goto("/people/N-CLERK/leave/")
    head.get_by_role("button", name="完成办理").click()
    expect(head.get_by_text("的离职办理。")).to_be_visible()

    leaver = User.objects.get(pk=world.north_clerk.pk)
    assert leaver.state == UserState.LEFT
    assert not leaver.grants.filter(valid_until=None).exists()
    assert CustomerUnit.objects.filter(keeper=heir).count() == 3
    change.refresh_from_db()
    assert (change.state, change.is_late) == ("done", False)
