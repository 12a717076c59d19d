"""The bulletin board: audience, versions, receipts (INT-02, LOG-03, GOV-01)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from complaints.models import Category
from compliance.models import Bulletin, BulletinRead
from compliance.selectors.audiences import audience_of
from compliance.selectors.bulletins import waiting_for
from compliance.selectors.reading_duty import late_by_month, late_rows
from compliance.services import bulletins as verbs
from core.errors import Refused, Stale
from core.models import Notice
from tests.factories import give, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def publish(world, units=None, **more):
    given = {"title": "关于回访记录", "body": "请各项目核对。", "by": world.north_head} | more
    return verbs.publish(units=units or [world.north], **given)


def test_whom_a_bulletin_is_for_is_said_alike_from_both_sides(world):
    """The audience of a bulletin and what is addressed to a person are one relation."""
    poster = make_user(unit=world.s1a, role=None)
    make_post(user=poster, unit=world.n1, function="客户专员")
    former = make_user(unit=world.n1a, role=None)
    former.state = "left"
    former.save()
    give(world.south_head, "section-administrator", world.south)
    bulletins = [
        publish(world),
        publish(world, [world.n1a, world.s1]),
        publish(world, [world.group], roles=list(Role.objects.filter(code="section-head"))),
        publish(world, [world.group], roles=list(Role.objects.filter(code__startswith="section"))),
    ]
    people = [*world.people.values(), poster, former]
    for bulletin in bulletins:
        told = set(audience_of(bulletin).values_list("pk", flat=True))
        asked = {
            one.pk
            for one in people
            if one.is_active and Bulletin.objects.addressed_to(one).filter(pk=bulletin.pk).exists()
        }
        assert told == asked
    north = {"north_clerk", "north_head", "north_keeper"}
    assert set(audience_of(bulletins[0])) == {getattr(world, one) for one in north} | {poster}
    assert set(audience_of(bulletins[2])) == {world.north_head, world.south_head}


def test_it_is_published_once_for_its_source(world):
    source = Category.objects.first()
    first = publish(world, source=source)
    assert publish(world, source=source, title="另一个") == first
    assert publish(world, key="again") == publish(world, key="again")
    assert publish(world) != publish(world)
    assert Notice.objects.filter(key=f"bulletin:{first.pk}:1", user=world.north_clerk).count() == 1
    assert not Notice.objects.filter(key=f"bulletin:{first.pk}:1", user=world.north_head).exists()


def test_a_bulletin_wants_words_and_somebody_to_read_them(world):
    for wrong in ({"title": " "}, {"body": ""}):
        with pytest.raises(Refused):
            publish(world, **wrong)
    with pytest.raises(Refused):
        verbs.publish(title="a", body="b", by=world.boss, units=[])
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(Refused):
        publish(world, must_confirm=True, confirm_by=yesterday)
    assert not Bulletin.objects.exists()


def test_a_new_version_that_asks_again_ends_earlier_receipts(world):
    row = publish(world, must_confirm=True)
    verbs.confirm(row, by=world.north_clerk, number=1)
    assert not waiting_for(world.north_clerk).exists()
    row = verbs.amend(row, by=world.north_head, number=1, title="甲", body="乙", note="错字")
    assert not waiting_for(world.north_clerk).exists()
    with pytest.raises(Stale):
        verbs.amend(row, by=world.north_head, number=1, title="甲", body="丙", note="晚到")
    row = verbs.amend(
        row, by=world.north_head, number=2, title="甲", body="丙", note="新规定", ask_again=True
    )
    assert waiting_for(world.north_clerk).exists()
    with pytest.raises(Stale):
        verbs.confirm(row, by=world.north_clerk, number=2)
    verbs.confirm(row, by=world.north_clerk, number=3)
    again = verbs.confirm(row, by=world.north_clerk, number=3)
    assert BulletinRead.objects.filter(person=world.north_clerk).count() == 2
    assert again.confirmed_at is not None
    with pytest.raises(Refused):
        verbs.confirm(row, by=world.south_clerk, number=3)


def test_opening_the_page_is_reading_it(client, world):
    row = publish(world, must_confirm=True)
    client.force_login(world.north_clerk)
    client.head(row.get_absolute_url())
    assert not BulletinRead.objects.exists()
    page = client.get(row.get_absolute_url())
    assert "我已阅读" in page.content.decode()
    assert BulletinRead.objects.get().confirmed_at is None
    client.post(reverse("compliance:bulletin-confirm", args=[row.pk]), {"number": "1"})
    assert BulletinRead.objects.get().confirmed_at is not None
    client.force_login(world.south_clerk)
    assert client.get(row.get_absolute_url()).status_code == 404


def test_heads_see_the_receipts_of_their_own_people_only(client, world):
    row = publish(world, [world.group], by=world.boss, must_confirm=True)
    verbs.confirm(row, by=world.north_clerk, number=1)
    client.force_login(world.boss)
    address = reverse("compliance:bulletin-receipts", args=[row.pk])
    everybody = client.get(address + "?show=all").content.decode()
    assert world.south_clerk.name in everybody
    assert world.north_clerk.name in everybody
    waiting = client.get(address).content.decode()
    assert world.north_clerk.name not in waiting
    assert world.south_clerk.name in waiting
    client.force_login(world.north_head)
    assert client.get(row.get_absolute_url()).status_code == 200
    assert client.get(address).status_code == 403


def test_a_withdrawn_bulletin_is_gone_for_its_readers(client, world):
    row = publish(world, must_confirm=True)
    with pytest.raises(Refused):
        verbs.withdraw(row, by=world.north_head, reason=" ")
    verbs.withdraw(row, by=world.north_head, reason="发错范围")
    client.force_login(world.north_clerk)
    assert client.get(row.get_absolute_url()).status_code == 404
    assert not waiting_for(world.north_clerk).exists()
    with pytest.raises(Refused):
        verbs.withdraw(row, by=world.north_head, reason="再次")


def test_a_posted_key_names_only_ones_own_sending(client, world):
    """A form sent twice publishes once; the key of a form never finds what others published."""
    system = publish(world, key="compliance.circular:1")
    client.force_login(world.north_head)
    data = {"title": "甲", "body": "乙", "units": ["N"], "request_key": "compliance.circular:1"}
    for _again in range(2):
        client.post(reverse("compliance:bulletin-new"), data)
    assert Bulletin.objects.exclude(pk=system.pk).count() == 1


def test_who_publishes_reaches_those_he_addresses(client, world):
    client.force_login(world.north_head)
    data = {"title": "甲", "body": "乙", "units": ["S"]}
    assert client.post(reverse("compliance:bulletin-new"), data).status_code == 422
    assert not Bulletin.objects.exists()


def test_late_confirmations_are_counted_for_everybody_addressed(world):
    """Set against the plain definition: each person of the audience with each bulletin."""
    today = timezone.localdate()
    rows = [
        publish(world, must_confirm=True),
        publish(world, [world.n1a, world.s1a], must_confirm=True),
        publish(
            world, [world.group], must_confirm=True, roles=Role.objects.filter(code="section-head")
        ),
    ]
    verbs.confirm(rows[0], by=world.north_clerk, number=1)
    verbs.confirm(rows[1], by=world.north_clerk, number=1)
    day = today - timedelta(days=1)
    Bulletin.objects.update(confirm_by=day)
    early = timezone.now() - timedelta(days=3)
    BulletinRead.objects.filter(version__bulletin=rows[0]).update(read_at=early, confirmed_at=early)
    first = day.replace(day=1)
    for unit in (world.north, world.n1a, world.group, world.south):
        expected = set()
        for row in rows:
            for one in audience_of(row).filter(unit__path__startswith=unit.path):
                done = BulletinRead.objects.filter(version__bulletin=row, person=one).first()
                in_time = done and timezone.localdate(done.confirmed_at) <= day
                if not in_time and one.pk != row.by_id:
                    expected.add((one.pk, row.pk))
        found = late_rows(unit, first, today, today, below=True, most=100)
        assert {(one.person, one.bulletin) for one in found} == expected
        counted = late_by_month(unit, first, today, today, below=True)
        assert sum(counted.values()) == len(expected)


@pytest.mark.parametrize("name", ["compliance:bulletins", "compliance:me"])
def test_more_rows_cost_no_more_queries(client, world, name, django_assert_num_queries):
    client.force_login(world.north_clerk)
    publish(world, must_confirm=True)
    client.get(reverse(name))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(reverse(name))
    publish(world, must_confirm=True)
    publish(world, must_confirm=True)
    with CaptureQueriesContext(connection) as three:
        client.get(reverse(name))
    assert len(one) == len(three)
