"""Work on a wave: interviews by telephone, an agency's file, and a low answer that is mended."""

import csv
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from complaints.models import Case
from complaints.services import make_move
from customers.models import Customer
from satisfaction.models import Analysis, Call, Recovery, Response, RunState, Sample, Wave
from satisfaction.services.loop import follow_up, settle
from satisfaction.services.ratings import ask_after_cases
from tests.complaints.cases import facts_for
from tests.factories import World, make_user
from tests.journeys.browser import NARROW, check
from tests.satisfaction.asking import make_link, make_open_wave, make_sample
from tests.satisfaction.surveys import HEADS, answer
from tests.satisfaction.waves import make_owner

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

WORK = 60_000  # milliseconds; a job has to be fetched, done and told


@pytest.fixture
def wave(world: World) -> Wave:
    """An open wave of the group that asks the short questionnaire."""
    return make_open_wave(world.group)


def listed_owner(wave: Wave, world: World, name: str) -> Customer:
    """An owner of the northern project who is on the wave's list."""
    owner = make_owner(world.n1a, name=name)
    make_sample(wave, world.n1a, owner, position=Sample.objects.count() + 1)
    return owner


def test_an_interviewer_calls_back_and_has_the_interview(signed_in, world: World, wave: Wave):
    listed_owner(wave, world, "陈志远")
    by = make_user(unit=world.north, role="interviewer", no="N-INTERVIEWER")
    page = signed_in(by)

    take_the_next(page, "陈志远")
    check(page, narrow=True)
    page.get_by_label("稍后回拨").check()
    with page.watch.expecting(422):  # it does not say when
        page.get_by_role("button", name="保存通话").first.click()
        expect(page.locator(".crm-summary")).to_be_visible()
    page.locator("#id_call_back_at").fill(soon())
    page.get_by_role("button", name="保存通话").first.click()
    expect(page.get_by_text("通话已记录。")).to_be_visible()
    expect(page.get_by_text("当前没有待访问的业主。").first).to_be_visible()
    expect(page.get_by_text("北方花园 · 陈志远")).to_be_visible()
    check(page, narrow=True)

    Sample.objects.update(due_at=timezone.now())  # two hours later
    page.goto("/satisfaction/phone/")
    take_the_next(page, "陈志远")
    expect(page.get_by_text("稍后回拨").first).to_be_visible()  # the earlier call
    why = page.get_by_label("哪里不好")
    expect(why).to_be_hidden()  # asked of those who call repair bad
    page.locator("fieldset", has_text="总体满意").get_by_text("5 非常满意").click()
    page.locator("fieldset", has_text="您的评价").get_by_text("1 非常不满意").click()
    expect(why).to_be_visible()
    why.fill("等了三天")
    page.get_by_label("访问完成").check()
    page.get_by_role("button", name="保存通话").last.click()
    expect(page.get_by_text("通话已记录。")).to_be_visible()

    response = Response.objects.get()
    assert (response.overall, response.asked_by, response.entered_by) == (5, "phone", by)
    assert response.remarks.get().text == "等了三天"
    assert list(Call.objects.order_by("pk").values_list("result", flat=True)) == [
        "call_back",
        "answered",
    ]


def take_the_next(page: Page, name: str) -> None:
    page.goto("/satisfaction/phone/")
    page.get_by_role("button", name="呼叫下一位").click()
    page.wait_for_url(re.compile(r"/satisfaction/phone/\d+/$"))
    expect(page.get_by_text(name)).to_be_visible()


