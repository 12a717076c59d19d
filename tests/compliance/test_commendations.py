"""Whoever keeps the log-in rule for months is commended, as his subsidiary rewards (LOG-08)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from compliance.models import (
    Bulletin,
    Circular,
    CircularLine,
    Commendation,
    LogInDay,
    LogInMonth,
    Sanction,
)
from compliance.months import month_end
from compliance.selectors.circulars import lines_of, why_left_out
from compliance.services.circulars import draft_circulars, drop_circular, publish_circular
from compliance.services.commendations import draft_commendations, void_commendation
from core.errors import Refused, Stale
from core.models import Notice
from tests.compliance.duties import at, day
from tests.compliance.test_circulars import impose
from tests.factories import give, make_user, say

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)
AUGUST, OCTOBER = day("08-01"), day("10-01")


@pytest.fixture
def kept(world, time_machine, english):
    """The northern company praises three months; three of its people and one of the southern one
    met every day from August through October, which is frozen."""
    time_machine.move_to(at("11-02 10:00"))
    world.people["north_second"] = make_user(unit=world.n1b, role="staff", no="N-SECOND")
    world.people["judge"] = make_user(unit=world.n1, role="section-head", no="N-JUDGE")
    for name in ("north_clerk", "north_second", "judge", "south_clerk"):
        store(world.people[name], AUGUST, month_end(OCTOBER))
    for month in (AUGUST, day("09-01"), OCTOBER):
        freeze(month)
    say(world.n1, "compliance.reward", "praise", since=day("10-31"))
    return world


def store(person, first, last):
    """Stored days: every day from Monday to Friday met."""
    number = (last - first).days + 1
    LogInDay.objects.bulk_create(
        LogInDay(
            person=person, day=one, unit=person.unit, working=one.weekday() < 5,
            reason="met" if one.weekday() < 5 else "free", needed=int(one.weekday() < 5),
            log_ins=int(one.weekday() < 5),
        )
        for one in (first + back * ONE_DAY for back in range(number))
    )  # fmt: skip


def freeze(month):
    LogInMonth.objects.create(
        month=month, stored_through=month_end(month), frozen_at=at("11-01 03:00")
    )


def change(person, days, **values):
    """The stored days of a person were judged otherwise."""
    assert LogInDay.objects.filter(person=person, day__in=days).update(**values) == len(days)


def named():
    """Who stands in a draft, by the unit that it is of."""
    rows = CircularLine.objects.filter(circular__kind="praise", circular__state="draft")
    pairs = rows.order_by("commendation__person__employee_no").values_list(
        "circular__unit__code", "commendation__person__employee_no"
    )
    return [f"{unit} {no}" for unit, no in pairs]


def drafted():
    draft_commendations()
    return Circular.objects.get(kind="praise", state="draft")


# --- who earns it


def test_who_missed_nothing_for_three_months_stands_in_the_draft_of_his_subsidiary(kept):
    assert draft_commendations() == 3

    assert named() == ["N1 N-CLERK", "N1 N-JUDGE", "N1 N-SECOND"]  # the south rewards nobody
    rows = Commendation.objects.all()
    assert {
        (one.first_day, one.last_day, one.days, one.measure, one.amount, one.state) for one in rows
    } == {(AUGUST, day("10-31"), 65, "praise", Decimal(0), "draft")}
    assert Bulletin.objects.count() == 0
    told = Notice.objects.filter(kind="compliance.praise_drafted")
    assert {one.context["count"] for one in told} == {3}
    assert {"N-HEAD", "N-JUDGE"} <= set(told.values_list("user__employee_no", flat=True))
    assert not told.filter(user__employee_no__in=("S-HEAD", "N-CLERK", "G-BOSS")).exists()


@pytest.mark.parametrize(
    ("days", "values", "earns"),
    [
        (["09-15"], {"reason": "missed", "log_ins": 0}, False),
        (["09-15"], {"reason": "leave", "log_ins": 0, "needed": 0}, True),
        # A week of a trip asks for log-ins on two of its days.
        (["09-15", "09-16"], {"reason": "trip", "log_ins": 1, "needed": 2}, True),
        (["09-15", "09-16"], {"reason": "trip", "log_ins": 0, "needed": 2}, False),
        (["09-15"], {"reason": "trip", "log_ins": 1, "needed": 2}, True),  # one day, one log-in
        # The week of 31 August belongs to September, that of 26 October to November.
        (["10-30"], {"reason": "trip", "log_ins": 0, "needed": 2}, True),
    ],
)
def test_a_missed_day_or_week_of_a_trip_costs_the_commendation(kept, days, values, earns):
    change(kept.north_clerk, [day(one) for one in days], **values)
    draft_commendations()

    assert ("N1 N-CLERK" in named()) is earns
    assert "N1 N-SECOND" in named()


def test_a_week_over_the_end_of_a_month_is_asked_for_once_it_is_over(kept):
    """It began in July with the days of a trip, and ended on 2 August."""
    store(kept.north_clerk, day("07-27"), day("07-31"))
    change(kept.north_clerk, [day("07-30"), day("07-31")], reason="trip", log_ins=0, needed=2)
    draft_commendations()

    assert named() == ["N1 N-JUDGE", "N1 N-SECOND"]


def test_only_whole_months_with_enough_expected_days_count(kept):
    LogInDay.objects.filter(person=kept.north_second, day=AUGUST).delete()  # hired on the 2nd
    change(kept.judge, [day("10-30")], reason="leave", log_ins=0, needed=0)
    say(kept.n1, "compliance.reward_least_days", 65, since=day("10-31"))
    draft_commendations()

    assert named() == ["N1 N-CLERK"]


def test_each_subsidiary_rewards_by_its_own_rule(kept):
    say(kept.s1, "compliance.reward", "bonus", since=day("10-31"))
    say(kept.s1, "compliance.reward_months", 1, since=day("10-31"))
    say(kept.s1, "compliance.reward_least_days", 20, since=day("10-31"))
    say(kept.s1, "compliance.reward_bonus", Decimal("200.00"), since=day("10-31"))

    assert draft_commendations() == 4
    row = Commendation.objects.get(person=kept.south_clerk)
    assert (row.first_day, row.days, row.measure, row.amount) == (OCTOBER, 22, "bonus", 200)


def test_a_bonus_without_a_sum_is_praise_and_the_draft_says_so(kept, client):
    say(kept.n1, "compliance.reward", "bonus", since=day("10-31"))
    circular = drafted()

    assert set(Commendation.objects.values_list("measure", "amount")) == {("praise", Decimal(0))}
    client.force_login(kept.north_head)
    assert client.get(circular.get_absolute_url()).context["lacks_bonus"] is True


def test_without_a_reward_nobody_stands_anywhere(kept):
    say(kept.n1, "compliance.reward", "none", since=day("10-31"))

    assert draft_commendations() == 0
    assert not Circular.objects.exists()


# --- once


def test_no_month_counts_twice(kept):
    assert (draft_commendations(), draft_commendations()) == (3, 0)
    LogInMonth.objects.update(rewarded_at=None)  # as if the night had been killed after its drafts
    assert draft_commendations() == 0

    november, first = day("11-01"), Commendation.objects.get(person=kept.north_clerk)
    store(kept.north_clerk, november, month_end(november))
    freeze(november)
    assert draft_commendations() == 0  # September and October have counted
    first.pk = None
    first.first_day, first.last_day = day("10-01"), day("12-31")
    with pytest.raises(IntegrityError, match="commendation_months_once"), transaction.atomic():
        first.save()


def test_months_of_long_ago_are_not_rewarded_now(kept, time_machine):
    time_machine.move_to(at("12-31 10:00").replace(year=2027))

    assert draft_commendations() == 0
    assert not LogInMonth.objects.filter(rewarded_at=None).exists()


def test_who_came_to_a_draft_after_it_was_read_is_not_published_unseen(kept):
    circular = drafted()
    say(kept.n1, "compliance.reward_months", 1, since=day("10-31"))
    say(kept.n1, "compliance.reward_least_days", 20, since=day("10-31"))
    store(make_user(unit=kept.n1a, role="staff", no="N-THIRD"), OCTOBER, month_end(OCTOBER))
    LogInMonth.objects.filter(month=OCTOBER).update(rewarded_at=None)
    assert draft_commendations() == 1

    with pytest.raises(Stale):
        publish_circular(circular, by=kept.north_head, version=circular.version)


# --- what becomes of it


def test_a_published_draft_commends_and_tells_everybody_in_it(kept):
    circular = drafted()
    out = {circular.lines.get(commendation__person=kept.judge).pk: "由区域表扬"}
    facts = {"by": kept.north_head, "version": circular.version, "left_out": out}
    for by in (kept.north_clerk, kept.south_head, kept.boss):
        with pytest.raises(Refused, match="may not publish"):
            publish_circular(circular, **facts | {"by": by})
    row = publish_circular(circular, **facts)

    body = row.bulletin.versions.get().body
    assert [no in body for no in ("N-CLERK", "N-SECOND", "N-JUDGE")] == [True, True, False]
    assert (row.bulletin.must_confirm, list(row.bulletin.units.all())) == (False, [kept.n1])
    states = dict(Commendation.objects.values_list("person__employee_no", "state"))
    assert states == {"N-CLERK": "given", "N-SECOND": "given", "N-JUDGE": "not_given"}
    told = Notice.objects.filter(kind="compliance.commended").values_list("user__employee_no")
    assert sorted(no for (no,) in told) == ["N-CLERK", "N-SECOND"]
    assert Sanction.objects.count() == 0
    with pytest.raises(Stale):
        publish_circular(circular, **facts)
    assert Bulletin.objects.count() == 1


def test_nobody_publishes_his_own_commendation(kept):
    circular = drafted()
    with pytest.raises(Refused, match="yourself"):
        publish_circular(circular, by=kept.judge, version=circular.version)
    give(kept.north_clerk, "section-head", kept.n1)
    with pytest.raises(Refused, match="yourself"):
        publish_circular(circular, by=kept.north_clerk, version=circular.version)


def test_whoever_has_a_sanction_that_counts_is_left_out_and_the_draft_says_why(kept, client):
    impose(kept.north_clerk, kept.n1, "circular", imposed_at=at("03-05 09:00"))
    impose(kept.north_second, kept.n1, "circular", state="void", void_reason="误报")
    User.objects.filter(pk=kept.judge.pk).update(state="frozen")
    impose(kept.judge, kept.n1, "circular", imposed_at=at("03-05 09:00").replace(year=2025))
    circular = drafted()
    gone = why_left_out(lines_of(circular), day("11-02"))
    assert list(gone.values()) == [
        "a sanction of 2026-03-05 still counts",
        "the account is frozen",
    ]
    client.force_login(kept.north_head)
    page = client.get(circular.get_absolute_url())
    assert page.context["named"] == 1
    assert [bool(row["gone"]) for row in page.context["lines"]] == [True, True, False]
    assert page.context["lines"][0]["gone"] in page.content.decode()
    form = client.get(reverse("compliance:circular-publish", args=[circular.pk])).context["form"]
    assert form.keys == [circular.lines.get(commendation__person=kept.north_second).pk]
    publish_circular(circular, by=kept.north_head, version=circular.version)

    given = Commendation.objects.filter(state="given")
    assert [one.person for one in given] == [kept.north_second]


def test_a_dropped_draft_commends_nobody(kept):
    circular = drafted()
    drop_circular(circular, by=kept.north_head, version=circular.version, reason="数据有误")

    assert set(Commendation.objects.values_list("state", flat=True)) == {"not_given"}
    assert not Notice.objects.filter(kind="compliance.commended").exists()


def test_a_commendation_is_void_with_a_reason(kept):
    circular = drafted()
    publish_circular(circular, by=kept.north_head, version=circular.version)
    row = Commendation.objects.get(person=kept.north_clerk)
    with pytest.raises(Refused, match="reason"):
        void_commendation(row, by=kept.north_head, reason=" ")
    give(kept.north_clerk, "section-head", kept.n1)
    for by in (kept.south_head, kept.boss, kept.north_second, kept.north_clerk):
        with pytest.raises(Refused, match="may not decide"):
            void_commendation(row, by=by, reason="代为登录")
    void_commendation(row, by=kept.north_head, reason="代为登录")
    with pytest.raises(Stale):
        void_commendation(row, by=kept.north_head, reason="代为登录")

    row.refresh_from_db()
    assert (row.state, row.void_reason, row.void_by) == ("void", "代为登录", kept.north_head)
    told = Notice.objects.filter(kind="compliance.commendation_void")
    assert [one.user for one in told] == [kept.north_clerk]


# --- pages


def test_a_person_sees_his_commendation_once_it_is_given(kept, client):
    circular = drafted()
    row = Commendation.objects.get(person=kept.north_clerk)
    own, mine, all_of_them = (
        row.get_absolute_url(), reverse("compliance:me"), reverse("compliance:commendations"),
    )  # fmt: skip
    client.force_login(kept.north_clerk)
    assert client.get(own).status_code == 404
    assert own not in client.get(mine).content.decode()
    assert client.get(all_of_them).context["page"].rows == []
    publish_circular(circular, by=kept.north_head, version=circular.version)

    assert client.get(own).status_code == 200
    page = client.get(mine).content.decode()
    assert (own in page, "1 条表扬" in page) == (True, True)
    listed = client.get(all_of_them)
    assert listed.context["page"].rows == [row]
    assert [month in listed.content.decode() for month in (">2026-08<", ">2026-10<")] == [
        True,
        True,
    ]
    client.force_login(kept.south_head)
    assert client.get(own).status_code == 404
    client.force_login(kept.north_head)
    assert len(client.get(all_of_them).context["page"].rows) == 3
    asked = reverse("compliance:commendation-void", args=[row.pk])
    assert asked in client.get(own).content.decode()
    for address in (own, asked):  # praise is no sanction
        page = client.get(address).content.decode()
        assert [word in page for word in ("撤销处罚", "处罚内容")] == [False, False]
    assert client.post(asked, {"reason": "代为登录"}).status_code == 302
    assert "代为登录" in client.get(own).content.decode()
    assert client.get(f"{all_of_them}?state=void").context["page"].rows == [row]


def test_both_kinds_of_notices_stand_in_the_list_and_can_be_told_apart(kept, client):
    drafted()
    draft_circulars()
    client.force_login(kept.north_head)
    notices = reverse("compliance:notices")
    assert [one.kind for one in client.get(notices).context["page"].rows] == ["praise"]
    assert client.get(f"{notices}?kind=lapse").context["page"].rows == []
