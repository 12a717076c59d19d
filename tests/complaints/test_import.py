"""Lists of complaints: reasons, words, layouts, who is who, again, rights. No clock starts."""

import datetime as dt

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from complaints.models import (
    Case,
    CaseEntry,
    Category,
    Complainant,
    Deadline,
    EscalationStep,
    Level,
)
from complaints.services import make_move
from complaints.services.numbers import next_number
from core.errors import Refused
from core.imports.runs import undo_run
from core.models import ImportRun, Job, Notice, SubjectKey
from core.values.dates import CHINA
from customers.models import Customer
from tests.complaints.files import HEADS, complaint, complaints_file
from tests.customers.files import (
    checksums,
    codes,
    everything_stored,
    import_file,
    phone,
    write_csv,
    write_xlsx,
)
from tests.factories import make_case, make_customer, make_ownership, make_property, make_user


@pytest.fixture
def load(world, tmp_path):
    """Import rows of complaints: `load(row, row, …, "--mode", "skip")`."""

    def load(*given):
        rows = [row for row in given if isinstance(row, dict)]
        arguments = [word for word in given if isinstance(word, str)]
        return import_file("complaints", complaints_file(tmp_path / "台账.xlsx", rows), *arguments)

    return load


def counts(report):
    return tuple(report[name] for name in ("rows", "accepted", "rejected", "skipped"))


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


# --- reasons --------------------------------------------------------------------------------------

REASONS = [
    ("name_missing", {"投诉人": "", "联系电话": ""}),
    ("unknown_project", {"项目": "云上花园"}),
    ("taken_in_missing", {"受理时间": ""}),
    ("date", {"首次响应时间": "2026-02-30"}),
]


def test_each_fault_has_its_code_and_the_first_in_order_wins(load):
    alone = [complaint(f"A{n}", **fault) for n, (_code, fault) in enumerate(REASONS)]
    together = []
    for place in range(len(REASONS)):
        row = complaint(f"B{place}")
        for _code, fault in REASONS[place:]:
            row |= fault
        together.append(row)

    report = load(*alone, *together)

    expected = [code for code, _fault in REASONS] * 2
    assert codes(report) == [(row, code) for row, code in enumerate(expected, start=2)]
    assert counts(report) == (8, 0, 8, 0)
    assert all(problem["message"] for problem in report["errors"])
    assert Case.objects.count() == Complainant.objects.count() == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"受理时间": "昨天"}, "date"),
        ({"处理完成时间": "99/1/1"}, "date"),
        ({"项目": ""}, "unknown_project"),
        ({"区域": "南方区域"}, "unit_mismatch"),
        ({"投诉人": "", "联系电话": "12345"}, "name_missing"),
    ],
)
def test_further_faults(load, fault, code):
    report = load(complaint("A", **fault), complaint("B"))

    assert codes(report) == [(2, code)]
    assert counts(report) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("odd", "code", "column", "left"),
    [
        ({"回访满意度(1-5)": 6}, "rating", "rating", None),
        ({"回访满意度(1-5)": "0"}, "rating", "rating", None),
        ({"回访满意度(1-5)": "3.5"}, "rating", "rating", None),
        ({"状态": "天知道"}, "state", "state", "registered"),
        (
            {"首次响应时间": "2026-03-02 08:59"},
            "response_before_intake",
            "first_contact_at",
            at("2026-03-02 08:59"),
        ),
        (
            {"处理完成时间": "2026-03-01"},
            "resolution_before_intake",
            "resolved_at",
            at("2026-03-01"),
        ),
        ({"联系电话": "12345"}, "phone", "complainant_name", "张三"),
        (
            {"受理时间": "2099-01-01 08:00", "首次响应时间": "", "处理完成时间": ""},
            "future",
            "round",
            1,
        ),
        ({"经办人": "无名氏"}, "unknown_handler", "handler", None),
    ],
)
def test_what_is_odd_is_told_and_the_case_is_taken(load, odd, code, column, left):
    report = load(complaint(**odd))

    assert codes(report, "warnings") == [(2, code)]
    assert counts(report) == (1, 1, 0, 0)
    assert getattr(Case.objects.get(), column) == left


def test_a_mere_day_of_response_is_not_before_the_intake_of_that_day(load):
    assert load(complaint(首次响应时间="2026-03-02"))["warnings"] == []


