"""Stand-ins: who may name whom, that nobody is away twice or in a circle, what the pages say."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import StandIn, UserState
from accounts.selectors.stand_ins import StandIns, absent_for, colleagues, stand_in_for
from accounts.services import appoint_stand_in, end_stand_in
from audit.models import Entry
from core.errors import Refused, Stale
from core.models import Notice
from tests.factories import make_user

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def office(world):
    """Three colleagues of one project, besides its clerk."""
    for name in ("li", "gao", "ye"):
        world.people[name] = make_user(unit=world.n1a, no=f"N-{name}".upper(), name=name)
    return world


def away(person, deputy, *, start=-HOUR, end=DAY, by=None, **more):
    now = timezone.now()
    return appoint_stand_in(
        person, deputy=deputy, starts_at=now + start, ends_at=now + end, by=by, **more
    )


def test_one_names_a_colleague_and_both_read_it(office):
    row = away(office.north_clerk, office.li, by=office.north_clerk, reason="出差")

    assert stand_in_for(office.north_clerk) == office.li
    assert stand_in_for(office.north_clerk, row.ends_at) is None  # half-open
    assert stand_in_for(office.li) is None
    assert absent_for(office.li) == {office.north_clerk.pk}
    told = Notice.objects.filter(kind="accounts.stand_in_named")
    assert [one.user for one in told] == [office.li]
    entry = Entry.objects.get(action="stand_in.appointed")
    assert (entry.by, entry.subject_id) == (office.north_clerk, office.north_clerk.pk)


def test_the_head_names_one_and_the_person_is_told_too(office):
    away(office.north_clerk, office.li, by=office.north_head)

    told = Notice.objects.filter(kind="accounts.stand_in_named").order_by("user")
    assert {one.user for one in told} == {office.north_clerk, office.li}


@pytest.mark.parametrize("who", ["li", "south_head", "reader", "boss"])
def test_others_may_not_name_one(office, who):
    with pytest.raises(Refused):
        away(office.north_clerk, office.gao, by=getattr(office, who))
    assert not StandIn.objects.exists()


def test_a_deputy_reaches_every_unit_in_which_the_person_works(office):
    neighbour = make_user(unit=office.n1b)
    with pytest.raises(Refused):
        away(office.north_clerk, neighbour, by=office.north_clerk)
    with pytest.raises(Refused):
        away(office.north_head, office.north_clerk, by=None)
    with pytest.raises(Refused):
        away(make_user(unit=office.n1a, role=None), office.li)

    away(office.north_clerk, office.north_head, by=office.north_clerk)


def test_no_deputy_for_oneself_for_the_past_for_ever_or_backwards(office):
    clerk = office.north_clerk
    with pytest.raises(Refused):
        away(clerk, clerk)
    for start, end in ((-DAY, -HOUR), (HOUR, HOUR), (DAY, HOUR), (HOUR, 400 * DAY)):
        with pytest.raises(Refused):
            away(clerk, office.li, start=start, end=end)
    type(clerk).objects.filter(pk=office.li.pk).update(state=UserState.FROZEN)
    office.li.refresh_from_db()
    with pytest.raises(Refused):
        away(clerk, office.li)
    assert not StandIn.objects.exists()


def test_nobody_has_two_deputies_at_a_time(office):
    away(office.north_clerk, office.li, start=HOUR, end=DAY)
    with pytest.raises(Refused, match="li"):
        away(office.north_clerk, office.gao, start=2 * HOUR, end=3 * HOUR)

    away(office.north_clerk, office.gao, start=DAY, end=2 * DAY)  # the next day is free


def test_deputies_form_no_line_and_no_circle(office):
    away(office.north_clerk, office.li)
    with pytest.raises(Refused):  # a circle
        away(office.li, office.north_clerk)
    with pytest.raises(Refused):  # a line, at its end
        away(office.li, office.gao)
    with pytest.raises(Refused):  # a line, at its beginning
        away(office.gao, office.north_clerk)

    away(office.li, office.gao, start=DAY, end=2 * DAY)
    away(office.ye, office.li, end=HOUR)  # one may stand in for two


def test_the_database_keeps_two_deputies_and_oneself_out(office):
    row = away(office.north_clerk, office.li)
    with pytest.raises(IntegrityError), transaction.atomic():
        StandIn.objects.create(
            person=office.north_clerk,
            deputy=office.gao,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        StandIn.objects.filter(pk=row.pk).update(deputy=F("person"))


@pytest.mark.django_db(transaction=True)
def test_two_who_name_each_other_at_once_form_no_circle(office):
    def other() -> str:
        try:
            away(office.li, office.north_clerk)
            return "done"
        except Refused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            away(office.north_clerk, office.li)
            second = pool.submit(other)
            wait([second], timeout=1.5)
        assert second.result(timeout=30) == "refused"
    assert StandIn.objects.count() == 1


def test_coming_back_ends_it_and_what_has_not_begun_is_taken_away(office):
    running = away(office.north_clerk, office.li)
    coming = away(office.north_clerk, office.gao, start=DAY, end=2 * DAY)
    for row in (running, coming):
        with pytest.raises(Refused):
            end_stand_in(row, by=office.li)
        end_stand_in(row, by=office.north_clerk)
        with pytest.raises(Stale):
            end_stand_in(row, by=office.north_clerk)

    assert stand_in_for(office.north_clerk) is None
    assert list(StandIn.objects.all()) == [running]  # what was, stays


def test_for_many_it_is_one_query_and_a_deputy_who_left_is_nobody(office):
    away(office.north_clerk, office.li)
    away(office.ye, office.gao)
    type(office.gao).objects.filter(pk=office.gao.pk).update(state=UserState.LEFT)
    with CaptureQueriesContext(connection) as captured:
        found = StandIns()
        assert found.deputy_of(office.north_clerk.pk) == office.li.pk
        assert found.is_away(office.ye.pk)
        assert found.deputy_of(office.ye.pk) is None
        assert not found.is_away(office.li.pk)
    assert len(captured) == 1
    people = [office.li.pk, office.north_clerk.pk, office.ye.pk]
    assert found.with_deputies(people) == people


# --- pages ----------------------------------------------------------------------------------------


def send(client, address, deputy):
    now = timezone.localtime()
    return client.post(
        address,
        {
            "deputy": deputy.employee_no,
            "starts_at": now.strftime("%Y-%m-%dT%H:%M"),
            "ends_at": (now + DAY).strftime("%Y-%m-%dT%H:%M"),
            "reason": "年假",
        },
    )


def test_the_page_under_the_settings(client, office):
    client.force_login(office.north_clerk)
    address = reverse("accounts:stand-in")
    offered = colleagues(office.north_clerk, office.north_clerk)
    assert {office.li, office.gao, office.ye} <= set(offered)
    assert office.south_clerk not in offered

    assert send(client, address, office.south_clerk).status_code == 422
    assert send(client, address, office.li).status_code == 302
    assert "年假" in client.get(address).content.decode()

    again = send(client, address, office.gao)
    assert again.status_code == 422
    assert "年假" in again.content.decode()  # what was typed stays
    row = StandIn.objects.get()
    end = reverse("accounts:stand-in-end", args=[row.pk])
    client.force_login(office.gao)
    assert client.post(end).status_code == 404
    client.force_login(office.north_clerk)
    assert client.post(end).status_code == 302
    assert stand_in_for(office.north_clerk) is None


def test_the_page_of_the_head(client, office):
    client.force_login(office.north_head)
    address = reverse("accounts:person-stand-in", args=[office.north_clerk.employee_no])
    assert send(client, address, office.li).status_code == 302
    far = reverse("accounts:person-stand-in", args=[office.south_clerk.employee_no])
    assert client.get(far).status_code == 404
    client.force_login(office.north_clerk)
    assert client.get(address).status_code == 403


def test_the_page_asks_as_much_for_one_colleague_as_for_many(client, office):
    client.force_login(office.north_clerk)
    address = reverse("accounts:stand-in")
    away(office.north_clerk, office.li)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    queries()
    one = queries()
    for number in range(2):
        make_user(unit=office.n1a)
        away(office.north_clerk, office.gao, start=(number + 1) * DAY, end=(number + 2) * DAY)
    assert queries() == one
