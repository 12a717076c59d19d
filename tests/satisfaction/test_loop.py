"""The closed loop: one case a low answer, its owner asked again once, ratings after cases."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints.models import Case
from complaints.services import make_move
from core import faults
from core.faults import Fault
from core.models import ImportRun, Notice
from regions.policies.types import Span
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireVersion,
    Rating,
    Recovery,
    Remark,
    Response,
    Sample,
    SampleState,
    Wave,
)
from satisfaction.selectors.loop import shares
from satisfaction.selectors.ratings import unit_ratings
from satisfaction.services.answers import summarise
from satisfaction.services.loop import follow_up, open_by_hand, settle
from satisfaction.services.ratings import ask_after_cases, is_drawn
from tests.complaints.cases import fresh, stand
from tests.factories import make_case, make_customer, make_user, say

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def wave(world) -> Wave:
    return survey(world)


def survey(world, *, code: str = "2026-H2", high: int = 5, **more: Any) -> Wave:
    """A wave that asks for overall satisfaction, repair, and words."""
    questionnaire = Questionnaire.objects.create(code=code, kind="owners", title="业主满意度")
    version = QuestionnaireVersion.objects.create(questionnaire=questionnaire, number=1)
    field, _made = Indicator.objects.get_or_create(
        code="service", defaults={"level": 1, "name": "服务", "weight": 1}
    )
    point, _made = Indicator.objects.get_or_create(
        code="repair",
        defaults={
            "level": 2, "parent": field, "name": "维修", "weight": 1, "touch_point": "repair",
        },
    )  # fmt: skip
    Item.objects.create(
        version=version, position=1, role=ItemRole.OVERALL, name="总体", low=1, high=high
    )
    Item.objects.create(
        version=version, position=2, role=ItemRole.ITEM, name="维修", low=1, high=high,
        indicator=point,
    )  # fmt: skip
    Item.objects.create(version=version, position=3, role=ItemRole.REMARK, name="意见")
    given = {"title": "下半年调查", "unit": world.group, "state": "open"} | more
    return Wave.objects.create(code=code, version=version, **given)


def answered(
    wave: Wave,
    unit: Any,
    overall: int | None = 5,
    *,
    repair: int | None = None,
    words: str = "",
    ago: timedelta = timedelta(),
    **more: Any,
) -> Response:
    """One person's answers, given so long ago and stored just now."""
    at = timezone.now() - ago
    row = Response(wave=wave, is_anonymous=wave.is_anonymous, asked_by="link", answered_at=at)
    for name, value in more.items():
        setattr(row, name, value)
    row.place_in(unit)
    row.save()
    items = {item.name: item for item in wave.version.items.all()}
    for item, score in ((items["总体"], overall), (items["维修"], repair)):
        if score is not None:
            Rating.objects.create(response=row, item=item, wave=wave, score=score)
    if words:
        Remark.objects.create(response=row, item=items["意见"], wave=wave, text=words)
    summarise([row])
    return row


def close(case: Case) -> Case:
    """Handle a case to its end."""
    handler = make_user(unit=case.unit, no=f"L-{case.pk}")
    Case.objects.filter(pk=case.pk).update(state="registered")
    return stand(case, "closed", handler)


def later(hours: float) -> Any:
    return timezone.now() + timedelta(hours=hours)


