"""The description, and calls made from it as it allows and as it does not (schemathesis).

CRM_API_EXAMPLES says how many calls are made of each operation and kind (default 12).
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.internal.conjecture import providers
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode

from api.schema import description
from crm_site.wsgi import application
from tests.access import surface
from tests.api.conftest import Program
from tests.factories import make_case, make_customer, say

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CRM_API_EXAMPLES") or 12)
load_all_checks()
CHECKS = schemathesis.checks.CHECKS
# A well-formed value may still name nothing: a unit of nobody's, a filter without meaning.
LEFT_OUT = [CHECKS.get_one("positive_data_acceptance")]


@pytest.fixture
def kept_connection():
    """As Django's own test client: the end of a call does not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def few_constants(monkeypatch):
    """No texts out of the product's own source among the examples: to collect them, and to ask of
    each whether it fits, takes longer than all calls."""
    monkeypatch.setattr(
        "hypothesis.internal.conjecture.providers._get_local_constants",
        lambda: providers._local_constants,
        raising=False,
    )


@pytest.fixture
def program(world, kept_connection, few_constants):
    say(world.group, "api.calls_a_minute", 6000)
    make_customer(unit=world.n1a)
    make_case(unit=world.n1a)
    return Program(world.admin)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_to_its_description(program, mode):
    """No call, well made or badly, meets an error of the server or an answer nobody was told of."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    called = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        called.add((operation.method.upper(), operation.path))
        _call(operation, mode, program)

    assert len(called) == sum(len(methods) for methods in description()["paths"].values())


def _call(operation, mode, program):
    headers = {"Authorization": f"Bearer {program.text}"}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(case):
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

    once()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("units/?unit=%00", 400),
        ("units/?%00=x", 400),
        ("staff/?unit=%00", 400),
        ("cases/x%0A/", 404),
        ("cases/1/%0A", 404),
    ],
)
def test_odd_addresses_are_answered_as_programs_read_them(program, path, status):
    answer = program.client.get(f"/api/v1/{path}")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_every_address_is_described():
    described = set(description()["paths"])
    routed = {
        "/" + route.pattern.replace("<int:pk>", "{id}")
        for route in surface.routes()
        if route.access is not None and route.access.kind == "token" and route.name != "api:nothing"
    }

    assert routed == described
    assert description()["openapi"] == "3.1.0"
    assert Client().get("/api/v1/schema/").json()["paths"].keys() == described