def test_a_row_repeated_to_the_letter_is_skipped(load):
    report = load(
        complaint(), complaint(), complaint("B", 受理时间=""), complaint("B", 受理时间="")
    )

    assert codes(report) == [(3, "duplicate_row"), (4, "taken_in_missing"), (5, "duplicate_row")]
    assert counts(report) == (4, 1, 1, 2)


def test_the_report_is_whole_numbers_and_stands_in_the_run(load):
    report = load(complaint())

    assert report == {
        "rows": 1,
        "accepted": 1,
        "rejected": 0,
        "skipped": 0,
        "created": {"cases": 1, "categories": 0, "levels": 0},
        "updated": {"cases": 0},
        "errors": [],
        "warnings": [],
    }
    assert ImportRun.objects.get().report == report


# --- history --------------------------------------------------------------------------------------


def test_a_case_is_what_the_file_says_of_it(load, world):
    load(complaint(经办人="N-CLERK", 处理结果="已补漏", 回访时间="2026-03-05 10:00"))

    case = Case.objects.get()
    assert (case.number, case.kind, case.state, case.round) == (
        *("TS202603020001", "complaint", "closed", 1),
    )
    assert (case.unit, case.region, case.city, case.project) == (
        *(world.n1a, world.north, world.n1, world.n1a),
    )
    assert (case.channel, case.channel_words, case.level.name) == ("visit", "来访", "一般投诉")
    assert (case.top_category.name, case.category.name) == ("工程质量", "渗漏")
    assert (case.taken_in_at, case.first_contact_at) == (
        at("2026-03-02 09:00"),
        at("2026-03-02 10:30"),
    )
    assert (case.resolved_at, case.called_back_at, case.closed_at) == (
        *(at("2026-03-04 16:00"), at("2026-03-05 10:00"), at("2026-03-05 10:00")),
    )
    assert (case.rating, case.resolution, case.handler) == (4, "已补漏", world.north_clerk)
    assert (case.room, case.complainant_name, case.content) == (
        *("3栋2单元1201", "张三", "卫生间顶部渗水"),
    )


def test_history_starts_no_clock_and_tells_nobody(load, world):
    open_ones = [
        complaint(f"C{n}", 状态=word, 处理完成时间="", 投诉级别="群体投诉", 经办人="N-CLERK")
        for n, word in enumerate(("处理中", "已受理", "待回访", "已登记"))
    ]

    load(*open_ones)
    call_command("escalate", "--now", "2026-12-31T09:00:00+08:00", verbosity=0)

    assert Case.objects.open().count() == 4
    assert not Case.objects.exclude(parent=None, next_due_at=None).exists()
    assert Deadline.objects.count() == EscalationStep.objects.count() == 0
    assert Notice.objects.count() == Job.objects.count() == 0
    assert list(CaseEntry.objects.values_list("kind", flat=True)) == ["import"] * 4


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *[("处理中", "in_progress"), ("已关闭", "closed"), ("已受理", "accepted")],
        *[("待回访", "resolved"), ("已派单", "assigned"), ("待受理", "registered")],
        *[("已回访", "called_back"), ("已结案", "closed"), ("不予受理", "rejected")],
        *[
            ("待施工", "waiting_contractor"),
            ("等待业主", "waiting_owner"),
            (" 已 关 闭 ", "closed"),
        ],
    ],
)
def test_states_by_the_words_of_offices(load, word, state):
    report = load(complaint(状态=word))

    assert report["warnings"] == []
    assert Case.objects.get().state == state


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({"首次响应时间": "", "处理完成时间": ""}, "registered"),
        ({"处理完成时间": ""}, "in_progress"),
        ({}, "resolved"),
        ({"关闭时间": "2026-03-09"}, "closed"),
    ],
)
def test_without_a_word_the_times_tell_the_state(load, times, state):
    load(complaint(状态="", **times))

    assert Case.objects.get().state == state


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        *[("400热线", "hotline"), ("网络舆情", "opinion"), ("政府转办", "government")],
        *[("微信", "wechat"), ("12345", "government"), ("飞鸽传书", "other"), ("", "other")],
    ],
)
def test_channels_are_mapped_and_their_words_are_kept(load, word, channel):
    load(complaint(来源渠道=word))

    case = Case.objects.get()
    assert (case.channel, case.channel_words, case.kind) == (channel, word, "complaint")


