"""Kinds of values: the way to JSON and back, bounds, words, forms."""

import json
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from regions.policies import Below, Policy, policies, register
from regions.policies.registry import broken
from regions.policies.types import (
    ALL_UNITS,
    Choice,
    Choices,
    Column,
    Decimal_,
    Duration,
    Flag,
    Money,
    Rows,
    Span,
    Text,
    Type,
    Whole,
    rows,
)

LETTERS = (("a", "Alpha"), ("b", "Beta"), ("c", "Gamma"))
TABLE = Rows(
    (Column("word", "Word", Text(20, minimum=1)), Column("share", "Share", Decimal_(0, 9)))
)

halves = st.integers(1, 2000).map(lambda n: Decimal(n) / 2)
cells = st.fixed_dictionaries(
    {
        "word": st.text(min_size=1, max_size=20),
        "share": st.decimals(0, 9, places=2),
    }
)
VALUES = {
    Whole(-5, 500): st.integers(-5, 500),
    Decimal_("0.5", 90, places=3): st.decimals("0.5", 90, places=3),
    Money(): st.decimals(0, 100_000_000, places=2),
    Flag(): st.booleans(),
    Choice(LETTERS): st.sampled_from(["a", "b", "c"]),
    Choices(LETTERS): st.sets(st.sampled_from(["a", "b", "c"])).map(lambda s: tuple(sorted(s))),
    Duration(): st.builds(Span, halves, st.sampled_from(ALL_UNITS)),
    Text(40): st.text(max_size=40),
    TABLE: st.lists(cells, min_size=1, max_size=20).map(rows),
}
NAMED = pytest.mark.parametrize("kind", VALUES, ids=lambda kind: type(kind).__name__)


@NAMED
@given(data=st.data())
def test_a_value_survives_the_way_through_json(kind: Type, data):
    value = data.draw(VALUES[kind])

    kind.check(value)

    assert kind.from_json(json.loads(json.dumps(kind.to_json(value)))) == value
    assert isinstance(kind.words(value), str)


@NAMED
@pytest.mark.parametrize("stored", [None, [1], {"amount": "x"}, {"unit": "hours"}, [{"word": "A"}]])
def test_json_of_another_kind_is_refused(kind: Type, stored):
    with pytest.raises((TypeError, ValueError)):
        kind.from_json(stored)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Whole(5, 480), 4),
        (Whole(5, 480), 481),
        (Whole(0, 1), True),
        (Whole(0, 9), Decimal(3)),
        (Decimal_(0, 10), Decimal("1.234")),
        (Decimal_(0, 10), Decimal("NaN")),
        (Money(maximum=500), Decimal("500.01")),
        (Flag(), "true"),
        (Choice(LETTERS), "d"),
        (Choices(LETTERS), ("a", "d")),
        (Choices(LETTERS), ["a"]),
        (Choices(LETTERS, required=True), ()),
        (Duration(), Span(Decimal("0.3"), "hours")),
        (Duration(units=("hours",)), Span(1, "days")),
        (Duration(maximum=60), Span(61, "hours")),
        (Text(3), "vier"),
        (Text(3, minimum=1), ""),
        (TABLE, ()),
        (TABLE, rows([{"word": "A"}])),
        (TABLE, rows([{"word": "A", "share": Decimal(10)}])),
    ],
)
def test_out_of_bounds_or_of_another_kind_is_refused(kind, value):
    with pytest.raises(ValidationError):
        kind.check(value)


def test_a_table_may_have_a_rule_of_its_own():
    shares = next(one for one in policies() if one.key == "customers.abc_shares")
    shares.type.check(shares.default)

    with pytest.raises(ValidationError):
        shares.type.check(shares.default[:2])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Span(1, "working_days"), "1 working day"),
        (Span(Decimal("0.5"), "working_days"), "0.5 working days"),
        (Span(4, "working_hours"), "4 working hours"),
        (Span(Decimal("30.0"), "minutes"), "30 minutes"),
    ],
)
def test_spans_in_words(value, words):
    with translation.override("en"):
        assert str(value) == words


def test_a_span_knows_its_minutes_unless_the_calendar_must_say():
    assert Span(Decimal("1.5"), "working_hours").minutes == 90
    assert Span(2, "days").minutes == 2880
    with pytest.raises(ValueError, match="calendar"):
        Span(1, "working_days").minutes  # noqa: B018


# --- forms --------------------------------------------------------------------------------------


