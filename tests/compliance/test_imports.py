"""Files of log-ins and of trips: layouts, notations, reasons, again, taken back."""

import datetime as dt

import pytest

from compliance.models import Absence, FormerLogIn
from core.imports.runs import undo_run
from core.models import ImportRun
from tests.customers.files import checksums, codes, import_file, write_csv, write_xlsx

pytestmark = pytest.mark.django_db
LOG_INS = ["工号", "登录时间", "IP"]
TRIPS = ["工号", "开始日期", "结束日期", "类型"]
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def counts(report):
    return tuple(report[name] for name in ("rows", "accepted", "rejected", "skipped"))


def moments(person):
    return [
        moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
        for moment in FormerLogIn.objects.filter(user=person)
        .order_by("at")
        .values_list("at", flat=True)
    ]


def spans(person):
    return list(
        Absence.objects.filter(person=person)
        .order_by("first_day")
        .values_list("kind", "first_day", "last_day", "state")
    )


# --- log-ins


def test_a_log_with_bad_rows_and_the_same_file_again(world, tmp_path):
    rows = [
        LOG_INS,
        ["N-CLERK", "2026-09-01 08:00:00", "10.1.2.3"],
        ["n-clerk", "2026-09-01 08:00:00", "10.1.2.4"],  # another device
        ["N-CLERK", "2026-09-01 08:00:00", "10.1.2.3"],
        ["N-HEAD", "2026-09-02 08:00", "somewhere"],
        ["YA9999", "2026-09-02 08:00", ""],
        ["", "2026-09-02 08:00", ""],
        ["N-HEAD", "", ""],
        ["N-HEAD", "2026-13-02 08:00", ""],
    ]
    path = write_csv(tmp_path / "登录日志.csv", rows, "utf-8-sig")
    report = import_file("logins", path)

    assert counts(report) == (8, 3, 4, 1)
    assert report["created"] == {"log_ins": 3}
    assert codes(report) == [
        (4, "duplicate_row"),
        (6, "unknown_person"),
        (7, "employee_missing"),
        (8, "time_missing"),
        (9, "date"),
    ]
    assert codes(report, "warnings") == [(5, "ip")]
    assert moments(world.north_clerk) == ["09-01 08:00:00"] * 2
    assert moments(world.north_head) == ["09-02 08:00:00"]
    before = checksums()
    again = import_file("logins", path)
    assert counts(again) == (8, 3, 4, 1)
    assert again["created"] == {"log_ins": 0}
    assert checksums() == before


def test_other_layouts_heads_and_notations(world, tmp_path):
    workbook = write_xlsx(
        tmp_path / "访问.xlsx",
        {
            "导出": [
                ["远岸集团系统访问记录", None, None, None],
                ["序号", "登陆时间", "用户名", "姓名"],
                [1, "2026/9/1 8:00", "N-CLERK", "甲"],
                [2, "2026年9月2日 下午1点30分", "N-CLERK", "甲"],
                [3, dt.datetime.fromisoformat("2026-09-03T09:15:30"), "N-CLERK", "甲"],
                [4, 46269.5, "N-CLERK", "甲"],
                [5, "20260905", "N-CLERK", "甲"],
            ]
        },
    )
    assert counts(import_file("logins", workbook)) == (5, 5, 0, 0)
    assert moments(world.north_clerk) == [
        "09-01 08:00:00",
        "09-02 13:30:00",
        "09-03 09:15:30",
        "09-04 12:00:00",
        "09-05 00:00:00",
    ]

    apart = [
        ["员工编号", "登录日期", "登录时间", "IP地址"],
        ["S-CLERK", "2026-09-01", "8:05", "2001:db8::1"],
        ["S-CLERK", "2026.9.2", "", ""],
        ["S-CLERK", "", "2026-09-03 07:00", ""],
    ]
    path = write_csv(tmp_path / "日志.csv", apart, "gb18030")
    assert counts(import_file("logins", path)) == (3, 3, 0, 0)
    assert moments(world.south_clerk) == ["09-01 08:05:00", "09-02 00:00:00", "09-03 07:00:00"]


def test_an_importer_of_a_branch_knows_nobody_of_another(world, tmp_path):
    rows = [
        LOG_INS,
        ["N-CLERK", "2026-09-01 08:00:00", ""],
        ["S-CLERK", "2026-09-01 08:00:00", ""],
    ]
    path = write_csv(tmp_path / "日志.csv", rows, "utf-8")
    report = import_file("logins", path, "--as", "N-KEEPER")

    assert codes(report) == [(3, "unknown_person")]
    assert moments(world.south_clerk) == []