def test_unknown_classes_keep_their_words_and_are_not_offered(load):
    report = load(
        complaint("A", 一级分类="外墙", 二级分类="脱落", 投诉级别="特急"),
        complaint("B", 一级分类="外墙", 二级分类="渗漏", 投诉级别="特急"),
        complaint("C", 一级分类="工程质量/空鼓", 二级分类=""),
        complaint("D", 一级分类="", 二级分类="", 投诉级别=""),
    )

    assert report["created"] == {"cases": 4, "categories": 3, "levels": 1}
    made = Category.objects.filter(is_offered=False).order_by("pk")
    assert [str(one) for one in made] == ["外墙", "外墙 › 脱落", "外墙 › 渗漏"]
    assert Level.objects.get(name="特急").is_offered is False
    assert str(Case.objects.get(number="C").category) == "工程质量 › 空鼓"
    nothing = Case.objects.get(number="D")
    assert (nothing.category, nothing.top_category, nothing.level) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "rating"),
    [(5, 5), ("5分", 5), ("非常满意", 5), ("不满意", 2), ("★★★", 3), (4.0, 4), ("", None)],
)
def test_ratings_as_people_write_them(load, value, rating):
    assert load(complaint(**{"回访满意度(1-5)": value}))["warnings"] == []
    assert Case.objects.get().rating == rating


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (dt.datetime(2026, 6, 22, 9, 10), "2026-06-22 09:10"),  # noqa: DTZ001  as a cell has it
        (46195.381944444445, "2026-06-22 09:10"),
        ("2026-06-22 09:10:11", "2026-06-22 09:10:11"),
        ("2026/6/22 9:10", "2026-06-22 09:10"),
        ("2026.6.22", "2026-06-22 00:00"),
        ("20260622 0910", "2026-06-22 09:10"),
        (20260622091011, "2026-06-22 09:10:11"),
        ("2026年6月22日 上午9点10分", "2026-06-22 09:10"),
        ("2026年6月22日下午3点半", "2026-06-22 15:30"),
        ("二〇二六年六月二十二日 9时10分", "2026-06-22 09:10"),
        ("2026-06-22T01:10:00Z", "2026-06-22 09:10"),
    ],
)
def test_times_in_every_notation(load, value, moment):
    load(complaint(受理时间=value, 首次响应时间="", 处理完成时间="", 状态="处理中"))

    assert Case.objects.get().taken_in_at == at(moment)


@pytest.mark.parametrize("time", ["9:10", "上午9点10分", dt.time(9, 10), 0.3819444])
def test_day_and_time_in_two_columns(load, time):
    load(complaint(受理日期="2026年6月22日", 受理时间=time, 首次响应时间="", 处理完成时间=""))

    assert Case.objects.get().taken_in_at == at("2026-06-22 09:10")


# --- other layouts --------------------------------------------------------------------------------

OTHER_HEADS = (
    "状态 小区名称 登记日期 客户姓名 手机号 地址 大类 小类 等级 问题描述 渠道 工单号".split()
)
OTHER_ROW = (
    "已办结 北方花园 2026年3月2日 张三 139-0000-0001 3#2-1201 工程质量 渗漏 一般投诉 漏 微信 G1"
).split()


def stored():
    case = Case.objects.get()
    return (
        *(case.number, case.state, case.unit.code, case.complainant_name, case.room),
        *(case.complainants.get().clear_phone(), str(case.category), case.level.name),
        *(case.channel, case.content, case.taken_in_at),
    )


EXPECTED = (
    *("G1", "closed", "N1A", "张三", "3栋2单元1201", "13900000001", "工程质量 › 渗漏", "一般投诉"),
    *("wechat", "漏", at("2026-03-02")),
)


def test_title_rows_other_heads_other_order(world, tmp_path):
    titles = [["××公司2026年投诉登记表"], ["导出时间：2026-11-01"], []]
    sheet = [*titles, OTHER_HEADS, OTHER_ROW, ["合计", 1], ["制表人：某某"]]
    path = write_xlsx(tmp_path / "导出.xlsx", {"Sheet1": sheet}, merged=["A1:L1"])

    assert counts(import_file("complaints", path)) == (1, 1, 0, 0)
    assert stored() == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_files_of_every_encoding(world, tmp_path, encoding):
    path = write_csv(tmp_path / "台账.csv", [OTHER_HEADS, OTHER_ROW], encoding)

    assert counts(import_file("complaints", path)) == (1, 1, 0, 0)
    assert stored() == EXPECTED


