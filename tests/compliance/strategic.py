"""What tests of strategic customers begin with."""

import datetime as dt
from typing import Any

from django.utils import timezone

from compliance.models import Decision, Round
from compliance.services.rounds import evaluate, give_charge, nominate
from customers.models import Customer
from tests.factories import World, make_customer


def local(year: int, month: int, day: int, hour: int = 10) -> dt.datetime:
    """An instant in Chinese time."""
    return timezone.make_aware(dt.datetime.combine(dt.date(year, month, day), dt.time(hour)))


def organisation(world: World, **more: Any) -> Customer:
    """A business customer of the northern project, kept by its clerk."""
    values = {"unit": world.n1a, "keeper": world.north_clerk, "name": "滨江城投集团"} | more
    return make_customer(**({"kind": "organisation"} | values))


def run_by(world: World, customer: Customer, *, since: dt.date | None = None) -> Customer:
    """The customer on the list, under the clerk and the head of the north."""
    give_charge(
        customer,
        specialist=world.north_clerk,
        contact_leader=world.north_head,
        by=None,
        today=since or timezone.localdate(),
    )
    customer.refresh_from_db()
    return customer


def nominated(world: World, one: Round, customer: Customer, **more: Any) -> Any:
    """The north nominates a customer of its own."""
    given = {
        "by": world.north_head,
        "unit": world.n1,
        "specialist": world.north_clerk,
        "contact_leader": world.north_head,
        "reason": "重点区域的城建平台，三年内有四个后续项目",
        "cooperations": 4,
        "flags": ["follow_up", "sound", "willing"],
    }
    return nominate(one, customer=customer, **(given | more))


def decided(one: Round, *rows: Any, decision: str = Decision.ACCEPTED) -> None:
    """The committee decides all of these alike."""
    for row in rows:
        evaluate(row, by=None, marks={}, decision=decision)
