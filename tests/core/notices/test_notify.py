"""Telling people: once an event, only those who work here, in one transaction, set-based."""

from datetime import UTC, date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User, UserState
from core.models import MailChoice, Notice, NoticeChoice, OutboxMessage
from core.notices import mark_read, notify
from core.notices.facts import pack, unpack
from core.notices.kinds import NoticeKind, register_kind
from core.notices.selectors import notices_page, unread_count
from tests.core.notices.conftest import make_kind
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def with_mail(*users: User) -> None:
    for user in users:
        User.objects.filter(pk=user.pk).update(email=f"{user.employee_no.lower()}@example.cn")


def tell(users, key="k", **context) -> int:
    return notify(users, "core.export_ready", key=key, **({"rows": 3, "outcome": "done"} | context))


def test_each_person_has_one_notice_an_event(kind, world):
    people = [world.north_clerk, world.north_head]

    assert tell(people, url="/customers/") == 2
    assert tell([*people, world.south_head]) == 1

    rows = Notice.objects.order_by("user_id").values_list("user_id", "key", "url")
    assert sorted(rows) == sorted(
        [
            (world.north_clerk.pk, "k", "/customers/"),
            (world.north_head.pk, "k", "/customers/"),
            (world.south_head.pk, "k", ""),
        ]
    )


def test_people_may_come_as_rows_keys_or_a_query_and_twice(kind, world):
    clerk = world.north_clerk

    assert tell([clerk, clerk.pk, None, clerk]) == 1
    assert tell(User.objects.filter(pk=clerk.pk), key="q") == 1
    assert tell([]) == 0


@pytest.mark.parametrize("state", [UserState.FROZEN, UserState.LEFT])
def test_who_does_not_work_here_is_told_nothing(kind, world, state):
    with_mail(world.north_clerk)
    User.objects.filter(pk=world.north_clerk.pk).update(state=state)

    assert tell([world.north_clerk]) == 0
    assert (Notice.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_what_rolls_back_was_never_told(kind, world):
    with_mail(world.north_clerk)
    with transaction.atomic():
        assert tell([world.north_clerk]) == 1
        transaction.set_rollback(True)

    assert (Notice.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_mail_goes_to_those_with_an_address_in_their_language(kind, world):
    with_mail(world.north_clerk, world.north_head)
    User.objects.filter(pk=world.north_head.pk).update(language="en")

    tell([world.north_clerk, world.north_head, world.south_head])

    mails = {mail.user_id: mail for mail in OutboxMessage.objects.all()}
    assert set(mails) == {world.north_clerk.pk, world.north_head.pk}
    assert mails[world.north_head.pk].subject == "Your export is ready"
    assert mails[world.north_clerk.pk].subject == "您的导出已完成"
    assert mails[world.north_head.pk].to == "n-head@example.cn"


def test_choices_of_people_beat_the_habit_and_a_duty_beats_both(world, monkeypatch):
    people = [world.north_clerk, world.north_head, world.south_head]
    with_mail(*people)
    for user, mail in zip(people, (MailChoice.OFF, MailChoice.DIGEST), strict=False):
        NoticeChoice.objects.create(user=user, kind="core.export_ready", mail=mail)

    make_kind(monkeypatch, mail=True)
    tell(people, key="habit")
    assert mailed("habit") == [world.south_head.pk]
    assert list(Notice.objects.filter(in_digest=True).values_list("user_id", flat=True)) == [
        world.north_head.pk
    ]

    make_kind(monkeypatch, mandatory=True)
    tell(people, key="duty")
    assert mailed("duty") == sorted(user.pk for user in people)

    make_kind(monkeypatch)
    tell([world.south_head], key="quiet")
    assert mailed("quiet") == []


def mailed(key: str) -> list[int]:
    found = OutboxMessage.objects.filter(dedupe_key__startswith=f"mail:{key}:")
    return sorted(found.values_list("user_id", flat=True))


def test_queries_do_not_grow_with_people(kind, world):
    people = [make_user(unit=world.s1a, role="staff", no=f"Q{number}") for number in range(30)]
    with_mail(*people)

    def queries(users, key) -> int:
        with CaptureQueriesContext(
            connection,
        ) as log:
            tell(users, key=key)
        return len(log)

    tell(people[:1], key="first")  # the working calendar is read once a process
    assert queries(people[:1], "one") == queries(people, "thirty")
    assert OutboxMessage.objects.count() == 32


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:x", "a/b"])
def test_an_address_outside_is_refused(kind, world, url):
    with pytest.raises(ValueError, match="no address of this product"):
        tell([world.north_clerk], url=url)
    assert Notice.objects.count() == 0


def test_mistakes_in_the_call_are_told(kind, world):
    with pytest.raises(LookupError):
        notify([world.north_clerk], "no.such_kind", key="k")
    for key in ("", "x" * 201):
        with pytest.raises(ValueError, match="a key has 1 to 200 characters"):
            tell([world.north_clerk], key=key)
    with pytest.raises(TypeError, match="rows of the type User"):
        tell([world.north_clerk], rows=world.north_clerk)


def test_keys_of_kinds_are_read_strictly():
    for key in ("Core.x", "core", "core.", "core.X", "core/x"):
        with pytest.raises(ValueError, match=r"must read app\.event"):
            register_kind(NoticeKind(key, "x"))
    with pytest.raises(ValueError, match="registered twice"):
        register_kind(NoticeKind("core.import_finished", "Another"))


def test_numbers_of_persons_never_stand_in_a_notice(kind, world):
    tell([world.north_clerk], remark="张三 13812345507 身份证 110101199003074514")

    stored = Notice.objects.get().context["remark"]
    assert stored == "张三 [personal] 身份证 [personal]"


def test_facts_come_back_as_they_were():
    facts = {
        "at": timezone.now(),
        "on": date(2026, 11, 21),
        "sum": Decimal("12.50"),
        "list": [1, None, True, {"a": "b"}],
    }
    assert unpack(pack(facts)) == facts


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.text("abc张", max_size=5)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=99),
    lambda inner: st.lists(inner, max_size=3),
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES, max_size=3))
def test_any_facts_come_back(facts):
    assert unpack(pack(facts)) == facts


