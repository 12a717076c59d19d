"""An administrator gives one region a time limit of its own; its sibling keeps the group's."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from regions.models import PolicyValue
from regions.policies import policy
from regions.policies.types import Span
from tests.factories import World, make_customer
from tests.journeys.browser import check

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

KEY = "complaints.first_response"


def test_a_region_gets_a_time_limit_of_its_own(signed_in, world: World):
    for number in range(3):
        make_customer(unit=world.n1a, name=f"张客户{number}")
    page: Page = signed_in(world.admin)

    page.goto("/policies/?unit=N")
    check(page, narrow=True)
    page.get_by_role("link", name="投诉首次响应", exact=True).click()
    expect(page.get_by_text("24 小时").first).to_be_visible()
    check(page, narrow=True)

    page.get_by_role("link", name="修改取值").click()
    page.get_by_label("新取值").fill("4")
    page.get_by_label("时间单位").select_option("working_hours")
    page.get_by_label("原因").fill("北方区域细则第三条")
    page.get_by_role("button", name="预览影响").click()

    effect = page.get_by_role("status").filter(has=page.get_by_role("heading", name="影响"))
    expect(effect).to_contain_text("4 个单位的取值将变化。")
    expect(effect).to_contain_text("涉及人员 3 人。")
    expect(effect).to_contain_text("涉及客户 3 位。")
    check(page, narrow=True)
    assert PolicyValue.objects.count() == 0

    page.get_by_role("button", name="保存新版本").click()
    page.wait_for_url(f"**/policies/{KEY}/?unit=N")
    expect(page.get_by_text("北方区域细则第三条")).to_be_visible()
    expect(page.get_by_text("第 1 版", exact=False)).to_be_visible()

    page.goto(f"/policies/{KEY}/?unit=N1")
    chain = page.get_by_role("list", name="取值来源")
    expect(chain.get_by_role("listitem").nth(2)).to_contain_text("4 个工作小时")
    expect(chain.get_by_role("listitem").nth(2)).to_contain_text("现行")
    expect(chain.get_by_role("listitem").nth(3)).to_contain_text("未自设")
    check(page, narrow=True)

    page.goto("/policies/?unit=N1&topic=complaints")
    row = page.locator(f'[data-policy="{KEY}"]')
    expect(row).to_contain_text("北方区域")
    page.goto("/policies/?unit=S1&topic=complaints")
    expect(row).to_contain_text("24 小时")
    expect(row).to_contain_text("系统默认")

    tomorrow = timezone.localdate() + timedelta(days=1)
    assert policy(KEY, world.n1a, tomorrow) == Span(4, "working_hours")
    assert policy(KEY, world.s1a, tomorrow) == Span(24, "hours")
