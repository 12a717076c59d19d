"""A head of a branch works through a long list: filters, pages, sorts, hands over, exports."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from customers.models import CustomerUnit
from tests.factories import World, make_customer, make_ownership, make_property, make_user
from tests.journeys.browser import check

pytestmark = pytest.mark.journey

OWNERS, VIPS = 60, 30
WORK = 60_000  # milliseconds
DIGITS = "零一二三四五六七八九"


def owner_name(number: int) -> str:
    return f"陈{DIGITS[number // 10]}{DIGITS[number % 10]}"


@pytest.fixture
def archive(world: World) -> World:
    """Sixty owners of the north's officer, every second one a VIP, and a colleague of his."""
    clerk = world.north_clerk
    for number in range(OWNERS):
        customer = make_customer(
            unit=world.n1a,
            by=clerk,
            keeper=clerk,
            name=owner_name(number),
            phone=f"+86138{number:08d}",
            level="VIP" if number % 2 else "普通",
        )
        flat = make_property(unit=world.n1a)
        make_ownership(customer=customer, flat=flat, handed_over_on=date(2026, 3, 28))
    world.people["colleague"] = make_user(unit=world.n1a, no="N-COLLEAGUE", name="周敏")
    return world


def names(page: Page) -> list[str]:
    return page.locator("#rows tbody th a").all_inner_texts()


def shows(page: Page, wanted: Callable[[list[str]], bool]) -> list[str]:
    """The names once the rows have changed to what was asked for."""
    for _ in range(100):
        found = names(page)
        if wanted(found):
            return found
        page.wait_for_timeout(100)
    raise AssertionError(found)


def test_a_head_filters_turns_pages_sorts_and_hands_over(archive, signed_in):
    page = signed_in(archive.north_head)
    page.goto("/customers/")
    expect(page.get_by_text(f"共 {OWNERS} 位")).to_be_visible()
    check(page, narrow=True)
    page.get_by_label("等级").select_option("VIP")
    expect(page.get_by_text(f"共 {VIPS} 位")).to_be_visible()
    assert "level=VIP" in page.url

    first = shows(page, lambda found: len(found) == 25)
    page.get_by_role("link", name="下一页").click()
    rest = shows(page, lambda found: len(found) == VIPS - 25)
    assert len({*first, *rest}) == VIPS
    page.get_by_role("link", name="上一页").click()
    assert shows(page, lambda found: len(found) == 25) == first
    page.get_by_role("link", name="姓名").click()
    expect(page.get_by_role("columnheader", name="姓名")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert "level=VIP" in page.url
    hand_over_two(page)

    moved = CustomerUnit.objects.filter(keeper=archive.colleague)
    assert moved.count() == 2
    expect(page.get_by_text("已移交 2 位客户给周敏。")).to_be_visible()
    assert "level=VIP" in page.url
    choose(page, "id_keeper", "周敏")
    expect(page.get_by_text("共 2 位")).to_be_visible()


def hand_over_two(page: Page) -> None:
    rows = page.locator("#rows tbody tr")
    for number in (0, 1):
        rows.nth(number).get_by_role("checkbox").check()
    expect(page.get_by_text("已选 2 项")).to_be_visible()
    check(page)
    page.get_by_role("button", name="移交").click()
    expect(page.get_by_text("已选 2 位客户。")).to_be_visible()
    check(page)
    choose_several(page, "id_to", "周敏")
    page.get_by_role("button", name="移交").click()


def choose(page: Page, field: str, name: str) -> None:
    """One of many by typing, as soon as the list holds nobody else."""
    box = page.locator(f"#{field}-ts-control")
    box.click()
    box.press_sequentially(name)
    options = page.locator(f"#{field}-ts-dropdown").get_by_role("option")
    expect(options).to_have_text(re.compile(name))
    options.click()
    expect(options.first).to_be_hidden()


def choose_several(page: Page, field: str, *names: str) -> None:
    """Some of many by typing; the list stays open for the next one."""
    box = page.locator(f"#{field}-ts-control")
    box.click()  # once: a second click closes the list
    for name in names:
        box.press_sequentially(name)
        option = page.locator(f"#{field}-ts-dropdown").get_by_role("option", name=name)
        option.click()
    page.keyboard.press("Escape")


@pytest.mark.usefixtures("worker")
def test_the_export_is_the_list_as_it_was_filtered(archive, signed_in, tmp_path: Path):
    page = signed_in(archive.north_head)
    page.goto("/customers/")
    page.get_by_label("等级").select_option("VIP")
    expect(page.get_by_text(f"共 {VIPS} 位")).to_be_visible()
    page.get_by_role("button", name="导出").click()
    link = page.get_by_role("link", name="下载表格")
    expect(link).to_be_visible(timeout=WORK)
    check(page)
    with page.expect_download() as waiting:
        link.click()
    assert re.fullmatch(r"客户 \d{4}-\d\d-\d\d\.xlsx", waiting.value.suggested_filename)
    waiting.value.save_as(tmp_path / "list.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "list.xlsx").active.values)
    place = rows[0].index("姓名")
    vips = {owner_name(number) for number in range(OWNERS) if number % 2}
    assert {row[place] for row in rows[1:]} == vips
    assert len(rows) == VIPS + 1
    assert "13800000001" not in str(rows)
    assert "138****0001" in str(rows)
