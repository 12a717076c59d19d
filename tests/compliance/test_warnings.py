"""A person is told of his own gap before a notice names him, and sees it on his own page."""

import datetime as dt

import pytest
from django.urls import reverse

from compliance.selectors.gaps import gaps
from compliance.services.lapses import find_lapses
from compliance.services.log_in_days import store_days
from compliance.services.nightly import judge_yesterday
from compliance.services.warnings import warn_gaps
from core.models import Notice
from tests.compliance.duties import at, day, log_in, send_away
from tests.compliance.test_log_in_days import together
from tests.factories import say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def away(world):
    """Everybody comes every day but the northern clerk, who came on the first of September."""
    log_in(world.north_clerk, at("09-01 09:00"))
    for person in world.people.values():
        if person != world.north_clerk:
            log_in(person, *(at(f"09-{number:02} 09:00") for number in range(1, 31)))
    return world


def told(person):
    return list(
        Notice.objects.filter(kind="compliance.gap_warning", user=person)
        .order_by("pk")
        .values_list("context__days", "context__left")
    )


def night(through):
    store_days(day(through))
    return warn_gaps()


def test_he_is_told_once_a_gap_and_before_the_lapse(away):
    assert [night(f"09-{number:02}") for number in (10, 11, 12, 15)] == [0, 1, 0, 0]
    assert told(away.north_clerk) == [(10, 4)]
    assert Notice.objects.filter(kind="compliance.gap_warning").count() == 1

    find_lapses()
    log_in(away.north_clerk, at("09-16 09:00"))
    assert [night(f"09-{number:02}") for number in (16, 25, 26)] == [0, 0, 1]
    assert told(away.north_clerk) == [(10, 4), (10, 4)]


def test_leave_neither_counts_nor_begins_a_new_gap(away):
    send_away(away.north_clerk, "leave", day("09-05"), day("09-07"))

    assert [night(f"09-{number:02}") for number in (11, 13, 14)] == [0, 0, 1]
    assert told(away.north_clerk) == [(10, 4)]


def test_who_came_back_today_is_left_alone(away):
    store_days(day("09-11"))
    log_in(away.north_clerk, at("09-12 01:00"))
    (gap,) = (one for one in gaps() if one.person == away.north_clerk.pk)

    assert (gap.days, gap.ended) == (10, True)
    assert warn_gaps() == 0


def test_a_unit_says_when_and_a_night_that_was_missed_is_made_up_for(away):
    say(away.north, "compliance.warn_days_without_log_in", 12, since=day("09-01"))
    assert night("09-12") == 0
    assert night("09-14") == 1  # nobody ran on the thirteenth
    assert told(away.north_clerk) == [(13, 1)]

    say(away.north, "compliance.warn_days_without_log_in", 0, since=day("09-01"))
    Notice.objects.all().delete()
    assert warn_gaps() == 0


def test_a_gap_that_is_a_lapse_already_is_not_warned_of(away):
    assert night("09-15") == 0


def test_his_page_says_how_long_and_how_much_is_left(away, client, time_machine):
    time_machine.move_to(at("09-12 09:00"))
    judge_yesterday()
    assert told(away.north_clerk) == [(10, 4)]
    client.force_login(away.north_head)
    page = client.get(reverse("compliance:person", args=["N-CLERK"]))
    values = {key: values for key, _template, values in page.context["sections"]}
    gap = values["log_ins"]["gap"]
    assert (gap.since, gap.days, gap.left, gap.ended) == (day("09-02"), 10, 4, False)
    assert "4 days are left until the notice" in page.content.decode()

    client.force_login(away.north_clerk)
    words = client.get(reverse("compliance:me")).content.decode()
    assert "the log-in since then ends the run" in words
    say(away.n1a, "compliance.warn_days_without_log_in", 13, since=day("09-01"))
    words = client.get(reverse("compliance:me")).content.decode()
    assert "the log-in since then" not in words  # too short a run to speak of
    earlier = client.get(reverse("compliance:me"), {"month": "2026-08"})
    values = {key: values for key, _template, values in earlier.context["sections"]}
    assert values["log_ins"]["gap"] is None


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_warn_once(away):
    store_days(day("09-11"))

    assert sorted(together(warn_gaps, warn_gaps)) in ([0, 1], [1, 1])
    assert len(told(away.north_clerk)) == 1
    assert dt.date(2026, 9, 11) == gaps([away.north_clerk.pk])[0].through
