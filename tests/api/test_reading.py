"""Organisation, properties, activities, survey results and figures: the rows that pages show."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from api.figures import DIMENSIONS
from api.reach import SCOPES
from complaints.models import Case
from compliance.months import months_later
from customers.models import Activity, ActivityState, Customer
from reports.metrics import rollups
from reports.metrics.registry import METRICS
from reports.models import ClosedMonth
from tests.api.conftest import Program
from tests.factories import (
    make_activity,
    make_case,
    make_contact,
    make_customer,
    make_ownership,
    make_post,
    make_property,
    make_response,
)
from tests.satisfaction.published import publish

pytestmark = pytest.mark.django_db
NOON = "2026-03-02T12:00:00+08:00"


@pytest.fixture
def rows(world: Any, everybody_may: None) -> dict[str, Any]:
    """A flat with an owner, an activity and a published wave in each branch."""
    made: dict[str, Any] = {}
    for side, unit in (("n", world.n1a), ("s", world.s1a)):
        clerk = world.north_clerk if side == "n" else world.south_clerk
        owner = make_customer(unit=unit, keeper=clerk)
        flat = make_property(unit=unit)
        make_ownership(customer=owner, flat=flat)
        made |= {
            f"{side}_owner": owner,
            f"{side}_flat": flat,
            f"{side}_activity": make_activity(customer=owner, unit=unit, by=clerk),
        }
    made["wave"] = publish("2026-H2", {world.n1a: (60, 3.5), world.s1a: (80, 4.0)})
    return made


def ids(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_flats_and_activities_of_the_sibling_branch_do_not_exist(world, rows):
    north = Program(world.north_head)

    assert ids(north.get("properties/")) == [rows["n_flat"].pk]
    assert ids(north.get("activities/")) == [rows["n_activity"].pk]
    for path in ("properties/{flat}/", "activities/{activity}/"):
        ours = path.format(flat=rows["n_flat"].pk, activity=rows["n_activity"].pk)
        foreign = path.format(flat=rows["s_flat"].pk, activity=rows["s_activity"].pk)
        assert north.get(ours).status_code == 200
        absent = north.get(path.format(flat=99999999, activity=99999999))
        assert (north.get(foreign).status_code, north.get(foreign).content) == (
            404,
            absent.content,
        )
    assert len(ids(Program(world.boss).get("activities/"))) == 2


def test_whoever_sees_own_rows_reads_own_rows(world, rows):
    other = make_customer(unit=world.n1a, keeper=world.north_head)
    make_activity(customer=other, unit=world.n1a, by=world.north_head)
    make_ownership(customer=other, flat=make_property(unit=world.n1a))
    clerk = Program(world.north_clerk)

    assert ids(clerk.get("activities/")) == [rows["n_activity"].pk]
    assert ids(clerk.get("properties/")) == [rows["n_flat"].pk]
    assert len(ids(Program(world.north_head).get("properties/"))) == 2


def test_a_flat_names_its_owners_by_key_alone(world, rows):
    body = Program(world.north_head).get(f"properties/{rows['n_flat'].pk}/").json()

    assert [owner["customer"] for owner in body["owners"]] == [rows["n_owner"].pk]
    assert rows["n_owner"].name not in str(body)
    label = body["label"]
    assert ids(Program(world.boss).get("properties/", label=label, unit="N1A")) == [body["id"]]


def test_staff_come_without_numbers_and_addresses(world, rows):
    type(world.north_clerk).objects.filter(pk=world.north_clerk.pk).update(
        phone="13812345678", email="clerk@example.cn"
    )
    make_post(user=world.north_head, unit=world.north, function="区域客服总监")
    answer = Program(world.north_head).get("staff/")
    people = {row["employee_no"]: row for row in answer.json()["results"]}

    assert "S-CLERK" not in people
    assert people["N-HEAD"]["functions"] == ["区域客服总监"]
    assert people["N-CLERK"].keys() == {
        *("employee_no", "name", "unit", "unit_name", "functions", "is_active")
    }
    assert "138" not in answer.content.decode()
    assert "example.cn" not in answer.content.decode()


def test_units_come_as_a_tree_that_ends_at_the_readers_reach(world, rows):
    found = Program(world.north_head).get("units/").json()["results"]

    assert [row["code"] for row in found] == ["N", "N1", "N1A", "N1B"]
    assert [row["parent"] for row in found] == [None, "N", "N1", "N1"]
    north = Program(world.north_head)
    assert [row["code"] for row in north.get("units/", kind="project").json()["results"]] == [
        "N1A",
        "N1B",
    ]
    assert north.get(f"units/{world.s1a.pk}/").status_code == 404
    assert north.get("units/", kind="galaxy").status_code == 400


def test_pages_of_every_list_follow_one_another(world, rows):
    for _each in range(3):
        make_property(unit=world.n1a)
        make_activity(customer=rows["n_owner"], unit=world.n1a, by=world.north_clerk)
    program = Program(world.boss)
    for path in ("units/", "staff/", "properties/", "activities/"):
        seen, address = [], f"http://testserver/api/v1/{path}?size=2"
        while address:
            body = program.client.get(address).json()
            assert len(body["results"]) <= 2
            seen += [str(row) for row in body["results"]]
            address = body["next"]
        whole = [str(row) for row in program.get(path, size=200).json()["results"]]
        assert seen == whole, path
        assert len(whole) > 3


def test_the_queries_of_a_list_do_not_grow_with_its_rows(world, rows):
    program = Program(world.north_head)

    def counted(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(path).status_code == 200
        return len(queries)

    before = {path: counted(path) for path in ("units/", "staff/", "properties/", "activities/")}
    for _each in range(3):
        make_property(unit=world.n1a)
        make_activity(customer=rows["n_owner"], unit=world.n1a, by=world.north_clerk)
    assert {path: counted(path) for path in before} == before


# --- writing ------------------------------------------------------------------------------------


def test_an_activity_is_logged_once_and_by_the_owner_of_the_token(world, rows):
    clerk = Program(world.north_clerk)
    contact = make_contact(
        customer=make_customer(unit=world.n1a, kind="organisation", keeper=world.north_clerk)
    )
    data = {"customer": contact.customer_id, "unit": "N1A", "kind": "call", "at": NOON}
    data |= {"content": "回访", "contact": contact.pk, "next_on": str(date(2099, 1, 1))}
    first = clerk.post("activities/", data, Idempotency_Key="a1")
    again = clerk.post("activities/", data, Idempotency_Key="a1")

    assert (first.status_code, again.status_code) == (201, 201)
    made = Activity.objects.get(customer=contact.customer_id)
    assert (made.by, made.state, made.contact) == (world.north_clerk, ActivityState.DONE, contact)
    assert clerk.client.get(first["Location"]).json() == first.json()


def test_a_planned_visit_that_does_not_fit_says_so(world, rows):
    """As the page does (ACT-05): it is planned, and whoever reads it is told too."""
    company = make_customer(unit=world.n1a, kind="organisation", keeper=world.north_clerk)
    host = make_contact(customer=company, name="周总", title="董事长")
    User.objects.filter(pk=world.north_clerk.pk).update(position="部门经理")
    clerk = Program(world.north_clerk)
    sent = {"customer": company.pk, "unit": "N1A", "kind": "visit", "content": "拜访"}
    later = {"at": "2099-01-01T10:00:00+08:00", "state": "planned"}
    words = {"Accept_Language": "en"}
    misfit = ["The ranks of visitor and host lie too far apart."]

    planned = clerk.post("activities/", sent | later | {"contact": host.pk}, **words)
    assert (planned.status_code, planned.json()["hints"]) == (201, misfit)
    read = clerk.client.get(planned["Location"], headers={"Accept-Language": "en"})
    assert read.json() == planned.json()
    others = (
        sent | later,
        sent | later | {"kind": "call", "contact": host.pk},
        sent | {"at": NOON, "contact": host.pk},
    )
    assert [clerk.post("activities/", one).json()["hints"] for one in others] == [[], [], []]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"unit": "S1A"}, 400),
        ({"unit": "N1B"}, 400),
        ({"contact": 99999}, 400),
        ({"kind": "telepathy"}, 400),
        ({"at": "2099-01-01T00:00:00+08:00"}, 422),
        ({"state": "planned"}, 422),
        ({"state": "planned", "at": "2099-01-01T00:00:00+08:00", "result": "x"}, 400),
        ({"customer": 99999999}, 400),
        ({"nonsense": 1}, 400),
    ],
)
def test_what_does_not_fit_is_refused_and_writes_nothing(world, rows, change, status):
    before = Activity.objects.count()
    data = {"customer": rows["n_owner"].pk, "unit": "N1A", "kind": "call", "at": NOON}
    answer = Program(world.north_clerk).post("activities/", data | {"content": "回访"} | change)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Activity.objects.count() == before


def test_nobody_logs_with_customers_out_of_reach(world, rows):
    data = {"customer": rows["s_owner"].pk, "unit": "S1A", "kind": "call", "at": NOON}
    answer = Program(world.north_head).post("activities/", data | {"content": "x"})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["customer"])


# --- figures ------------------------------------------------------------------------------------


def test_results_are_those_of_the_readers_units_and_hidden_as_on_pages(world, rows):
    few = publish("2026-H3", {world.n1a: (60, 3.5), world.n1b: (3, 1.0)}, month=9)
    make_response(unit=world.n1a, wave=few)
    north = Program(world.north_head)
    found = north.get("survey-waves/").json()["results"]
    assert [row["code"] for row in found] == ["2026-H3", "2026-H2"]

    body = north.get(f"survey-waves/{rows['wave'].pk}/results/").json()
    assert (body["unit"], [line["unit"] for line in body["lines"]]) == ("N", ["N", "N1"])
    body = north.get(f"survey-waves/{few.pk}/results/", unit="N1").json()
    lines = {line["unit"]: line for line in body["lines"]}
    assert (lines["N1B"]["hidden"], lines["N1B"]["figures"]) == ("few", [])
    assert [one["figure"] for one in lines["N1"]["figures"]][0] == "mean"
    assert north.get(f"survey-waves/{few.pk}/results/", unit="S1A").status_code == 400


def test_figures_are_those_of_the_dashboard_in_the_readers_scope(world, rows):
    rollups.rebuild()
    north, boss = Program(world.north_head), Program(world.boss)
    keys = {row["key"] for row in north.get("metrics/").json()["results"]}
    month = f"{timezone.localdate():%Y-%m}"

    ours = north.get("metrics/figures/", unit="N", period=month).json()
    whole = boss.get("metrics/figures/", unit="G", period=month).json()
    assert {one["metric"] for one in ours["figures"]} == keys
    customers = {
        name: next(one["value"] for one in body["figures"] if one["metric"] == "customers")
        for name, body in (("ours", ours), ("whole", whole))
    }
    assert customers == {"ours": "1", "whole": "2"}
    assert north.get("metrics/figures/", unit="S").status_code == 400
    assert north.get("metrics/figures/", period="2026-13").status_code == 400
    assert north.get("metrics/figures/", metric="none").status_code == 400


def test_only_figures_of_whole_units_are_called_frozen(world, rows):
    past = months_later(timezone.localdate().replace(day=1), -2)
    ClosedMonth.objects.create(month=past)
    rollups.rebuild()

    def told(person):
        body = Program(person).get("metrics/figures/", period=f"{past:%Y-%m}").json()
        one = next(one for one in body["figures"] if one["metric"] == "contacts")
        return body["frozen_months"], one["frozen_months"], one["own_rows"]

    assert told(world.north_head) == (1, 1, False)
    assert told(world.north_clerk) == (0, 0, True)
    running = Program(world.north_head).get("metrics/figures/").json()
    assert running["frozen_months"] == 0


def test_what_figures_are_told_by_is_what_the_registry_sorts_them_by():
    sorts = {
        key
        for key, one in METRICS.items()
        if not (isinstance(one.dimension, Value) and one.dimension.value == "") or one.compute
        if one.labels() or key == "customers_lost"
    }

    assert set(DIMENSIONS) == sorts


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"by": "colour"}, "by"),
        ({"by": "stage", "metric": "customers"}, "by"),
        ({"by": "stage", "metric": ["owners", "satisfaction"]}, "by"),
    ],
)
def test_a_figure_is_not_told_by_what_it_does_not_have(world, rows, query, named):
    for path in ("metrics/figures/", "metrics/series/"):
        answer = Program(world.boss).get(path, **query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [named])


def test_the_sentence_about_a_dimension_names_those_there_are(world, rows):
    client = Program(world.boss).client
    path = "/api/v1/metrics/figures/?by=stage&metric=customers"
    answer = client.get(path, headers={"Accept-Language": "en"})

    said = "“customers” is not told by that. It is told by: level, unit."
    assert answer.json()["errors"] == {"by": [said]}


def test_only_metrics_with_the_dimension_answer_when_none_is_named(world, rows):
    answer = Program(world.boss).get("metrics/figures/", by="stage").json()

    assert [one["metric"] for one in answer["figures"]] == ["owners"]
    assert isinstance(answer["figures"][0]["parts"], list)


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        ("2026-01", "2026-03", 3),
        ("2024-04", "2026-03", 24),
        ("2024-03", "2026-03", "since"),
        ("2026-04", "2026-03", "since"),
        ("2026-Q1", "2026-03", "since"),
        ("2026", "2026-03", "since"),
        ("2026-01", "2026-3", "until"),
        ("2026-01", "9999-01", "until"),
    ],
)
def test_a_series_has_one_to_twenty_four_months(world, rows, since, until, count):
    query = {"since": since, "until": until, "metric": "contacts"}
    answer = Program(world.boss).get("metrics/series/", **query)

    if isinstance(count, str):
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [count])
    else:
        assert [answer.status_code, len(answer.json()["months"])] == [200, count]


def test_a_series_ends_with_this_month_where_nothing_is_said(world, rows):
    months = Program(world.boss).get("metrics/series/", metric="contacts").json()["months"]

    assert (len(months), months[-1]["period"]) == (12, f"{timezone.localdate():%Y-%m}")


# --- scopes of tokens ---------------------------------------------------------------------------

NEEDED = {
    "units/": "organisation:read",
    "staff/": "organisation:read",
    "properties/": "properties:read",
    "activities/": "activities:read",
    "survey-waves/": "surveys:read",
    "metrics/": "metrics:read",
    "metrics/figures/": "metrics:read",
    "metrics/series/": "metrics:read",
    "customers/": "customers:read",
    "cases/": "cases:read",
}


@pytest.mark.parametrize("path", NEEDED)
def test_every_resource_asks_for_its_scope(world, rows, path):
    others = [scope for scope in SCOPES if scope != NEEDED[path]]

    assert Program(world.boss, NEEDED[path]).get(path).status_code == 200
    assert Program(world.boss, *others).get(path).status_code == 403


WRITES = {
    "cases/": "cases:write",
    "customers/": "customers:write",
    "activities/": "activities:write",
    "customers/{customer}/numbers/": "customers:numbers",
}


@pytest.mark.parametrize("path", WRITES)
def test_no_scope_but_its_own_writes(world, rows, path):
    """Whoever may only read, or write something else, is told which scope lacks."""
    others = [scope for scope in SCOPES if scope != WRITES[path]]
    address = path.format(customer=rows["n_owner"].pk)
    before = (Case.objects.count(), Customer.objects.count(), Activity.objects.count())

    answer = Program(world.north_head, *others).post(address, {})
    assert (answer.status_code, WRITES[path] in answer.json()["detail"]) == (403, True)
    owned = Program(world.north_head, WRITES[path]).post(address, {})
    assert owned.status_code == 400  # and is asked for what it lacks
    assert before == (Case.objects.count(), Customer.objects.count(), Activity.objects.count())


def test_no_scope_but_its_own_changes(world, rows):
    others = [scope for scope in SCOPES if scope != "customers:write"]
    address = f"customers/{rows['n_owner'].pk}/"

    assert Program(world.north_head, *others).patch(address, {}).status_code == 403
    assert Program(world.north_head, "customers:write").patch(address, {}).status_code == 428


def test_what_lies_elsewhere_looks_like_what_is_nowhere(world, rows):
    """To the byte, for every resource that has one thing at an address."""
    foreign = publish("2026-H4", {world.s1a: (60, 3.5)}, month=9, unit=world.south)
    case = make_case(unit=world.s1a)
    north = Program(world.north_head)
    for path, pk in (
        ("customers/{}/", rows["s_owner"].pk),
        ("cases/{}/", case.pk),
        ("properties/{}/", rows["s_flat"].pk),
        ("activities/{}/", rows["s_activity"].pk),
        ("units/{}/", world.s1a.pk),
        ("survey-waves/{}/results/", foreign.pk),
    ):
        seen, nowhere = north.get(path.format(pk)), north.get(path.format(2**31 - 7))
        assert (path, seen.status_code) == (path, 404)
        assert (seen.content, sorted(seen.headers)) == (nowhere.content, sorted(nowhere.headers))
        assert Program(world.boss).get(path.format(pk)).status_code == 200