# --- what becomes a case --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"overall": 2}, "overall"),
        ({"overall": 3}, None),
        ({"overall": 5, "repair": 1}, "item"),
        ({"overall": 5, "repair": 2}, None),
        ({"overall": 5, "words": "再不修就找律师"}, "remark"),
        ({"overall": 5, "words": "服务很好"}, None),
        ({"overall": 1, "repair": 1, "words": "要上访"}, "remark"),
        ({"overall": 1, "ago": 31 * DAY}, None),
        ({"overall": 1, "voided_at": timezone.now(), "void_reason": "重复"}, None),
    ],
)
def test_what_is_low_or_alarming_becomes_a_case_of_the_project(world, wave, given, cause):
    owner = make_customer(unit=world.n1a, name="陈志远")
    response = answered(wave, world.n1a, customer=owner, **given)

    done = follow_up()

    assert (done.opened, Case.objects.count()) == ((1, 1) if cause else (0, 0))
    if cause:
        low = Recovery.objects.select_related("case").get(response=response)
        assert (low.cause, low.case.unit, low.case.customer) == (cause, world.n1a, owner)
        assert low.case.channel == "survey"
        assert low.case.deadlines.exists()
        assert given.get("words", "") in low.case.content
    if cause == "item":
        assert str(low.case.category) == "维修服务"


def test_scales_of_ten_are_converted_and_rules_are_the_unit_s_own(world):
    wave = survey(world, high=10)
    say(world.n1b, "satisfaction.low_overall", 0)
    three, four = answered(wave, world.n1a, 3), answered(wave, world.n1a, 4)
    quiet = answered(wave, world.n1b, 1)

    follow_up()

    followed = set(Recovery.objects.values_list("response", flat=True))
    assert (three.pk in followed, four.pk in followed, quiet.pk in followed) == (True, False, False)


def test_of_an_anonymous_wave_nobody_is_named_and_nobody_asked_again(world):
    wave = survey(world, is_anonymous=True)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    answered(wave, world.n1a, 1, created_at=midnight, answered_at=midnight)

    assert follow_up().opened == 0  # the minute of the case would be that of the answer
    assert follow_up(later(24)).opened == 1

    case = close(Case.objects.select_related("unit").get())
    assert (case.customer_id, case.flat_id, case.room) == (None, None, "")
    assert case.complainants.get().customer_id is None
    ask_after_cases(later(25))
    assert not Sample.objects.exists()


def test_a_file_opens_its_lowest_answers_and_says_how_many_wait(world, wave):
    say(world.group, "satisfaction.loop_cap", 2)
    run = ImportRun.objects.create(
        kind="survey", actor=world.boss, file_name="调查.csv", state="applied"
    )
    rows = [answered(wave, world.n1a, score, import_run=run) for score in (2, 1, 2, 2)]
    own = answered(wave, world.n1a, 2)

    done = follow_up()
    follow_up()

    assert (done.opened, done.held_back, Case.objects.count()) == (3, 2, 3)
    assert Recovery.objects.get(response=rows[1]).case is not None
    assert Recovery.objects.get(response=own).case is not None
    notice = Notice.objects.get(kind="satisfaction.held_back")
    assert (notice.user, notice.context["count"]) == (world.boss, 2)
    held = Recovery.objects.filter(held_back=True)[0]
    case = open_by_hand(held, by=None)
    assert Recovery.objects.get(pk=held.pk).case == case
    assert not Recovery.objects.get(pk=held.pk).held_back


# --- once -----------------------------------------------------------------------------------------


def in_a_connection_of_its_own(act: Any) -> Any:
    try:
        return act()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_workers_open_one_case(world, monkeypatch):
    wave = survey(world)
    response = answered(wave, world.n1a, 1)
    monkeypatch.setenv(faults.VARIABLE, "loop.written:1:sleep=2")
    monkeypatch.setattr(faults, "_passed", Counter())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(in_a_connection_of_its_own, lambda: follow_up().opened)
        deadline = time.monotonic() + 20
        while not faults._passed["loop.written"] and time.monotonic() < deadline:
            time.sleep(0.01)
        second = pool.submit(in_a_connection_of_its_own, lambda: follow_up().opened)
        assert [first.result(), second.result()] == [1, 0]

    assert Case.objects.count() == 1
    item = wave.version.items.first()
    copy = Recovery(response=response, cause="overall", item=item, points=1)
    copy.place_in(world.n1a)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_a_run_that_is_killed_has_followed_up_whole_answers(world, wave, monkeypatch):
    for _number in range(3):
        answered(wave, world.n1a, 1)
    monkeypatch.setenv(faults.VARIABLE, "loop.written:2:raise")
    monkeypatch.setattr(faults, "_passed", Counter())

    with pytest.raises(Fault):
        follow_up()
    assert (Case.objects.count(), Recovery.objects.count()) == (1, 1)
    monkeypatch.delenv(faults.VARIABLE)
    assert follow_up().opened == 2
    assert (Case.objects.count(), Recovery.objects.exclude(case=None).count()) == (3, 3)


