"""The profile of buyers: bands, shares of the known, target segments, their members."""

import datetime as dt

import pytest

from core.scope import scope_of
from customers.models import Customer
from reports.analysis.profile import band, buyers, profile, segments
from tests.factories import make_customer, say
from tests.reports.test_members import page
from tests.reports.test_portfolio import asked

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 21)
SEGMENTS = (
    {
        "name": "自住", "youngest": 25, "oldest": 55, "purpose": "own_use",
        "occupations": "职员、白领",
    },
    {"name": "任何用途", "youngest": 56, "oldest": 90, "purpose": "any", "occupations": ""},
)  # fmt: skip


def person(unit, code, born, occupation="", purpose=""):
    customer = make_customer(unit=unit, code=code)
    Customer.objects.filter(pk=customer.pk).update(
        birth_year=born, occupation=occupation, purpose=purpose
    )


@pytest.fixture
def homes(world):
    """Of the north: 25 and 55 fit, 24 is too young, 60 fits the other one, one is unknown."""
    person(world.n1a, "P1", 2001, "公司职员", "own_use")
    person(world.n1a, "P2", 1971, "外企白领", "own_use")
    person(world.n1a, "P3", 2002, "公司职员", "own_use")
    person(world.n1b, "P4", 1966, "", "investment")
    person(world.n1b, "P5", None)
    person(world.s1a, "P6", 1990, "公司职员", "own_use")
    make_customer(unit=world.n1a, kind="organisation", code="C1")


def test_bands_end_where_the_rule_says():
    assert [band(age) for age in (0, 24, 25, 55, 56, 120, None)] == [
        "0", "0", "25", "45", "56", "66", "",
    ]  # fmt: skip


def test_shares_are_of_those_it_is_known_of(world, homes):
    lines = {(x.by, x.word): (x.customers, x.share) for x in profile(buyers(asked(world.north)))}
    assert lines["age", "25"] == (1, 0.25)
    assert lines["age", ""] == (1, None)
    assert lines["purpose", "own_use"] == (3, 0.75)
    assert lines["purpose", ""] == (1, None)
    assert lines["occupation", "公司职员"] == (2, 2 / 3)
    assert sum(n for (by, _word), (n, _share) in lines.items() if by == "age") == 5


def test_target_segments_count_members_of_those_who_are_known(world, homes):
    say(world.group, "customers.target_segment", SEGMENTS, since=dt.date(2020, 1, 1))
    question = asked(world.north)
    found = [(x.name, x.members, x.known) for x in segments(question, buyers(question))]
    # P4's occupation is not known: nothing is said of him in the first segment.
    assert found == [("自住", 2, 3), ("任何用途", 1, 4), ("", 3, 4)]


def test_the_page_links_each_word_to_its_members_in_scope(client, world, homes):
    say(world.group, "customers.target_segment", SEGMENTS, since=dt.date(2020, 1, 1))
    client.force_login(world.north_head)
    shown = page(client, "profile")
    assert shown.context["sentence"]
    links = 0
    for one in shown.context["tables"]:
        for row in one["rows"]:
            if "part=" not in row["url"]:
                continue
            links += 1
            members = client.get(row["url"]).context["tables"][-1]["table"].rows
            assert len(members) == row["rest"][0]["value"]
            assert "P6" not in {line[1] for line in members}
    assert links == 5 + 3 + 3 + 3  # ages, occupations, purposes; two segments and any of them
    for part, found in (("1", ["P1", "P2"]), ("2", ["P4"]), ("any", ["P1", "P2", "P4"]), ("9", [])):
        members = page(client, "profile", part=f"segment:{part}").context["tables"][-1]["table"]
        assert sorted(line[1] for line in members.rows) == found
    assert not scope_of(world.north_head, "customers.view_customer").everything
