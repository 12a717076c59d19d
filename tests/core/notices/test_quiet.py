"""When mails may reach somebody, and the daily mail: once a day, on time, nothing lost."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from core.errors import Refused
from core.models import MailChoice, Notice, NoticeChoice, NoticePreference, OutboxMessage
from core.notices import mark_read, notify, quiet
from core.notices.digest import send_digests
from core.notices.preferences import choices_of, save_preferences
from core.notices.quiet import Doors
from core.notices.retention import delete_old_notices
from tests.core.notices.conftest import make_kind


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture(autouse=True)
def weekdays(monkeypatch):
    """Monday to Friday, whatever the calendar of the group says."""
    monkeypatch.setattr(quiet, "_working_day", [quiet._monday_to_friday])


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-20T10:00", "2026-11-20T10:00"),
        ("2026-11-20T07:59", "2026-11-20T08:00"),
        ("2026-11-20T08:00", "2026-11-20T08:00"),
        ("2026-11-20T19:59", "2026-11-20T19:59"),
        ("2026-11-20T20:00", "2026-11-23T08:00"),
        ("2026-11-21T12:00", "2026-11-23T08:00"),
        ("2026-11-22T23:30", "2026-11-23T08:00"),
        ("2026-11-23T23:30", "2026-11-24T08:00"),
        ("2026-11-24T00:10", "2026-11-24T08:00"),
    ],
)
def test_the_usual_quiet_time(now, opens):
    assert Doors().opens_at(at(now), NoticePreference(), None) == at(opens)


@pytest.mark.parametrize(
    ("begin", "end", "works_only", "now", "opens"),
    [
        (None, None, False, "2026-11-21T03:00", "2026-11-21T03:00"),
        (None, None, True, "2026-11-21T03:00", "2026-11-23T08:00"),
        (time(12), time(14), False, "2026-11-21T13:00", "2026-11-21T14:00"),
        (time(12), time(14), False, "2026-11-21T14:00", "2026-11-21T14:00"),
        (time(9), time(9), False, "2026-11-21T09:00", "2026-11-21T09:00"),
    ],
)
def test_other_quiet_times(begin, end, works_only, now, opens):
    wish = NoticePreference(quiet_from=begin, quiet_until=end, working_days_only=works_only)

    assert Doors().opens_at(at(now), wish, None) == at(opens)


def test_a_calendar_without_working_days_does_not_hold_a_mail_forever(monkeypatch):
    monkeypatch.setattr(quiet, "_working_day", [lambda unit, day: False])
    now = at("2026-11-20T10:00")

    assert Doors().opens_at(now, NoticePreference(), None) < now + timedelta(days=32)


def test_days_of_a_unit_are_asked_for_once(monkeypatch):
    asked = []
    monkeypatch.setattr(
        quiet, "_working_day", [lambda unit, day: asked.append((unit, day)) or True]
    )
    doors = Doors()
    for _person in range(100):
        doors.opens_at(at("2026-11-20T10:00"), NoticePreference(), 7)

    assert asked == [(7, date(2026, 11, 20))]


CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0, tzinfo=None))
NOWS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(timezone.make_aware)  # noqa: DTZ001


@given(NOWS, CLOCKS, CLOCKS, st.booleans())
def test_doors_open_never_in_the_past_and_stay_open(now, begin, end, works_only):
    wish = NoticePreference(quiet_from=begin, quiet_until=end, working_days_only=works_only)
    opens = Doors().opens_at(now, wish, None)

    assert opens >= now
    assert Doors().opens_at(opens, wish, None) == opens
    if works_only:
        assert timezone.localtime(opens).weekday() < 5


# --- the daily mail -----------------------------------------------------------------------------


@pytest.fixture
def reader(world, monkeypatch) -> User:
    """Somebody with an address who reads exports once a day."""
    make_kind(monkeypatch, mail=True)
    user = world.north_clerk
    User.objects.filter(pk=user.pk).update(email="li@example.cn", language="en")
    NoticeChoice.objects.create(user=user, kind="core.export_ready", mail=MailChoice.DIGEST)
    return user


def tell(user, key) -> None:
    notify([user], "core.export_ready", key=key, url="/x/", rows=3, outcome="done")


def test_one_mail_a_day_when_its_hour_has_come(reader):
    tell(reader, "a")
    tell(reader, "b")

    assert send_digests(at("2026-11-20T08:29")) == 0
    assert send_digests(at("2026-11-20T08:30")) == 1
    assert send_digests(at("2026-11-20T08:35")) == 0
    tell(reader, "c")
    assert send_digests(at("2026-11-20T18:00")) == 0
    assert send_digests(at("2026-11-21T12:00")) == 0  # Saturday
    assert send_digests(at("2026-11-23T08:30")) == 1

    first, second = OutboxMessage.objects.order_by("pk")
    assert (first.subject, second.subject) == ("2 new notifications", "1 new notification")
    assert first.to == "li@example.cn"
    assert first.kind == "core.digest"


def test_what_was_read_meanwhile_is_left_out(reader):
    tell(reader, "a")
    tell(reader, "b")
    mark_read(reader, keys=["a"])
    assert send_digests(at("2026-11-20T09:00")) == 1
    assert OutboxMessage.objects.get().subject == "1 new notification"

    tell(reader, "c")
    mark_read(reader)
    assert send_digests(at("2026-11-23T09:00")) == 0
    assert Notice.objects.filter(digested_at__isnull=True).count() == 0


def test_the_mail_leads_to_the_pages(reader, settings):
    settings.CRM_URL = "https://crm.example.cn"
    tell(reader, "a")
    send_digests(at("2026-11-20T09:00"))

    mail = OutboxMessage.objects.get()
    assert "https://crm.example.cn/x/" in mail.text
    assert 'href="https://crm.example.cn/x/"' in mail.html
    assert "https://crm.example.cn/notifications/" in mail.text


# --- preferences --------------------------------------------------------------------------------


def save(user, choices, **times):
    usual = {
        "digest_at": time(9, 0),
        "quiet_from": None,
        "quiet_until": None,
        "working_days_only": False,
    }
    save_preferences(user, choices=choices, **usual | times)


def test_only_what_differs_from_the_habit_is_kept(world, monkeypatch):
    make_kind(monkeypatch, mail=True)
    save(world.north_clerk, {"core.export_ready": "digest", "core.import_finished": "off"})
    assert list(NoticeChoice.objects.values_list("kind", "mail")) == [
        ("core.export_ready", "digest")
    ]
    assert choices_of(world.north_clerk)["core.export_ready"] == "digest"
    assert choices_of(world.north_head)["core.export_ready"] == "once"

    save(world.north_clerk, {"core.export_ready": "once"})
    assert NoticeChoice.objects.count() == 0


def test_a_duty_cannot_be_chosen_away(world, monkeypatch):
    make_kind(monkeypatch, mandatory=True)
    save(world.north_clerk, {"core.export_ready": "off"})

    assert NoticeChoice.objects.count() == 0
    assert choices_of(world.north_clerk)["core.export_ready"] == "once"


def test_a_quiet_time_has_two_ends(world):
    with pytest.raises(Refused):
        save(world.north_clerk, {}, quiet_from=time(20))
    assert NoticePreference.objects.count() == 0


# --- keeping ------------------------------------------------------------------------------------


def test_only_what_was_settled_long_ago_is_deleted(world):
    now = timezone.now()
    for days in (395, 397):
        Notice.objects.create(
            user=world.north_clerk,
            kind="core.export_ready",
            key=f"read {days}",
            read_at=now - timedelta(days=days),
        )
    old = now - timedelta(days=900)
    Notice.objects.create(user=world.north_clerk, kind="x.y", key="unread", created_at=old)
    for state in ("sent", "failed", "cancelled", "waiting", "doubt"):
        for days in (89, 91):
            OutboxMessage.objects.create(
                channel="mail",
                dedupe_key=f"{state} {days}",
                state=state,
                created_at=now - timedelta(days=days),
            )

    assert delete_old_notices() == (1, 3)
    assert sorted(Notice.objects.values_list("key", flat=True)) == ["read 395", "unread"]
    left = OutboxMessage.objects.filter(dedupe_key__endswith="91")
    assert sorted(left.values_list("state", flat=True)) == ["doubt", "waiting"]
