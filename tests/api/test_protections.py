"""Each protection of the API, seen holding; and seen missing once it is switched off.

A probe is one call of somebody who must not succeed. With the protection in force it is refused;
with the protection replaced by nothing the same call gets through, so the probe does look at it.
"""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User, UserState
from api.authentication import PerMinute
from api.base import Ask
from api.models import ApiToken, TokenQuerySet
from api.reach import CASES_READ
from api.resources.cases import Cases
from api.resources.customers import Customers, Numbers
from api.services import repeats, revoke
from audit.models import Entry
from complaints.models import Case
from customers.models.customers import CustomerQuerySet
from regions.models.units import OrgUnitQuerySet
from tests.api.conftest import Program
from tests.factories import make_customer, say

pytestmark = pytest.mark.django_db
NEW = {"unit": "N1A", "content": "漏水", "name": "李四"}
WANTED = {"field": "phone", "reason": "回访"}


def scope_of_the_token(world: Any) -> int:
    return Program(world.admin, CASES_READ).get("customers/").status_code


def right_of_the_owner(world: Any) -> int:
    customer = make_customer(unit=world.n1a, phone="+8613800000001")
    return Program(world.reader).post(f"customers/{customer.pk}/numbers/", WANTED).status_code


def reach_of_the_owner(world: Any) -> int:
    customer = make_customer(unit=world.n1a)
    return Program(world.south_head).get(f"customers/{customer.pk}/").status_code


def expiry(world: Any) -> int:
    program = Program(world.admin)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        return program.get("customers/").status_code


def revocation(world: Any) -> int:
    program = Program(world.admin)
    revoke(program.token, by=world.admin)
    return program.get("customers/").status_code


def end_of_the_person(world: Any) -> int:
    program = Program(world.admin)
    User.objects.filter(pk=world.admin.pk).update(state=UserState.LEFT)
    return program.get("customers/").status_code


def throttle(world: Any) -> int:
    say(world.group, "api.calls_a_minute", 1)
    program = Program(world.admin)
    with time_machine.travel(timezone.now(), tick=False):
        program.get("customers/")
        return program.get("customers/").status_code


def same_key_other_body(world: Any) -> int:
    program = Program(world.north_head)
    program.post("cases/", NEW, Idempotency_Key="k")
    return program.post("cases/", NEW | {"content": "停电"}, Idempotency_Key="k").status_code


def same_key_again(world: Any) -> int:
    """How many cases two equal calls made."""
    program = Program(world.north_head)
    for _each in range(2):
        assert program.post("cases/", NEW, Idempotency_Key="k").status_code == 201
    return Case.objects.count()


def version(world: Any) -> int:
    customer = make_customer(unit=world.n1a)
    program, path = Program(world.north_head), f"customers/{customer.pk}/"
    tag = program.get(path)["ETag"]
    program.patch(path, {"remark": "一"}, If_Match=tag)
    return program.patch(path, {"remark": "二"}, If_Match=tag).status_code


def record_of_a_number(world: Any) -> int:
    """How many records a number that was shown left."""
    customer = make_customer(unit=world.n1a, phone="+8613800000001")
    answer = Program(world.north_head).post(f"customers/{customer.pk}/numbers/", WANTED)
    assert (answer.status_code, answer.json()) == (200, {"value": "13800000001"})
    shown = Entry.objects.filter(action="customer.revealed", detail__reason="回访")
    return shown.filter(by=world.north_head, detail__field="phone").count()


def numbers_a_day(world: Any) -> int:
    say(world.group, "customers.reveals_per_day", 1)
    customer = make_customer(unit=world.n1a, phone="+8613800000001")
    program, path = Program(world.north_head), f"customers/{customer.pk}/numbers/"
    program.post(path, WANTED)
    return program.post(path, WANTED).status_code


def foreign_unit_of_a_case(world: Any) -> int:
    return Program(world.south_head).post("cases/", NEW).status_code


def foreign_unit_of_a_customer(world: Any) -> int:
    given = {"unit": "N1A", "kind": "person", "name": "李四"}
    return Program(world.south_head).post("customers/", given).status_code


def rows_of_a_page(world: Any) -> int:
    return Program(world.north_head).get("customers/", size=201).status_code


def size_of_a_body(world: Any) -> int:
    return Program(world.north_head).post("cases/", NEW | {"content": "水" * 3_000_000}).status_code


def key_of_somebody_else(world: Any) -> int:
    """How many cases the same key of two people made."""
    for person in (world.north_head, world.north_keeper):
        assert Program(person).post("cases/", NEW, Idempotency_Key="k").status_code == 201
    return Case.objects.count()


def key_of_another_program(world: Any) -> int:
    """How many cases the same key of two tokens of one person made."""
    for _each in range(2):
        Program(world.north_head).post("cases/", NEW, Idempotency_Key="k")
    return Case.objects.count()


def key_of_a_refusal(world: Any) -> int:
    """How many cases a key made that was refused first, and used three times."""
    program = Program(world.north_head)
    for phone in ("12", "13800000001", "13800000001"):
        program.post("cases/", NEW | {"phone": phone}, Idempotency_Key="k")
    return Case.objects.count()


