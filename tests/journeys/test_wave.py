"""Planning a wave, drawing its sample, opening it: with the mouse."""

import pytest
from playwright.sync_api import expect

from satisfaction.models import Sample, Wave
from tests.journeys.browser import check
from tests.satisfaction.waves import make_owner, make_version

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_from_the_plan_of_a_wave_to_its_first_day(signed_in, world):
    make_version()
    for _n in range(4):
        make_owner(world.n1a)
    page = signed_in(world.north_keeper)

    page.goto("/satisfaction/waves/")
    page.get_by_role("link", name="新建批次").first.click()
    page.get_by_label("编码").fill("2027-H1")
    page.get_by_label("标题", exact=False).fill("2027 上半年业主满意度")
    page.locator("#id_unit-ts-control").fill("北方花园")
    page.get_by_role("option", name="北方花园").click()
    page.get_by_label("问卷").select_option("owners")
    page.get_by_role("button", name="保存").click()
    page.get_by_label("需要的答卷数").fill("2")
    page.get_by_role("button", name="分配").click()
    expect(page.get_by_text("本批次共需 2 份答卷。")).to_be_visible()
    check(page, narrow=True)
    page.get_by_role("link", name="抽取样本").click()
    page.get_by_label("种子").fill("20270101")
    page.get_by_role("button", name="抽取样本").click()
    expect(page.get_by_role("heading", name="抽样名单")).to_be_visible()
    check(page, narrow=True)
    page.goto("/satisfaction/waves/2027-H1/")
    page.get_by_role("link", name="开始批次").click()
    page.get_by_role("button", name="开始批次").click()
    expect(page.get_by_role("link", name="结束批次")).to_be_visible()  # the page of an open wave
    expect(page.get_by_role("cell", name="0/2").first).to_be_visible()
    check(page, narrow=True)

    wave = Wave.objects.get()
    assert (wave.state, wave.seed) == ("open", 20270101)
    assert Sample.objects.filter(wave=wave).count() == 4  # all four: 40 % are expected to answer
