"""An administrator gives a region a half day and brings in the holidays of a new year."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from regions.calendars import working_day_share
from regions.models import PublicDay
from tests.factories import World
from tests.journeys.browser import axe, check

pytestmark = pytest.mark.journey

WORK = 60_000  # milliseconds; a job has to be fetched, done and told
COLOURS = ("color-contrast", "link-in-text-block")
ROWS = (
    ("2027-01-01", "2027-01-03", "放假", "元旦", ""),
    ("2027-02-05", "2027-02-11", "放假", "春节", ""),
    ("2027-02-14", "", "上班", "春节", "周四"),
)
NOTICE = "关于2027年部分节假日安排的通知\n一、清明节：4月5日（周一）放假1天，不调休。"


def holidays_file(folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["开始日期", "结束日期", "安排", "节日", "按周几上班"])
    for row in ROWS:
        book.active.append(row)
    path = folder / "2027年放假安排.xlsx"
    book.save(path)
    return path


def test_a_region_works_half_a_day_and_a_year_of_holidays_comes_in(
    world: World, signed_in, worker, tmp_path
):
    page = signed_in(world.admin)
    add_half_day(page)
    monday = dt.date(2027, 1, 4)
    assert working_day_share(monday, unit=world.n1a) == Decimal("0.5")
    assert working_day_share(monday, unit=world.s1a) == 1
    bring_in_the_year(page, holidays_file(tmp_path))
    paste_the_notice(page)
    explain_it(page)
    in_the_dark(page)


def add_half_day(page: Page) -> None:
    """Through the page of the region, which shows the day afterwards."""
    page.goto("/working-calendars/exceptions/new/?unit=N")
    page.locator("#id_first_day").fill("2027-01-04")
    page.locator("#id_hours").fill("9:00-12:00")
    page.locator("#id_reason").fill("年会")
    check(page, narrow=True)
    page.locator("form[method=post] button[type=submit].btn-primary").click()
    page.wait_for_url("**/working-calendars/units/N/?year=2027")
    expect(page.get_by_text("年会").first).to_be_visible()
    check(page, narrow=True)


def bring_in_the_year(page: Page, path: Path) -> None:
    """From a file, as any other."""
    page.goto("/imports/new/?kind=public_days")
    page.get_by_role("radio", name="节假日与调休上班日").check()
    page.locator("#id_file").set_input_files(path)
    page.get_by_role("button", name="下一步：对应列").click()
    page.wait_for_url(re.compile(r"/imports/\d+/mapping/"))
    page.get_by_role("button", name="下一步：检查").click()
    page.get_by_role("button", name="写入 3 行").click(timeout=WORK)
    expect(page.get_by_text("写入结果")).to_be_visible(timeout=WORK)
    days = PublicDay.objects.filter(day__year=2027)
    assert days.count() == 11
    assert days.get(kind="make_up").hours_as == 3


def paste_the_notice(page: Page) -> None:
    """Looked at before it is saved."""
    page.goto("/working-calendars/public-days/?year=2027")
    expect(page.get_by_text("元旦").first).to_be_visible()
    page.locator("#id_lines").fill(NOTICE)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("heading", name="将录入的内容")).to_be_visible()
    assert not PublicDay.objects.filter(day="2027-04-05").exists()
    check(page, narrow=True)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/public-days/?year=2027")
    assert PublicDay.objects.get(day="2027-04-05").name == "清明节"
    check(page, narrow=True)


def explain_it(page: Page) -> None:
    """From New Year's Eve: the holiday, the half day with its reason, the rest of the hours."""
    page.goto("/working-calendars/explain/?unit=N1A&start=2026-12-31T17:00&end=&hours=6")
    stretches = page.locator(".crm-stretches")
    for words in ("元旦", "年会", "09:00–12:00"):
        expect(stretches).to_contain_text(words)
    expect(page.locator(".crm-facts")).to_contain_text("2027-01-05 11:00")
    check(page, narrow=True)


def in_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    for url in ("", "units/N/?year=2027", "public-days/?year=2027", "explain/"):
        page.goto(f"/working-calendars/{url}")
        assert axe(page, *COLOURS) == []
