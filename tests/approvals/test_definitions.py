"""Definitions of flows: what is refused, with which sentence, and which steps a paper meets."""

from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from approvals.conditions import Condition, Operator, Term, holds, parse_condition, words
from approvals.definitions import (
    DefinitionError,
    How,
    Left,
    OnTimeout,
    Rules,
    StepDef,
    Who,
    WhoKind,
    parse,
    policies_named,
    steps_for,
)
from regions.policies.types import Span


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


CEILING = "expenses.regional_ceiling"


@dataclass
class Paper:
    amount: Decimal | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    unit: Any = None


def a_step(key="commerce", name="商务核签", **more):
    return {"key": key, "name": name, "who": [{"kind": "head"}], **more}


def a_flow(*steps, **rules):
    return {"steps": list(steps), "rules": rules}


ABOVE = {"all": [{"field": "amount", "is": "gt", "policy": CEILING}]}


def test_everything_said_comes_back_and_goes_out_again():
    stored = a_flow(
        a_step(opinion_only=True, writable_fields=["sales"], hidden_fields=["account"]),
        a_step(
            "board",
            "董事会",
            who=[{"kind": "body", "name": "board"}, {"kind": "post", "name": "总经理", "up": 2}],
            how="share",
            share=60,
            condition={"any": [{"field": "kind", "is": "in", "value": ["gift", "cash"]}]},
            copy_to=[{"kind": "applicant"}],
            limit={"amount": "1.5", "unit": "working_days"},
            on_timeout="escalate",
            amount_step_up="3000.00",
        ),
        no_approver="refuse",
        left="administrator",
    )
    flow = parse(stored)
    board = flow.step("board")

    assert board == StepDef(
        key="board",
        name="董事会",
        who=(Who(WhoKind.BODY, "board"), Who(WhoKind.POST, "总经理", up=2)),
        how=How.SHARE,
        share=60,
        condition=Condition("any", (Term("kind", Operator.IN, ("gift", "cash")),)),
        copy_to=(Who(WhoKind.APPLICANT),),
        limit=Span(Decimal("1.5"), "working_days"),
        on_timeout=OnTimeout.ESCALATE,
        amount_step_up=Decimal("3000.00"),
    )
    assert flow.rules == Rules(no_approver="refuse", left=Left.ADMINISTRATOR)
    assert flow.step("commerce").opinion_only
    assert parse(flow.to_json()) == flow
    assert flow.to_json()["steps"][0] == {
        "key": "commerce",
        "name": "商务核签",
        "who": [{"kind": "head"}],
        "how": "any",
        "writable_fields": ["sales"],
        "hidden_fields": ["account"],
        "opinion_only": True,
    }


@pytest.mark.parametrize(
    ("step", "part", "problem"),
    [
        ({"name": " "}, "name", "name of at most 60"),
        ({"name": "长" * 61}, "name", "name of at most 60"),
        ({"key": "商务"}, "key", "small letters"),
        ({"who": []}, "who", "who decides"),
        ({"who": [{"kind": "friend"}]}, "who", "who decides"),
        ({"who": [{"kind": "post"}]}, "who", "Holder of a function"),
        ({"who": [{"kind": "head", "up": 4}]}, "who", "three levels"),
        ({"who": [{"kind": "head", "up": True}]}, "who", "three levels"),
        ({"who": [{"kind": "head", "level": "moon"}]}, "who", "moon"),
        ({"who": [{"kind": "previous_choice"}]}, "who", "before the first step"),
        ({"how": "dice"}, "how", "dice"),
        ({"how": "share"}, "share", "1 to 100"),
        ({"how": "share", "share": 0}, "share", "1 to 100"),
        ({"how": "share", "share": 101}, "share", "1 to 100"),
        ({"condition": {"none": []}}, "condition", "“all” or “any”"),
        ({"condition": {"all": []}}, "condition", "“all” or “any”"),
        (
            {"condition": {"all": [{"field": "colour", "is": "eq", "value": 1}]}},
            "condition",
            "colour",
        ),
        (
            {"condition": {"all": [{"field": "amount", "is": "gt", "value": "dear"}]}},
            "condition",
            "as a number",
        ),
        ({"condition": {"all": [{"field": "amount", "is": "gt"}]}}, "condition", "the value"),
        (
            {"condition": {"all": [{"field": "amount", "is": "gt", "value": 1, "policy": "a.b"}]}},
            "condition",
            "not with both",
        ),
        ({"hidden_fields": ["colour"]}, "hidden_fields", "colour"),
        ({"limit": {"amount": "soon", "unit": "hours"}}, "limit", "number and a unit"),
        ({"limit": {"amount": "401", "unit": "hours"}}, "limit", "number and a unit"),
        ({"opinion_only": "yes"}, "opinion_only", "yes"),
        ({"amount_step_up": "0.001"}, "amount_step_up", "two places"),
        ({"amount_step_up": "NaN"}, "amount_step_up", "two places"),
        ({"colour": "red"}, "", "colour"),
    ],
)
def test_a_step_that_cannot_run_is_refused_by_name(step, part, problem):
    first = a_step("office", "办事处")
    broken = a_step(**({"key": "second", "name": "第二步"} | step))
    flow = a_flow(broken, first) if "before" in problem else a_flow(first, broken)

    with pytest.raises(DefinitionError) as caught:
        parse(flow, known_fields=["kind"])

    error = caught.value
    assert (error.position, error.part) == (0 if "before" in problem else 1, part)
    assert problem in error.sentence
    # A step without a usable name is called by its number.
    called = step.get("name", "第二步").strip() or "2"
    assert str(error) == f"Step “{called}”: {error.sentence}"


