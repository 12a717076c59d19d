"""Photographs of a leak on a telephone: with the call, on the case, with the finished work; and a
form that was left and taken up again."""

import re

import pytest

from complaints.models import Case, CaseFile
from complaints.services import make_move
from core.models import Draft
from tests import attached
from tests.complaints.cases import stand
from tests.factories import make_case
from tests.journeys.browser import NARROW, axe, check, sideways

PHONE = {"viewport": NARROW, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.PRIVATE_FILES = tmp_path


def photo(name, colour):
    return {"name": name, "mimeType": "image/jpeg", "buffer": attached.photo(colour)}


def shown(page, selector, count):
    """Thumbnails that the browser has really drawn."""
    page.wait_for_function(
        """([selector, count]) => {
          const all = [...document.querySelectorAll(selector)];
          all.forEach(one => one.scrollIntoView());
          return all.length === count && all.every(one => one.complete && one.naturalWidth > 0);
        }""",
        arg=[selector, count],
    )


def test_photographs_from_the_call_to_the_finished_work(world, signed_in):
    page = signed_in(world.north_clerk, **PHONE)
    page.goto("/complaints/intake/")
    page.locator("#id_name").fill("陈志远")
    page.locator("#id_unit").select_option(world.n1a.code)
    page.locator("#id_content").fill("卫生间顶部渗水")
    program = {"name": "发票.jpg", "mimeType": "image/jpeg", "buffer": b"MZ\0\1program"}
    photos = [photo("渗水一.jpg", "peru"), photo("渗水二.jpg", "sienna"), program]
    page.locator("#id_files").set_input_files(photos)
    shown(page, "#draft-files img", 2)
    page.get_by_text("发票.jpg：不能添加这种文件").wait_for()
    assert axe(page) == []
    assert sideways(page) == []
    page.get_by_role("button", name="登记并分派").click()
    page.wait_for_url(re.compile(r"/complaints/\d+/$"))
    case = Case.objects.get()
    assert {file.role for file in case.files.all()} == {"before"}

    shown(page, "#case-files img", 2)
    page.locator("#case-files a").first.click()
    large = page.locator(".crm-preview-stage img")
    large.wait_for()
    assert page.locator("#crm-dialog h2").inner_text() == "渗水一.jpg"
    assert axe(page) == []
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="渗水二.jpg").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("heading", name="渗水一.jpg").wait_for()
    page.keyboard.press("Escape")
    page.locator("#crm-dialog").wait_for(state="hidden")

    for name in ("accept", "start"):
        make_move(case, name, by=None)
    page.goto(f"/complaints/{case.pk}/move/resolve/")
    page.get_by_label("处理结果").fill("重做防水")
    page.locator("#id_files").set_input_files([photo("完工.jpg", "olive")])
    shown(page, "#draft-files img", 1)
    assert axe(page) == []
    page.get_by_role("button", name="标记已解决").click()
    page.wait_for_url(re.compile(r"/complaints/\d+/$"))
    shown(page, ".crm-before-after section:nth-of-type(2) img", 1)
    check(page)
    assert CaseFile.objects.get(role="after").name == "完工.jpg"
    assert Draft.objects.count() == 0


def test_a_form_that_was_left_is_taken_up_again(world, signed_in):
    page = signed_in(world.north_clerk)
    page.goto("/complaints/intake/")
    page.locator("#id_content").fill("半夜水管爆裂")
    page.get_by_text("已存草稿").wait_for()
    assert axe(page) == []

    again = signed_in(world.north_clerk)
    again.goto("/complaints/intake/")
    assert again.locator("#id_content").input_value() == ""
    check(again, narrow=True)
    again.get_by_role("link", name="恢复上次未提交的内容").click()
    again.wait_for_url(re.compile("draft="))
    assert again.locator("#id_content").input_value() == "半夜水管爆裂"

    again.goto("/complaints/intake/")
    again.get_by_role("button", name="放弃").click()
    again.locator(".crm-draft-offer").wait_for(state="detached")
    assert Draft.objects.count() == 0


def test_files_are_attached_on_the_page_of_the_case(world, signed_in):
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", world.north_clerk)
    page = signed_in(world.north_clerk)
    page.goto(case.get_absolute_url())
    page.get_by_text("添加附件").first.click()
    page.get_by_label("内容", exact=True).select_option("after")
    page.locator("#id_files").set_input_files(
        [photo("完工.jpg", "olive"), photo("外墙.jpg", "teal")]
    )
    shown(page, "#case-files img", 2)
    check(page, narrow=True)
    page.locator("#case-files a").first.click()
    page.get_by_role("link", name="移除").click()
    page.get_by_role("button", name="移除").click()
    page.get_by_text("已移除").first.wait_for()
    assert case.files.count() == 1