def test_columns_are_corrected_by_map(world, tmp_path):
    heads = ["项目", "填报", "称呼", "单据"]
    path = write_xlsx(tmp_path / "x.xlsx", {"a": [heads, ["北方花园", "2026-03-02", "张三", "K1"]]})
    pairs = ("填报=taken_in", "称呼=name", "单据=number")

    import_file("complaints", path, "--map", *pairs)

    assert Case.objects.get().number == "K1"


def test_a_missing_column_is_named(world, tmp_path):
    path = write_xlsx(
        tmp_path / "x.xlsx", {"a": [["项目", "投诉人", "状态"], ["北方花园", "张三", ""]]}
    )

    with pytest.raises(CommandError, match="受理时间") as error:
        import_file("complaints", path)

    assert error.value.returncode == 2


def test_rejected_rows_come_back_as_a_workbook(world, tmp_path):
    path = complaints_file(tmp_path / "台账.xlsx", [complaint("A"), complaint("B", 项目="没有")])
    rejected = tmp_path / "rejected.xlsx"

    report = import_file("complaints", path, "--rejected", str(rejected))

    page = openpyxl.load_workbook(rejected).worksheets[0]
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    assert [row[0] for row in rows] == ["投诉编号", "B"]
    assert rows[1][len(HEADS)] == report["errors"][0]["message"]


# --- who is who -----------------------------------------------------------------------------------


def test_who_is_in_nobodys_archive_stays_on_the_case_with_his_number_protected(load):
    load(complaint(投诉人="张三、李四", 房号="7栋9999"))

    case = Case.objects.get()
    people = list(case.complainants.order_by("pk"))
    assert (case.customer, case.flat, case.complainant_name) == (None, None, "张三、李四")
    assert [(one.name, one.is_first, one.phone_last4) for one in people] == [
        *[("张三", True, "0001"), ("李四", False, "")],
    ]
    assert people[0].clear_phone() == "13900000001"
    assert people[0].subject_id is not None
    assert Customer.objects.count() == 0
    assert phone(1) not in everything_stored()


@pytest.mark.parametrize("field", ["phone", "other_phone"])
def test_phone_and_name_find_the_customer(load, world, field):
    known = make_customer(unit=world.n1b, name="张三", **{field: f"+86{phone(1)}"})
    make_customer(unit=world.n1a, name="李四", phone=f"+86{phone(1)}")

    load(complaint("A"), complaint("B", 投诉人="王五"))

    assert Case.objects.get(number="A").customer == known
    assert Case.objects.get(number="A").complainants.get().customer == known
    assert Case.objects.get(number="B").customer is None


def test_of_two_with_one_number_the_one_of_the_project_is_meant(load, world):
    for unit in (world.n1b, world.n1a):
        make_customer(unit=unit, name="张三", phone=f"+86{phone(1)}")

    load(complaint())

    assert Case.objects.get().customer.places.get().unit == world.n1a


def test_room_and_name_find_the_customer_and_the_flat(load, world):
    flat = make_property(unit=world.n1a, building="3", building_unit="2", room="1201")
    owner = make_customer(unit=world.n1a, name="张三", phone=f"+86{phone(9)}")
    make_ownership(customer=owner, flat=flat)
    make_property(unit=world.n1b, building="3", building_unit="2", room="1201")

    load(complaint("A"), complaint("B", 投诉人="租客"), complaint("C", 项目="北方名邸"))

    assert (Case.objects.get(number="A").customer, Case.objects.get(number="A").flat) == (
        owner,
        flat,
    )
    assert (Case.objects.get(number="B").customer, Case.objects.get(number="B").flat) == (
        None,
        flat,
    )
    assert Case.objects.get(number="C").customer is None


def test_a_person_of_another_branch_is_not_recognised_for_an_importer_of_this_one(load, world):
    make_customer(unit=world.s1a, name="张三", phone=f"+86{phone(1)}")

    load(complaint("A"), "--as", "N-HEAD")
    load(complaint("B"))

    assert Case.objects.get(number="A").customer is None
    assert Case.objects.get(number="B").customer is not None


