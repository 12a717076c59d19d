"""What stands behind the question mark, and in a body: nothing of it is passed over."""

import json
from typing import Any

import pytest
from django.test import Client

from api.schema import description, queries
from complaints.models import Case
from tests.api.conftest import Program
from tests.factories import make_case, make_customer, say

pytestmark = pytest.mark.django_db
SENT = {"unit": "N1A", "content": "漏水", "name": "李四"}
OPERATIONS = [
    (path.removeprefix("/api/v1/").replace("{id}", "1"), method.upper(), operation["operationId"])
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
]


def callers(world: Any) -> dict[str, Program]:
    """Somebody who may read everything, and somebody who may write."""
    say(world.group, "api.calls_a_minute", 6000)
    head = Program(world.north_head)
    return {"GET": Program(world.boss), "HEAD": head, "POST": head, "PATCH": head}


def errors(answer: Any) -> Any:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["errors"]


def english(program: Program, method: str, path: str) -> Any:
    return program.client.generic(
        method, f"/api/v1/{path}", headers={"Accept-Language": "en"}, content_type=JSON
    )


JSON = "application/json"


def test_every_operation_refuses_what_it_does_not_describe(world, everybody_may):
    """The names that are told are those of the description, of the very operation."""
    programs = callers(world)
    for path, method, operation in OPERATIONS:
        answer = english(programs[method], method, f"{path}?staus=open")
        known = sorted(queries()[operation])
        there_are = f" There are: {', '.join(known)}."
        said = "There is no parameter “staus” here" + (
            f".{there_are}" if known else ": this call takes none."
        )
        assert (operation, answer.status_code) == (operation, 400)
        assert errors(answer) == {"staus": [said]}
    described = {
        operation["operationId"]: {
            one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
        }
        for methods in Client().get("/api/v1/schema/").json()["paths"].values()
        for operation in methods.values()
    }
    assert described == {name: set(known) for name, known in queries().items()}


def test_nothing_is_written_by_a_call_with_an_unknown_parameter(world, everybody_may):
    answer = Program(world.north_head).post("cases/?dry_run=true", SENT)

    assert (answer.status_code, list(errors(answer)), Case.objects.count()) == (400, ["dry_run"], 0)


def test_every_single_value_is_taken_once_and_none_may_be_empty(world, everybody_may):
    """`?unit=$UNIT` with a variable that is not set would answer with the rows of everybody."""
    programs = callers(world)
    for path, method, operation in OPERATIONS:
        for name, schema in queries()[operation].items():
            for value in ("", "%20", "%E3%80%80"):
                answer = programs[method].client.get(f"/api/v1/{path}?{name}={value}")
                assert (name, answer.status_code, list(errors(answer))) == (name, 400, [name])
            if schema.get("type") != "array":
                answer = english(programs[method], method, f"{path}?{name}=1&{name}=1")
                said = f"“{name}” takes one value; it was given 2."
                assert (answer.status_code, errors(answer)) == (400, {name: [said]})


def test_a_parameter_of_several_values_takes_them(world, everybody_may):
    program = Program(world.boss)
    several = program.client.get("/api/v1/metrics/figures/?metric=customers&metric=contacts")

    assert [one["metric"] for one in several.json()["figures"]] == ["customers", "contacts"]


def test_head_asks_as_get_does(world, everybody_may):
    program = Program(world.north_head)

    assert program.client.head("/api/v1/cases/?staus=open").status_code == 400
    assert program.client.head("/api/v1/cases/?state=open").status_code == 200


def test_filters_that_are_right_still_filter(world, everybody_may):
    """The next page carries the filter and passes the same test."""
    for _each in range(3):
        make_case(unit=world.n1a)
    program = Program(world.north_head)
    page = program.get("cases/", unit="N1A", size=2, state="open").json()

    assert len(program.client.get(page["next"]).json()["results"]) == 1


def test_the_description_takes_no_parameter_either(client):
    answer = client.get("/api/v1/schema/?format=yaml", headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    said = "There is no parameter “format” here: this call takes none."
    assert errors(answer) == {"format": [said]}


def test_a_long_name_is_not_told_back(world, everybody_may):
    answer = Program(world.north_head).client.get(f"/api/v1/cases/?{'x' * 4000}=1")

    assert (answer.status_code, list(errors(answer))) == (400, ["x" * 60])


# --- bodies -------------------------------------------------------------------------------------

AMBIGUOUS = b'{"unit": "N1A", "content": "x", "name": "y", "name": "z"}'


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (AMBIGUOUS, ["name"]),
        (b'{"unit": {"a": 1, "a": 2}}', ["a"]),
        (json.dumps(SENT | {"urgent": True}).encode(), ["urgent"]),
        (b"[]", ["non_field_errors"]),
        (b"null", ["non_field_errors"]),
        (b'{"unit": "N1A", "content": "\\ud800", "name": "y"}', None),
        (b"[" * 200_000, None),
        (b'{"unit":' + b"9" * 5000 + b"}", None),
        (b'{"unit": NaN}', None),
        (b'{"unit": "N1A",', None),
        (b"\xff\xfe", None),
        (json.dumps(SENT).encode("utf-16"), None),
    ],
)
def test_a_body_that_cannot_be_read_in_one_way_is_refused(world, everybody_may, body, named):
    answer = Program(world.north_head).client.post("/api/v1/cases/", body, content_type=JSON)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json().get("errors", ())) == (named or [])
    assert answer.json()["detail"]
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk"],
)
def test_what_is_not_called_json_is_refused(world, everybody_may, kind):
    program = Program(world.north_head)
    body = json.dumps(SENT).encode()
    answer = program.client.generic(
        "POST", "/api/v1/cases/", body, content_type=kind, headers={"Accept-Language": "en"}
    )

    assert (answer.status_code, Case.objects.count()) == (415, 0)
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "TRACE", "BREW"])
def test_what_a_resource_does_not_do_is_405(world, everybody_may, method):
    answer = Program(world.north_head).client.generic(method, "/api/v1/cases/")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize("at", ["1000-01-01T00:00:00+08:00", "9999-12-31T23:59:59+08:00"])
def test_a_year_that_nobody_meant_is_refused(world, everybody_may, at):
    customer = make_customer(unit=world.n1a)
    sent = {"customer": customer.pk, "unit": "N1A", "kind": "visit", "at": at, "content": "x"}
    for state in ("done", "planned"):
        answer = Program(world.north_head).post("activities/", sent | {"state": state})
        assert (answer.status_code, list(errors(answer))) == (400, ["at"])


@pytest.mark.parametrize("period", ["0001-01", "0001", "1979-Q4", "9999", "2026-1"])
def test_a_period_that_nobody_has_figures_of_is_refused(world, everybody_may, period):
    answer = Program(world.north_head).get("metrics/figures/", period=period)

    assert (answer.status_code, list(errors(answer))) == (400, ["period"])
