"""What programs read and write: the same rows, masks and services as pages."""

from threading import Thread

import pytest
from django.db import connection
from django.test import Client

from api.models import Answered
from audit.models import Entry
from complaints.models import Case
from customers.models import Customer
from tests.api.conftest import Program
from tests.factories import make_case, make_customer

pytestmark = pytest.mark.django_db
PHONE = "+8613800000001"


def test_rows_of_the_sibling_branch_do_not_exist(world, everybody_may):
    ours = make_customer(unit=world.n1a)
    case = make_case(unit=world.n1a)
    foreign = Program(world.south_head)

    assert Program(world.north_head).get(f"customers/{ours.pk}/").status_code == 200
    assert Program(world.north_head).get(f"cases/{case.pk}/").status_code == 200
    for path in (f"customers/{ours.pk}/", f"cases/{case.pk}/"):
        absent = foreign.get(path.replace(str(ours.pk), "99999999"))
        assert foreign.get(path).status_code == 404
        assert foreign.get(path).content == absent.content
    assert foreign.get("customers/").json()["results"] == []
    assert foreign.get("cases/").json()["results"] == []
    changed = foreign.patch(f"customers/{ours.pk}/", {"name": "李四"}, If_Match='"1"')
    assert changed.status_code == 404


def test_numbers_are_masked_and_shown_on_record_only(world, everybody_may):
    customer = make_customer(unit=world.n1a, phone=PHONE)
    program = Program(world.north_head)
    one, rows = program.get(f"customers/{customer.pk}/"), program.get("customers/")

    assert "13800000001" not in (one.content + rows.content).decode().replace(" ", "")
    assert not Entry.objects.filter(action="customer.revealed").exists()


def test_pages_follow_one_another(world, everybody_may):
    made = {make_customer(unit=world.n1a).pk for _each in range(3)}
    program = Program(world.north_head)
    first = program.get("customers/", size=2).json()
    second = program.client.get(first["next"]).json()

    assert [len(first["results"]), len(second["results"]), second["next"]] == [2, 1, None]
    assert {row["id"] for row in first["results"] + second["results"]} == made
    assert program.get("customers/", after="x").status_code == 400
    assert program.get("customers/", size=0).status_code == 400
    assert program.get("customers/", unit="S1A").status_code == 400


def test_a_change_asks_which_version_it_is_about(world, everybody_may):
    customer = make_customer(unit=world.n1a)
    program = Program(world.north_head)
    path = f"customers/{customer.pk}/"
    tag = program.get(path)["ETag"]

    assert program.patch(path, {"remark": "一"}).status_code == 428
    done = program.patch(path, {"remark": "一"}, If_Match=tag)
    late = program.patch(path, {"remark": "二"}, If_Match=tag)
    again = program.patch(path, {"remark": "二"}, If_Match=done["ETag"])

    assert (done.status_code, late.status_code, again.status_code) == (200, 412, 200)
    assert Customer.objects.get(pk=customer.pk).remark == "二"
    assert program.patch(path, {"remrak": "三"}, If_Match=again["ETag"]).status_code == 400


def test_a_call_with_a_key_has_its_effect_once(world, everybody_may):
    program = Program(world.north_head)
    data = {"unit": "N1A", "content": "漏水", "name": "李四"}
    first = program.post("cases/", data, Idempotency_Key="k1")
    again = program.post("cases/", data, Idempotency_Key="k1")
    other = program.post("cases/", data | {"content": "停电"}, Idempotency_Key="k1")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Case.objects.count() == 1


def test_what_was_refused_leaves_its_key_free(world, everybody_may):
    program = Program(world.north_head)
    data = {"unit": "N1A", "content": "漏水", "name": "李四", "phone": "12"}

    assert program.post("cases/", data, Idempotency_Key="k1").status_code == 422
    assert not Answered.objects.exists()
    data["phone"] = "13800000001"
    assert program.post("cases/", data, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_have_one_effect(transactional_db, world, everybody_may):
    program = Program(world.north_head)
    data = {"unit": "N1A", "content": "漏水", "name": "李四"}
    found: list[int] = []

    def call() -> None:
        one = Client(headers={"Authorization": f"Bearer {program.text}", "Idempotency-Key": "k"})
        answer = one.post("/api/v1/cases/", data, content_type="application/json")
        found.append(answer.status_code)
        connection.close()

    threads = [Thread(target=call) for _each in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert found == [201, 201]
    assert Case.objects.count() == 1
