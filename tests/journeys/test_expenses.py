"""Money for customers: asked for, decided, paid, proved; and refused when there is none."""

import re
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from approvals.services import approve
from approvals.services.absences import act_for
from expenses.models import Application
from expenses.states import State
from tests.attached import picture
from tests.expenses.papers import cast_of, give_budget, submitted, tasks
from tests.factories import make_customer, make_post, make_user
from tests.journeys.browser import NARROW, check

NAMES = {"commerce": "赵琳", "product": "宋涛", "general": "何建军", "finance": "冯洁"}


def people_of(world):
    """Those who decide, with names one can read on a page."""
    cast = cast_of(world)
    for post, name in NAMES.items():
        person = getattr(cast, post)
        person.name = name
        person.save(update_fields=["name"])
    User.objects.filter(pk=world.north_clerk.pk).update(name="周敏")
    return cast


def agree(page, paper):
    """Open the paper, go to its approval, and agree."""
    page.goto(paper.get_absolute_url())
    page.get_by_role("link", name="去审批").click()
    page.wait_for_url(re.compile(r"/approvals/\d+/"))
    page.locator("#decide button[value=approve]").click()
    page.locator(".crm-toast, .crm-alert").first.wait_for()


def fill_lines(page, *lines):
    for place, (text, count, price) in enumerate(lines):
        page.locator(f"#id_line-{place}-text").fill(text)
        page.locator(f"#id_line-{place}-quantity").fill(count)
        page.locator(f"#id_line-{place}-price").fill(price)


def test_a_party_for_owners_is_asked_for_decided_paid_and_proved(world, signed_in):
    cast = people_of(world)
    give_budget(world, "60000.00", code="event")
    for name in ("陈志远", "刘建国", "单雨晴"):
        make_customer(unit=world.n1a, name=name, keeper=world.north_clerk)

    page = signed_in(world.north_clerk)
    page.goto("/expenses/applications/new/?category=event")
    page.get_by_label("事由").fill("业主亲子运动会")
    page.get_by_label("活动日期").fill((timezone.localdate() + timedelta(days=6)).isoformat())
    page.get_by_label("参加人数").fill("60")
    for name in ("陈志远", "刘建国", "单雨晴"):
        page.locator("#id_customers-ts-control").press_sequentially(name)
        page.locator(".ts-dropdown .option", has_text=name).first.click()
    page.keyboard.press("Escape")
    fill_lines(page, ("场地", "1", "1600"), ("茶点", "60", "20"))
    page.locator("#panel").get_by_text("¥2,800.00").first.wait_for()
    page.locator("#panel").get_by_text("宋涛").wait_for()
    assert "何建军" not in page.locator("#panel").inner_text()
    page.locator("#id_line-1-price").fill("24")
    page.locator("#panel").get_by_text("何建军").wait_for()
    page.locator("#id_line-1-price").fill("20")
    page.locator("#panel").get_by_text("何建军").wait_for(state="detached")
    check(page, narrow=True)
    page.get_by_role("button", name="提交审批").click()
    page.wait_for_url(re.compile(r"/applications/\d+/$"))
    check(page, narrow=True)
    paper = Application.objects.get()
    assert (paper.state, paper.amount, paper.customers.count()) == (
        State.IN_APPROVAL, Decimal("2800.00"), 3,
    )  # fmt: skip

    agree(signed_in(cast.commerce), paper)
    phone = signed_in(cast.product, viewport=NARROW, has_touch=True, is_mobile=True)
    agree(phone, paper)
    office = signed_in(cast.finance)
    agree(office, paper)
    paper.refresh_from_db()
    assert paper.state == State.APPROVED

    office.goto(paper.get_absolute_url())
    office.get_by_role("link", name="登记付款").click()
    office.get_by_label("凭证号").fill("P-1107")
    office.get_by_role("button", name="保存付款").click()
    office.get_by_text("付款已登记").first.wait_for()
    check(office, narrow=True)

    page.goto(paper.get_absolute_url())
    page.get_by_role("link", name="凭证与票据").first.click()
    for kind, colour in (("photo", "navy"), ("sign_in", "white")):
        page.locator("#evidence_kind").select_option(kind)
        page.locator("#id_files").set_input_files(
            {"name": f"{kind}.jpg", "mimeType": "image/jpeg", "buffer": picture(colour)}
        )
        page.locator("#evidence").get_by_text(f"{kind}.jpg").wait_for()
    page.locator("#evidence").get_by_text("凭证齐备").wait_for()
    check(page, narrow=True)
    paper.refresh_from_db()
    assert paper.state == State.PAID
    assert paper.evidence_done_at is not None


def test_a_larger_sum_climbs_to_the_general_manager_whose_assistant_signs(world, signed_in):
    cast = people_of(world)
    give_budget(world, "60000.00", code="event")
    assistant = make_user(unit=world.group, role="group-function", no="M-ASSIST", name="林静")
    make_post(user=assistant, unit=world.group, function="总经理助理")
    now = timezone.now()
    act_for(cast.general, assistant, now, now + timedelta(days=3), "出差")
    paper = submitted(world, "3500.00", code="event")
    while (task := tasks(paper)[0]).person != cast.general:
        approve(task, by=task.person)

    page = signed_in(assistant)
    page.goto("/approvals/inbox/")
    page.get_by_text("业主亲子运动会").first.wait_for()
    agree(page, paper)
    page.goto(paper.get_absolute_url())
    page.locator(".crm-decisions li", has_text="林静").filter(has_text="何建军").wait_for()
    check(page, narrow=True)
    assert tasks(paper)[0].person == cast.finance


def test_an_exhausted_budget_says_what_is_left_and_who_can_help(world, signed_in):
    people_of(world)
    give_budget(world, "2000.00", code="survey")
    make_user(unit=world.n1, role="section-head", no="N-BUDGET", name="刘洋")

    page = signed_in(world.north_clerk)
    page.goto("/expenses/applications/new/?category=survey")
    page.get_by_label("事由").fill("下半年满意度调查")
    fill_lines(page, ("电话访问", "350", "10"))
    sentence = page.locator("#panel .crm-tone-bad")
    sentence.first.wait_for()
    assert "¥2,000.00" in sentence.first.inner_text()
    assert "¥1,500.00" in sentence.first.inner_text()
    assert "刘洋" in sentence.first.inner_text()
    with page.watch.expecting(422):
        page.get_by_role("button", name="提交审批").click()
        summary = page.locator(".crm-summary, [role=alert]").first
        summary.get_by_text("¥1,500.00").wait_for()
    assert page.get_by_label("事由").input_value() == "下半年满意度调查"
    assert not Application.objects.exists()
