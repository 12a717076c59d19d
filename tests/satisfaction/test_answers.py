"""The list of answers, voiding, identity, the workbook, and the device on site."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import RoleGrant
from audit.models import Entry
from core.errors import Refused, Stale
from satisfaction.answer_files import write_export
from satisfaction.models import Chosen, Option, Rating, Remark, Response, SurveyDraft
from satisfaction.selectors.answers import AnswerQuery
from satisfaction.services.answers import Given
from satisfaction.services.quality import flag_wave, flags_of
from satisfaction.services.voiding import unvoid_response, void_response
from tests.factories import make_customer, make_response
from tests.satisfaction.asking import Owner, make_open_wave, make_version

pytestmark = pytest.mark.django_db

PINNED = 8


@pytest.fixture
def wave(world):
    return make_open_wave(world.group)


def answered(wave, unit, scores=(4,), **values) -> Response:
    """An answer with these scores to the rated items in turn."""
    response = make_response(unit=unit, wave=wave, is_anonymous=wave.is_anonymous, **values)
    rated = wave.version.items.exclude(low=None).order_by("position")
    for item, score in zip(rated, scores, strict=False):
        Rating.objects.create(response=response, item=item, wave=wave, score=score)
    return response


def reader(world, who="north_head") -> Client:
    client = Client()
    client.force_login(getattr(world, who))
    return client


URL = "/satisfaction/waves/W1/answers/"


def test_the_list_shows_what_is_in_reach_by_flags_and_page(world, wave):
    mine = answered(wave, world.n1a, flags=["speeding"])
    answered(wave, world.s1a)
    client = reader(world)

    page = client.get(URL).content.decode()
    assert f"{URL}{mine.pk}/" in page
    assert page.count('class="crm-card-row"') == 1
    assert f"{URL}{mine.pk}/" in client.get(f"{URL}?flag=any").content.decode()
    assert f"{URL}{mine.pk}/" not in client.get(f"{URL}?flag=duplicate").content.decode()
    assert f"{URL}{mine.pk}/" not in client.get(f"{URL}?show=voided").content.decode()
    foreign = answered(wave, world.s1a)
    assert client.get(f"{URL}{foreign.pk}/").status_code == 404


def test_paging_by_key_shows_every_answer_once(world, wave):
    made = {answered(wave, world.n1a).pk for _number in range(30)}
    client = reader(world)
    first = client.get(URL)
    second = client.get(f"{URL}?after={first.context['page'].next}")

    shown = [row["response"].pk for page in (first, second) for row in page.context["rows"]]
    assert shown == sorted(made, reverse=True)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(world, wave, number, django_assert_num_queries):
    for _number in range(number):
        answered(wave, world.n1a)
    client = reader(world)
    client.get(URL)
    with django_assert_num_queries(PINNED):
        client.get(URL)


def test_who_answered_is_shown_to_those_who_may_know(world, wave):
    customer = make_customer(unit=world.n1a, name="钱多多")
    one = answered(wave, world.n1a, customer=customer)

    assert "钱多多" not in reader(world).get(f"{URL}{one.pk}/").content.decode()
    assert "钱多多" in reader(world, "reader").get(f"{URL}{one.pk}/").content.decode()


def test_words_are_shown_escaped(world, wave):
    one = answered(wave, world.n1a)
    item = wave.version.items.last()
    Remark.objects.create(response=one, item=item, wave=wave, text="<script>alert(1)</script>")

    page = reader(world).get(f"{URL}{one.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_of_an_anonymous_wave_few_answers_of_a_project_are_not_shown(world):
    wave = make_open_wave(world.group, is_anonymous=True)
    one = answered(wave, world.n1a, stage="stable")
    client = reader(world, "reader")
    assert client.get(f"{URL}{one.pk}/").status_code == 404
    assert client.get(URL).context["rows"] == []

    for _number in range(29):
        answered(wave, world.n1a)

    page = client.get(f"{URL}{one.pk}/").content.decode()
    assert client.get(URL).context["rows"]
    assert "稳定期" not in page


def test_voiding_needs_a_reason_a_right_and_reach(world, wave):
    one = answered(wave, world.n1a)
    by = world.reader
    for reason, who in (("  ", by), ("重复", world.north_head), ("重复", world.south_head)):
        with pytest.raises(Refused):
            void_response(one, reason=reason, by=who)
    assert Response.objects.counted().count() == 1

    client = reader(world, "reader")
    assert client.post(f"{URL}{one.pk}/void/", {"reason": ""}).status_code == 422
    assert client.post(f"{URL}{one.pk}/void/", {"reason": "重复"}).status_code == 302

    assert not Response.objects.counted().exists()
    one.refresh_from_db()
    assert (one.void_reason, one.voided_by_id) == ("重复", by.pk)
    with pytest.raises(Stale):
        void_response(one, reason="again", by=by)
    unvoid_response(one, reason="弄错了", by=by)
    assert Response.objects.counted().count() == 1
    actions = Entry.objects.filter(action__startswith="satisfaction.").order_by("pk")
    assert [(entry.action, entry.detail["reason"]) for entry in actions] == [
        ("satisfaction.voided", "重复"),
        ("satisfaction.unvoided", "弄错了"),
    ]


def sheet(wave, user, path) -> list[list]:
    write_export(user, AnswerQuery(wave), path)
    rows = load_workbook(path).active.iter_rows(values_only=True)
    return [list(row) for row in rows]


def test_the_workbook_names_nobody_without_the_right(world, wave, tmp_path):
    customer = make_customer(unit=world.n1a, name="钱多多")
    one = answered(wave, world.n1a, (5, 2, 9), customer=customer, sample_no="00017")
    item = wave.version.items.get(name="活动")
    for option in Option.objects.filter(item=item, position__in=[1, 3]):
        Chosen.objects.create(response=one, option=option, wave=wave)
    answered(wave, world.s1a)

    mine = sheet(wave, world.north_head, tmp_path / "a.xlsx")
    known = sheet(wave, world.reader, tmp_path / "b.xlsx")

    assert len(mine) == 2
    assert "钱多多" not in mine[1]
    row = dict(zip(mine[0], mine[1], strict=True))
    assert (row["总体"], row["维修"], row["推荐"], row["活动"]) == (5, 2, 9, "活动1、活动3")
    assert "00017" in mine[1]
    assert len(known) == 3
    assert "钱多多" in known[1]


# --- quality --------------------------------------------------------------------------------------


def test_flags_of_one_answer(world, wave):
    items = {item.pk: item for item in wave.version.items.all()}
    rated = [item for item in items.values() if item.low is not None][:2]
    five = {**items, **{-n: rated[1] for n in range(3)}}
    same = {key: Given(3) for key in [rated[0].pk, rated[1].pk, -1, -2, 0]}

    assert flags_of(five, same, 60) == ["straight_line"]
    assert flags_of(five, same | {-1: Given(4)}, 60) == []
    assert flags_of(five, dict(list(same.items())[:4]), 60) == []
    assert flags_of(five, same | {-1: Given(4)}, 7) == ["speeding"]
    assert flags_of(five, same | {-1: Given(4)}, None) == []


def wide_version():
    version = make_version("wide")
    rated = version.items.get(name="维修")
    for place in range(10, 17):
        rated.pk, rated.position, rated.name = None, place, f"题{place}"
        rated.condition = None
        rated.save()
    return version


def test_flags_of_a_wave_are_the_same_and_look_at_the_others_too(world):
    wave = make_open_wave(world.group, wide_version())
    straight = answered(wave, world.n1a, [3, 3, 9, 3, 3, 3, 3, 3, 3, 3], seconds=200)
    alike = [answered(wave, world.n1a, [1, 2, 3, 4, 5, 4, 3, 2, 1, 1], seconds=200) for _n in "ab"]
    elsewhere = answered(wave, world.n1b, [1, 2, 3, 4, 5, 4, 3, 2, 1, 1], seconds=200)
    customer = make_customer(unit=world.n1a)
    twice = [answered(wave, world.n1a, [n], customer=customer, seconds=200) for n in (1, 2)]
    fast = answered(wave, world.n1a, [1, 2], seconds=2)
    slow = [answered(wave, world.n1a, [1, 2], seconds=200 + number) for number in range(20)]
    quick = answered(wave, world.n1a, [1, 2], seconds=60)
    void = answered(wave, world.n1a, [1, 2], seconds=1, void_reason="x", voided_at=timezone.now())

    assert flag_wave(wave) == 7
    assert flag_wave(wave) == 0
    flags = dict(Response.objects.values_list("pk", "flags"))
    assert flags[straight.pk] == ["straight_line"]
    assert [flags[one.pk] for one in alike + twice] == [["duplicate"]] * 4
    assert [flags[one.pk] for one in (fast, quick)] == [["speeding"]] * 2
    assert not any(flags[one.pk] for one in (elsewhere, void, *slow))


# --- on site --------------------------------------------------------------------------------------


def test_the_device_that_is_handed_over_is_signed_in_no_more(world, wave):
    items = list(wave.version.items.order_by("position"))
    owner = Owner()
    owner.client.force_login(world.north_clerk)
    address = "/satisfaction/waves/W1/on-site/"
    handed = owner.client.post(address, {"unit": world.n1a.code, "stage": "stable"})

    assert handed["Location"] == "/s/start/"
    assert not Session.objects.exists()
    assert owner.client.get(address).status_code == 302  # to the log-in
    for score in ("5", "2"):
        owner.client.get("/s/start/")
        owner.send(1, items[:2], **{f"s{items[0].pk}": score})
        done = owner.send(2, items[3:])
        assert "/s/start/" in owner.client.get(done["Location"]).content.decode()
    assert [
        (one.overall, one.asked_by, one.unit_id, one.stage, one.entered_by_id)
        for one in Response.objects.order_by("pk")
    ] == [
        (5, "on_site", world.n1a.pk, "stable", world.north_clerk.pk),
        (2, "on_site", world.n1a.pk, "stable", world.north_clerk.pk),
    ]
    assert owner.page().status_code == 410  # the form of the last owner is gone
    assert not SurveyDraft.objects.exists()


def test_one_form_on_site_is_handed_in_once(world, wave):
    items = list(wave.version.items.order_by("position"))
    owner = Owner()
    owner.client.force_login(world.north_clerk)
    owner.client.post("/satisfaction/waves/W1/on-site/", {"unit": world.n1a.code})
    owner.client.get("/s/start/")
    cookie = owner.client.cookies["survey"].value
    for _number in range(2):
        owner.client.cookies["survey"] = cookie
        owner.send(1, items[:2], **{f"s{items[0].pk}": "5"})
        last = owner.send(2, items[3:])

    assert last.status_code == 410
    assert Response.objects.count() == 1


@pytest.mark.parametrize("loss", ["right", "wave", "time"])
def test_a_ticket_ends_with_the_right_the_wave_and_the_day(world, wave, loss, time_machine):
    owner = Owner()
    owner.client.force_login(world.north_clerk)
    owner.client.post("/satisfaction/waves/W1/on-site/", {"unit": world.n1a.code})
    assert owner.client.get("/s/start/").status_code == 302

    if loss == "right":
        RoleGrant.objects.filter(user=world.north_clerk).delete()
    elif loss == "wave":
        wave.state = "closed"
        wave.save()
    else:
        time_machine.move_to(timezone.now() + timedelta(hours=9))

    assert owner.client.get("/s/start/").status_code == 410
    assert owner.page().status_code == 410


def test_the_device_goes_to_no_other_branch(world, wave):
    client = reader(world, "south_clerk")
    sent = client.post("/satisfaction/waves/W1/on-site/", {"unit": world.n1a.code})
    assert sent.status_code == 422