def posted(kind: Type, data: dict[str, object]) -> forms.Form:
    class Asked(forms.Form):
        value = kind.field(label="Value")

    return Asked(data)


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (Whole(1, 9), {"value": "4"}, 4),
        (Decimal_(0, 9), {"value": "4.25"}, Decimal("4.25")),
        (Money(), {"value": "1234.5"}, Decimal("1234.5")),
        (Flag(), {"value": "false"}, False),
        (Choice(LETTERS), {"value": "b"}, "b"),
        (Choices(LETTERS), {"value": ["c", "a"]}, ("a", "c")),
        (Choices(LETTERS), {}, ()),
        (Duration(), {"value_amount": "0.5", "value_unit": "working_days"},
         Span(Decimal("0.5"), "working_days")),
        (Text(9), {"value": " x "}, "x"),
        (TABLE, {"value-0-word": "A", "value-0-share": "5", "value-2-word": "B",
                 "value-2-share": "4"},
         rows([{"word": "A", "share": Decimal(5)}, {"word": "B", "share": Decimal(4)}])),
    ],
)  # fmt: skip
def test_a_form_gives_clean_values(kind, data, value):
    form = posted(kind, data)

    assert form.errors == {}
    assert form.cleaned_data["value"] == value
    assert 'name="value' in str(form["value"])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Whole(1, 9), {"value": "10"}),
        (Flag(), {"value": ""}),
        (Duration(), {"value_amount": "", "value_unit": "hours"}),
        (Duration(), {"value_amount": "3", "value_unit": "fortnights"}),
        (TABLE, {"value-0-word": "A", "value-0-share": "x"}),
        (TABLE, {"value-0-word": "A"}),
        (TABLE, {}),
    ],
)
def test_a_form_refuses_what_the_rule_refuses(kind, data):
    assert "value" in posted(kind, data).errors


# --- the rules themselves -----------------------------------------------------------------------


def test_every_rule_keeps_its_own_default_and_variants(db):
    assert list(broken()) == []


def test_every_default_survives_the_way_through_json():
    for rule in policies():
        assert rule.type.from_json(json.loads(json.dumps(rule.type.to_json(rule.default)))) == (
            rule.default
        ), rule.key


def test_a_broken_rule_is_noticed(db):
    from regions.policies.registry import REGISTRY

    register(
        Policy("tests.broken", "T", "M", "S", Whole(1, 9), 10, "compliance", variants=(("S", 0),))
    )
    try:
        assert [rule.key for rule, _sentence in broken()] == ["tests.broken", "tests.broken"]
    finally:
        del REGISTRY["tests.broken"]


@pytest.mark.parametrize(
    ("key", "group"),
    [("Tests.x", "security"), ("x", "security"), ("tests.x", "no topic")],
)
def test_a_rule_without_proper_key_or_topic_is_refused(key, group):
    with pytest.raises(ImproperlyConfigured):
        register(Policy(key, "T", "M", "S", Whole(1, 9), 1, group))


def test_a_second_rule_under_one_key_is_refused():
    with pytest.raises(ImproperlyConfigured):
        register(Policy("complaints.handling", "T", "M", "S", Whole(1, 9), 1, "complaints"))


def test_rules_of_security_differ_nowhere_unless_they_say_so():
    strict = Policy("tests.a", "T", "M", "S", Whole(1, 9), 1, "security")
    loose = Policy("tests.b", "T", "M", "S", Whole(1, 9), 1, "customers")

    assert (strict.who_may, loose.who_may) == (Below.NOBODY, Below.UNITS)


# Each row of the requirements' list of rules on which the documents disagree.
VARIANTS = {
    "customers.importance_scheme": 8,
    "customers.strategic_tests": 2,
    "complaints.enquiry_reply": 3,
    "complaints.handling": 2,
    "complaints.first_response": 2,
    "customers.contact_frequency": 3,
    "compliance.log_ins_a_working_day": 1,
    "compliance.log_ins_a_week_travelling": 1,
    "compliance.weeks_without_log_in": 1,
    "compliance.account_change": 2,
    "approvals.new_account": 2,
    "expenses.personal_event_ceiling": 1,
    "expenses.regional_ceiling": 1,
    "approvals.contract_signatory": 2,
    "approvals.rule_makers": 2,
    "compliance.sanctions": 3,
    "satisfaction.method": 3,
    "satisfaction.cadence": 2,
}


def test_every_disagreement_of_the_documents_is_a_rule():
    known = {rule.key: len(rule.variants) for rule in policies()}

    assert {key: known.get(key) for key in VARIANTS} == VARIANTS