def soon() -> str:
    return timezone.localtime(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")


# --- an agency's file -----------------------------------------------------------------------------


def agency_file(folder: Path) -> Path:
    """Forty answers of each of three projects, as Excel in China saves them."""
    path = folder / "满意度原始数据.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, HEADS)
        writer.writeheader()
        for project, points in (("N1A", 4), ("N1B", 3), ("S1A", 5)):
            for number in range(40):
                overall = points - (number % 4 == 0)
                row = {"样本编号": f"{project}{number}", "项目编码": project}
                writer.writerow(answer() | row | {"Q1总体满意度": overall})
    return path


def test_an_agency_s_file_becomes_figures_down_to_the_project(
    signed_in, world: World, worker, tmp_path
):
    page = signed_in(make_user(unit=world.group, role="section-administrator", no="G-KEEPER"))
    page.goto("/imports/new/")
    page.get_by_role("radio", name="满意度答卷").check()
    page.locator("#id_file").set_input_files(agency_file(tmp_path))
    page.get_by_role("button", name="下一步：对应列").click()
    page.get_by_label("批次").fill("2026-H2")
    page.get_by_role("button", name="下一步：检查").click()
    page.get_by_role("button", name="写入 120 行").click(timeout=WORK)
    expect(page.get_by_text("写入结果")).to_be_visible(timeout=WORK)
    until_scored(page)  # the file is scored by itself

    page.goto("/satisfaction/?wave=2026-H2")
    check(page, narrow=True)
    table = page.get_by_role("table", name="单位")
    # A quarter of each forty is a point lower: 3.75, 2.75 and 4.75.
    expect(table.locator('[data-unit="N"]')).to_contain_text("3.25")
    table.get_by_role("link", name="北方区域").click()
    expect(page.locator(".crm-question")).to_contain_text("北方区域")
    table.get_by_role("link", name="北方公司").click()
    expect(table.locator('[data-unit="N1B"]')).to_contain_text("2.75")
    table.get_by_role("link", name="北方花园").click()
    expect(page.locator(".crm-question")).to_contain_text("北方花园")
    expect(table.locator('[data-unit="N1A"]')).to_contain_text("3.75")
    check(page, narrow=True)
    page.get_by_role("link", name="上级单位").click()
    expect(table.locator('[data-unit="N1A"]')).to_be_visible()


def until_scored(page: Page) -> None:
    """Look again until the second pass has come to its end, too."""
    for _second in range(60):
        if Analysis.objects.filter(run__wave__code="2026-H2", state=RunState.DONE).exists():
            return
        page.wait_for_timeout(1000)
    pytest.fail("The wave was not scored.")


# --- the closed loop ------------------------------------------------------------------------------


def test_a_low_answer_is_mended_and_its_owner_recovers(
    signed_in, new_page, world: World, wave: Wave
):
    owner = listed_owner(wave, world, "陈志远")
    answer_by_link(new_page, make_link(Sample.objects.get()), "1")
    run_the_loop()

    page = signed_in(world.north_head)
    page.goto("/satisfaction/loop/")
    check(page, narrow=True)
    case = Case.objects.get()
    row = page.get_by_role("row", name=re.compile(case.number))
    expect(row).to_contain_text("北方花园")
    expect(row.locator(".crm-due, .crm-badge").first).to_be_visible()
    row.get_by_role("link", name=case.number).click()
    expect(page.get_by_text("满意度调查").first).to_be_visible()
    assert (case.unit, case.customer, case.deadlines.exists()) == (world.n1a, owner, True)
    called_back(case, world.north_clerk)
    page.reload()
    page.locator("main").get_by_role("link", name="关闭工单", exact=True).click()
    page.get_by_role("button", name="关闭工单").click()
    expect(page.get_by_text("已关闭").first).to_be_visible()

    run_the_loop(hours=25)
    again = Sample.objects.exclude(asks_again=None).get()
    assert again.customer == owner
    answer_by_link(new_page, make_link(again), "5")
    run_the_loop(hours=25)

    page.goto("/satisfaction/loop/")
    expect(page.get_by_role("row", name=re.compile(case.number))).to_contain_text("已挽回")
    assert Recovery.objects.get().recovered
    assert Case.objects.count() == 1


def answer_by_link(new_page: Any, token: str, points: str) -> None:
    """The owner on his telephone; he gives everything so many points, where it has them."""
    page = new_page(viewport=NARROW)
    page.goto(f"/s/{token}/")
    while "/s/form/" in page.url:
        for question in page.locator("fieldset").all():
            point = question.locator(f'input[value="{points}"]')
            (point if point.count() else question.locator("input")).first.check()
        page.locator("button[name=next]").click()
    expect(page).to_have_url(re.compile("/s/thanks/"))


def run_the_loop(hours: int = 0) -> None:
    """What the scheduler does every ten minutes, some hours from now."""
    moment = timezone.now() + timedelta(hours=hours)
    follow_up(moment)
    settle()
    ask_after_cases(moment)


def called_back(case: Case, handler: Any) -> None:
    """The case was handled, and the owner is content."""
    names = ["accept", "start", "resolve", "call_back"]
    if case.handler_id is None:
        names.insert(0, "assign")
    for name in names:
        case = Case.objects.select_related("unit", "level", "handler").get(pk=case.pk)
        make_move(case, name, by=None, **facts_for(name, case, handler))