@pytest.mark.parametrize(
    "flow",
    [
        None,
        [],
        {"steps": []},
        {"steps": {}},
        {"steps": [a_step()], "colour": 1},
        {"steps": [a_step(), a_step()]},
        {"steps": [a_step(opinion_only=True)]},
        {"steps": ["commerce"]},
        {"steps": [a_step(f"s{n}") for n in range(31)]},
        {"steps": [a_step()], "rules": {"left": "friend"}},
        {"steps": [a_step()], "rules": {"colour": "red"}},
    ],
)
def test_a_flow_that_cannot_run_is_refused(flow):
    with pytest.raises(DefinitionError):
        parse(flow)


@pytest.mark.parametrize(
    ("amount", "goes_up"), [("2999.99", False), ("3000.00", False), ("3000.01", True)]
)
def test_the_general_manager_decides_above_the_ceiling_alone(amount, goes_up):
    flow = parse(a_flow(a_step(), a_step("manager", "总经理", condition=ABOVE)))

    found = steps_for(flow, Paper(Decimal(amount)), {CEILING: Decimal(3000)})

    assert policies_named(flow) == {CEILING}
    assert [(step.step.key, step.applies) for step in found] == [
        ("commerce", True),
        ("manager", goes_up),
    ]
    assert found[1].because == flow.step("manager").condition


def test_an_approver_is_not_left_out_for_want_of_knowledge():
    flow = parse(a_flow(a_step(), a_step("manager", "总经理", condition=ABOVE)))

    assert steps_for(flow, Paper(None), {CEILING: Decimal(3000)})[1].applies
    condition = flow.step("manager").condition
    assert not holds(condition, Paper(None), {CEILING: Decimal(3000)}, unknown=False)
    with pytest.raises(KeyError):
        steps_for(flow, Paper(Decimal(1)), {})


@pytest.mark.parametrize(
    ("operator", "value", "have", "expected"),
    [
        ("ge", 5, 5, True),
        ("ge", 5, "4.99", False),
        ("lt", "5", Decimal("4.99"), True),
        ("lt", 5, 5, False),
        ("le", 5, 5, True),
        ("le", 5, "5.01", False),
        ("gt", "2026-11-09", "2026-11-10", True),
        ("gt", "9", "10", True),
        ("eq", "3.0", 3, True),
        ("eq", True, True, True),
        ("eq", True, 1, False),
        ("ne", "gift", "cash", True),
        ("ne", "gift", "gift", False),
        ("in", ["gift", "cash"], "cash", True),
        ("in", ["gift"], "cash", False),
        ("not_in", ["gift"], "cash", True),
        ("not_in", ["gift"], "gift", False),
        ("filled", None, 0, True),
        ("filled", None, "", False),
        ("empty", None, "", True),
        ("empty", None, "x", False),
        ("gt", 5, "many", True),  # cannot be compared, so it counts as unknown
        ("eq", "x", None, True),
    ],
)
def test_comparisons(operator, value, have, expected):
    term = {"field": "size", "is": operator} | ({} if value is None else {"value": value})
    condition = parse_condition({"all": [term]})

    assert holds(condition, Paper(fields={"size": have}), {}) is expected
    assert parse_condition(condition.to_json()) == condition


def test_all_and_any_and_the_level_of_the_unit():
    terms = [
        {"field": "amount", "is": "gt", "value": "100"},
        {"field": "unit_level", "is": "eq", "value": "project"},
    ]
    paper = Paper(Decimal(50), unit=SimpleNamespace(kind="project"))

    assert not holds(parse_condition({"all": terms}), paper, {})
    assert holds(parse_condition({"any": terms}), paper, {})
    assert holds(None, paper, {})


def test_a_condition_says_what_it_means():
    condition = parse_condition(
        {
            "any": [
                {"field": "amount", "is": "gt", "policy": CEILING},
                {"field": "kind", "is": "in", "value": ["gift", "cash"]},
                {"field": "case", "is": "empty"},
            ]
        }
    )

    assert (
        words(
            condition,
            labels={"kind": "Kind", "case": "Case"},
            policies={CEILING: Decimal(3000)},
            choices={"kind": {"gift": "Gift"}},
        )
        == "Amount above ¥3,000 or Kind is either Gift or cash or Case is empty"
    )
    assert words(None) == ""


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ({"field": "amount", "is": "gt", "value": "3000"}, "Amount above ¥3,000"),
        ({"field": "amount", "is": "le", "value": "3000.50"}, "Amount up to ¥3,000.50"),
        ({"field": "amount", "is": "ge", "value": 10000}, "Amount at least ¥10,000"),
        ({"field": "over", "is": "eq", "value": True}, "Over budget"),
        ({"field": "over", "is": "ne", "value": False}, "Over budget"),
        ({"field": "over", "is": "eq", "value": False}, "not Over budget"),
        ({"field": "over", "is": "ne", "value": True}, "not Over budget"),
        ({"field": "over", "is": "filled"}, "Over budget is filled in"),
        ({"field": "people", "is": "lt", "value": 30}, "people below 30"),
    ],
)
def test_a_comparison_is_said_as_people_say_it(term, said):
    assert words(parse_condition({"all": [term]}), labels={"over": "Over budget"}) == said


def test_the_words_of_a_condition_read_as_a_sentence():
    """Its last part is joined by a word, and the opposite of a mark may have words of its own."""
    terms = [
        {"field": "over", "is": "eq", "value": False},
        {"field": "unit_level", "is": "not_in", "value": ["city", "project"]},
        {"field": "amount", "is": "le", "value": "3000"},
    ]
    said = words(
        parse_condition({"all": terms}),
        labels={"unit_level": "Level"},
        choices={"over": {False: "within the budget"}},
    )
    assert said == "within the budget, Level is neither city or project and Amount up to ¥3,000"