# --- asked again ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "recovered"), [(4, True), (2, False)])
def test_the_owner_is_asked_again_once_and_his_answer_decides(world, wave, score, recovered):
    owner = make_customer(unit=world.n1a)
    low = answered(wave, world.n1a, 1, customer=owner)
    follow_up()
    case = Case.objects.select_related("unit").get()
    ask_after_cases(later(48))
    assert not Sample.objects.exists()  # the case is still open
    close(case)
    ask_after_cases(later(23))
    assert not Sample.objects.exists()

    ask_after_cases(later(25))
    ask_after_cases(later(26))

    sample = Sample.objects.select_related("wave").get()
    assert (sample.asks_again, sample.case, sample.customer) == (low, case, owner)
    assert sample.wave.is_standing
    again = answered(wave, world.n1a, score, customer=owner, sample=sample)
    assert settle() == 1
    assert settle() == 0
    assert (Recovery.objects.get().again, Recovery.objects.get().recovered) == (again, recovered)
    assert follow_up(later(1)).opened == 0  # his second answer opens nothing
    Response.objects.filter(pk=again.pk).update(voided_at=timezone.now(), void_reason="误填")
    settle()
    assert Recovery.objects.get().recovered is None


def test_the_share_recovered_is_shown_from_the_fewest_answers_on(world, wave):
    say(world.group, "satisfaction.minimum_n", 2)
    for unit, recovered in ((world.n1a, True), (world.n1a, False), (world.s1a, True)):
        row = Recovery(
            response=answered(wave, unit, 1), cause="overall", points=1, recovered=recovered,
            item=wave.version.items.first(),
        )  # fmt: skip
        row.place_in(unit)
        row.save()

    lines = {line.unit: line for line in shares(world.boss, None)}

    assert (lines[world.north].share, lines[world.north].answered) == (0.5, 2)
    assert (lines[world.south].share, lines[world.south].answered) == (None, 1)
    assert lines[world.group].share == pytest.approx(2 / 3)


# --- ratings --------------------------------------------------------------------------------------


def closed_case(world, **more: Any) -> Case:
    owner = make_customer(unit=world.n1a)
    return close(make_case(unit=world.n1a, customer=owner, assign=False, **more))


def test_a_closed_case_is_rated_once_a_round_when_its_delay_has_passed(world):
    say(world.n1, "satisfaction.rating_delay", Span(2, "hours"))
    case = closed_case(world)
    closed_case(world, kind="consultation")
    Case.objects.filter(pk=closed_case(world).pk).update(customer=None)

    assert ask_after_cases(later(1.9)).rated == 0
    assert ask_after_cases(later(2.1)).rated == 1
    assert ask_after_cases(later(2.2)).rated == 0
    sample = Sample.objects.get()
    assert (sample.case, sample.case_round, sample.state) == (case, 1, SampleState.DRAWN)
    make_move(fresh(case), "reopen", by=None, reason="又漏了")
    ask_after_cases(later(5))
    assert Sample.objects.count() == 1
    for name, facts in (
        ("resolve", {"resolution": "重做"}),
        ("call_back", {"outcome": "satisfied", "rating": 5}),
        ("close", {}),
    ):
        make_move(fresh(case), name, by=None, **facts)
    assert ask_after_cases(later(5)).rated == 1
    assert set(Sample.objects.values_list("case_round", flat=True)) == {1, 2}


