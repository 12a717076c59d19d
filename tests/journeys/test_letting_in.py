"""Letting in: a lost phone is signed out; a passkey is set up and logs in without a password."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import Page, expect

from accounts.models import EndReason, LoginKind, LoginRecord, SignedInDevice
from tests.factories import PASSWORD
from tests.journeys.browser import NARROW, check
from tests.journeys.conftest import log_in

pytestmark = pytest.mark.journey

PHONE = "Mozilla/5.0 (Linux; Android 14; Mi 13) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537"


def add_authenticator(page: Page) -> None:
    """A device that can hold passkeys and checks its owner, as laptops have one built in.

    Do not `check` such a page: when another debugger leaves, Chromium forgets the device.
    """
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    debugger.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_lost_phone_is_signed_out_from_the_desk(world, new_page):
    desk, phone = new_page(), new_page(viewport=NARROW, user_agent=PHONE)
    log_in(desk, world.north_clerk, PASSWORD)
    log_in(phone, world.north_clerk, PASSWORD)
    expect(phone.get_by_role("heading", level=1)).to_be_visible()

    desk.goto("/account/devices/")
    check(desk)
    desk.get_by_role("button", name="退出该设备：手机或平板").click()
    expect(desk.get_by_text("该设备已退出登录。")).to_be_visible()
    expect(desk.get_by_text("只有当前设备已登录。")).to_be_visible()

    phone.goto("/customers/")
    expect(phone.get_by_role("heading", name="登录")).to_be_visible()
    expect(phone.get_by_text("您已在其他设备上将此设备退出")).to_be_visible()
    check(phone)
    assert SignedInDevice.objects.get(kind="mobile").end_reason == EndReason.OWNER
    # The desk goes on; the phone's owner gets in again and is where he was going.
    phone.locator("#id_login").fill(world.north_clerk.employee_no)
    phone.locator("#id_password").fill(PASSWORD)
    phone.get_by_role("button", name="登录", exact=True).click()
    phone.wait_for_url("**/customers/")


def test_a_passkey_replaces_the_password(world, new_page):
    page = new_page()
    add_authenticator(page)
    log_in(page, world.north_clerk, PASSWORD)
    page.goto("/account/security/")
    page.get_by_label("通行密钥名称").fill("办公电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    expect(page.locator(".crm-codes li")).to_have_count(10)
    page.get_by_role("link", name="我已保存恢复码").click()
    expect(page.get_by_text("办公电脑")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/login/")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("button", name="用通行密钥登录")).to_have_count(0)
    record = LoginRecord.objects.filter(kind=LoginKind.LOGIN).latest("pk")
    assert (record.user, record.method) == (world.north_clerk, "passkey")

    # With the password alone the passkey is asked for as the second factor.
    page.context.clear_cookies()
    log_in(page, world.north_clerk, PASSWORD)
    expect(page.get_by_role("heading", name="身份验证")).to_be_visible()
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("heading", name="身份验证")).to_have_count(0)
    assert Authenticator.objects.get(type="webauthn").data["counter"] >= 2


def test_the_pages_of_log_in_security_read_well(world, signed_in):
    TOTP.activate(world.north_clerk, "JBSWY3DPEHPK3PXP")
    page = signed_in(world.north_clerk)
    for address in ("/account/security/", "/account/security/app/", "/login/again/"):
        page.goto(address)
        check(page, narrow=True)
    page.goto("/account/security/")
    page.get_by_role("button", name="生成新的恢复码").click()
    expect(page.locator(".crm-codes li")).to_have_count(10)
    check(page, narrow=True)
    page.context.clear_cookies()
    log_in(page, world.north_clerk, PASSWORD)
    expect(page.get_by_role("heading", name="身份验证")).to_be_visible()
    check(page, narrow=True)