def test_a_log_is_taken_back(world, tmp_path):
    path = write_csv(
        tmp_path / "日志.csv", [LOG_INS, ["N-CLERK", "2026-09-01 08:00:00", ""]], "utf-8"
    )
    import_file("logins", path)
    assert undo_run(ImportRun.objects.latest("pk")) == (1, 0)
    assert moments(world.north_clerk) == []


# --- trips and leave


def day(text):
    return dt.date.fromisoformat(f"2026-{text}")


def test_trips_with_bad_rows_and_the_same_file_again(world, tmp_path):
    rows = [
        TRIPS,
        ["N-CLERK", "2026-09-01", "2026-09-05", "休假"],
        ["N-HEAD", "2026-09-07", "2026-09-07", "出差"],
        ["YA9999", "2026-09-07", "2026-09-07", "出差"],
        ["N-HEAD", "", "2026-09-10", "出差"],
        ["N-HEAD", "2026-09-10", "", "出差"],
        ["N-HEAD", "2026-09-10", "2026-09-09", "出差"],
        ["N-HEAD", "2026-09-10", "2027-09-11", "出差"],
        ["N-HEAD", "2026-09-10", "2026-09-10", "培训"],
        ["N-HEAD", "2026-09-10", "2026-09-10", ""],
        ["N-HEAD", "2026-09-31", "2026-10-01", "出差"],
        ["N-HEAD", "2026-09-06", "2026-09-07", "年假"],
    ]
    path = write_csv(tmp_path / "出差休假.csv", rows, "utf-8-sig")
    report = import_file("trips", path)

    assert counts(report) == (11, 2, 9, 0)
    assert report["created"] == {"absences": 2}
    assert [code for _row, code in codes(report)] == [
        *("unknown_person", "first_missing", "last_missing", "order", "too_long", "kind"),
        *("kind_missing", "date", "overlap"),
    ]
    assert spans(world.north_clerk) == [("leave", day("09-01"), day("09-05"), "approved")]
    assert spans(world.north_head) == [("trip", day("09-07"), day("09-07"), "approved")]
    before = checksums()
    again = import_file("trips", path)
    assert counts(again) == (11, 2, 9, 0)
    assert again["created"] == {"absences": 0}
    assert checksums() == before


def test_other_layouts_of_trips(world, tmp_path):
    workbook = write_xlsx(
        tmp_path / "考勤.xlsx",
        {
            "9月": [
                ["九月考勤异常", None, None, None, None],
                ["姓名", "假别", "员工编号", "起始日期", "终止日期", "事由", "目的地"],
                ["甲", "公出", "N-CLERK", "2026/9/1", "2026年9月2日", "回访", "武汉"],
                ["甲", "年休假", "N-CLERK", 46269, dt.date(2026, 9, 5), None, None],
                ["乙", "事假", "S-CLERK", "2026.9.8", "20260909", None, None],
            ]
        },
    )
    assert counts(import_file("trips", workbook)) == (3, 3, 0, 0)
    assert spans(world.north_clerk) == [
        ("trip", day("09-01"), day("09-02"), "approved"),
        ("leave", day("09-04"), day("09-05"), "approved"),
    ]
    trip = Absence.objects.get(person=world.north_clerk, kind="trip")
    assert (trip.destination, trip.reason) == ("武汉", "回访")
    assert (trip.unit, trip.city) == (world.n1a, world.n1)

    gbk = write_csv(
        tmp_path / "9月.csv", [TRIPS, ["S-CLERK", "2026-09-10", "2026-09-10", "出差"]], "gbk"
    )
    assert counts(import_file("trips", gbk)) == (1, 1, 0, 0)


def test_days_known_already_are_joined_and_only_the_others_added(world, tmp_path):
    def load(*rows):
        return import_file("trips", write_csv(tmp_path / "行程.csv", [TRIPS, *rows], "utf-8"))

    load(["N-CLERK", "2026-09-03", "2026-09-04", "出差"])
    report = load(
        ["N-CLERK", "2026-09-01", "2026-09-06", "出差"],
        ["N-CLERK", "2026-09-02", "2026-09-05", "出差"],
    )

    assert counts(report) == (2, 2, 0, 0)
    assert report["created"] == {"absences": 2}
    assert codes(report, "warnings") == [(2, "joined")]
    assert [span[1:3] for span in spans(world.north_clerk)] == [
        (day("09-01"), day("09-02")),
        (day("09-03"), day("09-04")),
        (day("09-05"), day("09-06")),
    ]


def test_trips_are_taken_back(world, tmp_path):
    path = write_csv(
        tmp_path / "行程.csv", [TRIPS, ["N-CLERK", "2026-09-01", "2026-09-02", "出差"]], "utf-8"
    )
    import_file("trips", path)
    assert undo_run(ImportRun.objects.latest("pk")) == (1, 0)
    assert spans(world.north_clerk) == []
