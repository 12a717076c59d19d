"""A further batch of numbers: once a day, after the allowance, with proof and a reason."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from audit.models import Entry
from core.errors import QuotaExceeded, Refused
from customers.services import create_customer, reveal, reveals_left
from customers.services.reveal import ask_for_further_reveals, further_reveals
from tests.customers.files import phone
from tests.factories import PASSWORD, say

FURTHER = "/customers/further-reveals/"
SINCE = date(2026, 1, 1)


@pytest.fixture
def customer(world):
    """A customer of the north, whose number is asked for; the rules give one a day and two more."""
    say(world.group, "customers.reveals_per_day", 1, since=SINCE)
    say(world.group, "accounts.further_reveals", 2, since=SINCE)
    found, _new = create_customer(
        unit=world.n1a, by=None, kind="person", name="张三", phone=f"+86{phone(1)}",
        keeper=world.north_clerk,
    )  # fmt: skip
    return found


def look(customer, by):
    return reveal(customer, field="phone", by=by, reason="case")


def test_a_further_batch_is_given_once_and_recorded(world, customer):
    clerk = world.north_clerk
    look(customer, clerk)
    assert ask_for_further_reveals(by=clerk, reason=" 台风回访 ") == 2

    entry = Entry.objects.get(action="customer.reveals_extended")
    assert (entry.by, entry.detail) == (clerk, {"count": 2, "reason": "台风回访"})
    assert [look(customer, clerk) for _ in range(2)] == [phone(1)] * 2
    with pytest.raises(QuotaExceeded):
        look(customer, clerk)
    assert further_reveals(clerk) == 0
    with pytest.raises(Refused):
        ask_for_further_reveals(by=clerk, reason="还要")
    assert Entry.objects.filter(action="customer.reveals_extended").count() == 1
    assert reveals_left(world.north_head) == 1


def test_the_next_day_begins_anew(world, customer):
    with time_machine.travel("2026-11-20 09:00+08:00", tick=False) as clock:
        look(customer, world.north_clerk)
        ask_for_further_reveals(by=world.north_clerk, reason="回访")
        clock.shift(timedelta(days=1))
        assert reveals_left(world.north_clerk) == 1
        assert further_reveals(world.north_clerk) == 2


@pytest.mark.parametrize("case", ["numbers left", "no reason", "rule gives none"])
def test_a_further_batch_is_refused(world, customer, case):
    if case != "numbers left":
        look(customer, world.north_clerk)
    if case == "rule gives none":
        say(world.group, "accounts.further_reveals", 0)
    with pytest.raises(Refused):
        ask_for_further_reveals(by=world.north_clerk, reason=" " if case == "no reason" else "x")

    assert not Entry.objects.filter(action="customer.reveals_extended").exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_from_the_refusal_through_proof_to_the_number(client, world, customer, htmx):
    page = customer.get_absolute_url()
    address = f"{page}reveal/phone/"
    headers = (
        {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
        if htmx
        else {"Referer": f"http://testserver{page}"}
    )
    with time_machine.travel("2026-11-20 09:00+08:00", tick=False) as clock:
        client.post("/login/", {"login": "N-CLERK", "password": PASSWORD})
        clock.shift(timedelta(minutes=16))
        client.post(address, {"reason": "case"}, headers=headers)
        refused = client.post(address, {"reason": "case"}, headers=headers)
        more = refused.context["more_url"]
        assert (refused.status_code, more) == (429, f"{FURTHER}?next={page.replace('/', '%2F')}")
        assert more.replace("&", "&amp;") in refused.content.decode()

        assert client.get(more).url.startswith("/login/again/?next=%2Fcustomers%2Ffurther-reveals")
        assert client.post(more, {"reason": "回访"}).url.startswith("/login/again/")
        assert reveals_left(world.north_clerk) == 0
        assert client.get(more).status_code == 302  # what was sent is forgotten on the way
        client.post("/login/again/", {"password": PASSWORD, "next": more})
        assert client.get(more).status_code == 200
        wrong = client.post(more, {"reason": ""}, headers=headers)
        assert (wrong.status_code, "<html" in wrong.content.decode()) == (422, not htmx)
        given = client.post(more, {"reason": "回访"}, headers=headers)
        assert given["HX-Redirect" if htmx else "Location"] == page
        shown = client.post(address, {"reason": "case"}, headers=headers)
        assert (shown.status_code, phone(1) in shown.content.decode()) == (200, True)


def test_the_way_on_is_not_offered_twice_nor_to_another_site(client, world, customer):
    client.force_login(world.north_clerk)
    look(customer, world.north_clerk)
    answer = client.post(f"{FURTHER}?next=//evil.example/", {"reason": "回访"})
    assert answer.url == "/customers/"
    for _ in range(2):
        look(customer, world.north_clerk)

    refused = client.post(f"{customer.get_absolute_url()}reveal/phone/", {"reason": "case"})
    assert (refused.status_code, refused.context.get("more_url")) == (429, None)


def test_who_may_see_no_numbers_gets_no_further_ones(world):
    reader = Client()
    reader.force_login(world.reader)

    assert reader.get(FURTHER).status_code == 403
