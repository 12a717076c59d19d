"""Trips and leave: asking, standing in, overlaps, correcting, cancelling, two at once (LOG-02)."""

import pytest
from django.urls import reverse

from accounts.models import Function, StandIn
from accounts.selectors.stand_ins import StandIns, absent_for
from approvals.absences import away, persons_of
from approvals.services import approve, last_approval, reject
from complaints.services import make_move
from compliance.models import Absence, AbsenceState, LogInDay
from compliance.services import absences
from compliance.services.absences import ask_absence, cancel_absence, correct_absence
from compliance.services.log_in_days import store_again, store_days
from core.errors import Refused, Stale
from core.models import Notice
from tests.approvals.flows import open_names, task_of
from tests.compliance.duties import at, day, log_in
from tests.compliance.test_log_in_days import together
from tests.factories import make_case, make_post, make_user

pytestmark = pytest.mark.django_db
EDGES = [
    ("09-07 23:59", False),
    ("09-08 00:00", True),
    ("09-10 23:59", True),
    ("09-11 00:00", False),
]


@pytest.fixture
def office(world, time_machine, english):
    """The project of the northern clerk with its head and a colleague, on a Monday morning."""
    world.people["chief"] = make_user(unit=world.n1a, role="section-head", no="N-CHIEF")
    head = Function.objects.filter(is_head=True).order_by("pk").first()
    make_post(user=world.chief, unit=world.n1a, function=head.name)
    world.people["mate"] = make_user(unit=world.n1a, role="staff", no="N-MATE")
    time_machine.move_to(at("09-07 10:00"))
    return world


def ask(office, first="09-08", last="09-10", **more):
    """The northern clerk asks for a trip."""
    values = {"by": office.north_clerk, "kind": "trip", "destination": "成都"} | more
    return ask_absence(first_day=day(first), last_day=day(last), **values)


def decide(row, by, verb=approve, **more):
    verb(task_of(last_approval(row, absences.KIND), by), by=by, **more)
    row.refresh_from_db()
    return row


def agreed(office, *args, **more):
    return decide(ask(office, *args, **more), office.chief)


def states():
    return list(Absence.objects.order_by("pk").values_list("state", flat=True))


# --- from the request to the stand-in


def test_the_stand_in_acts_on_the_days_of_an_approved_trip_and_no_others(office):
    clerk, mate = office.north_clerk, office.mate
    row = ask(office, deputy=mate)
    assert (row.state, row.unit, StandIn.objects.count()) == ("in_approval", office.n1a, 0)
    assert open_names(last_approval(row, absences.KIND)) == ["N-CHIEF"]

    assert decide(row, office.chief).state == AbsenceState.APPROVED
    for moment, acts in EDGES:
        when = at(moment)
        assert (StandIns(when).deputy_of(clerk.pk) == mate.pk) is acts
        assert (persons_of(mate, when), absent_for(mate, when)) == (
            ({clerk.pk},) * 2 if acts else (set(),) * 2
        )
        assert (clerk.pk in away([clerk.pk], when)) is acts


def test_he_works_on_complaints_until_the_trip_is_cancelled(office, time_machine):
    row = agreed(office, deputy=office.mate)
    cases = [make_case(unit=office.n1a, handler=office.north_clerk) for _number in range(3)]
    with pytest.raises(Refused):
        make_move(cases[0], "accept", by=office.mate)
    time_machine.move_to(at("09-08 09:00"))
    make_move(cases[1], "accept", by=office.mate)

    with pytest.raises(Refused, match="whoever answers"):
        cancel_absence(row, by=office.north_clerk, reason="取消")
    with pytest.raises(Refused, match="say why"):
        cancel_absence(row, by=office.chief, reason=" ")
    cancel_absence(row, by=office.chief, reason="会议取消")
    time_machine.move_to(at("09-08 09:01"))
    assert persons_of(office.mate) == set()
    with pytest.raises(Refused):
        make_move(cases[2], "accept", by=office.mate)
    row.refresh_from_db()
    assert (row.state, row.change_reason) == ("cancelled", "会议取消")
    with pytest.raises(Stale):
        cancel_absence(row, by=office.chief, reason="会议取消")


def test_before_it_begins_one_cancels_it_oneself(office):
    row = agreed(office, deputy=office.mate)

    cancel_absence(row, by=office.north_clerk, reason="改期")
    assert (states(), StandIn.objects.count()) == (["cancelled"], 0)


def test_a_stand_in_who_cannot_act_does_not_keep_the_trip_from_being_approved(office):
    row = agreed(office, deputy=office.south_clerk)

    assert (row.state, row.stand_in) == ("approved", None)
    told = Notice.objects.filter(kind="compliance.no_stand_in")
    assert [one.user for one in told] == [office.north_clerk]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"first": "09-11"}, "last day lies before"),
        ({"destination": " "}, "where the trip goes"),
        ({"deputy": "north_clerk"}, "stands in for himself"),
        ({"first": "09-04"}, "say why"),
        ({"kind": "leave", "first": "09-06", "reason": "  "}, "say why"),
    ],
)
def test_what_is_asked_for_makes_sense(office, given, sentence):
    values = given | ({"deputy": office.people[given["deputy"]]} if "deputy" in given else {})
    with pytest.raises(Refused, match=sentence):
        ask(office, **values)
    assert states() == []


def test_days_that_have_passed_are_asked_for_with_a_reason(office):
    row = agreed(office, "09-03", "09-04", reason="急诊", kind="leave", destination="")

    assert (row.state, row.stand_in) == ("approved", None)


