"""Who × address × status (tests/access/table.py), and what a refusal must not give away."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from accounts.models import Role, RoleGrant
from accounts.services import end_grant
from approvals.models import Approval, Body, Flow
from customers.models import Activity, Contact, Customer, CustomerUnit
from expenses.models import Application, Budget, Category, Event, Gift, KeyDate, Payment
from regions.models import OrgUnit
from tests.access.conftest import taken_back
from tests.access.scene import ABSENT, Scene, make_scene
from tests.access.table import PAGES, TABLE, Row
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def scene(shared_database) -> Iterator[Scene]:
    return make_scene()


def answer(client: Client, row: Row, scene: Scene, **instead: str) -> HttpResponse:
    """Do the act of a row and take it back. `instead` replaces what a name of the row means."""
    args = [instead.get(name, scene.value(name)) for name in row.args]
    data = {field: instead.get(name, scene.value(name)) for field, name in row.data.items()}
    call = client.get if row.method == "GET" else client.post
    cookies = deepcopy(client.cookies)
    with taken_back():
        before = state() if row.method == "POST" else None
        response = call(reverse(row.route, args=args), data)
        if before and response.status_code in REFUSED:
            assert state() == before  # a refusal comes before the act, not after it
        if response.streaming:
            response.getvalue()  # the test client closes a file that was read to its end
    client.cookies = cookies
    return response


REFUSED = (403, 404, 422)
TOUCHED = (
    *(Customer, CustomerUnit, Contact, Activity, RoleGrant, Role, PeriodicTask, OrgUnit),
    *(Application, Payment, Budget, Gift, Event, KeyDate, Category, Approval, Flow, Body),
)


def state() -> str:
    """A fingerprint of every row that an act of the table could change."""
    tables = (connection.ops.quote_name(model._meta.db_table) for model in TOUCHED)
    parts = (f"(SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {name} t)" for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws(' ', {', '.join(parts)})")
        return cursor.fetchone()[0]


def differences(row: Row, scene: Scene) -> dict[str, int]:
    """Columns of a row whose first person got another status than the table says."""
    got = {
        column: answer(scene.clients[column][0], row, scene).status_code for column in row.columns
    }
    return {
        column: got[column] for column, status in row.statuses().items() if got[column] != status
    }


def test_columns_are_people(scene):
    assert {column for row in TABLE for column in row.columns} == set(scene.clients)


@pytest.mark.parametrize("route", ["home", "customers:list", "customers:hand-over", "admin:index"])
@pytest.mark.parametrize(("column", "people"), [("door", 3), ("none", 3)])
def test_it_is_all_the_same_why_somebody_may_do_nothing(scene, route, column, people):
    """Nobody signed in, frozen, left; without a grant, with one that ended or has not begun."""
    row = next(row for row in TABLE if row.route == route)
    got = [answer(client, row, scene).status_code for client in scene.clients[column]]

    assert got == [row.statuses()[column]] * people


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_access(scene, row):
    assert differences(row, scene) == {}


def test_strangers_are_led_to_the_front_door(scene):
    """302 in the column `door` must mean the log-in page and nothing else."""
    doors = {
        response["Location"].split("?")[0]
        for row in PAGES
        if row.statuses()["door"] == 302 and row.route not in {"set_language", "accounts:logout"}
        for response in [answer(Client(), row, scene)]
    }

    assert doors == {reverse("accounts:login")}


def test_without_the_middleware_the_matrix_is_red(scene, monkeypatch):
    """The broken twin: scope alone does not refuse an act to somebody who may only look."""
    monkeypatch.setattr("core.middleware.refuse_or_none", lambda request, access: None)
    page = next(row for row in PAGES if row.route == "styleguide")
    form = next(row for row in PAGES if str(row) == "GET customers:new")

    assert differences(page, scene) == {
        column: 200 for column, status in page.statuses().items() if status != 200
    }
    assert answer(scene.clients["reader"][0], form, scene).status_code == 200


# --- what a refusal gives away ------------------------------------------------------------------

REQUEST_ID = re.compile(rb"[0-9a-f]{4}-[0-9a-f]{4}")
TOKEN = re.compile(rb"[A-Za-z0-9]{64}")  # against forged requests, anew in each page


def body(response: HttpResponse) -> bytes:
    return TOKEN.sub(b"", REQUEST_ID.sub(b"", response.content))


def missing(row: Row, column: str) -> bool:
    return row.columns[-1] == "s.head" and row.statuses().get(column) == 404


def named(row: Row) -> list[str]:
    """The records a row's address names, the last one first."""
    return [text for text in reversed((*row.data.values(), *row.args)) if text.startswith("@")]


