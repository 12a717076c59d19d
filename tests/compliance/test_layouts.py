"""The same organisation, log-ins and trips laid out by two offices: both come to the same."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.customers.files import (
    PEOPLE_HEADS,
    UNIT_HEADS,
    import_file,
    table,
    write_csv,
    write_xlsx,
)

pytestmark = pytest.mark.django_db
SERIAL = dt.date(1899, 12, 30)  # day 0 of workbooks
HEAD, LEAD = "客户关系中心(部)负责人", "项目客户关系负责人"
UNITS = [
    ("集团", "G", "集团", None, "客户关系部", "2010-01-01"),
    ("区域", "N", "北区", "G", "客户关系中心", "2012-03-01"),
    ("城市", "N1", "北一公司", "N", "客户关系中心", "2014-05-01"),
    ("项目", "A", "甲园", "N1", "客户关系部", "2016-05-01"),
]
# Number, unit, functions, reports to, hired, left.
PEOPLE = [
    ("10001", "N", HEAD, None, "2020-07-30", None),
    ("10002", "N1", None, None, "2021-10-15", None),
    ("10003", "A", LEAD, "城市总", "2019-03-01", None),
    ("10004", "A", "客户专员", None, "2026-09-10", None),
    ("10005", "A", "客户专员", None, "2020-01-01", "2026-09-18"),
]
TRIPS = [
    ("10003", "2026-09-07", "2026-09-11", "出差"),
    ("10002", "2026-09-14", "2026-09-30", "休假"),
]
DAYS = [dt.date(2026, 9, number) for number in range(1, 31)]


def log_ins():
    """10001 each day, 10002 until he goes on leave, 10003 twice on his trip and never later."""
    for day in DAYS:
        yield "10001", dt.datetime.combine(day, dt.time(8, 5))
        if day < dt.date(2026, 9, 14):
            yield "10002", dt.datetime.combine(day, dt.time(23, 59, 30))
    for day in (dt.date(2026, 9, 7), dt.date(2026, 9, 9)):
        yield "10003", dt.datetime.combine(day, dt.time(0, 0, 1))


def unit_rows():
    heads = ("层级", "编码", "名称", "上级编码", "客户关系部门名称", "启用日期")
    return [dict(zip(heads, row, strict=True)) for row in UNITS]


def people_rows():
    heads = ("工号", "所属组织编码", "职能", "汇报对象", "入职日期", "离职日期")
    rows = [dict(zip(heads, row, strict=True)) for row in PEOPLE]
    return [{"姓名": f"员工{one['工号']}", "是否专职": "是"} | one for one in rows]


def plain_files(tmp_path):
    """As the files of the head office are."""
    units, people = table(UNIT_HEADS, unit_rows()), table(PEOPLE_HEADS, people_rows())
    logs = [["工号", "登录时间", "IP"], *([no, f"{at}", "10.1.2.3"] for no, at in log_ins())]
    trips = [["工号", "开始日期", "结束日期", "类型"], *(list(row) for row in TRIPS)]
    return (
        write_xlsx(tmp_path / "组织架构.xlsx", {"组织": units, "人员任职": people}),
        write_csv(tmp_path / "登录日志.csv", logs, "utf-8-sig"),
        write_csv(tmp_path / "出差休假.csv", trips, "utf-8-sig"),
    )


def as_others_write(number, text):
    """A day as an Excel day, a serial number or Chinese text, by turns."""
    if not text:
        return None
    day = dt.date.fromisoformat(text)
    chinese = f"{day.year}年{day.month}月{day.day}日"
    return (dt.datetime.combine(day, dt.time()), (day - SERIAL).days, chinese)[number % 3]


def others_people():
    heads = [
        "入职时间",
        "岗位职能",
        "组织编码",
        "直接上级",
        "员工姓名",
        "专职",
        "离职时间",
        "员工编号",
    ]
    rows = [["人员名单", *[None] * 7], heads]
    for number, (no, unit, functions, above, hired, left) in enumerate(PEOPLE):
        days = (as_others_write(number, hired), as_others_write(number, left))
        rows.append([days[0], functions, unit, above, f"员工{no}", "是", days[1], int(no)])
        rows.append([None] * 8)
    return rows


def others_units():
    heads = ["组织名称", "部门名称", "上级组织编码", "组织编码", "级别", "成立日期"]
    rows = [[None] * 6, heads]
    for number, (kind, code, name, parent, department, opened) in enumerate(UNITS):
        rows.append([name, department, parent, code, kind, as_others_write(number, opened)])
    return rows


def other_files(tmp_path):
    """As a branch lays them out: other heads and order, titles, a merged head of two rows, empty
    rows, numbers of people as numbers, Excel days, a text file in GBK."""
    org = write_xlsx(tmp_path / "人事.xlsx", {"人员名单": others_people(), "机构": others_units()})
    rows = [
        ["系统访问明细", None, None, None],
        ["序号", "访问信息", None, None],
        [None, "客户端IP", "登陆时间", "员工编号"],
    ]
    for number, (no, at) in enumerate(log_ins()):
        serial = (at - dt.datetime.combine(SERIAL, dt.time())) / dt.timedelta(days=1)
        moment = (at, serial, f"{at:%Y/%m/%d %H:%M:%S}")[number % 3]
        rows.append([number, None, moment, (int(no), float(no), no)[number % 3]])
        rows += [[None] * 4] * (number % 7 == 0)
    logs = write_xlsx(tmp_path / "访问.xlsx", {"导出": rows}, merged=("A1:D1", "A2:A3", "B2:D2"))
    words = {"出差": "公出", "休假": "年休假"}
    trips = [["请假类型", "结束时间", "起始时间", "员工编号"]]
    for no, first, last, kind in TRIPS:
        trips += [[words[kind], last.replace("-", "."), first.replace("-", "/"), no], [""] * 4]
    return org, logs, write_csv(tmp_path / "考勤.csv", trips, "gbk")


def output(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("files", [plain_files, other_files])
def test_both_layouts_come_to_the_same(files, tmp_path):
    for kind, path in zip(("org", "logins", "trips"), files(tmp_path), strict=True):
        report = import_file(kind, path)
        assert (kind, report["rejected"], report["skipped"]) == (kind, 0, 0)

    people = output("check_logins", "--from", "2026-09-01", "--to", "2026-09-30")["people"]
    found = {
        one["employee_no"]: (
            *(one[name] for name in ("expected", "met", "trip_weeks", "trip_weeks_met")),
            [(run["from"], run["to"], run["days"]) for run in one["lapses"]],
        )
        for one in people
    }
    # 22 working days: the Sunday of the 20th is worked, Friday the 25th is a holiday.
    assert found == {
        "10001": (22, 22, 0, 0, []),
        "10002": (9, 9, 0, 0, []),
        "10003": (17, 0, 1, 1, [("2026-09-10", "2026-09-30", 21)]),
        "10004": (15, 0, 0, 0, [("2026-09-10", "2026-09-30", 21)]),
        "10005": (14, 0, 0, 0, [("2026-09-01", "2026-09-18", 18)]),
    }
    findings = output("check_org")["findings"]
    assert sorted((one["rule"], one["unit"]) for one in findings) == [
        ("ORG-02", "N1"),
        ("ORG-04", "N"),
        ("ORG-05", "N1"),
        ("ORG-06", "A"),
        ("ORG-08", "N"),
        ("ORG-08", "N1"),
    ]
