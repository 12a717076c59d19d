"""The public form: one link, one answer; the same words for everything that cannot be answered."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from satisfaction.models import (
    Chosen,
    Rating,
    Remark,
    Response,
    Sample,
    SurveyDraft,
    SurveyLink,
    SurveyMiss,
    Wave,
)
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.services import misses
from satisfaction.services.drafts import MOST_SAVES, delete_old_drafts
from tests.satisfaction.asking import Owner, make_link, make_open_wave, make_sample

pytestmark = pytest.mark.django_db

XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
WORDS = "This link was used or has expired. Thank you for your interest."


@pytest.fixture
def wave(world) -> Wave:
    return make_open_wave(world.group)


@pytest.fixture
def sample(wave, world) -> Sample:
    return make_sample(wave, world.n1a, invited_at=timezone.now())


@pytest.fixture
def items(wave) -> list:
    return list(wave.version.items.order_by("position"))


@pytest.fixture
def owner(sample) -> Owner:
    return Owner(make_link(sample))


def first_page(items, **more):
    return {f"s{items[0].pk}": "4", f"s{items[1].pk}": "3"} | more


def answer_all(owner, items, **more):
    """Both pages, the shortest way."""
    owner.send(1, items[:2], **first_page(items))
    return owner.send(2, items[3:], **{f"s{items[3].pk}": "9", **more})


def test_the_token_leaves_the_address_and_no_session_is_kept(owner):
    entered = owner.entered
    assert (entered.status_code, entered["Location"]) == (302, "/s/form/")
    cookie = entered.cookies["survey"]
    assert cookie.value.startswith(owner.token)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/s/")

    page = owner.page()

    assert page.status_code == 200
    for answer in (entered, page):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store, private"
    assert owner.token not in page.content.decode()
    assert not Session.objects.exists()
    assert not SurveyDraft.objects.exists()  # a GET writes nothing


def test_a_page_shows_no_name_and_chooses_nothing(owner, sample):
    text = owner.page().content.decode()

    assert sample.customer.name not in text
    assert sample.unit.name not in text
    assert "第 1 页" in text or "Page 1 of 2" in text
    assert " checked" not in text
    assert "<script" not in text
    assert "您对我们总体满意吗？" in text


def test_answers_are_stored_once_with_their_paradata(owner, sample, items):
    done = answer_all(
        owner,
        items,
        **{f"c{items[4].pk}": "2", f"c{items[5].pk}": ["1", "3"], f"t{items[6].pk}": " 停车 "},
    )

    assert (done.status_code, done["Location"]) == (302, f"/s/thanks/{items[0].version_id}/")
    assert "谢谢您。" in owner.client.get(done["Location"]).content.decode()
    response = Response.objects.get()
    assert (response.sample_id, response.customer_id) == (sample.pk, sample.customer_id)
    assert (response.unit_id, response.stage, response.asked_by) == (
        sample.unit_id,
        "stable",
        "link",
    )
    assert (response.overall, response.recommendation) == (4, 9)
    assert response.notice_version == NOTICE_VERSION
    assert response.language == "zh-hans"
    assert response.seconds is not None
    assert not response.is_partial
    assert response.entered_by_id is None
    scores = {rating.item_id: rating.score for rating in Rating.objects.all()}
    assert scores == {items[0].pk: 4, items[1].pk: 3, items[3].pk: 9}
    assert [remark.text for remark in Remark.objects.all()] == ["停车"]
    assert {one.option.text for one in Chosen.objects.all()} == {"渠道2", "活动1", "活动3"}
    sample.refresh_from_db()
    assert (sample.state, sample.answered_on) == ("answered", timezone.localdate())
    assert SurveyLink.objects.get().used_at is not None
    assert not SurveyDraft.objects.exists()
    items[0].version.refresh_from_db()
    assert items[0].version.frozen_at is not None

    again = owner.send(2, items[3:], **{f"s{items[3].pk}": "1"})

    assert again.status_code == 410
    assert Response.objects.get().recommendation == 9


def test_importance_expectation_and_not_used(owner, items):
    one = items[1].pk
    owner.send(
        1, items[:2], **first_page(items, **{f"s{one}": "-", f"i{one}": "5", f"e{one}": "2"})
    )
    owner.send(2, items[3:])

    rating = Rating.objects.get(item=items[1])
    assert (rating.score, rating.importance, rating.expectation) == (None, 5, 2)


def test_used_expired_unknown_and_closed_answer_alike(sample, wave, items, world):
    used, other = make_link(sample), make_link(sample)
    answer_all(Owner(used), items)
    expired = make_link(make_sample(wave, world.n1b), days=-1)
    shut = make_open_wave(world.group, wave.version, code="W2", state="closed")
    closed = make_link(make_sample(shut, world.n1a))

    client = Owner().client
    answers = [client.get(f"/s/{one}/") for one in (used, other, expired, closed, "A" * 22)]
    client.cookies["survey"] = f"{used}.1"
    answers += [client.get("/s/form/"), client.post("/s/form/", {"page": 1})]
    client.cookies["survey"] = f"{'B' * 22}.1"
    answers.append(client.get("/s/form/"))

    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.content for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)
    assert (
        len(
            {
                tuple(sorted(a.headers.items() - {("X-Request-Id", a["X-Request-Id"])}))
                for a in answers
            }
        )
        == 1
    )


def test_guessing_is_slowed_down_and_the_neighbour_is_served(sample, monkeypatch):
    monkeypatch.setattr(misses, "MOST_MISSES", 3)
    token = make_link(sample)
    guesses = [Owner().client.get(f"/s/{number:022d}/").status_code for number in range(6)]

    assert guesses == [410, 410, 410, 429, 429, 429]
    assert SurveyMiss.objects.get().count == 3  # what is beyond the limit writes nothing
    assert Owner(token).page().status_code == 200  # the same address
    elsewhere = Owner(REMOTE_ADDR="192.0.2.9").client.get(f"/s/{7:022d}/")
    assert elsewhere.status_code == 410


def test_two_links_of_one_person_give_one_answer(sample, items):
    first, second = Owner(make_link(sample)), Owner(make_link(sample, channel="qr"))
    answer_all(first, items)

    assert answer_all(second, items).status_code == 410
    assert Response.objects.count() == 1


def test_a_form_is_not_handed_in_under_the_cookie_of_another_link(wave, world, items):
    mother, father = (make_link(make_sample(wave, unit)) for unit in (world.n1a, world.n1b))
    owner = Owner(mother)
    mark = owner.mark
    owner.client.get(f"/s/{father}/")  # the other link is opened in the same browser

    sent = owner.client.post("/s/form/", {"page": 1, "mark": mark, **first_page(items)})

    assert sent.status_code == 409
    assert not SurveyDraft.objects.exists()
    assert not Response.objects.exists()


def test_a_draft_is_found_on_another_device(owner, items, sample):
    turned = owner.send(1, items[:2], **first_page(items))
    assert (turned.status_code, turned["Location"]) == (302, "/s/form/?page=2")

    other = Owner(owner.token)
    assert 'name="page" value="2"' in other.page().content.decode()
    page = other.page(1).content.decode()

    assert re.search(rf'name="s{items[0].pk}" value="4" checked', page)
    assert re.search(rf'name="s{items[1].pk}" value="3" checked', page)
    sample.refresh_from_db()
    assert sample.state == "opened"
    other.send(2, items[3:], **{f"s{items[3].pk}": "0"})
    assert Response.objects.get().overall == 4


def test_back_keeps_what_was_chosen_even_with_a_question_open(owner, items):
    owner.send(1, items[:2], **first_page(items))
    back = owner.send(2, items[3:], act="back", **{f"c{items[4].pk}": "3"})

    assert back["Location"] == "/s/form/?page=1"
    assert re.search(rf'name="c{items[4].pk}" value="3" checked', owner.page(2).content.decode())


def test_skip_logic_asks_more_on_the_same_page_and_forgets_what_is_asked_no_more(owner, items):
    why = items[2]
    low = first_page(items, **{f"s{items[1].pk}": "2"})
    assert f"t{why.pk}" not in owner.page().content.decode()

    grown = owner.send(1, items[:2], **low)
    assert grown["Location"] == "/s/form/?page=1"
    assert f"t{why.pk}" in owner.page(1).content.decode()
    owner.send(1, items[:3], **low, **{f"t{why.pk}": "太慢"})
    # He thinks better of it; the reason is posted all the same.
    owner.send(1, items[:3], **first_page(items), **{f"t{why.pk}": "太慢"})
    owner.send(2, items[3:])

    assert Response.objects.count() == 1
    assert not Remark.objects.exists()


def test_what_must_be_answered_is_asked_for_in_one_sentence_and_all_else_is_kept(owner, items):
    sent = owner.send(1, items[:2], **{f"s{items[1].pk}": "3"})

    text = sent.content.decode()
    assert sent.status_code == 422
    assert text.count('class="s-error"') == 1
    assert re.search(rf'name="s{items[1].pk}" value="3" checked', text)
    # Going to the last page by the address does not get round it.
    last = owner.send(2, items[3:], **{f"s{items[3].pk}": "9"})
    assert last["Location"] == "/s/form/?page=1&check=1"
    assert not Response.objects.exists()


@pytest.mark.parametrize("number", ["0", "6", "-1", "４", "4.0", "99999999999999999999", "x"])
def test_numbers_off_the_scale_are_refused(owner, items, number):
    data = first_page(items, **{f"s{items[1].pk}": number, f"i{items[1].pk}": "5"})
    sent = owner.send(1, items[:2], **data)

    assert sent.status_code == 422
    assert sent.content.decode().count('class="s-error"') == 1
    kept = SurveyDraft.objects.get().answers
    assert kept == {str(items[0].pk): {"s": 4}, str(items[1].pk): {"i": 5}, str(items[2].pk): {}}


def test_words_are_shown_escaped_and_survive_what_no_database_stores(owner, items):
    owner.send(1, items[:2], **first_page(items))
    owner.send(2, items[3:], act="back", **{f"t{items[6].pk}": XSS + "\x00"})

    page = owner.page(2).content.decode()

    assert XSS not in page
    assert "&lt;script&gt;" in page
    too_long = owner.send(2, items[3:], **{f"t{items[6].pk}": "很" * 2001})
    assert too_long.status_code == 422
    assert "很" * 2001 in too_long.content.decode()
    owner.send(2, items[3:], **{f"t{items[6].pk}": XSS})
    assert Remark.objects.get().text == XSS


def test_without_the_version_of_the_notice_nothing_is_taken(owner, items):
    owner.send(1, items[:2], **first_page(items))
    for notice in ("", "1999-01"):
        assert owner.send(2, items[3:], notice=notice).status_code == 400
    assert not Response.objects.exists()


def test_an_empty_form_is_not_handed_in(owner, items):
    items[0].is_required = False
    items[0].save()
    owner.send(1, items[:2])

    assert owner.send(2, items[3:]).status_code == 422
    assert not Response.objects.exists()


def test_the_language_is_chinese_until_it_is_switched(owner, items):
    english = {"HTTP_ACCEPT_LANGUAGE": "en"}
    assert 'lang="zh-Hans"' in owner.client.get("/s/form/", **english).content.decode()

    owner.send(1, items[:2], act="lang", lang="en", **{f"s{items[0].pk}": "2"})

    text = owner.page(1).content.decode()
    assert "Are you satisfied?" in text
    assert re.search(rf'name="s{items[0].pk}" value="2" checked', text)


def test_a_draft_is_not_written_without_end_and_goes_with_time(owner, items):
    owner.send(1, items[:2], **first_page(items))
    SurveyDraft.objects.update(saves=MOST_SAVES)
    assert owner.send(1, items[:2], **first_page(items)).status_code == 429

    assert delete_old_drafts() == 0
    SurveyDraft.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "checked" not in owner.page(1).content.decode()
    assert delete_old_drafts() == 1


def test_the_form_wants_its_own_token_against_forgery(sample, items):
    owner = Owner(make_link(sample), enforce_csrf_checks=True)
    assert owner.send(1, items[:2], **first_page(items)).status_code == 403


@pytest.mark.parametrize("path", ["/s/%00/", "/s/" + "a" * 500 + "/", "/s/../admin/", "/s/🙂/"])
def test_broken_twins_of_a_link(db, path):
    assert Owner().client.get(path).status_code in (404, 410)


@pytest.mark.parametrize(
    "cookie", ["~.1", "~" + "x" * 30 + ".1", ".", "a" * 5000, "é.1", "x.9\u00b2"]
)
def test_broken_cookies(db, cookie):
    client = Owner().client
    client.cookies["survey"] = cookie
    assert client.get("/s/form/").status_code == 410