def frozen_owner_of_a_kept_answer(world: Any) -> int:
    """A call is answered again for nobody who may not call any more."""
    program = Program(world.north_head)
    program.post("cases/", NEW, Idempotency_Key="k")
    User.objects.filter(pk=world.north_head.pk).update(state=UserState.FROZEN)
    return program.post("cases/", NEW, Idempotency_Key="k").status_code


def scope_to_read_alone(world: Any) -> int:
    return Program(world.north_head, CASES_READ).post("cases/", NEW).status_code


def key_of_yesterday(world: Any) -> int:
    """How many cases a key made that was used again after more than a day."""
    program = Program(world.north_head)
    for hours in (0, 25):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            assert program.post("cases/", NEW, Idempotency_Key="k").status_code == 201
    return Case.objects.count()


def misspelt_filter(world: Any) -> int:
    return Program(world.north_head).get("cases/", staus="open").status_code


def field_that_stands_there_twice(world: Any) -> int:
    body = b'{"unit": "S1A", "unit": "N1A", "content": "x", "name": "y"}'
    client = Program(world.north_head).client
    return client.post("/api/v1/cases/", body, content_type="application/json").status_code


def token_of_somebody_else(world: Any) -> int:
    token, client = Program(world.north_head).token, Client()
    client.force_login(world.south_head)
    return client.post(f"/system/api-tokens/{token.pk}/revoke/").status_code


def nothing(*args: Any, **kwargs: Any) -> None:
    """In place of whatever is done."""


def yes(*args: Any, **kwargs: Any) -> bool:
    return True


def every_row(rows: Any, *args: Any, **kwargs: Any) -> Any:
    return rows


def at_once(*, act: Callable[[], Any], **more: Any) -> Any:
    return act()


def once_for_everybody(*, token: Any, **more: Any) -> Any:
    return repeats.once(token=ApiToken.objects.earliest("pk"), **more)


# The package has a function of the same name in front of the module.
REVEAL = import_module("customers.services.reveal")
# probe: what it gets, what it gets without its protection, what is replaced by what
PROTECTIONS: dict[Callable[[Any], int], tuple[int, int, Any, str, Any]] = {
    scope_of_the_token: (403, 200, Customers, "asks", {"GET": Ask("", "customers.view_customer")}),
    right_of_the_owner: (403, 404, Numbers, "asks", {"POST": Ask("", "")}),
    reach_of_the_owner: (404, 200, CustomerQuerySet, "visible_to", every_row),
    expiry: (401, 200, TokenQuerySet, "living", every_row),
    revocation: (401, 200, TokenQuerySet, "living", every_row),
    end_of_the_person: (401, 200, User, "is_active", True),
    throttle: (429, 200, PerMinute, "allow_request", yes),
    same_key_other_body: (422, 201, "api.base", "digest_of", lambda *args: "x"),
    same_key_again: (1, 2, "api.base", "once", at_once),
    version: (412, 200, "api.resources.customers", "version_asked", nothing),
    record_of_a_number: (1, 0, REVEAL, "record", nothing),
    numbers_a_day: (429, 200, REVEAL, "reveals_left", yes),
    foreign_unit_of_a_case: (400, 201, OrgUnitQuerySet, "visible_to", every_row),
    foreign_unit_of_a_customer: (400, 201, OrgUnitQuerySet, "visible_to", every_row),
    rows_of_a_page: (400, 200, "api.base", "MOST_ROWS", 1000),
    size_of_a_body: (413, 400, settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", None),
    key_of_somebody_else: (2, 1, "api.base", "once", once_for_everybody),
    key_of_another_program: (2, 1, "api.base", "once", once_for_everybody),
    key_of_a_refusal: (1, 2, "api.base", "once", at_once),
    frozen_owner_of_a_kept_answer: (401, 201, User, "is_active", True),
    scope_to_read_alone: (
        *(403, 201),
        *(Cases, "asks", {"POST": Ask("", "complaints.add_case")}),
    ),
    key_of_yesterday: (2, 1, repeats, "KEPT", timedelta(days=9)),
    misspelt_filter: (400, 200, "api.base", "refuse_unknown", nothing),
    field_that_stands_there_twice: (400, 201, "api.parsers", "_once", dict),
    token_of_somebody_else: (404, 302, TokenQuerySet, "visible_to", every_row),
}


@pytest.mark.parametrize("probe", PROTECTIONS, ids=lambda probe: probe.__name__)
def test_a_protection_holds(world, everybody_may, probe):
    assert probe(world) == PROTECTIONS[probe][0]


@pytest.mark.parametrize("probe", PROTECTIONS, ids=lambda probe: probe.__name__)
def test_a_protection_switched_off_is_noticed(world, everybody_may, monkeypatch, probe):
    _held, without, place, name, broken = PROTECTIONS[probe]
    target = f"{place}.{name}" if isinstance(place, str) else place
    if isinstance(place, str):
        monkeypatch.setattr(target, broken)
    else:
        monkeypatch.setattr(target, name, broken)

    assert probe(world) == without
