"""The yearly round: its days, nominations, evaluation, the list (CUS-25, CUS-26)."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Function
from accounts.services.people import give_post
from compliance.models import Decision, Nomination, Round, RoundState
from compliance.selectors.classes import Facts, propose
from compliance.selectors.rounds import steps_of
from compliance.services.rounds import (
    close_round,
    evaluate,
    issue_list,
    open_round,
    prepare_round,
    reopen_round,
    run_rounds,
    save_meeting,
)
from core.errors import Refused
from core.models import Notice
from customers.models import STRATEGIC, Customer
from tests.compliance.strategic import decided, local, nominated, organisation, run_by
from tests.factories import make_place, make_user, say

pytestmark = pytest.mark.django_db
TESTS = ("cooperations", "follow_up", "sound", "willing", "agreement", "influence")


def at(year, month, day, hour=10):
    return time_machine.travel(local(year, month, day, hour), tick=False)


@pytest.fixture
def round_2026(world):
    """The round of 2026, open since 15 November."""
    with at(2026, 11, 15):
        run_rounds()
    return Round.objects.get(year=2026)


# --- the proposed class (CUS-05) ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cooperations", "flags", "level"),
    [
        (3, ("follow_up", "sound", "willing"), STRATEGIC),
        (2, ("follow_up", "sound", "willing"), "重点客户"),
        (0, ("agreement",), STRATEGIC),
        (0, ("influence",), STRATEGIC),
        (5, ("sound", "willing"), "一般客户"),
        (1, (), "一般客户"),
        (0, ("follow_up", "sound", "willing"), "潜在客户"),
        (0, (), "潜在客户"),
    ],
)
def test_the_class_follows_from_counts_and_flags(cooperations, flags, level):
    found = propose(Facts(cooperations, flags), tests=TESTS, needed=3)

    assert found.level == level
    assert found.reasons
    assert bool(found.missing) is (level != STRATEGIC)


def test_a_key_role_counts_only_where_the_rule_names_it():
    assert propose(Facts(0, ("key_role",)), tests=TESTS, needed=3).level == "潜在客户"
    assert propose(Facts(0, ("key_role",)), tests=("key_role",), needed=3).level == STRATEGIC


# --- the days -----------------------------------------------------------------------------------


def test_a_round_opens_and_closes_by_its_days(world):
    seen = []
    for day in ((11, 14), (11, 15), (12, 15), (12, 16)):
        with at(2026, *day, hour=0):
            run_rounds()
        seen.append(Round.objects.values_list("state", flat=True).first())

    assert seen == [None, "nominating", "nominating", "evaluating"]
    one = Round.objects.get()
    assert (one.closes_on, one.evaluate_by, one.issue_by) == (
        dt.date(2026, 12, 15),
        dt.date(2026, 12, 31),
        dt.date(2027, 1, 31),
    )


def test_running_twice_moves_nothing_more(world):
    with at(2026, 11, 20):
        assert (run_rounds(), run_rounds()) == (1, 0)
    opened = Notice.objects.filter(kind="compliance.round_open")
    people = set(opened.values_list("user", flat=True))

    assert {world.north_head.pk, world.south_head.pk, world.north_keeper.pk} <= people
    assert world.north_clerk.pk not in people
    assert opened.count() == len(people)


def test_a_dead_scheduler_is_made_up_for(world):
    """Nothing ran between autumn and January: last year's round is not invented afterwards, this
    year's waits for its day."""
    with at(2027, 1, 5):
        run_rounds()
    assert not Round.objects.exists()
    with at(2027, 12, 20):
        run_rounds()
    assert Round.objects.get().state == RoundState.EVALUATING


def test_the_committee_is_told_of_a_late_round_once(world, round_2026):
    function = Function.objects.get(name="客户管理委员会委员")
    give_post(world.boss, unit=world.group, function=function, by=None)
    row = nominated_in(world, round_2026)
    told = Notice.objects.filter(kind="compliance.round_late", user=world.boss)
    counts = []
    for day in ((2026, 12, 31), (2027, 1, 1), (2027, 1, 2)):
        with at(*day):
            run_rounds()
        counts.append(told.count())
    decided(row.round, row)
    for day in ((2027, 1, 31), (2027, 2, 1)):
        with at(*day):
            run_rounds()
        counts.append(told.count())

    assert counts == [0, 1, 1, 1, 2]


def nominated_in(world, one, **more):
    with at(2026, 12, 1):
        return nominated(world, one, organisation(world), **more)


def test_steps_say_where_a_round_stands(round_2026):
    def states(day):
        round_2026.refresh_from_db()
        return [step["state"] for step in steps_of(round_2026, day)]

    assert states(dt.date(2026, 12, 15)) == ["done", "current", "todo", "todo"]
    assert states(dt.date(2026, 12, 16)) == ["done", "bad", "todo", "todo"]
    close_round(round_2026, by=None)
    assert states(dt.date(2026, 12, 16)) == ["done", "done", "current", "todo"]


