"""What follows a lapse: notices, the ladder of sanctions, appeals (LOG-03, LOG-08)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from compliance.models import Bulletin, Circular, Lapse, Sanction
from compliance.selectors.circulars import LapseQuery, next_step
from compliance.services.circulars import draft_circulars, drop_circular, publish_circular
from compliance.services.lapses import find_lapses
from compliance.services.log_in_days import store_again, store_days
from compliance.services.sanctions import appeal, decide_appeal, void_sanction
from core.errors import Refused, Stale
from core.models import Notice
from tests.compliance.duties import at, day, log_in, send_away
from tests.compliance.test_log_in_days import together
from tests.factories import give, make_lapse, make_user, say

pytestmark = pytest.mark.django_db
MONDAY = day("09-21")


@pytest.fixture
def lapsed(world, time_machine, english):
    """Two people of the northern company and one of the southern one without log-in."""
    time_machine.move_to(at("09-21 10:00"))
    world.people["north_second"] = make_user(unit=world.n1b, role="staff", no="N-SECOND")
    world.people["judge"] = make_user(unit=world.n1, role="section-head", no="N-JUDGE")
    for name in ("north_clerk", "north_second", "south_clerk"):
        make_lapse(person=world.people[name], first=day("09-02"), days=18)
    return world


def drafted(world, unit="n1"):
    draft_circulars()
    return Circular.objects.get(unit=world.units[unit], state="draft")


def line_of(circular, person):
    return circular.lines.get(lapse__person=person)


def published(world, **more):
    circular = drafted(world)
    return publish_circular(circular, by=world.north_head, version=circular.version, **more)


def sanction_of(world, name="north_clerk"):
    return Sanction.objects.filter(person=world.people[name]).latest("pk")


def impose(person, unit, measure, **values):
    """A sanction of former times."""
    when = values.pop("imposed_at", at("09-01 09:00"))
    lapse = make_lapse(
        person=person, first=dt.date(2026, 1, 1) + dt.timedelta(days=40 * Sanction.objects.count())
    )
    circular = Circular.objects.create(
        title="旧", unit=unit, drafted_on=MONDAY, state="dropped", dropped_reason="旧"
    )
    row = Sanction(
        person=person, circular=circular, lapse=lapse, measure=measure, imposed_at=when,
        imposed_by=person, appeal_until=MONDAY, **values,
    )  # fmt: skip
    row.place_in(unit)
    row.save()
    return row


# --- drafts


def test_each_subsidiary_gets_one_draft_with_its_people(lapsed):
    assert (draft_circulars(), draft_circulars()) == (3, 0)

    rows = Circular.objects.order_by("unit__code")
    named = [
        (row.unit.code, sorted(row.lines.values_list("lapse__person__employee_no", flat=True)))
        for row in rows
    ]
    assert named == [("N1", ["N-CLERK", "N-SECOND"]), ("S1", ["S-CLERK"])]
    assert Bulletin.objects.count() == Sanction.objects.count() == 0
    told = Notice.objects.filter(kind="compliance.circular_drafted", url=rows[0].get_absolute_url())
    numbers = set(told.values_list("user__employee_no", flat=True))
    assert {"N-HEAD", "N-JUDGE"} <= numbers
    assert not numbers & {"S-HEAD", "N-CLERK", "G-BOSS"}


def test_the_group_may_have_them_by_region_and_old_lapses_stay_out(lapsed):
    say(lapsed.group, "compliance.circular_level", "region")
    make_lapse(person=lapsed.south_head, first=day("06-01"), days=20)

    assert draft_circulars() == 3
    assert set(Circular.objects.values_list("unit__code", flat=True)) == {"N", "S"}


def test_who_came_to_a_draft_after_it_was_read_is_not_published_unseen(lapsed):
    circular = drafted(lapsed)
    make_lapse(person=lapsed.judge, first=day("09-03"), days=15)
    assert draft_circulars() == 1

    with pytest.raises(Stale):
        publish_circular(circular, by=lapsed.north_head, version=circular.version)
    assert (Circular.objects.count(), Bulletin.objects.count()) == (2, 0)


def shut(person, state="frozen", left_on=None):
    User.objects.filter(pk=person.pk).update(state=state, left_on=left_on)


@pytest.mark.parametrize(
    ("state", "left_on", "why"),
    [
        ("frozen", None, "the account is frozen"),
        ("left", day("09-20"), "has left the company"),
        ("active", day("09-20"), "has left the company"),  # the account closes this night
    ],
)
def test_whoever_cannot_log_in_any_more_is_not_named(lapsed, client, state, left_on, why):
    shut(lapsed.north_second, state, left_on)

    assert draft_circulars() == 2

    circular = Circular.objects.get(unit=lapsed.n1)
    told = Notice.objects.filter(kind="compliance.circular_drafted", user=lapsed.north_head)
    assert [notice.context["count"] for notice in told] == [1]
    client.force_login(lapsed.north_head)
    page = client.get(circular.get_absolute_url())
    assert (page.context["named"], [number for _why, number in page.context["gone"]]) == (1, [1])
    form = client.get(reverse("compliance:circular-publish", args=[circular.pk])).context["form"]
    assert form.keys == [line_of(circular, lapsed.north_clerk).pk]
    row = publish_circular(circular, by=lapsed.north_head, version=circular.version)
    assert [one.person for one in Sanction.objects.all()] == [lapsed.north_clerk]
    assert "N-SECOND" not in row.bulletin.versions.get().body
    with translation.override("zh-hans"):
        assert line_of(row, lapsed.north_second).left_out == gettext(why)


def test_who_was_frozen_after_the_draft_is_not_sanctioned_either(lapsed):
    circular = drafted(lapsed)
    shut(lapsed.north_second)

    publish_circular(circular, by=lapsed.north_head, version=circular.version)

    assert [one.person for one in Sanction.objects.all()] == [lapsed.north_clerk]


def test_people_without_accounts_alone_make_no_draft(lapsed):
    for name in ("north_clerk", "north_second"):
        shut(lapsed.people[name])

    assert draft_circulars() == 1
    assert list(Circular.objects.values_list("unit__code", flat=True)) == ["S1"]


def test_a_lapse_ends_with_the_last_day_of_who_left(lapsed):
    """Else it would last for ever, and count for freezing and on the list of lapses."""
    Lapse.objects.all().delete()
    clerk, gone = lapsed.north_clerk, lapsed.south_clerk
    for person in User.objects.all():
        log_in(person, at("06-01 09:00"))
    for last in ("06-30", "07-31", "08-31"):
        store_days(day(last))
        find_lapses()
    User.objects.filter(pk=gone.pk).update(left_on=day("08-20"))
    store_again()
    find_lapses()
    lapse = Lapse.objects.get(person=gone)
    assert (lapse.first_day, lapse.ended_on) == (day("06-02"), day("08-20"))
    assert Lapse.objects.get(person=clerk).ended_on is None
    old = make_lapse(person=gone, first=day("03-01"))
    find_lapses()  # also one that lies before all that is looked at
    old.refresh_from_db()
    assert old.ended_on == day("08-20")


# --- publishing


def test_a_published_notice_names_people_and_leaves_some_out_with_a_reason(lapsed):
    circular = drafted(lapsed)
    out = {line_of(circular, lapsed.north_second).pk: "系统故障"}
    facts = {"by": lapsed.north_head, "version": circular.version}
    with pytest.raises(Refused, match="is left out"):
        publish_circular(circular, **facts, left_out=dict.fromkeys(out, " "))
    for by in (lapsed.north_clerk, lapsed.south_head, lapsed.boss):
        with pytest.raises(Refused, match="may not publish"):
            publish_circular(circular, **facts | {"by": by}, left_out=out)
    row = publish_circular(circular, **facts, left_out=out)

    board = row.bulletin
    assert (board.must_confirm, board.unit, list(board.units.all())) == (
        True,
        lapsed.n1,
        [lapsed.n1],
    )
    body = board.versions.get().body
    assert ("N-CLERK" in body, "N-SECOND" in body) == (True, False)
    assert (row.state, row.published_by) == ("published", lapsed.north_head)
    noticed = dict(Lapse.objects.values_list("person__employee_no", "noticed_on"))
    assert noticed == {"N-CLERK": MONDAY, "N-SECOND": None, "S-CLERK": None}
    assert [(one.person, one.unit) for one in Sanction.objects.all()] == [
        (lapsed.north_clerk, lapsed.n1a)
    ]
    assert line_of(row, lapsed.north_second).left_out == "系统故障"
    with pytest.raises(Stale):
        publish_circular(circular, **facts)
    assert (Bulletin.objects.count(), Sanction.objects.count()) == (1, 1)
    assert draft_circulars() == 0


def test_nobody_publishes_an_empty_notice_or_one_with_himself_in_it(lapsed):
    circular = drafted(lapsed)
    give(lapsed.north_clerk, "section-head", lapsed.n1)
    own = line_of(circular, lapsed.north_clerk)
    facts = {"by": lapsed.north_clerk, "version": circular.version}
    for left_out in ({}, {own.pk: "系统故障"}):
        with pytest.raises(Refused, match="yourself"):
            publish_circular(circular, **facts, left_out=left_out)
    with pytest.raises(Refused, match="yourself"):
        drop_circular(circular, **facts, reason="系统停机")
    out = dict.fromkeys(circular.lines.values_list("pk", flat=True), "出差漏报")
    with pytest.raises(Refused, match="Nobody is left"):
        publish_circular(circular, by=lapsed.north_head, version=circular.version, left_out=out)
    assert Bulletin.objects.count() == 0


def test_whoever_stands_in_a_draft_is_told_that_somebody_else_publishes_it(lapsed, client):
    circular = drafted(lapsed)
    give(lapsed.north_clerk, "section-head", lapsed.n1)
    for reader, offered in ((lapsed.north_clerk, False), (lapsed.north_head, True)):
        client.force_login(reader)
        page = client.get(circular.get_absolute_url())
        assert (page.context["may_publish"], page.context["stands_in"]) == (offered, not offered)
        assert ("您本人在该通报名单中" in page.content.decode()) is not offered
        assert (
            reverse("compliance:circular-publish", args=[circular.pk]) in page.content.decode()
        ) is offered


def test_what_is_dropped_stands_in_no_later_notice(lapsed):
    circular = drafted(lapsed)
    facts = {"by": lapsed.north_head, "version": circular.version}
    with pytest.raises(Refused, match="reason"):
        drop_circular(circular, **facts, reason=" ")
    with pytest.raises(Refused, match="may not"):
        drop_circular(circular, **facts | {"by": lapsed.south_head}, reason="停机")
    assert drop_circular(circular, **facts, reason="系统停机").state == "dropped"

    assert draft_circulars() == 0
    with pytest.raises(Stale):
        publish_circular(circular, **facts)
    assert Sanction.objects.count() == 0


def test_what_was_decided_about_stays_when_a_later_leave_explains_it(lapsed):
    Lapse.objects.all().delete()
    people = [lapsed.people[name] for name in ("north_clerk", "north_second", "south_clerk")]
    for person in User.objects.all():
        log_in(person, at("09-01 09:00"), *([at("09-10 09:00")] if person not in people else []))
    store_days(day("09-20"))
    assert find_lapses() == (3, 0)
    north = drafted(lapsed)
    out = {line_of(north, lapsed.north_second).pk: "系统故障"}
    publish_circular(north, by=lapsed.north_head, version=north.version, left_out=out)
    south = Circular.objects.get(unit=lapsed.s1)
    drop_circular(south, by=lapsed.south_head, version=south.version, reason="停机")
    for person in people:
        send_away(person, "leave", day("09-05"), day("09-18"))
    store_again()

    assert find_lapses() == (0, 0)
    assert (north.lines.count(), south.lines.count()) == (2, 1)
    assert (Lapse.objects.count(), Lapse.objects.lasting().count()) == (3, 0)
    shown = {
        show: sum(part.count() for part in LapseQuery(show=show).parts(lapsed.boss))
        for show in ("", "ended", "all")
    }
    assert shown == {"": 0, "ended": 3, "all": 3}


# --- the ladder


def test_each_subsidiary_sanctions_by_its_own_rule(lapsed):
    say(lapsed.n1, "compliance.sanctions", ("economic", "warning"))
    say(lapsed.n1, "compliance.log_in_penalty", Decimal("200.00"))
    published(lapsed)
    south = drafted(lapsed, "s1")
    publish_circular(south, by=lapsed.south_head, version=south.version)

    found = {one.person.employee_no: one for one in Sanction.objects.select_related("person")}
    assert {no: (one.measure, one.amount) for no, one in found.items()} == {
        "N-CLERK": ("economic", Decimal(200)),
        "N-SECOND": ("economic", Decimal(200)),
        "S-CLERK": ("circular", Decimal(0)),
    }
    assert found["N-CLERK"].appeal_until == day("10-12")  # ten working days, the holidays between
    told = Notice.objects.filter(kind="compliance.sanctioned").values_list("user__employee_no")
    assert sorted(no for (no,) in told) == ["N-CLERK", "N-SECOND", "S-CLERK"]


def test_a_penalty_whose_sum_nobody_laid_down_is_no_step(lapsed, client):
    clerk, unit = lapsed.north_clerk, lapsed.n1
    impose(clerk, unit, "circular")
    assert next_step(clerk, unit) == ("circular", Decimal(0))
    client.force_login(lapsed.north_head)
    circular = drafted(lapsed)
    publish_page = reverse("compliance:circular-publish", args=[circular.pk])
    pages = (circular.get_absolute_url(), publish_page)
    assert [client.get(page).context["lacks_penalty"] for page in pages] == [True, True]
    say(unit, "compliance.log_in_penalty", Decimal("200.00"))
    assert [client.get(page).context["lacks_penalty"] for page in pages] == [False, False]
    assert next_step(clerk, unit) == ("economic", Decimal(200))
    say(unit, "compliance.log_in_penalty", Decimal(0))
    published(lapsed)
    assert not Sanction.objects.filter(measure="economic").exists()

    say(unit, "compliance.sanctions", ("economic",))
    assert next_step(clerk, unit) is None


def test_the_ladder_rises_and_void_and_old_sanctions_do_not_count(lapsed):
    clerk, unit = lapsed.north_clerk, lapsed.n1
    say(unit, "compliance.sanctions", ("circular", "economic", "termination"))
    say(unit, "compliance.log_in_penalty", Decimal("300.00"))
    assert next_step(clerk, unit) == ("circular", Decimal(0))
    impose(clerk, unit, "circular", state="void", void_reason="误报")
    impose(clerk, unit, "circular", imposed_at=at("09-01 09:00").replace(year=2025))
    assert next_step(clerk, unit) == ("circular", Decimal(0))
    impose(clerk, unit, "circular")
    assert next_step(clerk, unit) == ("economic", Decimal(300))
    for _number in range(2):
        impose(clerk, unit, "economic")
        assert next_step(clerk, unit) == ("termination", Decimal(0))


# --- appeals


def test_the_person_appeals_once_and_in_time_and_somebody_else_decides(lapsed):
    published(lapsed)
    row = sanction_of(lapsed)
    for by in (lapsed.north_second, lapsed.north_head, lapsed.judge):
        with pytest.raises(Refused, match="Only the person"):
            appeal(row, by=by, text="当时出差")
    with pytest.raises(Refused, match="say why"):
        appeal(row, by=lapsed.north_clerk, text=" ")
    appeal(row, by=lapsed.north_clerk, text="当时出差")
    with pytest.raises(Stale):
        appeal(row, by=lapsed.north_clerk, text="再次")
    with pytest.raises(Refused, match="There is an appeal"):
        void_sanction(row, by=lapsed.judge, reason="出差")

    facts = {"outcome": "void", "reason": "出差属实"}
    for by, words in (
        (lapsed.north_head, "You imposed"),
        (lapsed.south_head, "may not decide"),
        (lapsed.boss, "may not decide"),
        (lapsed.north_second, "may not decide"),
    ):
        with pytest.raises(Refused, match=words):
            decide_appeal(row, by=by, **facts)
    with pytest.raises(Refused, match="reason"):
        decide_appeal(row, by=lapsed.judge, **facts | {"reason": ""})
    decide_appeal(row, by=lapsed.judge, **facts)
    row.refresh_from_db()
    assert (row.state, row.void_reason, row.void_by) == ("void", "出差属实", lapsed.judge)
    with pytest.raises(Stale):
        decide_appeal(row, by=lapsed.judge, **facts)
    told = Notice.objects.filter(kind="compliance.appeal_decided")
    assert [one.user for one in told] == [lapsed.north_clerk]
    assert next_step(lapsed.north_clerk, lapsed.n1) == ("circular", Decimal(0))


def test_an_appeal_that_is_turned_down_leaves_the_sanction(lapsed):
    say(lapsed.n1, "compliance.log_in_penalty", Decimal("200.00"))
    published(lapsed)
    row = sanction_of(lapsed)
    appeal(row, by=lapsed.north_clerk, text="当时出差")
    decide_appeal(row, by=lapsed.judge, outcome="upheld", reason="无出差记录")

    row.refresh_from_db()
    assert (row.state, row.void_reason) == ("upheld", "")
    assert next_step(lapsed.north_clerk, lapsed.n1)[0] == "economic"


def test_after_its_days_nobody_appeals(lapsed, time_machine):
    published(lapsed)
    time_machine.move_to(at("10-12 23:00"))
    appeal(sanction_of(lapsed, "north_second"), by=lapsed.north_second, text="最后一天")
    time_machine.move_to(at("10-13 00:00"))
    with pytest.raises(Refused, match="ended on"):
        appeal(sanction_of(lapsed), by=lapsed.north_clerk, text="迟了")


def test_nobody_judges_his_own_sanction(lapsed):
    published(lapsed)
    row = sanction_of(lapsed)
    give(lapsed.north_clerk, "section-head", lapsed.north)
    with pytest.raises(Refused, match="may not decide"):
        void_sanction(row, by=lapsed.north_clerk, reason="误报")
    appeal(row, by=lapsed.north_clerk, text="当时出差")
    with pytest.raises(Refused, match="may not decide"):
        decide_appeal(row, by=lapsed.north_clerk, outcome="void", reason="误报")


def test_a_sanction_is_void_with_a_reason(lapsed):
    published(lapsed)
    row = sanction_of(lapsed)
    with pytest.raises(Refused, match="reason"):
        void_sanction(row, by=lapsed.north_head, reason="")
    with pytest.raises(Refused, match="may not decide"):
        void_sanction(row, by=lapsed.south_head, reason="误报")
    void_sanction(row, by=lapsed.north_head, reason="误报")
    with pytest.raises(Stale):
        void_sanction(row, by=lapsed.north_head, reason="误报")

    assert sanction_of(lapsed).state == "void"
    told = Notice.objects.filter(kind="compliance.sanction_void")
    assert [one.user for one in told] == [lapsed.north_clerk]


# --- pages


def test_from_the_draft_to_the_decided_appeal(lapsed, client):
    circular = drafted(lapsed)
    client.force_login(lapsed.north_head)
    out = line_of(circular, lapsed.north_second)
    address = reverse("compliance:circular-publish", args=[circular.pk])
    page = client.get(address).content.decode()
    assert f'name="out_{out.pk}"' in page
    form = {"title": "九月通报", "opening": "下列人员", "version": circular.version}
    answer = client.post(address, form | {f"out_{out.pk}": "系统故障"})
    assert (answer.status_code, answer["Location"]) == (302, circular.get_absolute_url())
    assert "系统故障" in client.get(circular.get_absolute_url()).content.decode()

    row = sanction_of(lapsed)
    client.force_login(lapsed.north_clerk)
    assert str(row.pk) in client.get(reverse("compliance:sanctions")).content.decode()
    asked = reverse("compliance:sanction-appeal", args=[row.pk])
    assert asked in client.get(row.get_absolute_url()).content.decode()
    assert client.post(asked, {"text": "当时出差"}).status_code == 302
    client.force_login(lapsed.judge)
    decided = reverse("compliance:sanction-decide", args=[row.pk])
    page = client.get(row.get_absolute_url()).content.decode()
    assert ("当时出差" in page, decided in page) == (True, True)
    assert client.post(decided, {"outcome": "void", "reason": "属实"}).status_code == 302
    page = client.get(row.get_absolute_url()).content.decode()
    assert "属实" in page
    row.refresh_from_db()
    assert row.state == "void"


def test_a_notice_is_dropped_on_its_page(lapsed, client):
    circular = drafted(lapsed)
    client.force_login(lapsed.north_head)
    address = reverse("compliance:circular-drop", args=[circular.pk])
    assert client.get(address).status_code == 200
    client.post(address, {"reason": "系统停机", "version": circular.version})

    circular.refresh_from_db()
    assert (circular.state, circular.dropped_reason) == ("dropped", "系统停机")


# --- at once


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_draft_and_two_people_publish_once(lapsed):
    assert sorted(together(draft_circulars, draft_circulars)) == [0, 3]
    circular = Circular.objects.get(unit=lapsed.n1)

    def publishing(by):
        def act():
            try:
                return publish_circular(circular, by=by, version=circular.version).state
            except Stale:
                return "stale"

        return act

    found = together(publishing(lapsed.north_head), publishing(lapsed.judge))
    assert sorted(found) == ["published", "stale"]
    assert (Bulletin.objects.count(), Sanction.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_appeals_or_two_decisions_at_once_are_one(lapsed):
    published(lapsed)
    row = sanction_of(lapsed)
    second = make_user(unit=lapsed.n1, role="section-head", no="N-JUDGE-2")

    def doing(verb, **facts):
        def act():
            try:
                verb(row, **facts)
            except Refused:
                return "refused"
            return "done"

        return act

    twice = [doing(appeal, by=lapsed.north_clerk, text="当时出差") for _one in range(2)]
    assert sorted(together(*twice)) == ["done", "refused"]
    found = together(
        doing(decide_appeal, by=lapsed.judge, outcome="void", reason="属实"),
        doing(decide_appeal, by=second, outcome="upheld", reason="无记录"),
    )

    assert sorted(found) == ["done", "refused"]
    row.refresh_from_db()
    assert (row.state, row.appeal.outcome) in (("void", "void"), ("upheld", "upheld"))
    assert row.appeal.decided_by == (lapsed.judge if row.state == "void" else second)
    assert Notice.objects.filter(kind="compliance.appeal_decided").count() == 1