# --- again ----------------------------------------------------------------------------------------


def shapes():
    """Every shape a good row takes."""
    return [
        complaint("A"),
        complaint("A", 处理结果="补记"),
        complaint("B", 投诉人="", 房号=""),
        complaint("C", 投诉人="张三、李四", 联系电话="", 状态="处理中", 处理完成时间=""),
        complaint("C", 状态="已关闭", 投诉人="张三、李四"),
        complaint("", 一级分类="外墙", 投诉级别="特急"),
        complaint("", 房号="3栋2单元1202"),
        complaint("", 房号="3栋2单元1202", 回访时间="2026-03-06"),
        complaint("D", 项目="南方花园", 来源渠道="飞鸽", 状态="不予受理"),
    ]


@pytest.mark.parametrize("chunk", [1, 5000])
@pytest.mark.parametrize("mode", ["fill", "update", "skip"])
def test_the_second_run_changes_nothing(load, mode, chunk, monkeypatch):
    monkeypatch.setattr("complaints.imports.cases.CHUNK", chunk)
    first = load(*shapes(), "--mode", mode)
    before = checksums()

    again = load(*shapes(), "--mode", mode)

    assert first["created"]["cases"] == Case.objects.count() == 6
    assert again["created"] == {"cases": 0, "categories": 0, "levels": 0}
    assert again["updated"] == {"cases": 0}
    assert checksums() == before


def test_rows_of_one_number_are_one_case_that_goes_on(load):
    load(*shapes())

    case = Case.objects.get(number="C")
    assert (case.state, case.resolved_at) == ("closed", at("2026-03-04 16:00"))
    assert case.complainants.get(is_first=True).clear_phone() == "13900000001"


def test_a_dry_run_writes_nothing(load):
    before = checksums()

    report = load(*shapes(), complaint("Z", 项目=""), "--dry-run")

    assert counts(report) == (10, 9, 1, 0)
    assert checksums() == before


@pytest.mark.parametrize(
    ("mode", "state", "content", "rating", "updated"),
    [
        ("fill", "closed", "旧", 5, 1),
        ("update", "closed", "新", 5, 1),
        ("skip", "in_progress", "旧", None, 0),
    ],
)
def test_what_happens_to_known_cases(load, mode, state, content, rating, updated):
    load(complaint(状态="处理中", 处理完成时间="", 投诉内容="旧", **{"回访满意度(1-5)": ""}))

    report = load(complaint(状态="已关闭", 投诉内容="新", **{"回访满意度(1-5)": 5}), "--mode", mode)

    case = Case.objects.get()
    assert (case.state, case.content, case.rating) == (state, content, rating)
    assert report["updated"] == {"cases": updated}
    assert case.version == 1 + updated


def test_a_state_never_goes_back(load):
    load(complaint())
    load(complaint(状态="处理中", 处理完成时间=""), "--mode", "update")

    assert Case.objects.get().state == "closed"


def test_an_archive_that_came_later_is_linked_by_the_next_run(load, world):
    load(complaint())
    known = make_customer(unit=world.n1a, name="张三", phone=f"+86{phone(1)}")

    assert load(complaint())["updated"] == {"cases": 1}
    assert Case.objects.get().complainants.get().customer == known


def test_a_case_on_which_people_work_is_theirs(load, world):
    load(complaint(状态="已受理", 处理完成时间="", 经办人="N-CLERK"))
    make_move(Case.objects.get(), "start", by=world.north_clerk)
    before = checksums()

    report = load(complaint(), "--mode", "update")

    assert codes(report, "warnings") == [(2, "kept_here")]
    assert report["updated"] == {"cases": 0}
    assert checksums() == before


def test_a_case_taken_in_here_is_no_less_theirs(load, world):
    case = make_case(unit=world.n1a)

    report = load(complaint(case.number), "--mode", "update")

    assert codes(report, "warnings") == [(2, "kept_here")]
    case.refresh_from_db()
    assert case.state != "closed"


def test_a_number_of_another_project_is_given_back(load, world):
    load(complaint("A", 项目="南方花园"), complaint("B"))

    report = load(complaint("A"), complaint("B", 项目="北方名邸"), complaint("C"))

    assert codes(report) == [(2, "number_taken"), (3, "number_taken")]
    assert counts(report) == (3, 1, 2, 0)
    assert Case.objects.get(number="A").unit == world.s1a


