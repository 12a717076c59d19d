"""An officer brings in a list of owners with mistakes in it, mends them, and has everybody in."""

import re
import signal
import subprocess
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer, Ownership
from tests.factories import World
from tests.journeys.browser import check

pytestmark = pytest.mark.journey

HEADS = ["项目", "楼栋", "单元", "房号", "姓名", "手机号码", "身份证号", "交付日期", "客户备忘"]
PROJECT, LOGGED = "北方花园", "北方公寓"
WORK = 60_000  # milliseconds; a job has to be fetched, done and told


def owners_file(folder: Path) -> Path:
    """Forty owners: a wrong telephone number, a wrong identity number, an unknown project."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADS)
    for number in range(40):
        room, phone = 101 + number, f"138{number:08d}"
        sheet.append([PROJECT, "1", "1", room, f"业主{number}", phone, "", "2026-03-28", "喜静"])
    sheet["F5"], sheet["G6"], sheet["A7"] = "12345", "420106199001011234", LOGGED
    path = folder / "业主名册.xlsx"
    book.save(path)
    return path


def test_owners_come_in_and_the_mended_rest_follows(world: World, signed_in, worker, tmp_path):
    page = signed_in(world.north_clerk)
    upload(page, owners_file(tmp_path))
    correct_the_columns(page)
    read_the_check(page)
    watch_it_being_written(page, worker)
    assert Customer.objects.count() == Ownership.objects.count() == 37
    assert {*Customer.objects.values_list("remark", flat=True)} == {"喜静"}

    upload(page, mend(download(page, tmp_path)))
    page.get_by_role("button", name="下一步：检查").click()
    expect(page.get_by_role("button", name="写入 3 行")).to_be_visible(timeout=WORK)
    page.get_by_role("button", name="写入 3 行").click()
    expect(page.get_by_text("写入结果")).to_be_visible(timeout=WORK)
    assert Customer.objects.count() == 40
    expect(page.get_by_role("link", name="下载退回行")).to_have_count(0)
    page.goto("/imports/")
    expect(page.get_by_role("row", name=re.compile("业主名册"))).to_have_count(2)
    check(page, narrow=True)


def upload(page: Page, path: Path) -> None:
    page.goto("/imports/new/")
    page.get_by_role("radio", name="业主名册").check()
    page.locator("#id_file").set_input_files(path)
    expect(page.get_by_text(re.compile(re.escape(path.name) + r" \([0-9.]+ KB\)"))).to_be_visible()
    page.get_by_role("button", name="下一步：对应列").click()
    page.wait_for_url(re.compile(r"/imports/\d+/mapping/"))


def correct_the_columns(page: Page) -> None:
    """One heading is the office's own word; everything else is recognised."""
    expect(page.get_by_label("身份证号")).to_have_value("identity")
    memo = page.get_by_label("客户备忘")
    expect(memo).to_have_value("")
    check(page, narrow=True)
    memo.select_option("remark")
    page.get_by_role("button", name="下一步：检查").click()


def read_the_check(page: Page) -> None:
    expect(page.get_by_role("button", name="写入 37 行")).to_be_visible(timeout=WORK)
    expect(page.get_by_text("可写入 37 行")).to_be_visible()
    for words in ("第 5 行", "第 6 行", "第 7 行", f"“{LOGGED}”"):
        expect(page.get_by_text(words).first).to_be_visible()
    check(page, narrow=True)
    assert not Customer.objects.exists()


def watch_it_being_written(page: Page, worker: subprocess.Popen) -> None:
    """The worker is held until the progress is seen; then the page goes on by itself."""
    worker.send_signal(signal.SIGSTOP)
    page.get_by_role("button", name="写入 37 行").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check(page)
    assert not Customer.objects.exists()
    worker.send_signal(signal.SIGCONT)
    expect(page.get_by_text("写入结果")).to_be_visible(timeout=WORK)
    check(page)


def download(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载退回行").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def mend(path: Path) -> Path:
    """As somebody does in a spreadsheet, the column of reasons left where it is."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    assert heads[: len(HEADS)] == HEADS
    assert len(heads) == len(HEADS) + 1
    assert sheet.max_row == 4
    for row in sheet.iter_rows(min_row=2):
        assert row[len(HEADS)].value
        row[0].value = PROJECT
        row[6].value = ""
        row[5].value = f"139{row[3].row:08d}"
    book.save(path)
    return path