@pytest.mark.parametrize(
    "row", [row for row in PAGES if missing(row, "s.head") and row.args and named(row)], ids=str
)
def test_a_foreign_record_looks_like_none_at_all(scene, row):
    client = scene.clients["s.head"][0]
    last = named(row)[0]
    foreign = answer(client, row, scene)
    absent = answer(client, row, scene, **{last: ABSENT})

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert body(foreign) == body(absent)
    assert dict(foreign.headers) | {"X-Request-Id": ""} == dict(absent.headers) | {
        "X-Request-Id": ""
    }


def test_a_foreign_record_of_the_administration_looks_like_none_at_all(scene):
    client = scene.clients["s.local"][0]

    def told(key: str) -> list[str]:
        with taken_back():
            response = client.get(reverse("admin:accounts_user_change", args=[key]), follow=True)
        return [str(message).replace(key, "?") for message in response.context["messages"]]

    assert told(scene.names["clerk"]) == told(ABSENT) != []


# --- rights that change -------------------------------------------------------------------------


def test_a_right_taken_away_bites_at_the_next_request(scene):
    clerk = scene.people["staff"][0]
    client, address = scene.clients["staff"][0], reverse("customers:list")
    assert client.get(address).status_code == 200

    end_grant(RoleGrant.objects.get(user=clerk), by=None)

    assert client.get(address).status_code == 403
    assert client.get(reverse("home")).status_code == 200


def test_a_right_taken_out_of_the_role_bites_at_the_next_request(scene):
    clerk = scene.people["staff"][0]
    client = scene.clients["staff"][0]
    address = reverse("customers:edit", args=[scene.names["mine"]])
    assert client.get(address).status_code == 200

    role = RoleGrant.objects.get(user=clerk).role
    role.permissions.remove(role.permissions.get(codename="change_customer"))

    assert client.get(address).status_code == 403


def test_a_freeze_bites_at_the_next_request(scene):
    clerk = scene.people["staff"][0]
    client = scene.clients["staff"][0]
    assert client.get(reverse("home")).status_code == 200

    type(clerk).objects.filter(pk=clerk.pk).update(state="frozen")

    assert client.get(reverse("home")).status_code == 302


def test_a_grant_ends_with_its_last_day(scene):
    grant = RoleGrant.objects.get(user=scene.people["staff"][0])
    client, address = scene.clients["staff"][0], reverse("customers:list")
    tomorrow = timezone.localdate() + timedelta(days=1)

    RoleGrant.objects.filter(pk=grant.pk).update(valid_until=tomorrow)
    assert client.get(address).status_code == 200
    RoleGrant.objects.filter(pk=grant.pk).update(valid_until=timezone.localdate())
    assert client.get(address).status_code == 403


def test_a_right_of_one_branch_does_not_reach_into_another(scene):
    """Reader of the north and clerk of the south: he edits nothing in the north."""
    user = make_user(unit=scene.south.units["a"], role="section-head")
    RoleGrant.objects.create(
        user=user,
        unit=scene.north.units["region"],
        role=RoleGrant.objects.get(user=scene.north.people["desk"]).role,
    )
    # the role `desk` sees the unit it is held in, and the place below is entered there
    place = CustomerUnit.objects.get(pk=scene.names["place"])
    place.place_in(scene.north.units["region"])
    place.save()
    client = Client()
    client.force_login(user)

    def status(route: str) -> int:
        return client.get(reverse(route, args=[scene.names["mine"]])).status_code

    assert status("customers:detail") == 200
    assert status("customers:edit") == 404
    assert status("customers:activity-new") == 404


def test_a_form_takes_no_more_than_it_shows(scene):
    """Whoever adds fields to a form sets nothing with them (mass assignment)."""
    pk, clerk = scene.names["mine"], scene.south.people["clerk"].pk
    place = scene.names["place"]
    fixed = ("code", "kind", "entered_by_id", "import_run_id", "created_at", "phone_last4")
    before = Customer.objects.values(*fixed).get(pk=pk)
    where = CustomerUnit.objects.values("unit", "region", "keeper", "entered_by").get(pk=place)
    extra = {
        "code": "X1",
        "kind": "organisation",
        "entered_by": clerk,
        "entered_by_id": clerk,
        "unit": scene.south.units["a"].code,
        "keeper": clerk,
        "phone_last4": "0000",
        "import_run": scene.names["run"],
        "id": ABSENT,
    }

    answered = scene.clients["staff"][0].post(
        reverse("customers:edit", args=[pk]), {"name": "李改名", **extra}
    )

    assert answered.status_code == 302
    assert Customer.objects.get(pk=pk).name == "李改名"
    assert Customer.objects.values(*fixed).get(pk=pk) == before
    assert CustomerUnit.objects.values(*where).get(pk=place) == where
