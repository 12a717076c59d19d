"""What the log says, and what it never says."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from core.logs import JsonFormatter, PersonalDataFilter, scrub
from tests.factories import make_customer


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged from here on, as the product writes it, at the lowest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(PersonalDataFilter())
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def lines(written: io.StringIO, logger: str = "") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if not logger or line["logger"] == logger]


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "+8613812345678",
        "call 13812345678!",
        "id 420106198001011234",
        "42010619800101123X",
    ],
)
def test_numbers_of_persons_are_replaced(text):
    assert "[personal]" in scrub(text)
    assert "12345678" not in scrub(text)


@pytest.mark.parametrize("text", ["order 138123456789012", "2026-11-22T01:02:03", "a13812345678b"])
def test_other_numbers_stay_unless_they_look_like_one(text):
    assert scrub(text) == (text if "order" not in text else "order [personal]")


def test_rows_that_postgresql_quotes_are_left_out():
    rows = "DETAIL:  Failing row contains (1, 张三, 13812345678).\nCONTEXT:  COPY a, 李四"
    text = f"duplicate key\n{rows}"

    assert scrub(text) == "duplicate key\nDETAIL: [personal]\nCONTEXT: [personal]"


def test_an_error_of_the_database_is_logged_without_the_row(written, world):
    from django.db import IntegrityError, connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO customers_customer SELECT (jsonb_populate_record("
                "NULL::customers_customer, %s)).*",
                ['{"name": "张无忌的名字"}'],
            )
    except IntegrityError:
        logging.getLogger("test").exception("it failed")

    (line,) = lines(written, "test")
    assert "IntegrityError" in line["traceback"]
    assert "张无忌" not in written.getvalue()


def test_nobody_can_forge_a_line(written):
    logging.getLogger("test").warning("name: %s", 'x\r\n{"level": "error", "event": "forged"}')

    (line,) = lines(written, "test")
    assert line["event"] == 'name: x\r\n{"level": "error", "event": "forged"}'
    assert len(written.getvalue().splitlines()) == 1


# --- requests -----------------------------------------------------------------------------------


def test_a_request_is_one_line_with_its_id_and_without_its_address(written, client, world):
    client.force_login(world.admin)
    answer = client.get("/customers/?q=张无忌")

    (line,) = lines(written, "crm.request")
    assert line.pop("timestamp")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "crm.request",
        "method": "GET",
        "route": "customers:list",
        "status": answer.status_code,
        "user": world.admin.pk,
        "request": answer["X-Request-Id"],
    }


def test_a_stranger_and_an_address_that_does_not_exist(written, client, db):
    client.get("/healthz")
    client.get("/no/such/page/13812345678/")
    client.generic("BREW", "/healthz")

    found = [(one["method"], one["route"], one["status"]) for one in lines(written, "crm.request")]
    assert found[:2] == [("GET", "healthz", 200), ("GET", "?", 404)]
    assert found[2][0] == "?"
    assert ["user" in one for one in lines(written, "crm.request")] == [False, False, False]
    assert "13812345678" not in written.getvalue()


GIVEN = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("proxies", "given", "believed"),
    [
        (0, GIVEN, False),
        (1, GIVEN, True),
        (1, "short", False),
        (1, "a" * 65, False),
        (1, 'abcdefgh"\n', False),
    ],
)
def test_the_id_of_a_request_comes_from_a_proxy_of_ours_alone(
    client, db, settings, proxies, given, believed
):
    settings.CRM_TRUSTED_PROXIES = proxies
    answer = client.get("/healthz", headers={"X-Request-Id": given})

    assert (answer["X-Request-Id"] == given) is believed
    assert believed or len(answer["X-Request-Id"]) == 9


def test_no_page_writes_personal_data_into_the_log(written, client, world):
    """Names and numbers go through the pages people use, at the lowest level of the log."""
    customer = make_customer(
        unit=world.n1a, name="欧阳慕雪晴", phone="13800138765", by=world.north_head
    )
    client.force_login(world.north_head)
    address = customer.get_absolute_url()
    for url in (
        address,
        "/customers/?q=欧阳慕雪晴",
        "/customers/?q=13800138765",
        "/search/?q=欧阳慕雪晴",
    ):
        client.get(url)
    client.post("/search/", {"q": "13800138765"})
    client.post(f"{address}reveal/phone/", {"reason": "case"})
    client.post(f"{address}edit/", {"name": "欧阳慕雪晴二", "phone": "not a number 13800138765"})
    client.post("/customers/new/", {"name": "欧阳慕雪晴三", "phone": "13800138765"})

    text = written.getvalue()
    assert len(lines(written, "crm.request")) == 8
    for secret in ("欧阳慕雪晴", "慕雪晴", "13800138765", "00138765", client.session.session_key):
        assert secret not in text
        assert secret.encode("unicode_escape").decode() not in text


# --- tasks --------------------------------------------------------------------------------------


def test_a_task_knows_the_request_that_asked_for_it(written, settings):
    """Through the signals that Celery sends in the publishing and in the working process."""
    from celery.signals import before_task_publish, task_postrun, task_prerun

    from core.tasks import run_job

    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request="abcd-1234"):
        before_task_publish.send("core.run_job", headers=headers)
    run_job.push_request(headers=headers, id="t1")
    try:
        task_prerun.send(run_job, task_id="t1", task=run_job, args=(42,), kwargs={})
        logging.getLogger("test").warning("inside")
        task_postrun.send(run_job, task_id="t1", task=run_job, state="SUCCESS")
    finally:
        run_job.pop_request()
    logging.getLogger("test").warning("outside")

    inside, outside = lines(written, "test")
    (ended,) = lines(written, "crm.task")
    facts = {"task": "core.run_job", "task_id": "t1", "job": 42, "request": "abcd-1234"}
    assert facts.items() <= inside.items()
    assert facts.items() <= ended.items()
    assert ended["state"] == "SUCCESS"
    assert facts.keys() & outside.keys() == set()
