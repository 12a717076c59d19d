"""Guessing is slowed down, and nobody can lock somebody else out for good (reliability: row 4)."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory

from accounts import lockout, services
from accounts.models import LoginKind, LoginRecord
from tests.factories import PASSWORD, make_world

WRONG = "Wrong-Horse-7-Battery"
HOME, CAFE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-20 09:00+08:00", tick=False) as traveller:
        yield traveller


def attempt(client, password=WRONG, *, no="N-CLERK", ip=HOME):
    """Whether the door opened."""
    answer = client.post("/login/", {"login": no, "password": password}, REMOTE_ADDR=ip)
    return answer.status_code == 302


def fail(client, times, **where):
    for _ in range(times):
        assert not attempt(client, **where)


def guesser():
    return Client()


def test_the_sixth_try_is_refused_even_with_the_right_password(client, world, clock):
    fail(client, 5)

    assert not attempt(client, PASSWORD)
    assert list(LoginRecord.objects.order_by("pk").values_list("kind", flat=True)) == [
        LoginKind.FAILED
    ] * 5 + [LoginKind.REFUSED]


def test_four_failures_do_no_harm(client, world, clock):
    fail(client, 4)

    assert attempt(client, PASSWORD)


def test_rest_ends_fifteen_minutes_after_the_fifth_failure(client, world, clock):
    fail(client, 4)
    clock.shift(timedelta(minutes=10))
    fail(client, 1)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert not attempt(client, PASSWORD)
    clock.shift(timedelta(seconds=1))

    assert attempt(client, PASSWORD)


def test_five_failures_over_more_than_fifteen_minutes_are_no_series(client, world, clock):
    for _ in range(5):
        fail(client, 1)
        clock.shift(timedelta(minutes=4))

    assert attempt(client, PASSWORD)


def test_refused_tries_do_not_prolong_the_rest(client, world, clock):
    fail(client, 5)
    for _ in range(5):
        clock.shift(timedelta(minutes=3))
        assert attempt(client, PASSWORD) == (_ == 4)


def test_another_address_is_not_locked_by_a_series(client, world, clock):
    fail(guesser(), 5, ip=CAFE)

    assert attempt(client, PASSWORD, ip=HOME)


def test_a_success_begins_a_new_series(client, world, clock):
    fail(guesser(), 4)
    assert attempt(guesser(), PASSWORD)
    fail(guesser(), 4)

    assert attempt(guesser(), PASSWORD)


def day_of_failures(clock, count):
    """`count` failures on one account within a day, spread so that no series locks it."""
    for number in range(count):
        fail(guesser(), 1, ip=f"203.0.113.{number + 1}")
        clock.shift(timedelta(minutes=60))


def test_twenty_failures_a_day_lock_until_an_administrator_ends_it(client, world, clock):
    day_of_failures(clock, 20)
    clock.shift(timedelta(days=30))

    assert not attempt(client, PASSWORD)
    assert lockout.needs_unlocking(world.north_clerk)
    services.unlock(world.north_clerk, by=world.admin)
    assert not lockout.needs_unlocking(world.north_clerk)
    assert attempt(client, PASSWORD)


def test_nineteen_failures_a_day_do_not(client, world, clock):
    day_of_failures(clock, 19)

    assert attempt(client, PASSWORD)


def test_twenty_failures_on_more_than_a_day_do_not(client, world, clock):
    day_of_failures(clock, 15)
    clock.shift(timedelta(hours=10))
    day_of_failures(clock, 9)

    assert attempt(client, PASSWORD)


def test_successes_elsewhere_do_not_hide_guesses(client, world, clock):
    owner = Client()
    for number in range(20):
        fail(guesser(), 1, ip=f"203.0.113.{number + 1}")
        clock.shift(timedelta(minutes=30))
        if number < 19:
            assert attempt(owner, PASSWORD)
            owner.post("/logout/")

    assert not attempt(guesser(), PASSWORD)


def test_a_known_device_still_opens_during_an_attack(client, world, clock):
    """Nobody locks the boss out: not by a series from his own address, not by twenty a day."""
    assert attempt(client, PASSWORD)
    client.post("/logout/")
    fail(guesser(), 5)
    day_of_failures(clock, 20)

    assert not attempt(guesser(), PASSWORD)
    assert attempt(client, PASSWORD)


def test_a_known_device_has_limits_of_its_own(client, world, clock):
    assert attempt(client, PASSWORD)
    client.post("/logout/")
    fail(client, 5)

    assert not attempt(client, PASSWORD)
    assert attempt(guesser(), PASSWORD)


def test_a_device_is_known_for_its_own_account_only(client, world, clock):
    """Logging in as oneself must not open a way around the limits of others."""
    assert attempt(client, PASSWORD, no="S-CLERK")
    client.post("/logout/")
    fail(client, 5)

    assert not attempt(guesser(), PASSWORD)


def test_a_forged_device_is_an_unknown_one(client, world, clock):
    assert attempt(client, PASSWORD)
    known = LoginRecord.objects.get(kind=LoginKind.LOGIN).device
    forger = Client()
    forger.cookies["crm_device"] = f"{known}:forged"
    fail(guesser(), 5)

    assert not attempt(forger, PASSWORD)


@pytest.mark.parametrize(("networks", "opens"), [([], False), (["198.51.100.0/24"], True)])
def test_an_address_has_a_limit_that_offices_get_twenty_times(
    client, world, clock, settings, networks, opens
):
    settings.CRM_OFFICE_NETWORKS = networks
    failures = [
        LoginRecord(kind=LoginKind.FAILED, employee_no=f"X{number}", ip=HOME)
        for number in range(100)
    ]
    LoginRecord.objects.bulk_create(failures)

    assert attempt(client, PASSWORD) == opens
    assert attempt(guesser(), PASSWORD, ip=CAFE)


def test_the_limit_of_an_address_ends_after_an_hour(client, world, clock):
    LoginRecord.objects.bulk_create(
        LoginRecord(kind=LoginKind.FAILED, employee_no=f"X{number}", ip=HOME)
        for number in range(100)
    )
    clock.shift(timedelta(minutes=61))

    assert attempt(client, PASSWORD)


@pytest.mark.parametrize(
    ("hops", "counted"), [(0, "10.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")]
)
def test_only_our_own_proxies_are_believed(client, world, settings, hops, counted):
    settings.CRM_TRUSTED_PROXIES = hops
    client.post(
        "/login/",
        {"login": "N-CLERK", "password": WRONG},
        REMOTE_ADDR="10.0.0.1",
        headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 198.51.100.7"},
    )

    assert LoginRecord.objects.get().ip == counted


def test_the_current_password_is_no_way_around_the_counter(client, world, clock):
    attempt(client, PASSWORD)
    for _ in range(5):
        client.post("/account/password/", {"current": WRONG})
    answer = client.post(
        "/account/password/",
        {"current": PASSWORD, "password1": "Tall-Tree-9-Meadow", "password2": "Tall-Tree-9-Meadow"},
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["current"]


@pytest.mark.django_db(transaction=True)
def test_a_burst_cannot_outrun_the_counter():
    """Twelve tries at once: five are counted as failures, the rest find the lock."""
    make_world()
    start = threading.Barrier(12)

    def try_once():
        request = RequestFactory().post("/login/", REMOTE_ADDR=HOME)
        start.wait()
        lockout.check_password(request, "N-CLERK", WRONG)
        connection.close()

    threads = [threading.Thread(target=try_once) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kinds = list(LoginRecord.objects.values_list("kind", flat=True))
    assert (kinds.count(LoginKind.FAILED), kinds.count(LoginKind.REFUSED)) == (5, 7)


@pytest.mark.django_db(transaction=True)
def test_a_failure_stays_recorded_when_the_page_fails_after_it():
    from django.db import transaction

    make_world()
    request = RequestFactory().post("/login/", REMOTE_ADDR=HOME)
    lockout.check_password(request, "N-CLERK", WRONG)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        lockout.check_password(request, "N-CLERK", WRONG)

    assert LoginRecord.objects.count() == 1
