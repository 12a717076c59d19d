"""Handing in: all or nothing, once, and nothing that brings an anonymous answer to its person."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from satisfaction.models import (
    Rating,
    Response,
    Sample,
    SampleState,
    SurveyDraft,
    SurveyLink,
    Wave,
)
from satisfaction.services.answering import Answers
from satisfaction.services.answers import Given
from satisfaction.services.mixing import mix_wave
from satisfaction.services.submitting import Gone, How, submit
from tests.factories import make_customer
from tests.satisfaction.asking import Owner, make_link, make_open_wave, make_sample

HOW = How("2026-11", "zh-hans", 90)


def given(wave: Wave, score: int = 4):
    """Answers to the first item, and the items by key."""
    items = {item.pk: item for item in wave.version.items.all()}
    first = min(items.values(), key=lambda item: item.position)
    return Answers({first.pk: Given(score)}), items


@pytest.mark.django_db
def test_an_answer_and_the_use_of_its_link_stand_or_fall_together(world):
    wave = make_open_wave(world.group)
    sample = make_sample(wave, world.n1a)
    token = make_link(sample)
    answers, items = given(wave)
    (first,) = answers.ratings

    with pytest.raises(
        IntegrityError
    ):  # the last table that is written refuses a rating of nothing
        submit(Answers({first: Given()}), items, HOW, token=token)

    assert not Response.objects.exists()
    assert SurveyLink.objects.get().used_at is None
    sample.refresh_from_db()
    assert sample.state == SampleState.DRAWN
    key = submit(*given(wave), HOW, token=token)
    assert Response.objects.get(pk=key).sample_id == sample.pk


@pytest.mark.django_db
@pytest.mark.parametrize("shut", ["closed", "expired", "answered"])
def test_a_link_that_leads_nowhere_is_not_used_up(world, shut):
    wave = make_open_wave(world.group)
    sample = make_sample(wave, world.n1a, state="answered" if shut == "answered" else "invited")
    token = make_link(sample, days=-1 if shut == "expired" else 1)
    Wave.objects.filter(pk=wave.pk).update(state="closed" if shut == "closed" else "open")

    with pytest.raises(Gone):
        submit(*given(wave), HOW, token=token)

    assert SurveyLink.objects.get().used_at is None
    assert not Response.objects.exists()


@pytest.mark.django_db
def test_a_person_is_answered_for_once_even_where_no_lock_is_held(world):
    wave = make_open_wave(world.group)
    sample = make_sample(wave, world.n1a)
    submit(*given(wave), HOW, token=make_link(sample))
    Sample.objects.filter(pk=sample.pk).update(state=SampleState.INVITED)

    with pytest.raises(Gone):
        submit(*given(wave), HOW, token=make_link(sample))
    assert Response.objects.count() == 1


@pytest.mark.django_db
def test_no_answer_without_the_version_of_the_notice(world):
    wave = make_open_wave(world.group)
    token = make_link(make_sample(wave, world.n1a))
    with pytest.raises(ValueError, match="notice"):
        submit(*given(wave), How(""), token=token)


# --- anonymous waves ------------------------------------------------------------------------------


def answer_anonymously(world, number: int = 1) -> Wave:
    """So many people answer an anonymous wave by their links, over the public form."""
    wave = make_open_wave(world.group, is_anonymous=True)
    items = list(wave.version.items.order_by("position"))
    for place in range(number):
        customer = make_customer(unit=world.n1a, phone=f"+86139000{place:05d}")
        owner = Owner(make_link(make_sample(wave, world.n1a, customer, position=place)))
        owner.send(1, items[:2], **{f"s{items[0].pk}": str(place % 5 + 1)})
        owner.send(2, items[3:])
    return wave


@pytest.mark.django_db
def test_an_anonymous_answer_bears_nothing_of_its_person(world):
    wave = answer_anonymously(world)

    response = Response.objects.get()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    assert response.is_anonymous
    assert (response.customer_id, response.sample_id, response.entered_by_id) == (None, None, None)
    assert (response.sample_no, response.interviewer) == ("", "")
    assert response.answered_at == response.created_at == midnight
    sample = Sample.objects.get()
    assert (sample.state, sample.answered_on) == (SampleState.ANSWERED, None)
    used = timezone.localtime(SurveyLink.objects.get().used_at)
    assert (used.hour, used.minute, used.second, used.microsecond) == (0, 0, 0, 0)
    assert used.date() == timezone.localdate(wave.created_at)
    assert not SurveyDraft.objects.exists()
    wave.version.refresh_from_db()
    assert wave.version.frozen_at == midnight


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["customer_id", "sample_id"])
def test_the_database_refuses_to_name_the_person_of_an_anonymous_answer(world, column):
    answer_anonymously(world)
    sample = Sample.objects.get()
    value = {"customer_id": sample.customer_id, "sample_id": sample.pk}[column]

    def name_him(**also) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            Response.objects.update(**{column: value}, **also)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError):
        name_him()
    with pytest.raises(IntegrityError):
        name_him(is_anonymous=False)


# Every way by which the two tables could be brought together, system columns included.
JOINS = (
    "r.sample_id = s.id",
    "r.customer_id = s.customer_id",
    "r.sample_no <> '' AND r.sample_no = s.id::text",
    "r.created_at IN (s.created_at, s.invited_at, s.due_at, l.used_at, l.created_at)",
    "r.answered_at IN (l.used_at, l.expires_at)",
    "r.xmin = s.xmin",
    "r.xmin = l.xmin",
)


@pytest.mark.django_db(transaction=True)
def test_no_join_leads_from_an_anonymous_answer_to_a_person(world):
    """In transactions of their own, for the one that wrote a row is looked at as well."""
    wave = answer_anonymously(world, 3)
    Wave.objects.filter(pk=wave.pk).update(created_at=wave.created_at - timedelta(days=3))
    SurveyLink.objects.update(used_at=SurveyLink.objects.first().used_at - timedelta(days=3))

    def found(join: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM satisfaction_response r, satisfaction_sample s"
                f" JOIN satisfaction_surveylink l ON l.sample_id = s.id WHERE {join}"  # noqa: S608
            )
            return cursor.fetchone()[0]

    assert found("true") == 9
    assert [join for join in JOINS[:-2] if found(join)] == []
    assert found(JOINS[-2])  # fresh rows bear one transaction, which is why they are mixed
    assert mix_wave(wave) == 6
    assert [join for join in JOINS if found(join)] == []
    assert mix_wave(wave) == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_hand_in_at_once_give_one_answer(world):
    """Where the wave is anonymous nothing but the locks stands between them."""
    wave = make_open_wave(world.group, is_anonymous=True)
    sample = make_sample(wave, world.n1a)
    tokens = [make_link(sample), make_link(sample, channel="qr")]
    answers = given(wave)
    start, told = Barrier(4), []

    def hand_in(token: str) -> None:
        start.wait()
        try:
            told.append(submit(*answers, HOW, token=token))
        except Gone:
            told.append(None)
        finally:
            connection.close()

    threads = [Thread(target=hand_in, args=[tokens[number % 2]]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told, key=bool)[:3] == [None, None, None]
    assert Response.objects.count() == 1
    assert Rating.objects.count() == 1