def test_a_round_can_be_opened_before_its_day(world):
    with at(2026, 11, 2):
        one = prepare_round(2026, by=None)
        one = open_round(one, by=None)

    assert (one.state, one.opens_on) == (RoundState.NOMINATING, dt.date(2026, 11, 2))
    with pytest.raises(Refused):
        open_round(one, by=None)


def test_a_reopened_round_closes_again_after_its_new_day(world, round_2026):
    with at(2026, 12, 16):
        run_rounds()
        with pytest.raises(Refused):
            nominated(world, round_2026, organisation(world))
    with at(2027, 1, 4):
        with pytest.raises(Refused):
            reopen_round(round_2026, by=None, until=dt.date(2027, 1, 3), reason="补报")
        with pytest.raises(Refused):
            reopen_round(round_2026, by=None, until=dt.date(2027, 1, 8), reason=" ")
        one = reopen_round(round_2026, by=None, until=dt.date(2027, 1, 8), reason="华东补报")
        nominated(world, one, organisation(world))
    assert (one.evaluate_by, one.issue_by) == (dt.date(2027, 1, 8), dt.date(2027, 1, 31))
    with at(2027, 1, 8, 23):
        run_rounds()
        assert Round.objects.get().state == RoundState.NOMINATING
    with at(2027, 1, 9, 0):
        run_rounds()
        assert Round.objects.get().state == RoundState.EVALUATING


def test_days_that_not_every_year_has_are_no_days_of_a_round(world):
    from django.core.exceptions import ValidationError

    from regions.policies import find
    from regions.policies.types import rows

    rule = find("compliance.strategic_round")
    leap = [dict(row) for row in rule.default]
    leap[3] |= {"month": 2, "day": 29}
    back = [dict(row) for row in rule.default]
    back[1] |= {"month": 10, "day": 1}
    for table in (leap, back, leap[:3]):
        with pytest.raises(ValidationError):
            rule.type.check(rows(table))


# --- nominations --------------------------------------------------------------------------------


def test_units_nominate_only_their_own(world, round_2026):
    customer, person = organisation(world), organisation(world, kind="person")
    with at(2026, 12, 1):
        for wrong in (
            {"unit": world.s1},
            {"unit": world.n1b},
            {"specialist": world.north_head},
            {"specialist": world.south_clerk},
            {"customer": person},
        ):
            given = {"customer": customer} | wrong
            with pytest.raises(Refused):
                nominated(world, round_2026, given.pop("customer"), **given)
        row = nominated(world, round_2026, customer)
        with pytest.raises(Refused):
            nominated(world, round_2026, customer)

    assert list(Nomination.objects.all()) == [row]
    assert row.flags == ["follow_up", "sound", "willing"]


def test_nominations_are_seen_in_their_branch_alone(world, round_2026, client):
    row = nominated_in(world, round_2026, unit=world.n1a)
    address = row.get_absolute_url()
    statuses = {}
    for name in ("north_head", "north_clerk", "south_head", "boss", "reader"):
        client.force_login(getattr(world, name))
        statuses[name] = client.get(address).status_code

    assert statuses == {
        "north_head": 200,
        "north_clerk": 200,
        "south_head": 404,
        "boss": 200,
        "reader": 200,
    }


# --- evaluation and the list --------------------------------------------------------------------


def test_marks_are_weighed_by_the_criteria(world, round_2026):
    row = nominated_in(world, round_2026)
    close_round(round_2026, by=None)
    marks = {"规模": 90, "利润": 80, "合同额与利润的稳定": 70, "品牌支撑": 60}
    marks = {word: Decimal(mark) for word, mark in marks.items()}
    assert evaluate(row, by=None, marks=marks).mark is None
    row = evaluate(row, by=None, marks=marks | {"对持续发展的贡献": Decimal("55.5")})

    # 0.3 × 90 + 0.2 × 80 + 0.2 × 70 + 0.15 × 60 + 0.15 × 55.5
    assert row.mark == Decimal("74.3")
    with pytest.raises(Refused):
        evaluate(row, by=None, marks={"规模": Decimal(101)})


def test_the_list_sets_level_and_pair(world, round_2026):
    taken, refused, former, kept = (
        organisation(world, name=name) for name in ("甲集团", "乙集团", "丙集团", "丁集团")
    )
    run_by(world, former)
    run_by(world, kept)
    with at(2026, 12, 1):
        rows = [nominated(world, round_2026, one) for one in (taken, refused)]
    close_round(round_2026, by=None)
    with pytest.raises(Refused):
        issue_list(round_2026, by=world.reader)
    decided(round_2026, rows[0])
    evaluate(rows[1], by=None, marks={}, decision=Decision.DECLINED, level="一般客户")
    with at(2027, 1, 20):
        issue_list(round_2026, by=world.reader, keep=[kept.pk])

    found = {
        one.name: (one.level, one.specialist, one.contact_leader) for one in Customer.objects.all()
    }
    pair = (world.north_clerk, world.north_head)
    assert found == {
        "甲集团": (STRATEGIC, *pair),
        "乙集团": ("一般客户", None, None),
        "丙集团": ("重点客户", None, None),
        "丁集团": (STRATEGIC, *pair),
    }
    # Lists read the copies on places.
    assert taken.places.get().level == STRATEGIC
    round_2026.refresh_from_db()
    assert (round_2026.state, round_2026.issued_by) == (RoundState.ISSUED, world.reader)
    with pytest.raises(Refused):
        issue_list(round_2026, by=None)
    with pytest.raises(Refused):
        reopen_round(round_2026, by=None, until=dt.date(2030, 1, 1), reason="x")


