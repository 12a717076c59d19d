"""An owner answers on his telephone by the link that was sent to him, without script."""

import pytest
from playwright.sync_api import expect

from satisfaction.models import Rating, Remark, Response
from tests.factories import World
from tests.journeys.browser import NARROW, axe, check, sideways
from tests.satisfaction.asking import make_link, make_open_wave, make_sample

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_an_owner_answers_on_a_telephone(new_page, world: World):
    wave = make_open_wave(world.group)
    token = make_link(make_sample(wave, world.n1a), channel="qr")
    watched = new_page(viewport=NARROW)
    watched.goto(f"/s/{token}/")
    check(watched, narrow=True)
    watched.goto("/s/privacy/")
    check(watched, narrow=True)

    page = new_page(viewport=NARROW, java_script_enabled=False)
    page.goto(f"/s/{token}/")
    assert page.url.endswith("/s/form/")
    expect(page.get_by_text("第 1 页，共 2 页")).to_be_visible()
    with page.watch.expecting(422):
        page.get_by_role("button", name="下一页").click()
    expect(page.get_by_role("alert")).to_contain_text("1 道题")
    page.locator("label", has_text="4").first.click()  # the whole row is the target
    page.locator("fieldset", has_text="您的评价").get_by_text("1 非常不满意").click()
    page.get_by_role("button", name="下一页").click()
    page.get_by_label("哪里不好").fill("等了三天")
    page.get_by_role("button", name="下一页").click()

    expect(page.get_by_text("第 2 页，共 2 页")).to_be_visible()
    page.get_by_label("10 非常愿意").check()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Submit the answers").click()
    expect(page.get_by_text("Thank you")).to_be_visible()

    with page.watch.expecting(410):
        page.go_back()
        page.goto(f"/s/{token}/")
    expect(page.get_by_text("This link was used or has expired")).to_be_visible()
    response = Response.objects.get()
    assert (response.overall, response.recommendation, response.asked_by) == (4, 10, "qr")
    assert Rating.objects.filter(score=1).count() == 1
    assert Remark.objects.get().text == "等了三天"
    with watched.watch.expecting(410):
        watched.goto(f"/s/{token}/")
    expect(watched.get_by_text("链接已使用或已过期。感谢您的关注。")).to_be_visible()
    assert axe(watched) == []
    assert sideways(watched) == []
