"""Public opinion and early warnings: light items beside the cases (CCH-02, CMP-08)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Case, EarlyWarning, PublicOpinion
from complaints.services.outside import (
    link_cases,
    note_opinion,
    settle_opinion,
    settle_warning,
    warn_early,
    warning_to_case,
)
from core.errors import Refused
from tests.factories import make_case

pytestmark = pytest.mark.django_db


def opinion(unit, by=None, **values):
    given = {
        "title": "业主群热议交房",
        "source": "微博",
        "first_seen_at": timezone.now() - timedelta(hours=2),
    }
    return note_opinion(unit=unit, by=by, **(given | values))


def test_an_item_is_joined_with_cases_once(world):
    item = opinion(world.n1a)
    case = make_case(unit=world.n1a)

    assert link_cases(item, [case], by=None) == 1
    assert link_cases(item, [case], by=None) == 0
    assert list(case.opinions.all()) == [item]


def test_an_item_ends_once_and_with_words(world):
    item = opinion(world.n1a)
    with pytest.raises(Refused):
        settle_opinion(item, by=None, outcome=" ")
    settle_opinion(item, by=None, outcome="已删帖并道歉")
    with pytest.raises(Refused):
        settle_opinion(item, by=None, outcome="再次")


def test_it_cannot_have_been_seen_tomorrow(world):
    with pytest.raises(Refused):
        opinion(world.n1a, first_seen_at=timezone.now() + timedelta(days=1))


def test_items_of_the_sibling_branch_do_not_exist(world, client):
    item = opinion(world.s1a)
    warning = warn_early(unit=world.s1a, by=None, content="业主串联")
    client.force_login(world.north_head)

    assert client.get(reverse("complaints:opinion", args=[item.pk])).status_code == 404
    for name in ("warning-settle", "warning-case"):
        assert client.get(reverse(f"complaints:{name}", args=[warning.pk])).status_code == 404
    for name, text in (("opinions", item.title), ("warnings", warning.content)):
        assert text not in client.get(reverse(f"complaints:{name}")).content.decode()
    with pytest.raises(Refused):
        opinion(world.s1a, by=world.north_head)


def test_a_warning_becomes_a_case_once(world):
    warning = warn_early(unit=world.n1a, by=None, content="多户反映异味")

    case = warning_to_case(warning, by=None, channel="visit", name="王丹")

    warning.refresh_from_db()
    assert (warning.case, case.content) == (case, "多户反映异味")
    with pytest.raises(Refused):
        warning_to_case(warning, by=None, channel="visit", name="王丹")
    with pytest.raises(Refused):
        settle_warning(warning, by=None, outcome="没有")
    assert Case.objects.count() == 1


def test_the_pages_take_them_in(world, client):
    clerk = world.north_head
    client.force_login(clerk)
    unit = world.n1a

    answer = client.post(
        reverse("complaints:opinion-new"),
        {
            "unit": unit.code,
            "title": "短视频曝光漏水",
            "source": "抖音",
            "link": "https://example.com/v/1",
            "first_seen_at": "2026-01-05 09:30",
            "spread": "wide",
        },
    )
    item = PublicOpinion.objects.get()
    assert answer["Location"] == item.get_absolute_url()
    case = make_case(unit=unit)
    client.post(item.get_absolute_url(), {"act": "link", "cases": case.number})
    assert list(item.cases.all()) == [case]
    assert client.get(item.get_absolute_url()).status_code == 200

    client.post(
        reverse("complaints:warning-new"), {"unit": unit.code, "content": "异味", "risk": "high"}
    )
    warning = EarlyWarning.objects.get()
    answer = client.post(
        reverse("complaints:warning-case", args=[warning.pk]), {"name": "王丹", "channel": "visit"}
    )
    assert answer.status_code == 302
    page = client.get(reverse("complaints:warnings") + "?settled=1").content.decode()
    assert Case.objects.get(warnings=warning).number in page
