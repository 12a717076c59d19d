"""Who gets in: tokens, their scopes, their end, and how often they may call."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import LoginRecord
from api.models import ApiToken
from api.reach import CASES_READ, CUSTOMERS_READ, SCOPES
from api.services import issue, revoke, token_behind
from audit.models import Entry
from core.errors import Refused
from tests.api.conftest import Program
from tests.factories import make_customer, say

pytestmark = pytest.mark.django_db
LIST = "/api/v1/customers/"


def test_without_a_token_nothing_is_told(client, world):
    make_customer(unit=world.n1a)
    answer = client.get(LIST)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


def test_a_session_of_a_browser_opens_nothing(client, world):
    """So no other site can make a browser call: there is nothing that CSRF could protect."""
    client.force_login(world.boss)

    assert client.get(LIST).status_code == 401
    assert client.post(LIST, {"name": "x"}, content_type="application/json").status_code == 401


def test_a_token_is_kept_as_a_digest_only(world):
    issued = issue(by=world.admin, name="接口", scopes=[CUSTOMERS_READ], days=30)
    row = ApiToken.objects.values().get(pk=issued.token.pk)

    assert issued.text.startswith(row["prefix"])
    assert issued.text not in str(row)
    assert len(bytes(row["digest"])) == 32
    assert token_behind(issued.text) == issued.token
    assert token_behind(issued.text + "x") is None
    assert Entry.objects.get(action="token.issued").by == world.admin


@pytest.mark.parametrize(
    ("scopes", "days"), [([], 30), (["customers:everything"], 30), ([CUSTOMERS_READ], 91)]
)
def test_a_token_without_end_or_use_is_refused(world, scopes, days):
    with pytest.raises(Refused):
        issue(by=world.admin, name="接口", scopes=scopes, days=days)
    assert not ApiToken.objects.exists()


def test_the_life_of_a_token_is_a_policy(world):
    say(world.group, "api.token_days", 7)

    with pytest.raises(Refused):
        issue(by=world.admin, name="接口", scopes=[CUSTOMERS_READ], days=8)
    assert issue(by=world.admin, name="接口", scopes=[CUSTOMERS_READ], days=7).token.is_living


def test_a_token_reaches_no_further_than_its_scopes(world):
    make_customer(unit=world.n1a)
    narrow = Program(world.admin, CASES_READ)
    answer = narrow.get("customers/")

    assert answer.status_code == 403
    assert CUSTOMERS_READ in answer.json()["detail"]
    assert Program(world.admin, CUSTOMERS_READ).get("customers/").status_code == 200


def test_a_token_reaches_no_further_than_its_owner(world, everybody_may):
    """All scopes in the hands of somebody without the right open nothing."""
    make_customer(unit=world.n1a)

    assert Program(world.admin).post("customers/1/numbers/", {}).status_code == 403
    assert Program(world.north_head).get("customers/").json()["results"] != []
    assert Program(world.south_head).get("customers/").json()["results"] == []


def test_a_token_ends_with_its_day(world):
    program = Program(world.admin)
    assert program.get("customers/").status_code == 200

    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=1)):
        assert program.get("customers/").status_code == 401


def test_a_revoked_token_is_dead_at_once(world):
    program = Program(world.admin)
    assert program.get("customers/").status_code == 200

    revoke(program.token, by=world.admin)
    revoke(program.token, by=world.admin)

    assert program.get("customers/").status_code == 401
    assert Entry.objects.filter(action="token.revoked").count() == 1


@pytest.mark.parametrize("state", ["frozen", "left"])
def test_the_token_of_somebody_who_may_not_log_in_is_dead(world, state):
    program = Program(world.admin)
    type(world.admin).objects.filter(pk=world.admin.pk).update(state=state)

    assert program.get("customers/").status_code == 401


def test_without_the_right_to_use_the_api_a_token_is_dead(world):
    program = Program(world.admin)
    world.admin.grants.first().role.permissions.remove(
        *world.admin.grants.first().role.permissions.filter(codename="use_api")
    )

    assert program.get("customers/").status_code == 401


def test_a_call_is_no_log_in(world):
    before = LoginRecord.objects.count()
    program = Program(world.admin)

    assert program.get("customers/").status_code == 200
    assert LoginRecord.objects.count() == before
    assert program.client.cookies == {}
    assert ApiToken.objects.get().last_used_at is not None


def test_calls_a_minute_are_limited(world):
    say(world.group, "api.calls_a_minute", 2)
    program, other = Program(world.admin), Program(world.admin)
    noon = timezone.now().replace(second=10, microsecond=0)
    with time_machine.travel(noon, tick=False):
        found = [program.get("customers/") for _call in range(4)]
        assert [one.status_code for one in found] == [200, 200, 429, 429]
        assert found[-1]["Retry-After"] == "50"
        assert other.get("customers/").status_code == 200
    with time_machine.travel(noon + timedelta(seconds=50), tick=False):
        assert program.get("customers/").status_code == 200


def test_words_come_in_the_language_asked_for(world):
    program = Program(world.admin)

    english = program.client.get(LIST + "999999/", headers={"Accept-Language": "en"})
    chinese = program.client.get(LIST + "999999/")
    assert english.json()["detail"] == "There is nothing here for you at this address."
    assert (english["Content-Language"], chinese["Content-Language"]) == ("en", "zh-hans")


def test_every_scope_has_its_sentence():
    assert all(str(words) for words in SCOPES.values())
    assert Client().get("/api/v1/schema/").status_code == 200
