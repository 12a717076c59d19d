"""The night closes accounts whose last day has passed (ACC-07)."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import RoleGrant, SignedInDevice, User, UserState, WorkLeft
from accounts.services import close_past_last_day
from audit.models import Entry
from compliance.models import AccountChange
from core.models import Notice
from tests.customers.files import PEOPLE_HEADS, UNIT_HEADS, import_file, table, write_xlsx
from tests.factories import give, make_customer, make_user


def days_ago(count):
    return timezone.localdate() - dt.timedelta(days=count)


def last_day(person, day):
    User.objects.filter(pk=person.pk).update(left_on=day)
    return person


def states():
    return dict(User.objects.filter(left_on__isnull=False).values_list("employee_no", "state"))


@pytest.fixture
def many(world):
    """A hundred accounts, so that two may close in a night."""
    missing = 100 - User.objects.active().count()
    User.objects.bulk_create(
        User(employee_no=f"M{number:03}", name=f"员工{number}", unit=world.s1a)
        for number in range(missing)
    )
    return world


def test_a_last_day_that_a_file_foretold_closes_the_account_after_it(world, client, tmp_path):
    tomorrow = days_ago(-1)
    units = [
        {"层级": "集团", "编码": world.group.code, "名称": world.group.name},
        *(
            {"层级": level, "编码": one.code, "名称": one.name, "上级编码": one.parent.code}
            for level, one in (("区域", world.north), ("城市", world.n1), ("项目", world.n1a))
        ),
    ]
    row = {
        "工号": "N-CLERK",
        "姓名": world.north_clerk.name,
        "所属组织编码": world.n1a.code,
        "离职日期": tomorrow.isoformat(),
    }
    sheets = {"组织": table(UNIT_HEADS, units), "人员任职": table(PEOPLE_HEADS, [row])}
    import_file("org", write_xlsx(tmp_path / "组织.xlsx", sheets))
    client.force_login(world.north_clerk)
    assert states() == {"N-CLERK": "active"}
    assert close_past_last_day() == 0
    last_day(world.north_clerk, timezone.localdate())
    assert close_past_last_day() == 0  # the last day is still his
    last_day(world.north_clerk, days_ago(1))
    make_customer(unit=world.n1a, by=None, keeper=world.north_clerk)

    assert close_past_last_day() == 1

    person = User.objects.get(pk=world.north_clerk.pk)
    assert (person.state, person.has_usable_password()) == (UserState.LEFT, False)
    assert not SignedInDevice.objects.filter(user=person, ended_at=None).exists()
    assert client.get("/").status_code == 302
    assert not RoleGrant.objects.now().filter(user=person).exists()
    change = AccountChange.objects.get()
    assert (change.kind, change.cause, change.event_on) == ("close", "leave", days_ago(1))
    assert (change.state, change.lines.get().person) == ("noted", person)  # work is left to give
    assert dict(WorkLeft.objects.values_list("kind", "count")) == {"customers.place": 1}
    assert Entry.objects.filter(action="user.left", subject_id=person.pk).count() == 1


def test_a_second_night_changes_nothing(world):
    last_day(world.north_clerk, days_ago(3))

    assert (close_past_last_day(), close_past_last_day()) == (1, 0)
    assert AccountChange.objects.get().state == "done"  # nothing was left to hand over
    assert Entry.objects.filter(action="user.left").count() == 1


def test_a_frozen_account_ends_too(world):
    last_day(world.north_clerk, days_ago(3))
    User.objects.filter(pk=world.north_clerk.pk).update(state=UserState.FROZEN)

    assert close_past_last_day() == 1
    assert states() == {"N-CLERK": "left"}


@pytest.mark.parametrize(("count", "closed"), [(2, 2), (3, 0)])
def test_at_most_one_in_fifty_closes_in_a_night_else_none(many, count, closed):
    for number in range(count):
        last_day(User.objects.get(employee_no=f"M{number:03}"), days_ago(number + 1))

    assert close_past_last_day() == closed

    assert list(states().values()) == ["left" if closed else "active"] * count
    told = Notice.objects.filter(kind="accounts.leavers_stay")
    assert set(told.values_list("user", flat=True)) == (set() if closed else {many.admin.pk})


def test_the_operator_closes_them_after_a_look(many):
    for number in range(5):
        last_day(User.objects.get(employee_no=f"M{number:03}"), days_ago(1))
    out = StringIO()

    call_command("close_leavers", "--list", "--json", stdout=out)

    listed = json.loads(out.getvalue())
    assert ([one["employee_no"] for one in listed["found"]], listed["closed"]) == (
        [f"M{number:03}" for number in range(5)],
        0,
    )
    assert set(states().values()) == {"active"}
    call_command("close_leavers", stdout=StringIO())
    assert set(states().values()) == {"left"}


def test_the_last_administrator_stays_and_others_are_told(many):
    last_day(many.admin, days_ago(2))
    last_day(many.north_clerk, days_ago(1))

    assert close_past_last_day() == 1

    assert states() == {many.admin.employee_no: "active", "N-CLERK": "left"}
    assert Notice.objects.get(kind="accounts.leavers_stay").user == many.admin
    second = make_user(unit=many.group, role=None, no="ADMIN2")
    give(second, "system-administrator", many.group)
    assert close_past_last_day() == 1


def test_a_clock_of_this_machine_that_runs_ahead_closes_nobody(world, monkeypatch):
    """The day is that of the database, whatever this machine believes."""
    last_day(world.north_clerk, days_ago(-10))
    ahead = timezone.now() + dt.timedelta(days=20)
    monkeypatch.setattr(timezone, "now", lambda: ahead)

    assert close_past_last_day() == 0