def test_marking_as_read_touches_only_ones_own(kind, world):
    for key in ("a", "b", "c"):
        tell([world.north_clerk, world.north_head], key=key)

    assert mark_read(world.north_clerk, keys=["a"]) == 1
    assert mark_read(world.north_clerk, keys=["a"]) == 0
    assert (unread_count(world.north_clerk), unread_count(world.north_head)) == (2, 3)
    assert mark_read(world.north_clerk) == 2
    assert (unread_count(world.north_clerk), unread_count(world.north_head)) == (0, 3)


def test_counting_stops_at_one_hundred(kind, world):
    user = world.north_clerk
    Notice.objects.bulk_create(
        Notice(user=user, kind="core.export_ready", key=f"n{number}") for number in range(130)
    )

    assert unread_count(user) == 100
    with CaptureQueriesContext(connection) as log:
        unread_count(user)
    assert len(log) == 1


def test_pages_go_from_new_to_old_and_back(kind, world):
    user = world.north_clerk
    for number in range(120):
        Notice.objects.create(user=user, kind="core.export_ready", key=f"n{number}")
    tell([world.north_head], key="foreign")
    keys = [f"n{number}" for number in range(119, -1, -1)]

    first = notices_page(user)
    second = notices_page(user, after=first.next)
    third = notices_page(user, after=second.next)
    back = notices_page(user, before=second.previous)

    def seen(page):
        return [item.notice.key for item in page]

    assert seen(first) + seen(second) + seen(third) == keys
    assert (first.previous, third.next) == ("", "")
    assert seen(back) == seen(first)


def test_a_kind_that_is_gone_still_shows_that_something_was(world):
    Notice.objects.create(user=world.north_clerk, kind="gone.kind", key="k", context={"a": 1})

    (item,) = notices_page(world.north_clerk)
    assert item.words.subject == "此版本已无法显示这条通知。"
    assert item.title == ""
