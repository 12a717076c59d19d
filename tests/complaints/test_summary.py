"""The monthly summary: every figure by hand, the way down the tree, reach, queries; the exports."""

import datetime as dt
import json
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints.exports import CASES
from complaints.models import Case
from complaints.selectors.summary import month_summary
from core import jobs
from core.exports import folder, start
from core.models import JobState
from core.scope import EVERYTHING
from regions.models import OrgUnit
from tests.complaints.files import complaint, complaints_file
from tests.customers.files import import_file, phone
from tests.factories import make_property, say

MARCH = dt.date(2026, 3, 1)
URL = "/complaints/summary/?month=2026-03"


@pytest.fixture
def load(world, tmp_path):
    def load(*rows):
        return import_file("complaints", complaints_file(tmp_path / "台账.xlsx", rows))

    return load


@pytest.fixture
def month(load, world):
    """Three cases of the first northern project in March, one of the second, one of the south."""
    OrgUnit.objects.filter(pk=world.n1a.pk).update(households=500)
    OrgUnit.objects.filter(pk=world.n1b.pk).update(households=300)
    load(
        complaint("A", **{"回访满意度(1-5)": 5}),
        complaint("B", 房号="1栋101", 首次响应时间="2026-03-04 09:00", **{"回访满意度(1-5)": 2}),
        complaint(
            "C",
            受理时间="2026-03-20 09:00",
            首次响应时间="2026-03-20 09:30",
            处理完成时间="",
            状态="处理中",
            来源渠道="微信",
            **{"回访满意度(1-5)": ""},
        ),
        complaint("D", 项目="北方名邸", 一级分类="物业服务", 二级分类="", 工单类型="报修"),
        complaint("E", 项目="南方花园"),
        complaint("F", 受理时间="2026-02-28 23:00", 一级分类="规划设计", 二级分类="噪音"),
        complaint("G", 受理时间="2026-04-01 00:00"),
    )
    return world


def test_every_figure_of_a_project(month):
    one = month_summary(EVERYTHING, month.n1a, MARCH)

    total = one.total
    assert (total.taken_in, total.complaints) == (3, 3)
    assert (total.contact_kept, total.contact_judged) == (2, 3)
    assert (total.resolution_kept, total.resolution_judged) == (2, 3)
    assert (total.rated, total.satisfaction, total.satisfied_share) == (2, 3.5, 0.5)
    assert (total.reopened, total.repeated) == (0, 1)
    assert (total.households, total.rate) == (500, 6.0)
    assert total.open == [0, 0, 1, 0]  # C, eleven days old at the end of the month
    assert [(part.label, part.count, part.depth) for part in one.by_category] == [
        ("工程质量", 3, 0),
        ("渗漏", 3, 1),
    ]
    assert [(part.label, part.count) for part in one.by_level] == [("一般投诉", 3)]
    assert month_summary(EVERYTHING, month.n1b, MARCH).by_level == []  # a repair has none
    assert [part.count for part in one.by_channel] == [2, 1]
    assert [(part.label, part.count) for part in one.by_cause] == [("", 3)]


def test_sums_go_up_the_tree_and_stand_by_unit(month):
    city = month_summary(EVERYTHING, month.n1, MARCH)
    group = month_summary(EVERYTHING, month.group, MARCH)

    assert [(line.unit.name, line.figures.taken_in) for line in city.lines] == [
        ("北方花园", 3),
        ("北方名邸", 1),
    ]
    assert (city.total.taken_in, city.total.complaints, city.total.rate) == (4, 3, 3 * 1000 / 800)
    assert {line.unit.code: line.figures.taken_in for line in group.lines} == {"N": 4, "S": 1}
    assert group.total.taken_in == 5


@pytest.mark.parametrize(
    ("days", "since", "repeated"),
    [(90, "2026-01-20 09:00", 1), (40, "2026-01-20 09:00", 0), (90, "2025-11-20 09:00", 0)],
)
def test_a_repeat_is_the_same_flat_and_category_within_the_days_of_the_rule(
    load, world, days, since, repeated
):
    say(world.n1a, "complaints.repeat_days", days, since=dt.date(2025, 1, 1))
    make_property(unit=world.n1a, building="3", building_unit="2", room="1201")

    load(complaint("A", 受理时间=since), complaint("B"), complaint("C", 二级分类="空鼓"))

    assert month_summary(EVERYTHING, world.n1a, MARCH).total.repeated == repeated


def test_no_rate_counts_complaints_of_projects_without_households(month):
    OrgUnit.objects.filter(pk=month.n1a.pk).update(households=None)
    Case.objects.filter(number="D").update(kind="complaint")

    city = month_summary(EVERYTHING, month.n1, MARCH)

    assert (city.total.complaints, city.total.rate) == (4, 1 * 1000 / 300)
    assert [line.figures.rate for line in city.lines] == [None, 1 * 1000 / 300]


@pytest.mark.parametrize("state", ["不予受理", "已关闭"])
def test_a_rejected_case_is_not_repeated(load, world, state):
    load(complaint("A", 受理时间="2026-02-20 09:00", 状态=state), complaint("B"))

    repeated = month_summary(EVERYTHING, world.n1a, MARCH).total.repeated
    assert repeated == (state == "已关闭")


def test_reopened_cases_and_causes(month):
    Case.objects.filter(number="A").update(round=2, cause="behaviour")

    one = month_summary(EVERYTHING, month.n1a, MARCH)

    assert one.total.reopened == 1
    assert sorted(part.count for part in one.by_cause) == [1, 2]


