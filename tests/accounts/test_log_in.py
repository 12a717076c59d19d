"""The front door: one way in, one sentence for everything that is wrong, and who it lets out."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import LoginKind, LoginRecord, User
from accounts.visitors import DEVICE_COOKIE
from tests.factories import PASSWORD

LOGIN = "/login/"
WRONG = "Wrong-Horse-7-Battery"


def log_in(client, no, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": no, "password": password}, **extra)


def signed_in(client):
    return client.get("/account/").status_code == 200


def kinds(user):
    return list(user.logins.order_by("pk").values_list("kind", flat=True))


def test_the_right_password_leads_to_the_front_page(client, world):
    answer = log_in(client, "N-CLERK")

    assert (answer.status_code, answer["Location"]) == (302, reverse(settings.LOGIN_REDIRECT_URL))
    assert signed_in(client)
    assert kinds(world.north_clerk) == [LoginKind.LOGIN]


@pytest.mark.parametrize("typed", ["n-clerk", "N-Clerk", "  N-CLERK "])
def test_employee_numbers_do_not_mind_case_or_blanks(client, world, typed):
    log_in(client, typed)

    assert signed_in(client)


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/people/", "/people/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/people/", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout/", "/"),
        ("/login/?next=/people/", "/"),
    ],
)
def test_next_leads_only_to_pages_of_this_site(client, world, target, leads_to):
    answer = client.post(LOGIN, {"login": "N-CLERK", "password": PASSWORD, "next": target})

    assert answer["Location"] == leads_to


def test_the_form_keeps_where_the_visitor_was_going(client, world):
    page = client.get("/people/", follow=True)

    assert page.redirect_chain == [("/login/?next=/people/", 302)]
    assert '<input type="hidden" name="next" value="/people/">' in page.content.decode()


def test_the_session_gets_a_new_key(client, world):
    client.get(LOGIN)
    session = client.session
    session["seen"] = "before"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = before = session.session_key
    log_in(client, "N-CLERK")

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not signed_in(client)


def bare(answer):
    """A body without its token, request id and the number that was typed."""
    body = answer.content.decode()
    body = re.sub(r'"[0-9A-Za-z]{64}"', "", body)
    return re.sub(r"[0-9a-f]{4}-[0-9a-f]{4}|NOBODY|N-CLERK|N-HEAD|S-CLERK|S-HEAD", "", body)


def test_nobody_learns_which_accounts_exist(client, world):
    services.freeze(world.north_head, by=None, reason="leave")
    services.leave(world.south_clerk, by=None)
    for _ in range(5):
        log_in(client, "S-HEAD", WRONG, REMOTE_ADDR="203.0.113.9")

    unknown = log_in(client, "NOBODY")
    others = [
        log_in(client, "N-CLERK", WRONG),
        log_in(client, "N-HEAD"),
        log_in(client, "S-CLERK"),
        log_in(client, "S-HEAD", REMOTE_ADDR="203.0.113.9"),
    ]

    assert unknown.status_code == 422
    assert "crm-error" in bare(unknown) or "crm-summary" in bare(unknown)
    assert [(other.status_code, bare(other)) for other in others] == [(422, bare(unknown))] * 4


def test_unknown_frozen_and_former_accounts_cost_a_hash_and_the_same_queries(
    client, world, monkeypatch
):
    encode, hashed, counts = MD5PasswordHasher.encode, [], []

    def counting(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    services.freeze(world.north_head, by=None, reason="leave")
    services.leave(world.south_clerk, by=None)
    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    for no in ("N-CLERK", "NOBODY", "N-HEAD", "S-CLERK"):
        hashed.clear()
        with CaptureQueriesContext(connection) as queries:
            log_in(client, no, WRONG)
        counts.append((len(queries), len(hashed)))

    assert counts == [(counts[0][0], 1)] * 4


def test_an_old_hash_is_replaced_and_the_password_is_no_younger_by_it(client, world):
    user = world.north_clerk
    changed = timezone.now() - timedelta(days=10)
    old = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1000)
    User.objects.filter(pk=user.pk).update(password=old, password_changed_at=changed)
    log_in(client, "N-CLERK")

    user.refresh_from_db()
    assert not user.password.startswith("pbkdf2")
    assert user.password_changed_at == changed
    assert signed_in(client)


def test_replacing_a_hash_leaves_the_age_of_the_person_in_hand_alone(world):
    user = world.north_clerk
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", 1000)
    user.password_changed_at = changed = timezone.now() - timedelta(days=10)

    assert user.check_password(PASSWORD)
    assert user.password_changed_at == changed


def test_new_passwords_are_argon2id_of_owasp_size(settings, world):
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]
    world.north_clerk.set_password(PASSWORD)

    assert world.north_clerk.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "verb", [services.leave, lambda u, by: services.freeze(u, by=by, reason="")]
)
def test_who_is_frozen_or_has_left_is_out_at_the_next_request(client, world, verb):
    log_in(client, "N-CLERK")
    verb(world.north_clerk, by=None)

    assert client.get("/account/")["Location"] == "/login/?next=/account/&ended=account"


def test_made_active_again_does_not_revive_old_sessions(client, world):
    log_in(client, "N-CLERK")
    services.freeze(world.north_clerk, by=None, reason="")
    services.activate(world.north_clerk, by=None)

    assert not signed_in(client)


def test_logging_out_asks_then_does_it_and_is_recorded(client, world):
    log_in(client, "N-CLERK")

    assert client.get("/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/logout/")["Location"] == "/logout/"
    assert client.get("/logout/").templates[0].name == "account/logged_out.html"
    assert not signed_in(client)
    assert kinds(world.north_clerk) == [LoginKind.LOGIN, LoginKind.LOGOUT]


def test_the_administration_uses_the_same_door(client, world):
    assert client.get("/admin/")["Location"].startswith("/login/?next=")
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=%2Fadmin%2F"
    log_in(client, "N-CLERK")
    assert client.get("/admin/").status_code == 403
    client.force_login(world.admin)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"
    answer = client.post("/admin/logout/")
    assert (answer.status_code, answer["Location"]) == (307, "/logout/")


def test_the_first_page_of_a_later_day_is_recorded_once(client, world):
    user = world.north_clerk
    with time_machine.travel("2026-11-20 23:30+08:00", tick=False) as clock:
        log_in(client, "N-CLERK")
        client.get("/account/")
        clock.move_to("2026-11-20 23:50+08:00")
        client.get("/account/")
        assert kinds(user) == [LoginKind.LOGIN]
        clock.move_to("2026-11-21 00:10+08:00")
        client.get("/account/", headers={"X-Poll": "1"})
        assert kinds(user) == [LoginKind.LOGIN]
        client.get("/account/")
        client.get("/account/")

    assert kinds(user) == [LoginKind.LOGIN, LoginKind.DAY]


def test_a_log_in_marks_the_device_and_sets_the_persons_language(client, world):
    User.objects.filter(pk=world.north_clerk.pk).update(language="en")
    answer = log_in(client, "N-CLERK")

    cookie = answer.cookies[DEVICE_COOKIE]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert len(LoginRecord.objects.get(user=world.north_clerk).device) == 32


def test_no_page_but_the_front_door_logs_people_in():
    """Every way into a session is known: a new call of login() must be looked at. The mailbox logs
    in at a mail server."""
    calls = {
        (path.name, line.strip())
        for app in ("accounts", "core", "crm_site", "customers", "regions")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!def )\b(login|perform_login|force_login|django_login)\(", line)
    }

    assert {name for name, _line in calls} == {"people.py", "security.py", "imap.py"}
    assert len(calls) == 4
