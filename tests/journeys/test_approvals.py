"""A request is submitted, sent back, mended and approved on a telephone's screen; an administrator
publishes the next version of its flow."""

import pytest
from playwright.sync_api import Page, expect

from approvals.models import Approval, Flow
from tests.factories import World, make_post, make_user
from tests.journeys.browser import check

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 390, "height": 844}}


def test_a_request_comes_back_and_is_approved_on_a_telephone(signed_in, world: World):
    lead = make_user(unit=world.n1a, role="section-head", name="高翔")
    make_post(user=lead, unit=world.n1a, function="项目客户关系负责人")
    clerk: Page = signed_in(world.north_clerk)

    clerk.goto("/approvals/requests/")
    check(clerk, narrow=True)
    clerk.get_by_role("link", name="通用申请").click()
    clerk.get_by_label("主题").fill("购置业主活动帐篷")
    clerk.get_by_label("事由").fill("夏季活动没有遮阳")
    clerk.get_by_label("请求事项").fill("同意购置帐篷")
    clerk.get_by_label("金额").fill("1680")
    clerk.get_by_role("button", name="提交审批").click()
    clerk.wait_for_url("**/approvals/*/")
    check(clerk)

    phone: Page = signed_in(lead, **PHONE)
    phone.goto("/approvals/inbox/")
    check(phone)
    phone.get_by_role("link", name="购置业主活动帐篷").first.click()
    expect(phone.get_by_role("listitem").filter(has_text="待您审批").first).to_be_visible()
    check(phone)
    phone.get_by_label("意见").fill("请写明数量")
    phone.get_by_role("button", name="退回").click()
    phone.wait_for_url("**/send-back/")
    expect(phone.get_by_label("意见")).to_have_value("请写明数量")
    phone.get_by_role("button", name="退回").click()
    phone.wait_for_url("**/approvals/inbox/")

    clerk.goto("/approvals/requests/")
    clerk.get_by_role("link", name="购置业主活动帐篷").click()
    expect(clerk.get_by_text("申请已被退回")).to_be_visible()
    expect(clerk.get_by_text("请写明数量")).to_be_visible()
    clerk.get_by_role("link", name="编辑").click()
    clerk.get_by_label("请求事项").fill("同意购置帐篷两顶")
    clerk.get_by_role("button", name="提交审批").click()
    clerk.wait_for_url("**/approvals/*/")

    phone.goto("/approvals/inbox/")
    phone.get_by_role("link", name="购置业主活动帐篷").first.click()
    expect(phone.get_by_text("同意购置帐篷两顶")).to_be_visible()
    phone.get_by_label("意见").fill("同意")
    phone.get_by_role("button", name="同意").click()
    phone.wait_for_url("**/approvals/inbox/")
    expect(phone.get_by_text("没有待您审批的事项。").first).to_be_visible()
    assert Approval.objects.get().state == "approved"


def test_an_administrator_publishes_the_next_version_of_a_flow(signed_in, world: World):
    flow = Flow.objects.get(key="general")
    page: Page = signed_in(world.admin)

    page.goto(f"/approvals/flows/{flow.pk}/")
    check(page, narrow=True)
    page.get_by_role("link", name="新建版本").click()
    drawing = page.locator("#flow-followed")
    page.get_by_label("步骤名称").first.fill("部门负责人")
    expect(drawing).to_contain_text("部门负责人")
    page.get_by_role("button", name="在下方添加步骤").first.click()
    expect(page.get_by_label("步骤名称")).to_have_count(3)
    page.get_by_label("步骤名称").nth(1).fill("财务审单")
    page.get_by_label("步骤名称").nth(1).press("Alt+ArrowUp")
    expect(page.get_by_label("步骤名称").first).to_have_value("财务审单")
    page.get_by_label("审批人").first.select_option("post:财务审单")
    expect(drawing).to_contain_text("3,000 元")
    page.locator("[name=s2-value0]").fill("5000")
    page.locator("[name=s2-value0]").press("Tab")
    expect(drawing).to_contain_text("5,000 元")
    page.locator("[name=s2-is0]").select_option("ge")
    expect(drawing).to_contain_text("金额不低于")
    expect(drawing.locator("svg")).to_contain_text("5,000")
    page.locator("[name=s2-field0]").select_option("")
    expect(drawing).not_to_contain_text("5,000")
    page.locator("[name=s2-field0]").select_option("amount")
    expect(drawing).to_contain_text("5,000 元")
    check(page, narrow=True)
    page.get_by_role("button", name="查看变更并发布").click()
    expect(page.get_by_text("新增步骤")).to_be_visible()
    page.get_by_role("button", name="发布").click()
    page.wait_for_url(f"**/approvals/flows/{flow.pk}/")
    newest = flow.versions.filter(published_at__isnull=False).first()
    assert newest is not None
    steps = newest.definition["steps"]
    assert [step["name"] for step in steps] == ["财务审单", "部门负责人", "上级负责人"]
    assert steps[2]["condition"] == {"all": [{"field": "amount", "is": "ge", "value": "5000"}]}