def test_what_was_closed_after_the_month_was_open_at_its_end(month):
    Case.objects.filter(number="A").update(closed_at=timezone.now())

    assert sum(month_summary(EVERYTHING, month.n1a, MARCH).total.open) == 2


def test_the_page_leads_down_to_the_list_of_exactly_these_cases(client, month):
    client.force_login(month.boss)
    page = client.get(URL)
    assert page.context["total"].taken_in == 5

    urls = []
    for code in ("N", "N1", "N1A"):
        row = next(row for row in page.context["rows"] if row["unit"].code == code)
        urls.append(row["url"])
        page = client.get(row["url"])
        assert page.status_code == 200
    assert [url.split("?")[0] for url in urls] == [
        *("/complaints/summary/", "/complaints/summary/", "/complaints/"),
    ]
    assert {case.number for case in page.context["page"]} == {"A", "B", "C"}


def test_a_head_sees_his_own_branch_and_no_other(client, month):
    client.force_login(month.north_head)

    assert client.get(URL).context["report"].unit == month.north
    assert client.get(f"{URL}&unit=S").context.get("report") is None
    assert client.get(f"{URL}&unit=G").context.get("report") is None


def test_own_reach_counts_own_cases_and_tells_no_rate(client, month):
    Case.objects.filter(number="B").update(handler=month.north_clerk)
    client.force_login(month.north_clerk)

    total = client.get(URL).context["total"]

    assert (total.taken_in, total.rate) == (1, None)


@pytest.mark.parametrize("month_text", ["2026-13", "x", "2099-01"])
def test_a_month_that_is_none_is_told(client, world, month_text):
    client.force_login(world.boss)

    page = client.get(f"/complaints/summary/?month={month_text}")

    assert page.status_code == 200
    assert page.context["form"].errors["month"]
    assert "report" not in page.context


def test_a_month_before_the_group_existed_is_empty_and_no_mistake(client, world):
    client.force_login(world.boss)

    page = client.get("/complaints/summary/?month=1999-01")

    assert page.status_code == 200
    assert page.context["report"].total.taken_in == 0


def test_the_number_of_queries_does_not_grow(client, load, world):
    client.force_login(world.boss)
    load(complaint("A"))
    client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(URL)
    load(
        *(
            complaint(f"B{n}", 项目=project, 投诉级别=level, 受理时间=f"2026-03-{n + 1:02d} 09:00")
            for n, (project, level) in enumerate(
                (project, level)
                for project in ("北方花园", "北方名邸", "南方花园", "南方名邸")
                for level in ("一般投诉", "重大投诉", "特急")
            )
        )
    )
    with CaptureQueriesContext(connection) as many:
        client.get(URL)

    assert len(many) == len(few)


def test_the_workbook_says_what_the_page_says(client, month):
    client.force_login(month.north_head)

    answer = client.get("/complaints/summary/workbook/?month=2026-03&unit=N1")

    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert len(book.worksheets) == 6
    assert [row[:4] for row in rows[1:]] == [
        ["北方花园", "N1A", 3, 3],
        ["北方名邸", "N1B", 1, 0],
        [rows[-1][0], None, 4, 3],
    ]
    assert client.get("/complaints/summary/workbook/?month=2026-03&unit=S").status_code == 404


# --- the list as a workbook -----------------------------------------------------------------------


def cells(source):
    page = openpyxl.load_workbook(source).worksheets[0]
    return [list(row) for row in page.iter_rows(values_only=True)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "ABCDFG"),
        ("unit=N1B", "D"),
        ("month=2026-03", "ABCD"),
        ("state=in_progress", "C"),
        ("channel=wechat", "C"),
    ],
)
def test_exactly_the_filtered_rows_of_the_list(client, month, query, expected):
    job = jobs.work(start(CASES, by=month.north_head, filter=query).pk)

    assert job.state == JobState.DONE
    rows = cells(folder() / job.payload["file"])
    assert sorted(row[0] for row in rows[1:]) == list(expected)
    client.force_login(month.north_head)
    listed = client.get(f"/complaints/?{query}").context["page"]
    assert [row[0] for row in rows[1:]] == [case.number for case in listed]
    assert phone(1) not in str(rows)
    assert {row[8] for row in rows[1:]} == {"139****0001"}


def test_rights_taken_away_while_queued_refuse_the_job(month):
    user = month.north_head
    job = start(CASES, by=user, filter="")
    user.grants.update(valid_until=timezone.localdate())

    ended = jobs.work(job.pk)

    assert ended.state == JobState.FAILED
    assert not (folder() / job.payload["file"]).exists()


def test_the_page_asks_for_the_export_and_gives_it_to_whoever_asked(client, month):
    client.force_login(month.north_head)
    answer = client.post("/complaints/export/", {"filter": "unit=N1B"})
    jobs.work(int(answer.url.split("/")[-2]))

    assert client.get(answer.url).status_code == 200
    file = client.get(f"{answer.url}file/")
    assert len(cells(BytesIO(b"".join(file.streaming_content)))) == 2
    client.force_login(month.boss)
    assert client.get(f"{answer.url}file/").status_code == 404


def test_the_operator_exports_a_branch(month, tmp_path):
    out = StringIO()
    target = tmp_path / "cases.xlsx"

    call_command(
        *("export", "complaints", "--unit", "s", "--out", str(target), "--json"), stdout=out
    )

    assert json.loads(out.getvalue())["rows"] == 1
    row = cells(target)[1]
    assert (row[0], row[5], row[10], row[11]) == ("E", "南方花园", "工程质量", "渗漏")
    assert row[15] == dt.datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001  as a cell has it
