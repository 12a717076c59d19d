"""Each guard of the front door with its twin: with the guard off, the violation happens.

A test of a protection says nothing until it was red without it. Every scenario answers whether the
violation happened; it must with the guard taken out, and must not with it in place.
"""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import factors, services
from accounts.factors import decrypt
from accounts.models import SignedInDevice
from accounts.session_store import SessionStore
from regions.policies import find
from tests.accounts.test_factors import SECRET, code_now
from tests.accounts.test_sessions import DESK, NINE, browser, log_in

CLERK = "N-CLERK"


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def an_ended_device(world, clock) -> bool:
    one = browser()
    log_in(one)
    device = SignedInDevice.objects.get()
    other = browser("Mobile")
    log_in(other)
    other.post(f"/account/devices/{device.pk}/end/")
    return is_in(one)


def a_leaver(world, clock) -> bool:
    client = browser()
    log_in(client)
    services.freeze(world.north_clerk, by=None, reason="")
    services.activate(world.north_clerk, by=None)  # a session that lived on would revive
    return is_in(client)


def thirty_one_idle_minutes(world, clock) -> bool:
    client = browser()
    log_in(client)
    clock.shift(timedelta(minutes=31))
    return is_in(client)


def eleven_hours(world, clock) -> bool:
    client = browser()
    log_in(client)
    for _ in range(33):
        clock.shift(timedelta(minutes=20))
        client.get("/account/")
    return is_in(client)


def a_second_computer(world, clock) -> bool:
    one, two = browser(DESK), browser(DESK)
    log_in(one)
    log_in(two)
    return is_in(one)


def a_weighty_act_after_sixteen_minutes(world, clock) -> bool:
    client = browser()
    log_in(client)
    clock.shift(timedelta(minutes=16))
    return client.get("/account/security/app/").status_code == 200


def a_role_without_its_factor(world, clock) -> bool:
    client = browser()
    log_in(client)
    return client.get("/people/").status_code == 200


def the_same_code_twice(world, clock) -> bool:
    TOTP.activate(world.north_clerk, SECRET)
    for client in (one := browser(), two := browser("Mobile")):
        log_in(client)
        client.post("/login/verify/", {"code": code_now()})
    return is_in(one) and is_in(two)


def a_planted_cookie(world, clock) -> bool:
    thief, victim = Client(), Client()
    session = SessionStore()
    session["seen"] = "before"
    session.save()
    for client in (thief, victim):
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    log_in(victim)
    return is_in(thief)


def a_sixth_guess(world, clock) -> bool:
    client = Client()
    for _ in range(5):
        client.post("/login/", {"login": CLERK, "password": "Wrong-Horse-7-Battery"})
    log_in(client)
    return is_in(client)


def reused(row: Authenticator, code: str) -> bool:
    """What `_use_totp` is without its memory."""
    return factors._step_of(decrypt(row.data["secret"]), code) is not None


SCENES = [
    (an_ended_device, "accounts.sessions.Session", lambda: Kept),
    (a_leaver, "accounts.services.people.shut_out", lambda: lambda people: 0),
    (thirty_one_idle_minutes, "accounts.middleware.keep_or_end", lambda: nothing),
    (eleven_hours, "accounts.sessions.policy", lambda: a_day_long),
    (a_second_computer, "accounts.sessions._leave_room", lambda: nothing),
    (a_weighty_act_after_sixteen_minutes, "accounts.middleware.is_fresh", lambda: lambda r: True),
    (a_role_without_its_factor, "accounts.middleware._must_set_up_a_factor", lambda: nothing),
    (the_same_code_twice, "accounts.factors._use_totp", lambda: reused),
    (a_planted_cookie, "accounts.session_store.SessionStore.cycle_key", lambda: nothing),
    (a_sixth_guess, "accounts.lockout.is_locked", lambda: nothing),
]


def nothing(*args, **kwargs) -> str:
    return ""


def a_day_long(key, **where):
    """Every rule as it is, but sessions live for a whole day."""
    return 24 if key == "accounts.absolute_hours" else find(key).default


class Kept:
    """Sessions that nobody can delete."""

    objects = Session.objects.none()


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "twin"])
@pytest.mark.parametrize(("scene", "guard", "broken"), SCENES, ids=lambda one: None)
def test_the_guard_is_what_protects(monkeypatch, world, scene, guard, broken, guarded):
    if scene is a_role_without_its_factor:
        monkeypatch.setattr("accounts.factors.needs_factor", lambda user: True)
        monkeypatch.setattr("accounts.middleware.needs_factor", lambda user: True)
    if not guarded:
        monkeypatch.setattr(guard, broken())
    with time_machine.travel(NINE, tick=False) as clock:
        assert scene(world, clock) is not guarded
