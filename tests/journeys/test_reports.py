"""Reports as people open them: every page reads well and fits, figures lead to their rows, and a
report is built, kept, sent every month and found again."""

import datetime as dt
import os
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import Customer
from reports.analysis.tables import METHODS
from reports.metrics.rollups import nightly, refresh
from reports.models import ReportSchedule, Rhythm
from reports.standard.catalogue import STANDARDS
from reports.standard.commentaries import submit_commentary, write_commentary
from tests.factories import (
    World,
    make_case,
    make_customer,
    make_deals,
    make_sheets,
    make_strategic,
    make_user,
)
from tests.journeys.browser import NARROW, WIDE, axe, picture, sideways
from tests.reports.figures import fill
from tests.reports.test_analysis import firm

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def full(world: World) -> World:
    """Figures of a month, customers of every kind, purchases of two years, deals and sheets."""
    fill(world)
    make_strategic(unit=world.n1, by=world.north_head, leader=world.boss, word="北")
    year = timezone.localdate().year
    for number in range(1, 4):
        days = {f"d{year - 1}_03_05": 700 * number, f"d{year}_01_05": 300 * number}
        bought = firm(world.n1a, f"C{number}", "地区专营店", **days)
    make_deals(customer=bought, by=world.north_head, mark="北")
    make_sheets(customer=bought, by=world.north_head, mark="北")
    for level in ("VIP", "普通"):
        make_customer(unit=world.n1a, name=f"买主{level}", level=level)
    Customer.objects.filter(level="VIP").update(birth_year=1985, occupation="教师")
    world.units["bought"] = bought
    refresh()
    nightly()
    return world


def faults(page: Page, url: str, *, rows: bool = False) -> list[str]:
    """What is wrong with a page on an office screen and on a phone."""
    page.set_viewport_size(WIDE)
    answer = page.goto(url)
    found = [] if answer and answer.status == 200 else [f"{url}: {answer and answer.status}"]
    found += axe(page)
    if rows and not page.locator("main table tbody tr").count():
        found.append(f"{url}: no rows")
    page.set_viewport_size(NARROW)
    found += [*sideways(page), *axe(page)]
    page.set_viewport_size(WIDE)
    if folder := os.environ.get("CRM_PICTURES"):
        picture(page, Path(folder), re.sub(r"\W+", "-", url).strip("-"))
    return found


def test_every_analysis_of_customers_reads_well_and_leads_to_its_rows(full: World, signed_in):
    page = signed_in(full.boss)
    found = []
    for key in METHODS:
        found += faults(page, reverse("reports:customer-analysis", args=[key]))
    assert found == [], "\n".join(found)

    page.goto(reverse("reports:customer-analysis", args=["abc"]))
    part = page.locator("main table").first.locator("tbody a").first
    part.click()
    page.wait_for_url(re.compile("part="))
    members = page.locator("main table").last.locator("tbody tr")
    expect(members.first.locator("a")).to_be_visible()
    members.first.locator("a").click()
    page.wait_for_url(re.compile(r"/customers/\d+/"))


def test_pages_of_reports_read_well_in_the_roles_that_open_them(full: World, signed_in):
    page, month = signed_in(full.boss), f"{timezone.localdate():%Y-%m}"
    writer = make_user(unit=full.n1, role="section-head", no="W-1")
    row = write_commentary(
        standard=STANDARDS["customer-analysis"],
        unit=full.n1,
        period=month,
        text="客户以刚需为主。",
        by=writer,
    )
    found = []
    for url in ("units", "activity", "builder", "builder/new", "schedules", "standard"):
        found += faults(page, f"/reports/{url}/", rows=url == "units")
    for key in STANDARDS:
        found += faults(page, reverse("reports:standard-report", args=[key]))
    found += faults(signed_in(full.admin), reverse("reports:standard-templates"))

    page = signed_in(writer)
    where = f"?unit={full.n1.code}&period={month}"
    found += faults(page, reverse("reports:commentary", args=["customer-analysis"]) + where)
    submit_commentary(row, by=writer)
    page = signed_in(full.north_head)
    found += faults(page, reverse("reports:commentaries", args=["customer-analysis"]))
    found += faults(page, f"{full.bought.get_absolute_url()}?tab=purchases", rows=True)
    found += faults(page, reverse("customers:contracts"))
    found += faults(page, reverse("customers:targets"))
    assert found == [], "\n".join(found)

    page.goto("/reports/units/")
    figure = page.locator('main td a[href*="/rows/complaints_open/"]').first
    expect(figure).to_be_visible()
    number = int(figure.inner_text().strip())
    figure.click()
    page.wait_for_url(re.compile("/rows/complaints_open/"))
    expect(page.locator("#rows tbody tr")).to_have_count(number)


def test_a_report_is_built_with_a_chart_and_sent_every_month(full: World, signed_in):
    for _number in range(2):
        make_case(unit=full.n1a)
    page = signed_in(full.boss)
    page.goto("/reports/builder/new/")
    page.locator('main a[href="?subject=cases"]').click()
    page.locator("#id_group_1").select_option("unit")
    page.locator("#id_chart").select_option("bars")
    expect(page.locator("#preview table").last).to_contain_text(full.n1a.name)
    page.locator("#id_name").fill("各项目投诉")
    page.locator("#id_audience").select_option("all")
    assert faults_here(page) == []
    page.get_by_role("button", name="保存报表", exact=True).click()

    expect(page.locator("h1")).to_have_text("各项目投诉")
    expect(page.locator("main .crm-chart-drawn canvas")).to_be_visible()
    assert faults_here(page) == []
    page.get_by_role("link", name="定时发送", exact=True).last.click()
    page.locator("#id_rhythm").select_option(Rhythm.MONTHLY)
    page.locator("#id_day").fill("5")
    page.locator("#id_at").fill("08:30")
    page.locator("#id_people-ts-control").press_sequentially(full.south_head.name)
    page.locator("#id_people-ts-dropdown").get_by_role("option").first.click()
    page.keyboard.press("Escape")
    assert faults_here(page) == []
    page.locator("main form[method=post] button[type=submit]").last.click()

    expect(page.locator("h1")).to_have_text("各项目投诉")
    assert faults_here(page) == []
    schedule = ReportSchedule.objects.get()
    assert (schedule.rhythm, schedule.day, schedule.at) == (Rhythm.MONTHLY, 5, dt.time(8, 30))
    assert [one.user for one in schedule.receivers.all()] == [full.south_head]
    page.goto("/reports/schedules/")
    line = page.locator("main .crm-card-row")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("各项目投诉")
    assert faults_here(page) == []


def faults_here(page: Page) -> list[str]:
    """What is wrong with the page as it stands, without opening it again. From its top: a box that
    is half behind the bar there is not too small."""
    page.evaluate("scrollTo(0, 0)")
    found = axe(page)
    page.set_viewport_size(NARROW)
    found += sideways(page)
    page.set_viewport_size(WIDE)
    return found