def test_made_numbers_pass_over_those_that_a_file_brought(load, world):
    moment = at("2026-03-02 09:00")
    last = int(next_number(moment).removeprefix("TS20260302"))
    taken = [f"TS20260302{last + step:05d}" for step in (1, 2)]
    load(*(complaint(number) for number in taken))

    load(complaint("", 房号="1栋101"))

    made = Case.objects.exclude(number__in=taken).get().number
    assert made.startswith("TS20260302")


# --- rights ---------------------------------------------------------------------------------------


def test_an_importer_reaches_his_own_branch_only(load, world):
    report = load(complaint("A"), complaint("B", 项目="南方花园"), "--as", "N-HEAD")

    assert codes(report) == [(3, "unknown_project")]
    case = Case.objects.get()
    assert (case.number, case.entered_by) == ("A", world.north_head)


def test_nobody_imports_without_the_right(load, world):
    make_user(unit=world.n1a, role=None, no="N-NONE")

    with pytest.raises(CommandError):
        load(complaint(), "--as", "N-NONE")
    with pytest.raises(CommandError):
        load(complaint(), "--as", "G-READER")
    assert Case.objects.count() == 0


def test_a_run_that_was_killed_goes_on_behind_its_last_chunk(world, tmp_path, monkeypatch):
    from core.imports.kinds import kind_named
    from core.imports.runs import apply_run, context_of, create_run

    monkeypatch.setattr("complaints.imports.cases.CHUNK", 2)
    rows = [complaint(f"K{n}", 房号=f"1栋{100 + n}") for n in range(5)]
    path = complaints_file(tmp_path / "台账.xlsx", rows)
    with path.open("rb") as stream:
        run = create_run(kind_named("complaints"), stream, path.name, by=None)
    run.options = {"mode": "fill", "keeper": ""}
    run.save()
    chunks = []

    def killed():
        chunks.append(1)
        if len(chunks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_run(run, context_of(run), hold=killed)
    assert Case.objects.count() == 2
    run.refresh_from_db()
    report = apply_run(run, context_of(run))

    assert (report.rows, report.accepted, report.created["cases"]) == (5, 5, 5)
    assert Case.objects.count() == Complainant.objects.count() == 5


# --- taking back ----------------------------------------------------------------------------------


def test_what_nobody_touched_is_taken_back_with_its_keys(client, load, world):
    load(complaint("Z", 状态="处理中", 投诉人="别人"))
    before = Case.objects.count(), Complainant.objects.count(), SubjectKey.objects.count()
    rows = [
        complaint("A"),
        complaint("B", 状态="已受理", 经办人="N-HEAD"),
        complaint("C"),
        complaint("Z"),
    ]
    load(*rows, "--as", "N-HEAD")
    make_move(Case.objects.get(number="B"), "start", by=world.north_head)
    run = ImportRun.objects.latest("pk")
    client.force_login(world.north_head)

    page = client.get(run.get_absolute_url())
    assert page.context["can_undo"]
    client.post(f"{run.get_absolute_url()}undo/")

    assert sorted(Case.objects.values_list("number", flat=True)) == ["B", "Z"]
    after = Case.objects.count(), Complainant.objects.count(), SubjectKey.objects.count()
    assert after == tuple(number + 1 for number in before)
    run.refresh_from_db()
    assert run.report["undone"] == {"deleted": 2, "kept": 1}
    page = client.get(run.get_absolute_url())
    assert not page.context["can_undo"]


def test_a_file_is_taken_back_once_and_by_its_uploader_only(client, load, world):
    load(complaint("A"), "--as", "N-HEAD")
    run = ImportRun.objects.get()
    client.force_login(world.north_keeper)
    assert client.post(f"{run.get_absolute_url()}undo/").status_code == 404
    assert Case.objects.count() == 1

    undo_run(run)
    with pytest.raises(Refused):
        undo_run(run)


def test_what_a_later_file_changed_stays(load, world):
    load(complaint("A", 状态="处理中", 处理完成时间=""))
    first = ImportRun.objects.get()
    load(complaint("A"))

    assert undo_run(first) == (0, 1)
