"""Pages of working calendars, pasted and imported public days."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from django.utils.translation import override

from core.values.base import BadValue
from core.values.hours import parse_hours, write_hours
from regions.calendars import is_working_day, working_day_share
from regions.calendars.publication import read_line, read_lines
from regions.models import CalendarException, CalendarUse, PublicDay, WorkingCalendar
from regions.selectors.calendars import word_of_the_day
from regions.services import calendars as verbs
from tests.customers.files import codes, import_file, write_csv
from tests.factories import give, make_user

LIST = "/working-calendars/"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("9:00-12:00 13:30-18:00", "09:00-12:00 13:30-18:00"),
        ("13:30～18:00，9:00—12:00", "09:00-12:00 13:30-18:00"),
        ("9点至12点", "09:00-12:00"),
        ("08:00-12:00 12:00-16:00", "08:00-16:00"),
        ("00:00-24:00", "00:00-24:00"),
    ],
)
def test_hours_as_people_write_them(text, clean):
    assert write_hours(parse_hours(text)) == clean
    assert parse_hours(clean) == parse_hours(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("上午", "hours"),
        ("09:00-25:00", "hours"),
        ("09:75-10:00", "hours"),
        ("22:00-06:00", "hours_past_midnight"),
        ("09:00-09:00", "hours_past_midnight"),
        ("09:00-12:00 11:00-13:00", "hours_overlap"),
        (" ".join(f"{n:02}:00-{n:02}:30" for n in range(9)), "hours_many"),
    ],
)
def test_hours_that_cannot_be(text, code):
    with pytest.raises(BadValue) as caught:
        parse_hours(text)
    assert caught.value.code == code


def test_pasted_lines_are_read_as_they_are_announced():
    days, problems = read_lines(
        "2027年2月5日 至 2027年2月7日 春节 放假\n\n2027-02-14 春节 上班 周五\n"
        "2027/2/20\t春节\t补班\nfoo\n2027-02-05 春节 放假\n2027-03-01 - 2027-04-01 春节 放假\n"
        "2027-05-01 劳动节\n2027-05-01 放假"
    )

    assert [(str(one.day), one.kind, one.name, one.hours_as) for one in days] == [
        ("2027-02-05", "holiday", "春节", None),
        ("2027-02-06", "holiday", "春节", None),
        ("2027-02-07", "holiday", "春节", None),
        ("2027-02-14", "make_up", "春节", 4),
        ("2027-02-20", "make_up", "春节", 4),
    ]
    assert [one.number for one in problems] == [5, 6, 7, 8, 9]
    with pytest.raises(BadValue):
        read_line("2027-02-30 春节 放假")


def test_everybody_reads_and_nobody_sees_foreign_units(client, world):
    CalendarUse.objects.create(
        unit=world.s1,
        calendar=WorkingCalendar.objects.get(is_standard=True),
        valid_from=dt.date(2026, 1, 1),
    )
    client.force_login(world.north_clerk)

    page = client.get(LIST).content.decode()
    assert "标准工作日历" in page
    assert "南方公司" not in page
    assert client.get(f"{LIST}units/N1A/").status_code == 200
    assert client.get(f"{LIST}units/S1A/").status_code == 404
    assert client.get(f"{LIST}explain/").status_code == 200


def test_the_missing_year_is_named(client, world, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC), tick=False)
    client.force_login(world.north_clerk)
    assert "2027" in client.get(LIST).content.decode()
    PublicDay.objects.create(day=dt.date(2027, 1, 1), kind="holiday", name="元旦")
    assert "2027" not in client.get(LIST).content.decode()


def test_a_branch_administrator_changes_his_units_and_nobody_elses(client, world):
    client.force_login(world.north_keeper)
    data = {"first_day": "2026-12-24", "hours": "9:00-12:00", "reason": "年终盘点"}
    standard = WorkingCalendar.objects.get(is_standard=True)

    answer = client.post(f"{LIST}exceptions/new/", data | {"unit": "N1A"})
    assert answer.status_code == 302
    assert working_day_share(dt.date(2026, 12, 24), unit=world.n1a) == Decimal("0.5")
    exception = CalendarException.objects.get()
    assert (exception.unit, exception.hours, exception.by, exception.last_day) == (
        world.n1a,
        "09:00-12:00",
        world.north_keeper,
        dt.date(2026, 12, 24),
    )
    assert client.post(f"{LIST}exceptions/new/", data | {"unit": "S1A"}).status_code == 422
    assert (
        client.post(f"{LIST}exceptions/new/", data | {"calendar": standard.pk}).status_code == 422
    )
    assert client.get(f"{LIST}public-days/").status_code == 403
    assert client.get(f"{LIST}{standard.pk}/hours/").status_code == 403
    client.force_login(world.south_keeper)
    assert client.post(f"{LIST}exceptions/{exception.pk}/remove/").status_code == 404
    client.force_login(world.north_keeper)
    assert client.post(f"{LIST}exceptions/{exception.pk}/remove/").status_code == 302
    assert not CalendarException.objects.exists()


def test_an_administrator_pastes_a_year(client, world):
    client.force_login(world.admin)
    path = f"{LIST}public-days/"

    assert client.post(path, {"lines": "2027-01-01 元旦"}).status_code == 422
    assert not PublicDay.objects.filter(day__year=2027).exists()
    answer = client.post(path, {"lines": "2027-01-01 元旦 放假\n2027-01-02 元旦 上班 周五"})
    assert answer.headers["Location"] == f"{path}?year=2027"
    assert not is_working_day(dt.date(2027, 1, 1))
    assert is_working_day(dt.date(2027, 1, 2))
    assert client.post(f"{path}2027-01-02/remove/").status_code == 302
    assert not is_working_day(dt.date(2027, 1, 2))


def test_a_calendar_from_its_first_hours_to_its_end(client, world):
    client.force_login(world.admin)
    data = {"name": "热线", "monday": "8:00-20:00"}

    assert client.post(f"{LIST}new/", {"name": "热线"}).status_code == 422
    assert client.post(f"{LIST}new/", data | {"tuesday": "22:00-06:00"}).status_code == 422
    assert client.post(f"{LIST}new/", data).status_code == 302
    calendar = WorkingCalendar.objects.get(name="热线")
    assert client.post(f"{LIST}new/", data).status_code == 422  # the name is taken
    use = {"unit": "N1", "calendar": calendar.pk, "valid_from": "2026-05-01"}
    assert client.post(f"{LIST}uses/new/", use).status_code == 302
    assert is_working_day(dt.date(2026, 5, 11), unit=world.n1a)
    assert not is_working_day(dt.date(2026, 5, 12), unit=world.n1a)
    hours = {"valid_from": "2026-05-12", "tuesday": "9:00-10:00"}
    assert client.post(f"{LIST}{calendar.pk}/hours/", hours).status_code == 302
    assert is_working_day(dt.date(2026, 5, 12), unit=world.n1a)
    assert client.post(f"{LIST}{calendar.pk}/remove/").status_code == 422  # in use
    assert client.post(f"{LIST}uses/{CalendarUse.objects.get().pk}/remove/").status_code == 302
    assert client.post(f"{LIST}{calendar.pk}/remove/").status_code == 302
    assert not WorkingCalendar.objects.filter(name="热线").exists()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start": "2026-02-13T17:00", "hours": "16"}, 200),
        ({"start": "2026-02-13T17:00", "end": "2026-02-24T18:00"}, 200),
        ({"start": "2026-02-13T17:00"}, 422),
        ({"start": "2026-02-13T17:00", "end": "2026-02-24T18:00", "hours": "1"}, 422),
        ({"start": "2026-02-13T17:00", "hours": "-1"}, 422),
        ({"start": "2026-02-13T17:00", "end": "2026-02-12T18:00"}, 422),
        ({"start": "x", "hours": "1"}, 422),
    ],
)
def test_a_span_explained(client, world, query, status):
    client.force_login(world.north_clerk)
    answer = client.get(f"{LIST}explain/", query)

    assert answer.status_code == status
    if status == 200:
        assert answer.context["minutes"] == 16 * 60
        assert str(answer.context["end"]).startswith("2026-02-24 18:00")


def test_years_are_asked_by_address(client, world):
    client.force_login(world.north_clerk)
    for year, shown in (
        ("2025", 2025),
        ("99999", timezone.localdate().year),
        ("1", timezone.localdate().year),
    ):
        answer = client.get(f"{LIST}units/N1A/", {"year": year})
        assert answer.context["year"] == shown


HEADS = ["日期", "结束日期", "类型", "名称", "按周几上班"]


def test_a_file_of_public_days(world, tmp_path):
    path = tmp_path / "2027.csv"
    rows = [
        HEADS,
        ["2027-01-01", "2027-01-03", "放假", "元旦", ""],
        ["2027-01-04", "", "上班", "元旦", "周五"],
        ["2027-01-05", "", "也许", "元旦", ""],
        ["2027-01-01", "", "放假", "元旦", ""],
        ["2027-01-09", "", "上班", "", ""],
    ]
    write_csv(path, rows, "utf-8")

    dry = import_file("public_days", path, "--dry-run")
    assert not PublicDay.objects.filter(day__year=2027).exists()
    report = import_file("public_days", path)

    assert codes(report) == codes(dry) == [(4, "kind"), (5, "twice"), (6, "name")]
    assert (report["rows"], report["accepted"], report["rejected"]) == (5, 2, 3)
    assert report["created"] == {"public_days": 4}
    assert PublicDay.objects.get(pk=dt.date(2027, 1, 4)).hours_as == 4
    again = import_file("public_days", path)
    assert (again["accepted"], again["skipped"], again["created"]["public_days"]) == (0, 2, 0)


def test_remove_stands_only_where_the_reader_may(client, world):
    day = timezone.localdate()
    span = {"first_day": day, "last_day": day, "by": None}
    own = verbs.add_exception(unit=world.n1a, reason="停电", **span)
    above = verbs.add_exception(unit=world.group, reason="司庆", **span)
    keeper = make_user(unit=world.n1, role="section-administrator")
    give(keeper, "group-function", world.group)  # reads everywhere, changes in one city
    client.force_login(keeper)
    for page in (LIST, f"{LIST}units/{world.n1a.code}/"):
        text = client.get(page).content.decode()
        assert "司庆" in text
        assert f"exceptions/{own.pk}/remove" in text
        assert f"exceptions/{above.pk}/remove" not in text


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("2026-02-14T09:00+08:00", "春节"),
        ("2026-02-17T09:00+08:00", "春节"),
        ("2026-11-26T09:00+08:00", "司庆"),
        ("2026-11-27T09:00+08:00", "盘点"),
        ("2026-11-21T09:00+08:00", ""),  # a Saturday like others
        ("2026-11-25T09:00+08:00", ""),
    ],
)
def test_the_home_page_tells_of_days_out_of_the_ordinary(client, world, now, sentence):
    for day, hours, reason in ((26, "", "司庆"), (27, "09:00-12:00", "盘点")):
        verbs.add_exception(
            first_day=dt.date(2026, 11, day),
            last_day=dt.date(2026, 11, day),
            hours=hours,
            reason=reason,
            unit=world.north,
            by=None,
        )
    day = dt.date.fromisoformat(now[:10])
    with override("en"):
        word = word_of_the_day(day, world.n1a)
    expected = {
        "2026-02-14": "Today is a make-up working day (in lieu of 春节): 09:00–12:00, 13:30–18:00.",
        "2026-02-17": "Today is a public holiday: 春节.",
        "2026-11-26": "Today is a day off: 司庆.",
        "2026-11-27": "Today other hours hold: 09:00–12:00 (盘点).",
    }
    assert word == expected.get(now[:10], "")
    with time_machine.travel(now, tick=False):
        client.force_login(world.north_clerk)
        head = client.get("/").content.decode().partition("<h3")[0]
    assert (sentence in head) if sentence else ("今天是" not in head and "今天按" not in head)


def test_the_form_of_exceptions_says_every_mistake_at_once(client, world):
    client.force_login(world.admin)
    data = {"first_day": "2026-12-10", "last_day": "2026-12-01", "hours": "9点", "reason": ""}

    answer = client.post(f"{LIST}exceptions/new/", data)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"unit", "last_day", "hours", "reason"}
    assert not CalendarException.objects.exists()


def test_the_same_exception_is_not_entered_twice(client, world):
    client.force_login(world.admin)
    data = {"unit": "N1A", "first_day": "2026-12-24", "hours": "9:00-12:00", "reason": "年终盘点"}
    assert client.post(f"{LIST}exceptions/new/", data).status_code == 302
    assert client.post(f"{LIST}exceptions/new/", data).status_code == 422
    assert CalendarException.objects.count() == 1
    other = data | {"hours": "9:00-11:00"}
    assert client.post(f"{LIST}exceptions/new/", other).status_code == 302