def test_one_nomination_of_a_customer_is_accepted(world, round_2026):
    customer = organisation(world)
    make_place(customer=customer, unit=world.s1a, keeper=world.south_clerk)
    with at(2026, 12, 1):
        north = nominated(world, round_2026, customer)
        south = nominated(
            world, round_2026, customer, by=world.south_head, unit=world.s1,
            specialist=world.south_clerk, contact_leader=world.south_head,
        )  # fmt: skip
    close_round(round_2026, by=None)
    decided(round_2026, north)
    with pytest.raises(Refused):
        decided(round_2026, south)
    decided(round_2026, south, decision=Decision.DECLINED)
    issue_list(round_2026, by=None)

    customer.refresh_from_db()
    assert (customer.level, customer.specialist) == (STRATEGIC, world.north_clerk)


def test_a_pair_that_left_meanwhile_stops_the_list(world, round_2026):
    leaver = make_user(unit=world.n1)
    make_place(customer=(customer := organisation(world)), unit=world.n1, keeper=leaver)
    with at(2026, 12, 1):
        row = nominated(world, round_2026, customer, specialist=leaver)
    close_round(round_2026, by=None)
    decided(round_2026, row)
    type(leaver).objects.filter(pk=leaver.pk).update(state="left")
    with pytest.raises(Refused):
        issue_list(round_2026, by=None)

    customer.refresh_from_db()
    assert customer.level == ""
    assert Round.objects.get().state == RoundState.EVALUATING


def test_minutes_are_written_after_the_meeting_and_stay(world):
    with at(2026, 12, 20):
        meeting = save_meeting(by=world.reader, held_at=local(2026, 12, 28), agenda="评定")
        with pytest.raises(Refused):
            save_meeting(
                by=world.reader, meeting=meeting, held_at=local(2026, 12, 28), agenda="评定",
                minutes="通过",
            )  # fmt: skip
    with at(2026, 12, 29):
        common = {"by": world.reader, "meeting": meeting, "agenda": "评定"}
        save_meeting(held_at=local(2026, 12, 28), minutes="通过", present=[world.boss], **common)
        with pytest.raises(Refused):
            save_meeting(held_at=local(2026, 12, 28), **common)


# --- pages --------------------------------------------------------------------------------------


def test_the_round_is_run_from_its_page(client, world, round_2026):
    row = nominated_in(world, round_2026)
    client.force_login(world.reader)
    page = reverse("compliance:round", args=[2026])
    assert client.post(f"{page}move/close/").status_code == 302
    answer = client.post(row.get_absolute_url(), {"decision": "accepted", "mark_0": "95"})
    assert answer.status_code == 302
    assert client.post(f"{page}move/issue/").status_code == 302
    assert client.post(f"{page}move/issue/").status_code == 422
    row.refresh_from_db()

    assert (row.decision, row.sheet[0]["mark"]) == ("accepted", "95")
    assert Customer.objects.get().level == STRATEGIC
    assert client.get(page).status_code == 200


def test_a_head_nominates_from_the_page_and_keeps_what_was_typed(client, world, round_2026):
    customer = organisation(world)
    address = reverse("compliance:nominate", args=[2026])
    data = {
        "customer": customer.pk,
        "unit": world.n1.code,
        "specialist": world.north_head.employee_no,
        "contact_leader": world.north_head.employee_no,
        "cooperations": "3",
        "flags": ["sound"],
        "reason": "城建平台",
    }
    with at(2026, 12, 1):
        client.force_login(world.north_head)
        refused = client.post(address, data)
        done = client.post(address, data | {"specialist": world.north_clerk.employee_no})

    assert refused.status_code == 422
    assert "城建平台" in refused.content.decode()
    assert done.status_code == 302
    assert Nomination.objects.get().specialist == world.north_clerk


def test_criteria_of_the_group_are_what_the_committee_marks(world, round_2026):
    from regions.policies.types import rows

    row = nominated_in(world, round_2026)
    close_round(round_2026, by=None)
    table = rows(({"word": "规模", "weight": Decimal(40)}, {"word": "回款", "weight": Decimal(60)}))
    say(world.group, "compliance.strategic_criteria", table)

    found = evaluate(row, by=None, marks={"规模": Decimal(50), "回款": Decimal(100)})
    assert found.mark == Decimal("80.0")
