"""An administrator builds a branch, gives somebody a role in it, and lets him in."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import RoleGrant, User
from regions.models import OrgUnit
from tests.factories import PASSWORD, World
from tests.journeys.browser import check
from tests.journeys.conftest import log_in
from tests.worker import manage

pytestmark = pytest.mark.journey

OWN_PASSWORD = "Yuan-An-8-Lantern"


def test_a_branch_is_built_and_its_first_officer_comes_in(
    world: World, page, new_page, live_server
):
    log_in(page, world.admin, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("今日")
    page.get_by_text("系统", exact=True).click()
    page.get_by_role("link", name="管理后台").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("管理后台")

    region = build_a_region(page)
    city = add_unit(page, "city", "W1", "西部公司", parent=region)
    project = add_unit(page, "project", "W1A", "西部花园", parent=city)
    assert project.path == f"{city.path}{project.pk}/"
    add_person(page, project)
    page.goto(f"{live_server.url}/organisation/units/W1A/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("西部花园")

    link = manage("login_link", "W1001", "--base", live_server.url)
    newcomer = new_page()
    set_password(newcomer, link)
    expect(newcomer.get_by_role("heading", level=1)).to_contain_text("今日")
    newcomer.goto("/customers/")
    expect(newcomer.get_by_text("还没有客户。导入业主名册或新建一位客户。")).to_be_visible()
    with newcomer.watch.expecting(403):
        newcomer.goto("/admin/")
    log_out_and_in_again(newcomer)
    with newcomer.watch.expecting(410):
        newcomer.context.clear_cookies()
        newcomer.goto(link)
    expect(newcomer.get_by_role("heading", name="链接已失效")).to_be_visible()


def build_a_region(page: Page) -> OrgUnit:
    """With a department name that ORG-02 forbids, then with an allowed one."""
    page.goto("/admin/regions/region/add/")
    page.locator("#id_code").fill("W")
    page.locator("#id_name").fill("西部区域")
    page.locator("#id_parent").select_option(label="测试集团 (G)")
    page.locator("#id_department_name").fill("客户服务中心")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("客户关系中心 / 客户关系部")).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("西部区域")
    assert not OrgUnit.objects.filter(code="W").exists()
    page.locator("#id_department_name").fill("客户关系中心")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/admin/regions/region/")
    return OrgUnit.objects.get(code="W")


def add_unit(page: Page, kind: str, code: str, name: str, *, parent: OrgUnit) -> OrgUnit:
    page.goto(f"/admin/regions/{kind}/add/")
    page.locator("#id_code").fill(code)
    page.locator("#id_name").fill(name)
    page.locator("#id_parent").select_option(str(parent.pk))
    page.locator("#id_department_name").fill("客户关系部")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url(f"**/admin/regions/{kind}/")
    return OrgUnit.objects.get(code=code)


def add_person(page: Page, unit: OrgUnit) -> None:
    """郑岚 with the role 业务人员 in the project."""
    page.goto("/admin/accounts/user/add/")
    page.locator("#id_employee_no").fill("w1001")
    page.locator("#id_name").fill("郑岚")
    choose(page, "id_unit", unit)
    page.locator("#grants-group .add-row a").click()
    page.locator("#id_grants-0-role").select_option(label="业务人员")
    choose(page, "id_grants-0-unit", unit)
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/admin/accounts/user/")
    grant = RoleGrant.objects.get(user=User.objects.get(employee_no="W1001"))
    assert (grant.role.code, grant.unit) == ("staff", unit)


def choose(page: Page, field: str, unit: OrgUnit) -> None:
    """In the administration's own searched choice."""
    page.locator(f"[aria-labelledby=select2-{field}-container]").click()
    page.locator(".select2-search__field").fill(unit.name)
    page.locator(".select2-results__option", has_text=unit.name).first.click()


def set_password(page: Page, link: str) -> None:
    page.goto(link)
    page.wait_for_url("**/login/link/set/")  # the key does not stay in the address
    expect(page.get_by_text("郑岚")).to_be_visible()
    check(page, narrow=True)
    new, again = page.locator("#id_password1"), page.locator("#id_password2")
    new.fill("12345678")
    again.fill("12345678")
    with page.watch.expecting(422):
        page.get_by_role("button", name="保存并登录").click()
        expect(new).to_have_attribute("aria-invalid", "true")
        check(page)
    new.fill(OWN_PASSWORD)
    again.fill(OWN_PASSWORD)
    page.get_by_role("button", name="保存并登录").click()


def log_out_and_in_again(page: Page) -> None:
    page.goto("/")
    page.locator("summary.crm-user").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/logout/")
    check(page)
    log_in(page, User.objects.get(employee_no="W1001"), OWN_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("今日")
