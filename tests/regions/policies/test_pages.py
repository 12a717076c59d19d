"""Pages of rules, and their twin at the command line."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regions.models import PolicyValue
from regions.policies import policy
from regions.policies.types import Span
from regions.services.policies import set_policy

KEY = "complaints.first_response"
CHANGE = f"/policies/{KEY}/change/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.cookies["crm_language"] = "en"


def body(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def enter(**changes) -> dict[str, str]:
    """A filled form; None leaves a field out."""
    fields = {
        "value_amount": "4", "value_unit": "working_hours",
        "effective_from": timezone.localdate().isoformat(), "reason": "区域细则", "base": "0",
        "step": "preview",
    } | changes  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def seal(answer) -> str:
    return re.search(r'name="seen" value="([^"]+)"', answer.content.decode()).group(1)


# --- the list -----------------------------------------------------------------------------------


def test_the_list_shows_what_holds_where_the_reader_works(client, world):
    set_policy(
        key=KEY, unit=world.north, value=Span(4, "working_hours"),
        effective_from=timezone.localdate(), reason="细则", by=world.admin,
    )  # fmt: skip
    client.force_login(world.north_head)
    page = body(client.get("/policies/"))

    assert "北方区域" in page
    assert "4 working hours" in page
    assert "Set here" in page


def test_another_unit_is_chosen_by_its_code(client, world):
    client.force_login(world.north_head)

    assert "北方花园" in body(client.get("/policies/?unit=N1A"))
    assert client.get("/policies/?unit=S").status_code == 404
    assert client.get("/policies/?unit=G").status_code == 404


def test_topic_text_and_own_values_narrow_the_list(client, world):
    client.force_login(world.admin)

    def shown(query: str) -> set[str]:
        answer = client.get(f"/policies/?{query}", headers=HTMX).content.decode()
        assert "<html" not in answer
        return set(re.findall(r'data-policy="([^"]+)"', answer))

    assert shown("topic=expenses") == {
        "expenses.personal_event_ceiling",
        "expenses.regional_ceiling",
        "expenses.signature_after_return",
        "expenses.missing_evidence",
        "expenses.customer_year_ceiling",
        "expenses.level_ceilings",
        "expenses.over_budget",
        "expenses.carry_over",
    }
    assert shown("q=enquiry") == {"complaints.enquiry_reply"}
    assert shown("own=on") == set()
    assert len(shown("")) > 30


@pytest.mark.parametrize("overrides", [1, 3])
def test_the_list_costs_the_same_whatever_was_set(client, world, overrides):
    for name in ("group", "north", "n1")[:overrides]:
        for key in (KEY, "complaints.handling")[:overrides]:
            set_policy(
                key=key, unit=world.units[name], value=Span(4, "working_hours"),
                effective_from=timezone.localdate(), reason="细则", by=world.admin,
            )  # fmt: skip
    client.force_login(world.admin)
    client.get("/policies/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/policies/?unit=N1A")

    about = [q["sql"] for q in queries if "regions_" in q["sql"]]
    assert len(about) == 6, about


def test_staff_without_the_right_do_not_read_rules(client, world):
    client.force_login(world.north_clerk)

    assert client.get("/policies/").status_code == 403


# --- one rule -----------------------------------------------------------------------------------


def test_a_rule_shows_its_way_its_versions_and_its_sources(client, world):
    set_policy(
        key=KEY, unit=world.north, value=Span(4, "working_hours"),
        effective_from=timezone.localdate() + timedelta(days=3), reason="区域细则第三条",
        by=world.admin,
    )  # fmt: skip
    client.force_login(world.north_head)
    page = body(client.get(f"/policies/{KEY}/?unit=N1A"))

    assert "24 hours" in page
    assert "区域细则第三条" in page
    assert "Planned" in page
    assert "Strategic-customer regime" in page
    assert "Not in use yet" not in page
    assert CHANGE not in page  # he reads
    waiting = body(client.get("/policies/compliance.actions_a_month/?unit=N1A"))
    assert "Not in use yet" in waiting


def test_what_siblings_set_is_not_shown(client, world):
    set_policy(
        key=KEY, unit=world.south, value=Span(3, "hours"),
        effective_from=timezone.localdate(), reason="南方细则", by=world.admin,
    )  # fmt: skip
    client.force_login(world.north_head)

    assert "南方" not in body(client.get(f"/policies/{KEY}/"))
    assert client.get(f"/policies/{KEY}/?unit=S").status_code == 404


def test_an_unknown_rule_is_not_found(client, world):
    client.force_login(world.admin)

    assert client.get("/policies/no.such_rule/").status_code == 404


# --- a change -----------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_value_is_looked_at_then_saved(client, world, headers):
    client.force_login(world.north_keeper)
    url = f"{CHANGE}?unit=N"

    look = client.post(url, enter(), headers=headers)
    assert look.status_code == 200
    assert "4 units change their value." in body(look)
    assert "3 people work in them." in body(look)
    assert PolicyValue.objects.count() == 0

    saved = client.post(url, enter(step="save", seen=seal(look)), headers=headers)
    assert saved.status_code == (204 if headers else 302)
    assert saved["HX-Redirect" if headers else "Location"] == f"/policies/{KEY}/?unit=N"
    assert policy(KEY, world.n1a) == Span(4, "working_hours")


@pytest.mark.parametrize(
    "change",
    [
        {"value_amount": "5"},
        {"value_unit": "hours"},
        {"effective_from": (timezone.localdate() + timedelta(days=9)).isoformat()},
    ],
)
def test_nothing_else_is_saved_than_what_was_looked_at(client, world, change):
    client.force_login(world.admin)
    url = f"{CHANGE}?unit=N"
    seen = seal(client.post(url, enter()))

    again = client.post(url, enter(step="save", seen=seen, **change))

    assert again.status_code == 200
    assert "look at the effect again" in body(again)
    assert PolicyValue.objects.count() == 0


def test_saving_without_a_look_shows_the_look(client, world):
    client.force_login(world.admin)

    assert "Save new version" in body(client.post(f"{CHANGE}?unit=N", enter(step="save")))
    assert PolicyValue.objects.count() == 0


def test_whoever_was_overtaken_looks_again(client, world):
    client.force_login(world.admin)
    url = f"{CHANGE}?unit=N"
    seen = seal(client.post(url, enter()))
    set_policy(
        key=KEY, unit=world.north, value=Span(2, "hours"),
        effective_from=timezone.localdate(), reason="更快", by=world.north_keeper,
    )  # fmt: skip

    late = client.post(url, enter(step="save", seen=seen))

    assert late.status_code == 422
    assert world.north_keeper.name in body(late)
    assert 'name="base" value="1"' in body(late)
    assert "Save new version" not in body(late)
    look = client.post(url, enter(base="1"))
    assert client.post(url, enter(base="1", step="save", seen=seal(look))).status_code == 302
    assert policy(KEY, world.n1a) == Span(4, "working_hours")


def test_a_day_in_the_past_must_be_confirmed(client, world):
    client.force_login(world.admin)
    url = f"{CHANGE}?unit=N"
    data = enter(effective_from="2026-01-01")

    look = client.post(url, data)
    assert "The past is meant" in body(look)
    refused = client.post(url, data | {"step": "save", "seen": seal(look)})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["past"]
    assert "Save new version" in body(refused), "the preview stays"
    assert seal(refused) == seal(look)
    assert (
        client.post(url, data | {"step": "save", "seen": seal(look), "past": "on"}).status_code
        == 302
    )


def test_an_own_value_is_taken_back(client, world):
    set_policy(
        key=KEY, unit=world.north, value=Span(2, "hours"),
        effective_from=timezone.localdate(), reason="细则", by=world.admin,
    )  # fmt: skip
    client.force_login(world.admin)
    url = f"{CHANGE}?unit=N"
    data = enter(value_amount="", take_back="on", base="1")

    look = client.post(url, data)
    assert "24 hours" in body(look)
    assert client.post(url, data | {"step": "save", "seen": seal(look)}).status_code == 302
    assert policy(KEY, world.n1a) == Span(24, "hours")


def test_a_planned_value_is_taken_back_before_its_day(client, world):
    day = timezone.localdate() + timedelta(days=10)
    client.force_login(world.admin)
    url = f"{CHANGE}?unit=N"
    assert "take_back" not in client.get(url).context["form"].fields
    set_policy(
        key=KEY, unit=world.north, value=Span(2, "hours"),
        effective_from=day, reason="细则", by=world.admin,
    )  # fmt: skip
    data = enter(value_amount="", take_back="on", base="1", effective_from=day.isoformat())

    look = client.post(url, data)
    assert client.post(url, data | {"step": "save", "seen": seal(look)}).status_code == 302
    assert policy(KEY, world.n1a, day) == Span(24, "hours")
    assert "take_back" not in client.get(url).context["form"].fields


@pytest.mark.parametrize(
    "change",
    [{"value_amount": ""}, {"value_amount": "0.3"}, {"reason": ""}, {"effective_from": "bald"},
     {"value_amount": "100000"}],
)  # fmt: skip
def test_a_bad_form_comes_back(client, world, change):
    client.force_login(world.admin)

    assert client.post(f"{CHANGE}?unit=N", enter(**change)).status_code == 422


def test_a_table_is_entered_row_by_row(client, world):
    client.force_login(world.admin)
    url = "/policies/customers.abc_shares/change/?unit=G"
    page = client.get(url).content.decode()
    assert 'name="value-2-word"' in page
    assert 'value="75"' in page

    data = {
        "value-0-word": "A", "value-0-share": "80", "value-1-word": "B", "value-1-share": "20",
        "effective_from": timezone.localdate().isoformat(), "reason": "两类", "base": "0",
        "step": "preview",
    }  # fmt: skip
    assert client.post(url, data | {"value-1-share": "10"}).status_code == 422
    look = client.post(url, data)
    assert client.post(url, data | {"step": "save", "seen": seal(look)}).status_code == 302
    assert [(row["word"], row["share"]) for row in policy("customers.abc_shares")] == [
        ("A", 80), ("B", 20),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "key", "unit", "status"),
    [
        ("admin", KEY, "N", 200),
        ("north_keeper", KEY, "N1A", 200),
        ("north_keeper", KEY, "S", 404),
        ("north_keeper", KEY, "G", 404),
        ("north_keeper", "accounts.idle_minutes", "N", 409),
        ("north_keeper", "expenses.regional_ceiling", "N", 409),
        ("north_head", KEY, "N", 403),
    ],
)
def test_who_may_open_the_form(client, world, who, key, unit, status):
    client.force_login(world.people[who])

    assert client.get(f"/policies/{key}/change/?unit={unit}").status_code == status


def test_every_rule_has_a_page_and_a_form(client, world):
    from regions.policies import policies

    client.force_login(world.admin)
    for rule in policies():
        assert client.get(f"/policies/{rule.key}/?unit=G").status_code == 200, rule.key
        assert client.get(f"/policies/{rule.key}/change/?unit=G").status_code == 200, rule.key


def test_the_administration_reads_versions_and_writes_none(client, world):
    version = set_policy(
        key=KEY, unit=world.north, value=Span(2, "hours"),
        effective_from=timezone.localdate(), reason="细则", by=world.admin,
    )  # fmt: skip
    client.force_login(world.admin)
    page = body(client.get("/admin/regions/policyvalue/"))

    assert "2 hours" in page
    assert f"/policies/{KEY}/?unit=N" in page
    assert client.post(f"/admin/regions/policyvalue/{version.pk}/change/", {}).status_code == 403


# --- command line -------------------------------------------------------------------------------


def listed(*arguments: str) -> str:
    out = StringIO()
    call_command("policies", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_values_and_origins(world):
    day = timezone.localdate() + timedelta(days=5)
    set_policy(
        key=KEY, unit=world.north, value=Span(2, "hours"), effective_from=day, reason="细则",
        by=None,
    )  # fmt: skip

    rows = json.loads(listed("--unit", "n1a", "--on", day.isoformat(), "--json"))
    assert (rows["unit"], rows["on"]) == ("N1A", day.isoformat())
    assert rows["policies"][KEY] == {
        "value": {"amount": "2", "unit": "hours"}, "words": rows["policies"][KEY]["words"],
        "source": "N", "since": day.isoformat(), "in_use": True,
    }  # fmt: skip
    assert json.loads(listed("--json"))["policies"][KEY]["source"] is None
    assert KEY in listed()


@pytest.mark.parametrize("arguments", [("--unit", "nowhere"), ("--on", "bald")])
def test_the_command_says_what_it_cannot_read(world, arguments):
    with pytest.raises(CommandError) as error:
        listed(*arguments)

    assert error.value.returncode == 2
