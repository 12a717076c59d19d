"""A case with trouble: paused, late, up to the city, closed too early, and found in the month."""

import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.utils import timezone

from complaints.models import Case, Category, EscalationStep
from complaints.states import State
from tests.complaints.cases import stand
from tests.factories import World, make_case, make_post, make_user
from tests.journeys.browser import check

CITY_HEAD = "客户关系中心(部)负责人"


@pytest.fixture
def case(world: World) -> Case:
    """A leak that the clerk of the northern project works on."""
    leak = Category.objects.get(name="渗漏")
    made = make_case(unit=world.n1a, assign=False, category=leak)
    return stand(made, State.IN_PROGRESS, world.north_clerk)


def press(page, name):
    """One of the moves of a case: its button, or its line in the menu of rare ones."""
    page.locator("main").get_by_role("link", name=name, exact=True).click()


def test_a_pause_stops_the_clock_until_the_work_goes_on(case, world, signed_in):
    page = signed_in(world.north_clerk)
    page.goto(case.get_absolute_url())
    press(page, "等待施工方")
    page.get_by_label("原因").fill("等待防水材料到货")
    check(page, narrow=True)
    page.get_by_role("button", name="等待施工方").click()
    page.get_by_text("计时已暂停").first.wait_for()
    press(page, "恢复办理")
    page.get_by_role("button", name="恢复办理").click()
    page.wait_for_url(re.compile(rf"/complaints/{case.pk}/$"))
    page.locator("main").get_by_role("link", name="为什么？").first.click()
    check(page, narrow=True)

    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS
    assert case.pauses.get().reason == "等待防水材料到货"


def test_a_late_case_climbs_to_the_city_whose_head_urges(case, world, signed_in):
    head = make_user(unit=world.n1, role="section-head", no="N1-HEAD", name="何建军")
    make_post(user=head, unit=world.n1, function=CITY_HEAD)
    step = EscalationStep.objects.filter(case=case, relation="city_head").order_by("at").last()
    moment = step.at + dt.timedelta(minutes=1)
    Case.objects.filter(pk=case.pk).update(next_due_at=timezone.now() - dt.timedelta(minutes=5))
    call_command("escalate", "--now", moment.isoformat(), "--json")

    page = signed_in(head)
    page.goto("/")
    page.locator(".crm-bell summary").click()
    page.locator("[data-bell-latest]").get_by_text(case.number).first.click()
    page.wait_for_url(re.compile(rf"/complaints/{case.pk}/$"))
    assert "何建军" in page.locator("main").inner_text()
    page.goto("/complaints/overdue/")
    check(page, narrow=True)
    row = page.locator("tr", has_text=case.number)
    row.get_by_role("link", name="催办").click()
    page.get_by_label("原因").fill("请今日回复业主")
    page.get_by_role("button", name="催办").click()
    page.get_by_text("请今日回复业主").first.wait_for()


def test_a_dissatisfied_owner_brings_the_case_back(case, world, signed_in):
    draughty = make_case(unit=world.n1a, assign=False, content="门窗漏风")
    done = stand(draughty, State.RESOLVED, world.north_clerk)
    officer = make_user(unit=world.group, role="hotline", no="G-400", name="孙悦")

    page = signed_in(officer)
    page.goto("/complaints/call-backs/")
    page.get_by_role("link", name="记录回访").first.click()
    page.get_by_label("已联系，不满意").check()
    with page.watch.expecting(422):
        page.get_by_role("button", name="记录回访").click()
        page.locator(".crm-summary").wait_for()
    assert "不满意" in page.locator("main").inner_text()
    check(page, narrow=True)
    page.get_by_label("业主意见").fill("仍然漏风，要求返工")
    page.get_by_role("button", name="记录回访").click()
    page.get_by_text("仍然漏风，要求返工").first.wait_for()

    done.refresh_from_db()
    assert (done.state, done.round) == (State.IN_PROGRESS, 2)


def test_a_manager_goes_from_the_month_down_to_the_cases(case, world, signed_in):
    page = signed_in(world.boss)
    page.goto("/complaints/summary/")
    check(page, narrow=True)
    table = page.get_by_role("region", name="单位")
    for unit in ("北方区域", "北方公司", "北方花园"):
        table.get_by_role("link", name=unit).click()
        page.wait_for_load_state()
    assert re.search(r"/complaints/\?.*unit=N1A", page.url)
    check(page, narrow=True)
    page.get_by_role("link", name=case.number).first.click()
    page.wait_for_url(re.compile(rf"/complaints/{case.pk}/$"))
