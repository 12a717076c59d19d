"""A call becomes a case, is handled and called back: what three people see and press."""

import re

from accounts.models import User
from complaints.models import Case
from complaints.services import make_move
from complaints.states import State
from customers.models import Customer
from tests.factories import make_case, make_customer, make_ownership, make_property, make_user
from tests.journeys.browser import check


def owner_of_a_flat(world) -> Customer:
    """Somebody who owns a flat of the northern project."""
    customer = make_customer(unit=world.n1a, name="陈志远", phone="+8613812345507")
    flat = make_property(unit=world.n1a, building="3", building_unit="2", room="1201")
    make_ownership(customer=customer, flat=flat)
    return customer


def press(page, name):
    """One of the moves of a case, as a button of its page."""
    page.locator("main").get_by_role("link", name=name, exact=True).click()


def test_a_call_becomes_a_case_and_comes_to_its_end(world, signed_in):
    owner = owner_of_a_flat(world)
    User.objects.filter(pk=world.north_clerk.pk).update(name="周敏")
    officer = make_user(unit=world.group, role="hotline", no="G-400", name="孙悦")

    desk = signed_in(officer)
    desk.goto("/complaints/intake/")
    desk.get_by_label("电话或房号").press_sequentially("13812345507")
    match = desk.locator(".crm-intake-match").first
    match.wait_for()
    assert "陈志远" in match.inner_text()
    assert "3栋2单元1201" not in desk.locator("#found").inner_text()
    desk.locator("#id_content").fill("卫生间顶部渗水，第二次报修")
    desk.locator("#id_category option:checked", has_text="渗漏").wait_for(state="attached")
    desk.get_by_text("到期").first.wait_for()
    assert "周敏" in desk.locator("#id_handler option:checked").inner_text()
    check(desk, narrow=True)
    desk.get_by_role("button", name="登记并分派").click()
    desk.wait_for_url(re.compile(r"/complaints/\d+/$"))
    case = Case.objects.get()
    assert (case.customer, case.handler) == (owner, world.north_clerk)

    page = signed_in(world.north_clerk)
    page.goto("/complaints/desk/")
    check(page, narrow=True)
    page.locator("main").get_by_role("link", name="处理下一件").click()
    check(page, narrow=True)
    press(page, "接单")
    page.get_by_role("button", name="接单").click()
    press(page, "记录首次联系")
    page.get_by_label("联系内容").fill("已致电，约定明日上门")
    page.get_by_role("button", name="记录首次联系").click()
    press(page, "开始处理")
    page.get_by_role("button", name="开始处理").click()
    press(page, "标记已解决")
    page.get_by_label("处理结果").fill("重做防水，闭水 48 小时无渗漏")
    check(page, narrow=True)
    page.get_by_role("button", name="标记已解决").click()
    page.get_by_text("重做防水").first.wait_for()
    page.locator("main").get_by_role("link", name="为什么？").first.click()
    check(page, narrow=True)

    desk.goto("/complaints/call-backs/")
    check(desk, narrow=True)
    desk.get_by_role("link", name="记录回访").first.click()
    desk.get_by_label("已联系，满意").check()
    desk.get_by_label("满意度", exact=True).select_option("5")
    desk.get_by_role("button", name="记录回访").click()
    desk.get_by_text("已回访").first.wait_for()
    case.refresh_from_db()
    assert (case.state, case.rating) == (State.CALLED_BACK, 5)


def test_the_board_is_worked_by_pointer_and_by_keys(world, signed_in):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    page = signed_in(world.north_clerk)
    page.goto("/complaints/board/")
    check(page, narrow=True)
    card = page.locator(f"#card-{case.pk}")
    columns = {
        key: page.locator(f"#board-{key}") for key in ("assigned", "in_progress", "resolved")
    }

    # Not yet accepted: there is no way to “done”; the reason is told and the card goes back.
    card.drag_to(columns["resolved"])
    dialog = page.locator("#crm-dialog[open]")
    dialog.get_by_text("下一步应为：接单").wait_for()
    assert columns["assigned"].locator(f"#card-{case.pk}").count() == 1
    dialog.get_by_role("link", name="关闭").click()
    dialog.wait_for(state="hidden")

    # The list on the card makes the move in the dialog.
    card.get_by_role("button", name="办理").click()
    dialog.get_by_role("button", name="接单").click()
    card.get_by_text("已接单").wait_for()

    # By keys: what asks for nothing is made at once.
    page.locator(f"#handle-{case.pk}").focus()
    page.keyboard.press("Space")
    assert "处理中" in page.locator("#board-voice").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    # The card waits there at once; the board drawn anew knows where it may go next.
    columns["in_progress"].locator(f"#card-{case.pk}[data-ways*='resolved']").wait_for()

    # What asks for something shows its form; a closed form sends the card back.
    card.drag_to(columns["resolved"])
    dialog.get_by_label("处理结果").fill("已修复")
    page.keyboard.press("Escape")
    columns["in_progress"].locator(f"#card-{case.pk}").wait_for()
    card.drag_to(columns["resolved"])
    with page.watch.expecting(422):
        dialog.get_by_role("button", name="标记已解决").click()
        assert "处理结果" in dialog.locator(".crm-summary").inner_text()
    dialog.get_by_label("处理结果").fill("已修复")
    dialog.get_by_role("button", name="标记已解决").click()
    page.locator("#crm-toasts").get_by_text("工单现为“已解决”").wait_for()
    assert columns["resolved"].locator(f"#card-{case.pk}").count() == 1
    case.refresh_from_db()
    assert case.state == State.RESOLVED
    for address in ("/complaints/", "/complaints/overdue/"):
        page.goto(address)
        check(page, narrow=True)


def test_the_board_shows_what_others_do_by_itself(world, signed_in):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    page = signed_in(world.north_head)
    page.goto("/complaints/board/")
    make_move(case, "accept", by=world.north_clerk)
    make_move(case, "start", by=world.north_clerk)

    page.evaluate("htmx.trigger('#board-again', 'crm:moved')")

    page.locator(f"#board-in_progress #card-{case.pk}").wait_for()
