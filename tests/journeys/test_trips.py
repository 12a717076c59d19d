"""A trip is approved and kept; a colleague without log-in is named, sanctioned, and appeals."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from compliance.agenda import midnight
from compliance.models import Absence, BulletinRead, Circular, Lapse, Sanction
from compliance.services.nightly import judge_yesterday
from tests.compliance.duties import log_in
from tests.factories import World, make_post, make_user
from tests.journeys.browser import check

pytestmark = pytest.mark.journey

HEAD = "客户关系中心(部)负责人"
HIRED = 22  # days ago
DAY = dt.timedelta(days=1)


def morning(day: dt.date) -> dt.datetime:
    return midnight(day) + dt.timedelta(hours=8, minutes=30)


@pytest.fixture
def monday() -> dt.date:
    """Of the last week that is over."""
    today = timezone.localdate()
    return today - dt.timedelta(days=today.weekday() + 7)


@pytest.fixture
def branch(world: World) -> World:
    """The north with its head, a member of staff with names, and a colleague of his. Everybody
    began three weeks ago and logs in at times, but for the colleague after his first day."""
    today = timezone.localdate()
    make_post(user=world.north_head, unit=world.north, function=HEAD)
    make_user(unit=world.n1a, no="N-HE", name="何明景")
    world.people["colleague"] = User.objects.get(employee_no="N-HE")
    User.objects.update(hired_on=today - HIRED * DAY)
    for person in User.objects.all():
        days = [HIRED] if person == world.colleague else range(HIRED, 7, -4)
        log_in(person, *(morning(today - number * DAY) for number in days))
    User.objects.filter(pk=world.north_clerk.pk).update(name="周敏")
    return world


def test_a_trip_is_asked_for_approved_and_kept(branch, signed_in, monday):
    clerk = signed_in(branch.north_clerk)
    ask(clerk, monday)
    trip = Absence.objects.get()
    assert (trip.state, trip.person.name) == ("in_approval", "周敏")

    head = signed_in(branch.north_head)
    head.goto(trip.get_absolute_url())
    check(head, narrow=True)
    head.get_by_role("link", name="查看审批").first.click()
    head.locator("#decide button[value=approve]").click()
    head.locator(".crm-toast, .crm-alert").first.wait_for()
    trip.refresh_from_db()
    assert trip.state == "approved"

    # Two days of the trip, and the days of that week when he was back.
    log_in(branch.north_clerk, *(morning(monday + number * DAY) for number in (0, 1, 3, 4)))
    judge_yesterday()
    clerk.goto(f"/compliance/me/?month={monday:%Y-%m}")
    week = clerk.locator("#log_ins li").filter(has_text=f"{monday} 当周出差")
    expect(week).to_contain_text("需登录 2 天，已登录 2 天。")
    expect(week).to_contain_text("完成")
    for number in (0, 1, 2):
        cell = f"{monday + number * DAY:%m-%d} 出差"
        expect(clerk.locator(".crm-log-in-info", has_text=cell)).to_have_count(1)
    check(clerk, narrow=True)


def ask(page: Page, monday: dt.date) -> None:
    """Three days that have passed: without a reason and a destination nothing is entered."""
    page.goto("/trips/")
    page.get_by_role("link", name="申请出差或休假").first.click()
    page.locator("#id_first_day").fill(monday.isoformat())
    page.locator("#id_last_day").fill((monday + 2 * DAY).isoformat())
    with page.watch.expecting(422):
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_text("请填写出差目的地。").first).to_be_visible()
    check(page, narrow=True)
    page.get_by_label("目的地").fill("集团总部")
    page.get_by_label("原因").fill("参加季度培训，回来后补录")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("申请已提交审批。")).to_be_visible()


def test_somebody_without_log_in_is_named_appeals_and_is_cleared(branch, signed_in):
    judge_yesterday()
    lapse = Lapse.objects.get()
    assert (lapse.person, lapse.days) == (branch.colleague, HIRED - 1)

    head = signed_in(branch.north_head)
    publish(head)
    sanction = Sanction.objects.get()
    assert (sanction.person, sanction.measure) == (branch.colleague, "circular")

    colleague = signed_in(branch.colleague)
    read_and_appeal(colleague, sanction)
    sanction.refresh_from_db()
    assert sanction.state == "appealed"

    # Whoever imposed it does not decide.
    head.goto(sanction.get_absolute_url())
    expect(head.get_by_text("尚未处理")).to_be_visible()
    expect(head.get_by_role("link", name="处理申诉")).to_have_count(0)
    decide(signed_in(branch.north_keeper), sanction)
    colleague.goto(sanction.get_absolute_url())
    expect(colleague.get_by_text("当时在医院，假条已核实。").first).to_be_visible()
    sanction.refresh_from_db()
    assert (sanction.state, sanction.void_by) == ("void", branch.north_keeper)


def publish(page: Page) -> None:
    """From the list of those without log-in to the notice that the night drafted."""
    page.goto("/compliance/lapses/")
    row = page.locator("#rows tbody tr")
    expect(row).to_contain_text("何明景")
    check(page)
    row.get_by_role("link", name="北方公司未登录人员通报").click()
    expect(page.get_by_text("何明景")).to_be_visible()
    page.get_by_role("link", name="核对并发布").click()
    check(page, narrow=True)
    page.get_by_role("button", name="发布通报").click()
    expect(page.get_by_text("通报已发布。")).to_be_visible()
    assert Circular.objects.get().state == "published"


def read_and_appeal(page: Page, sanction: Sanction) -> None:
    """On the board with a receipt, then on his own page."""
    page.goto("/bulletins/")
    page.get_by_role("link", name="北方公司未登录人员通报").first.click()
    expect(page.get_by_text("何明景").first).to_be_visible()
    page.get_by_role("button", name="我已阅读").click()
    expect(page.get_by_text("已确认阅读").first).to_be_visible()
    assert BulletinRead.objects.get(person=sanction.person).confirmed_at is not None
    page.goto("/compliance/me/")
    page.locator("#sanctions").get_by_role("link", name="通报批评").click()
    page.wait_for_url(re.compile(r"/sanctions/\d+/$"))
    check(page, narrow=True)
    page.get_by_role("link", name="申诉").last.click()
    page.locator("#id_text").fill("这段时间住院，请假单没有及时录入。")
    page.get_by_role("button", name="提交申诉").click()
    expect(page.get_by_text("申诉已提交。")).to_be_visible()


def decide(page: Page, sanction: Sanction) -> None:
    """By somebody else with the right, with a reason."""
    page.goto("/compliance/sanctions/")
    page.locator("#rows tbody").get_by_role("link", name="何明景").click()
    page.get_by_role("link", name="处理申诉").click()
    expect(page.get_by_text("这段时间住院")).to_be_visible()
    page.get_by_role("radio", name="撤销处罚").check()
    page.get_by_label("处理理由").fill("当时在医院，假条已核实。")
    check(page)
    page.locator("form[method=post] button[type=submit].btn-primary").click()
    expect(page.get_by_text("申诉已处理。")).to_be_visible()
