"""The group reads the month: figures, their rows, charts with tables, another unit, on paper."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reports.metrics.rollups import nightly, refresh
from tests.factories import World
from tests.journeys.browser import NARROW, WIDE, check, picture
from tests.reports.figures import fill

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def tile(page: Page, key: str):
    return page.locator(f'.crm-tile[href*="/rows/{key}/"]')


def test_the_group_reads_the_figures_of_the_month(signed_in, world: World):
    fill(world)
    refresh()
    nightly()
    page = signed_in(world.boss)

    page.goto("/reports/?metric=contacts")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator('[data-chart="trend"] canvas')).to_be_visible()
    _look(page, "top")
    expect(page.locator('[data-chart="trend"] table')).to_be_hidden()  # folded: the chart is drawn
    page.locator('[data-chart="trend"] summary').focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-chart="trend"] table')).to_be_visible()
    _look(page, "dashboard")
    check(page, narrow=True)
    page.set_viewport_size(NARROW)
    expect(tile(page, "complaints_open")).to_be_visible()
    page.set_viewport_size(WIDE)

    figure = tile(page, "complaints_open").locator(".crm-tile-value").inner_text().strip()
    tile(page, "complaints_open").click()
    page.wait_for_url(re.compile("/rows/complaints_open/"))
    expect(page.locator("#rows tbody tr")).to_have_count(int(figure))
    _look(page, "rows")
    check(page, narrow=True)
    page.go_back()

    page.locator('[data-chart="units"] summary').click()
    page.locator('[data-chart="units"] a', has_text="北方区域").click()
    expect(page.locator(".crm-scope")).to_contain_text("北方区域")
    page.emulate_media(media="print")
    expect(page.locator(".crm-topbar")).to_be_hidden()
    page.emulate_media(media="screen")

    page.goto("/reports/metrics/")
    expect(page.locator("#contacts")).to_be_visible()
    _look(page, "metrics")
    check(page, narrow=True)


def _look(page: Page, name: str) -> None:
    """Pictures for who wants to look: CRM_PICTURES names their folder."""
    if folder := os.environ.get("CRM_PICTURES"):
        picture(page, Path(folder), name)