def test_people_see_their_own_and_those_in_reach(office):
    ask(office)
    seen = {
        name: Absence.objects.of_or_visible_to(office.people[name]).count()
        for name in ("north_clerk", "mate", "north_head", "boss", "south_head")
    }
    assert seen == {"north_clerk": 1, "mate": 0, "north_head": 1, "boss": 1, "south_head": 0}


# --- overlaps


def test_no_two_share_a_day(office):
    ask(office)
    for first, last in (("09-07", "09-08"), ("09-09", "09-09"), ("09-10", "09-20")):
        with pytest.raises(Refused, match="is entered"):
            ask(office, first, last)
    ask(office, "09-11", "09-12")
    ask(office, by=office.mate)
    assert states() == ["in_approval"] * 3


def test_what_was_rejected_takes_no_days(office):
    decide(ask(office), office.chief, reject, comment="人手不足")

    assert ask(office).state == "in_approval"


def test_days_taken_meanwhile_are_not_approved_twice(office):
    old = agreed(office)
    later = ask(office, "09-14", "09-15")
    correct_absence(
        old, by=office.chief, reason="延期", kind="trip", destination="成都",
        first_day=day("09-08"), last_day=day("09-14"),
    )  # fmt: skip

    with pytest.raises(Refused, match="is entered"):
        decide(later, office.chief)
    assert states() == ["cancelled", "in_approval", "approved"]


# --- correcting


def test_ones_own_correction_is_approved_as_the_request_was(office):
    row = agreed(office, deputy=office.mate)
    with pytest.raises(Refused, match="say why"):
        ask(office, last="09-09", corrects=row)
    with pytest.raises(Refused, match="of your own"):
        ask(office, by=office.mate, corrects=row, reason="提前返回")
    new = ask(office, last="09-09", corrects=row, reason="提前返回", deputy=office.mate)
    assert states() == ["approved", "in_approval"]

    decide(new, office.chief)
    assert states() == ["cancelled", "approved"]
    row.refresh_from_db()
    assert (row.change_reason, new.corrected_of, new.source) == ("提前返回", row, "correction")
    assert [one.ends_at for one in StandIn.objects.all()] == [at("09-10 00:00")]


def test_whoever_answers_for_the_person_corrects_at_once(office):
    row = agreed(office)
    values = {
        "kind": "leave", "first_day": day("09-08"), "last_day": day("09-08"), "reason": "其实休假",
    }  # fmt: skip
    for by in (office.north_clerk, office.mate, office.south_head, office.boss):
        with pytest.raises(Refused, match="whoever answers"):
            correct_absence(row, by=by, **values)
    with pytest.raises(Refused, match="say why"):
        correct_absence(row, by=office.chief, **values | {"reason": ""})
    new = correct_absence(row, by=office.chief, **values)

    assert states() == ["cancelled", "approved"]
    assert (new.change_reason, new.entered_by, new.corrected_of) == ("其实休假", office.chief, row)


def test_a_late_trip_leaves_a_frozen_month_as_it_was_judged(office, time_machine):
    log_in(office.north_clerk, at("09-01 09:00"))
    store_days(day("10-09"))
    time_machine.move_to(at("10-10 10:00"))
    agreed(office, "09-29", "10-09", reason="补录")
    store_again()

    rows = LogInDay.objects.filter(person=office.north_clerk, day__gte=day("09-29"))
    reasons = list(rows.order_by("day").values_list("reason", flat=True))
    assert reasons == ["missed"] * 2 + ["trip"] * 9


# --- pages


def test_from_the_form_to_the_cancelled_trip(office, client):
    client.force_login(office.north_clerk)
    form = {"kind": "trip", "first_day": "2026-09-08", "last_day": "2026-09-10"}
    form |= {"destination": "成都", "reason": "", "deputy": "N-MATE"}
    answer = client.post(reverse("compliance:trip-new"), form)
    row = Absence.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, row.get_absolute_url())
    assert client.post(reverse("compliance:trip-new"), form).status_code == 422
    decide(row, office.chief)

    page = client.get(row.get_absolute_url()).content.decode()
    for name in ("correct", "cancel"):
        assert reverse(f"compliance:trip-{name}", args=[row.pk]) in page
    correction = form | {"last_day": "2026-09-09", "reason": "提前返回"}
    address = reverse("compliance:trip-correct", args=[row.pk])
    assert client.post(address, correction).status_code == 302
    client.force_login(office.chief)
    other = form | {"last_day": "2026-09-12", "reason": "延期"}
    Absence.objects.filter(corrected_of=row).delete()
    assert client.post(address, other).status_code == 302
    new = Absence.objects.get(state="approved")
    assert (new.last_day, new.corrected_of) == (day("09-12"), row)
    gone = client.post(reverse("compliance:trip-cancel", args=[new.pk]), {"reason": "取消"})
    assert gone.status_code in (200, 302, 204)
    assert states() == ["cancelled", "cancelled"]


# --- at once


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_once_for_a_day_one_is_taken(office):
    def asking(**more):
        def act():
            try:
                return ask(office, **more).state
            except Refused:
                return "refused"

        return act

    found = together(asking(), asking(kind="leave", destination="", first="09-10", last="09-11"))

    assert sorted(found) == ["in_approval", "refused"]
    assert states() == ["in_approval"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"destination": " "}, "destination"),
        ({"last_day": "2026-09-07"}, "last_day"),
        ({"first_day": "2026-09-04"}, "reason"),
    ],
)
def test_a_mistake_is_told_at_its_field(office, client, changed, field):
    client.force_login(office.north_clerk)
    form = {
        "kind": "trip",
        "first_day": "2026-09-08",
        "last_day": "2026-09-09",
        "destination": "成都",
    }

    answer = client.post(reverse("compliance:trip-new"), form | changed)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Absence.objects.exists()
