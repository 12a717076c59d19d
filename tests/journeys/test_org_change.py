"""A city becomes a region overnight; last quarter's figures stay, and undoing brings it back."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from regions.models import OrgChange, OrgUnit
from regions.services import apply_due
from tests.factories import World, give, make_activity, make_customer, make_user
from tests.journeys.browser import check

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
DAYS_AGO = 40
WORK = 60_000  # milliseconds; a change is carried out while the page waits


def figures(page: Page, first: str, last: str) -> list[str]:
    """The report of a span, a line a unit."""
    page.goto(f"/reports/activity/?from={first}&to={last}")
    return page.locator("tbody tr").all_inner_texts()


def decide(page: Page, link: str, button: str, **filled: str) -> None:
    """Open the question behind a button of the change, fill its form, answer it."""
    page.get_by_role("link", name=link, exact=True).click()
    dialog = page.locator("dialog[open]")
    for name, value in filled.items():
        dialog.locator(f"[name={name}]").fill(value)
    dialog.get_by_role("button", name=button, exact=True).click()


def test_a_city_becomes_a_region_overnight(world: World, signed_in: Callable[..., Page]) -> None:
    today = timezone.localdate()
    then = today - timedelta(days=DAYS_AGO)
    customer = make_customer(unit=world.n1a, name="陈志远", by=world.north_clerk)
    make_activity(
        customer=customer,
        by=world.north_clerk,
        at=timezone.make_aware(datetime.combine(then, time(10))),
    )
    head = make_user(unit=world.n1, role="section-head", no="N1-HEAD")
    second = make_user(unit=world.group, role=None, no="G-SECOND")
    give(second, "system-administrator", world.group)
    span = ((then - timedelta(days=5)).isoformat(), (then + timedelta(days=5)).isoformat())

    boss = signed_in(world.boss)
    before = figures(boss, *span)
    assert any("北方区域" in line and "1" in line for line in before)

    author = signed_in(world.admin)
    tomorrow = today + timedelta(days=1)
    author.goto("/organisation/changes/new/upgrade/?unit=N1")
    author.locator("[name=name]").fill("中原区域")
    author.locator("[name=department_name]").fill("客户关系中心")
    author.locator("[name=department_level]").select_option("second")
    author.locator("[name=heir_name]").fill("郑州公司")
    author.locator("[name=heir_code]").fill("HY01")
    author.locator("[name=effective_on]").fill(tomorrow.isoformat())
    author.locator("[name=reason]").fill("业务扩大")
    author.get_by_role("button", name="预览影响", exact=True).click()
    expect(author.get_by_text("郑州公司").first).to_be_visible(timeout=WORK)
    check(author, narrow=True)
    decide(author, "提交审批", "提交审批")
    expect(author.get_by_text("变更已提交审批。")).to_be_visible(timeout=WORK)

    approver = signed_in(second)
    approver.goto(OrgChange.objects.get().get_absolute_url())
    decide(approver, "批准", "批准", approval_by="集团总裁", approval_number="〔2026〕7 号")
    expect(approver.get_by_text("变更已批准。")).to_be_visible(timeout=WORK)
    assert OrgUnit.objects.get(code="N1").kind == "city"

    (number,) = apply_due(tomorrow)["applied"]

    assert figures(boss, *span) == before
    assert OrgUnit.objects.get(code="N1").kind == "region"
    own = signed_in(User.objects.get(pk=head.pk))
    own.goto("/customers/")
    expect(own.get_by_text("陈志远").first).to_be_visible(timeout=WORK)

    approver.goto(f"/organisation/changes/{number}/")
    decide(approver, "撤销变更", "撤销变更", reason="集团暂缓")
    expect(approver.get_by_text("变更已撤销。")).to_be_visible(timeout=WORK)
    assert OrgUnit.objects.get(code="N1").kind == "city"
    assert not OrgUnit.objects.filter(code="HY01").exists()
    assert figures(boss, *span) == before
    for address in ("/organisation/changes/", "/organisation/tree/", "/organisation/sections/"):
        author.goto(address)
        check(author, narrow=True)
