"""Sessions on devices: their limits, their number, their end (reliability 10 to 14)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.middleware import KEPT, keep_form
from accounts.models import EndReason, LoginKind, LoginRecord, SignedInDevice
from accounts.session_store import SessionStore, hashed
from accounts.sessions import end_expired, end_sessions
from accounts.shutting import shut_out
from core.models import Job, JobState, Notice
from tests.factories import PASSWORD

PHONE = "Mozilla/5.0 (Linux; Android 14; Mi 13) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
NINE = "2026-11-20 09:00+08:00"


def browser(agent: str = DESK) -> Client:
    return Client(headers={"User-Agent": agent})


def log_in(client: Client, number: str = "N-CLERK"):
    return client.post("/login/", {"login": number, "password": PASSWORD})


def cookie_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def clock():
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


# --- the store ----------------------------------------------------------------------------------


def test_the_database_holds_no_key_that_a_cookie_could_use(client, world):
    log_in(client)

    key = cookie_of(client)
    assert not Session.objects.filter(session_key=key).exists()
    assert Session.objects.filter(session_key=hashed(key)).count() == 1
    assert SessionStore(key)["device"] == SignedInDevice.objects.get().pk
    # What a backup shows opens nothing.
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = hashed(key)
    assert thief.get("/account/").status_code == 302


def test_the_device_follows_when_the_session_gets_a_new_key(client, world):
    log_in(client)
    before = cookie_of(client)
    client.post("/login/again/", {"password": PASSWORD, "next": "/account/"})

    after = cookie_of(client)
    assert after != before
    assert SignedInDevice.objects.get().key == hashed(after)
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = before
    assert old.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_whoever_is_signed_out_meanwhile_gets_no_new_key(client, world):
    """The session was ended while a request that changes its key was under way."""
    log_in(client)
    session = SessionStore(cookie_of(client))
    assert session["device"] == SignedInDevice.objects.get().pk
    end_sessions(world.north_clerk, reason=EndReason.ADMIN)

    session.cycle_key()
    session.save()

    assert "device" not in session
    assert "_auth_user_id" not in session
    device = SignedInDevice.objects.get()
    assert device.end_reason == EndReason.ADMIN
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert stolen.get("/account/").status_code == 302


def test_a_log_in_writes_down_where(world):
    desk, phone = browser(), browser(PHONE)
    log_in(desk)
    log_in(phone)

    rows = SignedInDevice.objects.order_by("pk").values_list("kind", "browser", "ip")
    assert list(rows) == [
        ("desktop", "Chrome · Windows", "127.0.0.1"),
        ("mobile", "Chrome · Android", "127.0.0.1"),
    ]


# --- limits -------------------------------------------------------------------------------------


def test_thirty_minutes_without_use_end_a_session(client, world, clock):
    log_in(client)
    clock.shift(timedelta(minutes=29))
    assert client.get("/account/").status_code == 200
    clock.shift(timedelta(minutes=31))

    answer = client.get("/people/?q=x")
    assert (answer.status_code, answer.url) == (
        302,
        "/login/?next=/people/%3Fq%3Dx&ended=idle",
    )
    page = client.get(answer.url)
    assert "长时间没有操作" in page.content.decode()
    assert SignedInDevice.objects.get().end_reason == EndReason.IDLE
    assert not Session.objects.exists()


def test_pages_that_ask_by_themselves_keep_no_session_alive(client, world, clock):
    log_in(client)
    for _minute in range(30):
        clock.shift(timedelta(minutes=1))
        answer = client.get("/account/stay/", headers={"X-Poll": "1"})

    assert answer.status_code == 302
    assert client.get("/account/").status_code == 302


def test_use_keeps_a_session_until_ten_hours_are_over(client, world, clock):
    log_in(client)
    for _step in range(29):
        clock.shift(timedelta(minutes=20))
        assert client.get("/account/").status_code == 200
    clock.shift(timedelta(minutes=20))

    answer = client.get("/account/")
    assert answer.url == "/login/?next=/account/&ended=age"


def test_a_person_who_is_still_there_gets_his_time_again(client, world, clock):
    log_in(client)
    clock.shift(timedelta(minutes=29))
    assert client.get("/account/stay/", headers={"X-Poll": "1"}).json()["left"] == 60
    assert client.post("/account/stay/").json()["left"] == 1800


def test_an_expired_post_leads_back_to_its_form(client, world, clock):
    log_in(client)
    clock.shift(timedelta(minutes=31))
    answer = client.post(
        "/account/", {"language": "en"}, headers={"Referer": "http://testserver/account/?a=1"}
    )

    assert answer.url == "/login/?next=/account/%3Fa%3D1&ended=idle"
    again = client.post(answer.url, {"login": "N-CLERK", "password": PASSWORD})
    assert again.url == "/account/?a=1"
    world.north_clerk.refresh_from_db()
    assert world.north_clerk.language == ""


def test_the_job_ends_what_nobody_came_back_to(client, world, clock):
    log_in(client)
    assert end_expired() == 0
    clock.shift(timedelta(minutes=31))
    assert end_expired() == 1
    assert SignedInDevice.objects.get().end_reason == EndReason.IDLE
    assert client.get("/account/").url == "/login/?next=/account/&ended=idle"


# --- how many -----------------------------------------------------------------------------------


def test_a_third_device_ends_the_oldest_of_its_kind(world):
    desk, phone, second = browser(), browser(PHONE), browser()
    log_in(desk)
    log_in(phone)
    assert (desk.get("/account/").status_code, phone.get("/account/").status_code) == (200, 200)
    log_in(second)

    answer = desk.get("/account/")
    assert (answer.status_code, answer.url) == (302, "/login/?next=/account/&ended=crowded")
    assert "其他同类设备" in desk.get(answer.url).content.decode()
    assert phone.get("/account/").status_code == 200
    assert second.get("/account/").status_code == 200


def test_the_same_browser_again_is_no_further_device(world):
    desk = browser()
    log_in(desk)
    del desk.cookies[settings.SESSION_COOKIE_NAME]
    log_in(desk)

    reasons = SignedInDevice.objects.order_by("pk").values_list("end_reason", flat=True)
    assert list(reasons) == [EndReason.AGAIN, ""]


def test_a_login_in_a_new_browser_is_told(world):
    log_in(browser())
    assert not Notice.objects.exists()
    log_in(browser(PHONE))
    assert Notice.objects.get().kind == "accounts.new_device"


# --- ended by somebody --------------------------------------------------------------------------


def test_one_ends_ones_own_phone(world):
    desk, phone = browser(), browser(PHONE)
    log_in(desk)
    log_in(phone)
    lost = SignedInDevice.objects.get(kind="mobile")
    desk.post(f"/account/devices/{lost.pk}/end/")

    assert phone.get("/account/").url == "/login/?next=/account/&ended=owner"
    assert desk.get("/account/").status_code == 200


def test_nobody_ends_a_colleagues_device_by_its_number(client, world):
    phone = browser(PHONE)
    log_in(phone)
    client.force_login(world.north_head)
    device = SignedInDevice.objects.get(user=world.north_clerk)

    assert client.post(f"/account/devices/{device.pk}/end/").status_code == 404
    assert phone.get("/account/").status_code == 200


def test_an_administrator_signs_somebody_out_everywhere(client, world):
    desk, phone = browser(), browser(PHONE)
    log_in(desk)
    log_in(phone)
    client.force_login(world.admin)
    client.post("/people/N-CLERK/sign-out/")

    assert [one.get("/account/").url for one in (desk, phone)] == [
        "/login/?next=/account/&ended=admin"
    ] * 2


def test_a_new_password_ends_the_other_devices_with_a_reason(world):
    desk, phone = browser(), browser(PHONE)
    log_in(desk)
    log_in(phone)
    new = "Kettle-Orbit-93-Walnut"
    desk.post("/account/password/", {"current": PASSWORD, "password1": new, "password2": new})

    assert desk.get("/account/").status_code == 200
    assert phone.get("/account/").url == "/login/?next=/account/&ended=password"
    told = Notice.objects.filter(kind="accounts.password_changed", user=world.north_clerk)
    assert told.count() == 1


@pytest.mark.parametrize("close", ["freeze", "leave", "import"])
def test_a_closed_account_is_out_at_the_next_request(client, world, close):
    person = world.north_clerk
    log_in(client)
    running = Job.objects.create(kind="x", key="a", actor=person, state=JobState.RUNNING)
    queued = Job.objects.create(kind="x", key="b", actor=person, state=JobState.QUEUED)
    if close == "freeze":
        services.freeze(person, by=None, reason="离职")
    elif close == "leave":
        services.leave(person, by=None)
    else:
        shut_out([person.pk])

    assert client.get("/account/").url == "/login/?next=/account/&ended=account"
    running.refresh_from_db()
    queued.refresh_from_db()
    assert (running.state, queued.state) == (JobState.STOPPING, JobState.STOPPED)


def test_logging_out_needs_no_explanation(client, world):
    log_in(client)
    key = cookie_of(client)
    client.post("/logout/")
    old = Client()
    old.cookies[settings.SESSION_COOKIE_NAME] = key

    assert old.get("/account/").url == "/login/?next=/account/"


# --- step-up ------------------------------------------------------------------------------------


def test_a_weighty_act_asks_again_after_fifteen_minutes(client, world, clock):
    log_in(client, "G-ADMIN")
    clock.shift(timedelta(minutes=14))
    assert client.get("/account/security/app/").status_code == 200
    clock.shift(timedelta(minutes=2))

    answer = client.get("/account/security/app/")
    assert (answer.status_code, answer.url) == (
        302,
        "/login/again/?next=%2Faccount%2Fsecurity%2Fapp%2F",
    )
    done = client.post("/login/again/", {"password": PASSWORD, "next": "/account/security/app/"})
    assert done.url == "/account/security/app/"
    assert client.get("/account/security/app/").status_code == 200
    record = LoginRecord.objects.get(kind=LoginKind.AGAIN)
    assert (record.user, record.method) == (world.admin, "password")


@pytest.mark.parametrize(
    ("number", "method", "address"),
    [
        ("N-CLERK", "post", "/customers/export/"),
        ("N-CLERK", "post", "/account/security/codes/"),
        ("G-ADMIN", "post", "/people/N-CLERK/sign-out/"),
        ("G-ADMIN", "get", "/people/N-CLERK/reset-factors/"),
        ("G-ADMIN", "get", "/admin/accounts/role/add/"),
        ("G-ADMIN", "get", "/admin/accounts/user/add/"),
        ("G-ADMIN", "post", "/admin/accounts/user/"),
        ("N-HEAD", "get", "/people/N-CLERK/leave/"),
        ("N-HEAD", "post", "/people/N-CLERK/leave/"),
        ("N-HEAD", "post", "/customers/hand-over/1/"),
        ("N-HEAD", "post", "/hand-overs/1/carry-out/"),
        ("N-HEAD", "post", "/hand-overs/1/undo/"),
        ("G-ADMIN", "get", "/organisation/changes/1/approve/"),
        ("G-ADMIN", "get", "/organisation/changes/1/undo/"),
        ("G-ADMIN", "get", "/policies/accounts.idle_minutes/change/"),
        ("G-ADMIN", "post", "/policies/customers.reveals_per_day/change/"),
        ("G-ADMIN", "get", "/system/webhooks/new/"),
        ("G-ADMIN", "get", "/system/webhooks/1/secret/"),
        ("G-ADMIN", "post", "/system/webhooks/1/"),
    ],
)
def test_every_weighty_act_asks_again(client, world, clock, number, method, address):
    log_in(client, number)
    assert (
        not getattr(client, method)(address).headers.get("Location", "").startswith("/login/again/")
    )
    clock.shift(timedelta(minutes=16))

    assert getattr(client, method)(address).headers["Location"].startswith("/login/again/?next=")


def test_a_form_is_kept_while_its_sender_proves_who_he_is(client, world, clock):
    log_in(client, "G-ADMIN")
    clock.shift(timedelta(minutes=16))
    sent = {f"decision-{world.north_clerk.grants.get().pk}": "end", "reason-1": "调岗"}
    asked = client.post("/grants/review/?page=1", sent)
    assert asked.url == "/login/again/?next=%2Fgrants%2Freview%2F%3Fpage%3D1"

    page = client.post("/login/again/", {"password": PASSWORD, "next": "/grants/review/?page=1"})
    assert (page.status_code, page.templates[0].name) == (200, "account/again_resume.html")
    assert page.context["kept"]["action"] == "/grants/review/?page=1"
    assert dict(page.context["kept"]["fields"]) == sent
    # Kept once: the next proof leads on as usual.
    assert client.post("/login/again/", {"password": PASSWORD}).status_code == 302


def test_keeping_grants_needs_no_further_proof(client, world, clock):
    log_in(client, "G-ADMIN")
    clock.shift(timedelta(minutes=16))
    sent = {f"decision-{world.north_clerk.grants.get().pk}": "keep"}

    assert client.post("/grants/review/", sent).url == "/grants/review/"


def test_secrets_are_not_kept_in_a_session(rf):
    request = rf.post("/x/", {"name": "a", "secret": "b"})
    request.session = {KEPT: "something older"}
    keep_form(request)

    assert request.session == {}


def test_htmx_is_sent_to_the_whole_page(client, world, clock):
    log_in(client)
    clock.shift(timedelta(minutes=16))
    answer = client.post(
        "/customers/export/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/customers/?q=x"},
    )

    assert (answer.status_code, answer["HX-Redirect"]) == (
        403,
        "/login/again/?next=%2Fcustomers%2F%3Fq%3Dx",
    )


def test_a_wrong_password_proves_nothing_and_counts(client, world, clock):
    log_in(client)
    clock.shift(timedelta(minutes=16))
    assert client.post("/login/again/", {"password": "wrong"}).status_code == 422
    assert client.get("/account/security/app/").status_code == 302
    assert LoginRecord.objects.filter(kind=LoginKind.FAILED).count() == 1


@pytest.mark.parametrize("header", ["X-Remote-User", "X-Forwarded-User", "Remote-User"])
def test_a_header_signs_nobody_in(client, world, header):
    answer = client.get("/account/", headers={header: "G-ADMIN"})

    assert (answer.status_code, answer.url) == (302, "/login/?next=/account/")


def test_old_rows_go_with_the_log_in_book(client, world):
    log_in(client)
    client.post("/logout/")
    SignedInDevice.objects.update(ended_at=timezone.now() - timedelta(days=397))
    services.delete_old_login_records()

    assert not SignedInDevice.objects.exists()
