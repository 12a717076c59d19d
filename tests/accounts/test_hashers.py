"""Hashes are bounded: memory and processor of a process do not follow the queue (row 3)."""

import threading
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts import hashers
from accounts.hashers import Argon2idHasher
from core.errors import Crowded
from tests.factories import PASSWORD


@pytest.fixture
def slow(monkeypatch):
    """Hashes that take a tenth of a second and tell how many are worked out at once."""
    now, most, lock = [0], [0], threading.Lock()

    def encode(self, password, salt):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with lock:
            now[0] -= 1
        return "hash"

    monkeypatch.setattr(Argon2PasswordHasher, "encode", encode)
    return most


def hash_at_once(count):
    """What that many threads got: "hash" or the error."""
    got = []

    def one():
        try:
            got.append(Argon2idHasher().encode("x", "saltsalt"))
        except Crowded as error:
            got.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_two_hashes_at_once_and_no_third(slow):
    assert hash_at_once(6) == ["hash"] * 6
    assert slow[0] == 2


def test_without_the_bound_all_are_worked_out_at_once(slow, monkeypatch):
    monkeypatch.setattr(hashers, "_room", threading.BoundedSemaphore(100))
    hash_at_once(6)

    assert slow[0] > 2


def test_who_waits_too_long_is_asked_to_come_again(slow, settings):
    settings.CRM_HASH_WAIT = 0
    got = hash_at_once(8)

    refused = [one for one in got if isinstance(one, Crowded)]
    assert (len(refused) + got.count("hash"), len(refused) > 0, slow[0]) == (8, True, 2)
    assert hash_at_once(2) == ["hash"] * 2  # everybody gave his room back


def test_the_front_door_answers_503_when_it_is_crowded(client, world, settings):
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]
    settings.CRM_HASH_WAIT = 0.01
    world.north_clerk.set_password(PASSWORD)
    world.north_clerk.save()
    for _ in range(settings.CRM_HASHES_AT_ONCE):
        hashers._room.acquire()
    try:
        answers = [
            client.post("/login/", {"login": no, "password": PASSWORD})
            for no in ("N-CLERK", "NOBODY")
        ]
    finally:
        for _ in range(settings.CRM_HASHES_AT_ONCE):
            hashers._room.release()

    assert [(one.status_code, one["Retry-After"]) for one in answers] == [(503, "5")] * 2
    assert "登录" in answers[0].content.decode()
    assert PASSWORD not in answers[0].content.decode()
    # No failure is held against anybody who was not looked at.
    assert not world.north_clerk.logins.exists()
    assert client.post("/login/", {"login": "N-CLERK", "password": PASSWORD}).status_code == 302
