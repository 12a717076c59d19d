"""The telephone desk: one number for one interviewer, and what comes of a call."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused, Stale
from regions.services.policies import set_policy
from satisfaction.models import Call, Quota, Rating, Response, Sample
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.selectors.calling import cells_of, waiting
from satisfaction.services.answering import Answers
from satisfaction.services.calls import calling_time, next_sample, note_call, show_number
from satisfaction.services.submitting import How, submit
from tests.complaints.cases import local
from tests.factories import make_customer, make_response, make_user, say
from tests.satisfaction.asking import make_open_wave, make_sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave(world):
    return make_open_wave(world.group)


def people(wave, unit, number: int, **more) -> list[Sample]:
    return [
        make_sample(
            wave,
            unit,
            make_customer(unit=unit, phone=f"+861390000{place:04d}"),
            position=place,
            **more,
        )
        for place in range(1, number + 1)
    ]


def interviewer(world, unit=None):
    return make_user(unit=unit or world.north, role="interviewer")


def test_the_next_number_in_the_order_of_the_draw_and_one_at_a_time(world, wave):
    first, second, _third = people(wave, world.n1a, 3)
    one, other = interviewer(world), interviewer(world)

    assert next_sample(by=one) == first
    assert next_sample(by=other) == second
    assert next_sample(by=one) == first  # his still

    Sample.objects.filter(pk=first.pk).update(held_until=timezone.now() - timedelta(minutes=1))
    Sample.objects.filter(pk=second.pk).update(held_by=None, held_until=None, state="refused")
    assert next_sample(by=other) == first  # a hold ends
    with pytest.raises(Stale):
        note_call(first, result="busy", by=one)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "reserve"},
        {"state": "answered"},
        {"due_at": timezone.now() + timedelta(hours=1)},
        {"customer": None},
    ],
)
def test_who_is_not_called(world, wave, change):
    people(wave, world.n1a, 1)
    by = interviewer(world)
    assert waiting(by).count() == 1

    Sample.objects.update(**change)

    assert waiting(by).count() == 0


def test_nobody_is_called_of_other_branches_anonymous_and_closed_waves(world, wave):
    people(wave, world.s1a, 1)
    for more in ({"code": "A", "is_anonymous": True}, {"code": "C", "state": "closed"}):
        shut = make_open_wave(world.group, wave.version, **more)
        make_sample(shut, world.n1a, make_customer(unit=world.n1a, phone="+8613700000009"))

    assert waiting(interviewer(world)).count() == 0
    assert waiting(interviewer(world, world.south)).count() == 1


@pytest.mark.parametrize(
    ("stage", "is_full"), [("stable", True), ("", True), ("settling_in", False)]
)
def test_full_cells_are_called_no_more(world, wave, stage, is_full):
    people(wave, world.n1a, 1)
    Quota.objects.create(wave=wave, unit=world.n1a, stage=stage, wanted=1)
    by = interviewer(world)
    assert waiting(by).count() == 1

    response = make_response(unit=world.n1a, wave=wave, stage="stable")

    assert waiting(by).count() == (0 if is_full else 1)
    assert [cell.is_full for cell in cells_of(wave, [world.n1a])] == [is_full]
    Response.objects.filter(pk=response.pk).update(voided_at=timezone.now(), void_reason="x")
    assert waiting(by).count() == 1


def test_attempts_pause_and_end_and_a_reserve_steps_in(world, wave):
    set_policy(
        key="satisfaction.call_attempts",
        unit=world.group,
        value=2,
        effective_from=timezone.localdate(),
        reason="x",
        by=None,
    )
    drawn, reserve = people(wave, world.n1a, 2)
    Sample.objects.filter(pk=reserve.pk).update(state="reserve")
    Quota.objects.create(wave=wave, unit=world.n1a, stage="stable", wanted=1)
    by = interviewer(world)

    note_call(next_sample(by=by), result="no_answer", by=by)
    drawn.refresh_from_db()
    assert drawn.due_at > timezone.now() + timedelta(hours=3)
    assert next_sample(by=by) is None
    Sample.objects.filter(pk=drawn.pk).update(due_at=timezone.now())
    note_call(next_sample(by=by), result="busy", by=by)

    drawn.refresh_from_db()
    reserve.refresh_from_db()
    assert (drawn.state, reserve.state, reserve.replaces_id) == ("unreached", "drawn", drawn.pk)
    assert next_sample(by=by) == reserve


@pytest.mark.parametrize(
    ("at", "again"),
    [
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-23 09:00"),
        ("2026-11-23 19:59", "2026-11-23 19:59"),
        ("2026-11-23 20:00", "2026-11-24 09:00"),
    ],
)
def test_nobody_is_called_again_at_night(world, at, again):
    assert calling_time(local(at), world.n1a) == local(again)
    say(world.n1, "satisfaction.call_from", 8)
    say(world.n1, "satisfaction.call_until", 21)
    assert calling_time(local("2026-11-23 20:30"), world.n1a) == local("2026-11-23 20:30")
    assert calling_time(local("2026-11-23 21:00"), world.n1a) == local("2026-11-24 08:00")
    assert calling_time(local("2026-11-23 20:30"), world.s1a) == local("2026-11-24 09:00")


def test_a_call_back_comes_at_its_time_before_all_others(world, wave):
    first, second = people(wave, world.n1a, 2)
    by = interviewer(world)
    next_sample(by=by)
    with pytest.raises(Refused):
        note_call(first, result="call_back", by=by, call_back_at=timezone.now())
    later = timezone.now() + timedelta(hours=2)
    note_call(first, result="call_back", by=by, call_back_at=later)

    assert waiting(by).first() == second
    assert waiting(by, later + timedelta(minutes=1)).first() == first


@pytest.mark.parametrize(
    ("result", "state"), [("refused", "refused"), ("wrong_number", "unreached")]
)
def test_a_refusal_and_a_wrong_number_end_it(world, wave, result, state):
    (sample,) = people(wave, world.n1a, 1)
    by = interviewer(world)
    note_call(next_sample(by=by), result=result, by=by, note="不方便")

    sample.refresh_from_db()
    assert (sample.state, sample.held_by_id) == (state, None)
    assert Call.objects.get().note == "不方便"


def test_the_number_is_shown_to_who_holds_it_and_recorded(world, wave):
    (sample,) = people(wave, world.n1a, 1)
    by = interviewer(world)
    with pytest.raises(Refused):
        show_number(sample, field="phone", by=by)

    client = Client()
    client.force_login(by)
    assert client.post(f"/satisfaction/phone/{sample.pk}/number/phone/").status_code == 404
    held = next_sample(by=by)
    page = client.get(f"/satisfaction/phone/{held.pk}/").content.decode()
    shown = client.post(
        f"/satisfaction/phone/{held.pk}/number/phone/", headers={"HX-Request": "true"}
    )

    assert "13900000001" not in page.replace(" ", "")
    assert "13900000001" in shown.content.decode().replace(" ", "")
    entry = Entry.objects.get(action="customer.revealed")
    assert (entry.by_id, entry.detail["field"]) == (by.pk, "phone")
    assert client.post(f"/satisfaction/phone/{held.pk}/number/identity/").status_code == 404


def test_an_interview_is_stored_with_its_interviewer(world, wave):
    (sample,) = people(wave, world.n1a, 1)
    items = list(wave.version.items.order_by("position"))
    by = interviewer(world)
    client = Client()
    client.force_login(by)
    taken = client.post("/satisfaction/phone/")
    url = f"/satisfaction/phone/{sample.pk}/"
    assert taken["Location"] == url
    answers = {f"s{items[1].pk}": "2", f"t{items[2].pk}": "太慢"}

    # The overall item must be answered, and everything typed is kept.
    refused = client.post(url, {"result": "answered", "began": "1", **answers})
    assert refused.status_code == 422
    assert "太慢" in refused.content.decode()
    assert client.post(url, {**answers}).status_code == 422  # no result chosen
    assert not Call.objects.exists()
    done = client.post(url, {"result": "answered", f"s{items[0].pk}": "5", **answers})

    assert done["Location"] == "/satisfaction/phone/"
    response = Response.objects.get()
    assert (response.asked_by, response.entered_by_id) == ("phone", by.pk)
    assert (response.sample_id, response.overall, response.is_partial) == (sample.pk, 5, False)
    assert Rating.objects.count() == 2
    assert Call.objects.get().result == "answered"
    sample.refresh_from_db()
    assert (sample.state, sample.held_by_id) == ("answered", None)
    assert client.get(url).status_code == 404


def test_nobody_hands_in_for_a_number_that_another_holds(world, wave):
    (sample,) = people(wave, world.n1a, 1)
    next_sample(by=interviewer(world))
    how = How(NOTICE_VERSION, by=interviewer(world))
    with pytest.raises(Refused):
        submit(Answers(remarks={wave.version.items.last().pk: "好"}), {}, how, sample=sample)
    assert not Response.objects.exists()


def test_what_was_broken_off_is_kept_as_partial(world, wave):
    (sample,) = people(wave, world.n1a, 1)
    by = interviewer(world)
    items = list(wave.version.items.order_by("position"))
    client = Client()
    client.force_login(by)
    client.post("/satisfaction/phone/")
    url = f"/satisfaction/phone/{sample.pk}/"
    assert client.post(url, {"result": "partial"}).status_code == 422  # it says nothing at all
    client.post(url, {"result": "partial", f"s{items[3].pk}": "0"})

    assert Response.objects.get().is_partial
    assert Call.objects.get().result == "partial"


@pytest.mark.django_db(transaction=True)
def test_two_interviewers_never_get_the_same_number(world, wave):
    people(wave, world.n1a, 4)
    callers = [interviewer(world) for _number in range(4)]

    def take(by):
        try:
            return next_sample(by=by)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [sample.pk for sample in pool.map(take, callers) if sample]

    # Who met a row just being taken may be told to ask again; nobody is told the same number.
    assert len(taken) == len(set(taken))
    assert taken