def test_the_share_of_cases_is_exact_in_the_limit_and_the_same_each_time():
    cases = [Case(pk=key, round=1) for key in range(20_000)]
    drawn = [is_drawn(case, 30) for case in cases]

    assert abs(sum(drawn) / len(cases) - 0.3) < 0.01
    assert drawn == [is_drawn(case, 30) for case in cases]
    assert all(is_drawn(case, 60) for case, one in zip(cases, drawn, strict=True) if one)
    assert not any(is_drawn(case, 0) for case in cases)
    assert all(is_drawn(case, 100) for case in cases)


def test_whoever_does_not_answer_in_time_is_asked_no_more(world):
    closed_case(world)
    ask_after_cases(later(25))
    assert ask_after_cases(later(24 * 14)).expired == 0
    assert ask_after_cases(later(24 * 16)).expired == 1
    assert Sample.objects.get().state == SampleState.UNREACHED


def test_ratings_of_a_unit_have_their_n_and_interval(world, wave):
    say(world.group, "satisfaction.minimum_n", 2)
    for score in (5, 4, 3):
        case = closed_case(world)
        sample = Sample(
            wave=wave, case=case, case_round=1, customer=case.customer, state="answered",
            due_at=timezone.now(),
        )  # fmt: skip
        sample.place_in(world.n1a)
        sample.save()
        answered(wave, world.n1a, score, customer=case.customer, sample=sample)

    total = unit_ratings(world.boss, world.group, timezone.localdate().year)[-1]

    assert (total.asked, total.answered, total.n, total.mean) == (3, 3, 3, 4.0)
    # t(0.975; 2) = 4.302653, s = 1: 4 ± 2.484, cut at the ends of the scale.
    assert (total.low, total.high) == (pytest.approx(4 - 4.302653 / 3**0.5, abs=1e-5), 5.0)
    assert unit_ratings(world.south_head, world.south, timezone.localdate().year) == []


# --- pages ----------------------------------------------------------------------------------------


def test_the_pages_show_each_reader_his_own_branch(client, world, wave):
    north, south = answered(wave, world.n1a, 1), answered(wave, world.s1a, 1)
    follow_up()
    numbers = {row.response_id: row.case.number for row in Recovery.objects.select_related("case")}
    client.force_login(world.north_head)

    page = client.get("/satisfaction/loop/").content.decode()

    assert numbers[north.pk] in page
    assert numbers[south.pk] not in page
    assert client.get("/satisfaction/ratings/").status_code == 200


def test_the_list_makes_as_many_queries_for_three_as_for_one(client, world, wave):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/satisfaction/loop/").status_code == 200
        return len(queries)

    client.force_login(world.north_head)
    answered(wave, world.n1a, 1)
    follow_up()
    count()
    with_one = count()
    for unit in (world.n1a, world.n1b):
        answered(wave, unit, 1)
    follow_up()
    assert count() == with_one


def test_the_case_shows_the_answer_it_came_from_and_the_customer_his_answers(client, world, wave):
    owner = make_customer(unit=world.n1a)
    answered(wave, world.n1a, 1, customer=owner)
    follow_up()
    case = Case.objects.get()
    client.force_login(world.north_head)
    assert "下半年调查" in client.get(case.get_absolute_url()).content.decode()
    surveys = f"{owner.get_absolute_url()}?tab=surveys"
    timeline = owner.get_absolute_url()
    for page in (surveys, timeline):
        assert "下半年调查" not in client.get(page).content.decode()  # no right to know who
    keeper = make_user(unit=world.n1, role="section-administrator")
    client.force_login(keeper)
    for page in (surveys, timeline):
        assert "下半年调查" in client.get(page).content.decode()
    hidden = survey(world, code="2026-A", title="匿名调查", is_anonymous=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        answered(hidden, world.n1a, 1, customer=owner)
    assert "匿名调查" not in client.get(surveys).content.decode()
