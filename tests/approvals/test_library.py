"""Ready flows and forms: every file reads, is put in force once, and goes through the editor."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import translation

from approvals import ready
from approvals.conditions import parse_condition
from approvals.definitions import Definition, parse
from approvals.forms.flows import FlowEditor, moved
from approvals.guide import bands
from approvals.models import Flow, FlowVersion
from approvals.services.library import install_library, take_over
from approvals.subjects import SUBJECTS
from approvals.wording import Names
from core.errors import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_every_entry_can_run_and_is_in_force():
    entries = ready.catalogue()

    assert {"general", "free", "rule", "organisation", "seal", "contract"} <= set(entries)
    for key, entry in entries.items():
        parse(entry.definition, known_fields=SUBJECTS[entry.kind].field_keys())
        if entry.install:
            version = FlowVersion.objects.get(flow__key=key)
            assert (version.number, version.is_published) == (1, True)
    assert all(entry.fields for entry in ready.forms().values())


def test_what_is_there_stays_and_a_fixed_flow_follows_the_product(monkeypatch):
    Flow.objects.filter(key="general").update(name="自己改的")
    before = FlowVersion.objects.count()
    install_library()
    assert FlowVersion.objects.count() == before
    assert Flow.objects.get(key="general").name == "自己改的"

    entries = dict(ready.catalogue())
    for key in ("rule", "general"):
        steps = entries[key].definition["steps"]
        fresh = {"steps": [steps[0] | {"name": "改名"}, *steps[1:]], "rules": {}}
        entries[key] = ready.read(
            {"key": key, "name": "x", "flow": {"model": entries[key].model, **fresh}}
        )
    monkeypatch.setattr("approvals.services.library.catalogue", lambda: entries)
    install_library()

    assert FlowVersion.objects.filter(flow__key="rule").count() == 2  # fixed: the product's
    assert FlowVersion.objects.filter(flow__key="general").count() == 1  # predefined: the users'


def test_an_entry_is_taken_over_once(world):
    with pytest.raises(Refused):
        take_over("seal", by=world.admin)
    with pytest.raises(LookupError):
        take_over("nothing", by=world.admin)


@pytest.mark.parametrize("key", ["general", "rule", "seal", "contract", "organisation", "free"])
def test_the_editor_loses_nothing(key):
    """What the boxes show, sent back unchanged, is the same definition."""
    entry = ready.catalogue()[key]
    subject = SUBJECTS[entry.kind]
    stored = parse(entry.definition, known_fields=subject.field_keys()).to_json()
    shown = FlowEditor(subject, stored)
    data = QueryDict(mutable=True)
    for form in (*shown.steps, shown.rules):
        for box in form:
            value = box.value()
            if isinstance(value, list):
                data.setlist(box.html_name, [str(one) for one in value])
            elif box.name == "limit":
                amount, unit = box.field.widget.decompress(value)
                data[f"{box.html_name}_amount"] = "" if amount is None else str(amount)
                data[f"{box.html_name}_unit"] = unit or "minutes"
            elif value is True:
                data[box.html_name] = "on"
            elif value not in (None, False):
                data[box.html_name] = str(value)
            elif value is None:
                data[box.html_name] = ""
    sent = FlowEditor(subject, {}, data)

    assert sent.is_valid(), sent.error
    assert parse(sent.definition()).to_json() == stored


def test_steps_are_moved_added_and_removed():
    steps = [{"name": name} for name in "abc"]

    def names(act):
        after, focus = moved(steps, act)
        return "".join(one["name"] or "+" for one in after), focus

    assert names("up-1") == ("bac", 0)
    assert names("down-1") == ("acb", 2)
    assert names("up-0") == ("abc", 0)
    assert names("down-2") == ("abc", 2)
    assert names("remove-1") == ("ac", 0)
    assert names("add-1") == ("a+bc", 1)
    assert names("add-9") == ("abc+", 3)
    assert names("remove-9") == ("abc", 0)
    assert names("nonsense") == ("abc", 0)


def test_the_guide_cuts_a_flow_at_its_amounts():
    flow: Definition = parse(
        {
            "steps": [
                {
                    "key": "opinion",
                    "name": "商务核签",
                    "who": [{"kind": "head"}],
                    "opinion_only": True,
                },
                {"key": "manager", "name": "产品线经理", "who": [{"kind": "head"}]},
                {
                    "key": "top",
                    "name": "总经理",
                    "who": [{"kind": "head", "level": "group"}],
                    "condition": {"all": [{"field": "amount", "is": "gt", "policy": "a.ceiling"}]},
                },
                {
                    "key": "board",
                    "name": "董事会",
                    "who": [{"kind": "body", "name": "board"}],
                    "condition": {"all": [{"field": "amount", "is": "ge", "value": "100000"}]},
                },
                {
                    "key": "legal",
                    "name": "法务",
                    "who": [{"kind": "head"}],
                    "condition": {
                        "all": [
                            {"field": "kind", "is": "eq", "value": "x"},
                            {"field": "amount", "is": "gt", "policy": "a.ceiling"},
                        ]
                    },
                },
            ]
        }
    )
    found = bands(flow, Names(policies={"a.ceiling": Decimal(3000)}))

    assert [(band.words, band.decides, [step.name for step in band.steps]) for band in found] == [
        ("up to ¥3,000.00", "产品线经理", ["商务核签", "产品线经理"]),
        (
            "above ¥3,000.00 up to ¥99,999.99",
            "法务（if kind is x） / 总经理",
            ["商务核签", "产品线经理", "总经理", "法务"],
        ),
        (
            "above ¥99,999.99",
            "法务（if kind is x） / 董事会",
            ["商务核签", "产品线经理", "总经理", "董事会", "法务"],
        ),
    ]
    assert found[1].steps[3].condition == "if kind is x"
    small = parse_condition({"all": [{"field": "amount", "is": "le", "value": "3000"}]})
    assert [
        (band.words, band.decides)
        for band in bands(flow, Names(policies={"a.ceiling": Decimal(3000)}), taken=small)
    ] == [("up to ¥3,000.00", "产品线经理")]
