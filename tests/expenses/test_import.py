"""Ledgers of former times: layouts, words, reasons, again, undone; and the sums of a year."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from core.imports.runs import undo_run
from core.models import ImportRun, Notice
from expenses.models import Application, BudgetEntry, Category, LedgerEntry, Payment
from expenses.selectors.invariants import differences
from expenses.selectors.report import expense_report
from tests.customers.files import checksums, codes, import_file, table, write_xlsx
from tests.expenses.papers import give_budget
from tests.factories import make_user

pytestmark = pytest.mark.django_db
HEADS = "单据编号 申请日期 组织编码 组织名称 费用类别 金额(元) 申请人工号 事由 状态".split()


def line(number="FY2026080000", **more):
    return {
        "单据编号": number,
        "申请日期": "2026-08-16",
        "组织编码": "N1A",
        "组织名称": "北方花园",
        "费用类别": "客户礼品",
        "金额(元)": 5361.52,
        "申请人工号": "N-CLERK",
        "事由": "端午礼品",
        "状态": "已支付",
    } | more


@pytest.fixture
def load(world, tmp_path):
    """Import rows of expenses: `load(row, row, …, "--as", "N-HEAD")`."""

    def load(*given):
        rows = [row for row in given if isinstance(row, dict)]
        arguments = [word for word in given if isinstance(word, str)]
        path = write_xlsx(tmp_path / "台账.xlsx", {"客户关系费用台账": table(HEADS, rows)})
        return import_file("expenses", path, *arguments)

    return load


def counts(report):
    return tuple(report[name] for name in ("rows", "accepted", "rejected", "skipped"))


def test_states_and_sums_are_kept_and_booked_on_both_sides(load, world):
    report = load(
        line("A"),
        line("B", **{"状态": "审批中", "金额(元)": "¥1,234.50"}),
        line("C", 状态="已驳回"),
        line("D", **{"状态": "已批准", "费用类别": "婚庆慰问", "金额(元)": 583.94}),
    )

    assert counts(report) == (4, 4, 0, 0)
    rows = Application.objects.order_by("number")
    kept = rows.values_list("state", "amount", "approved_amount", "paid_amount")
    assert [(state, *map(str, sums)) for state, *sums in kept] == [
        ("paid", "5361.52", "5361.52", "5361.52"),
        ("in_approval", "1234.50", "0.00", "0.00"),
        ("rejected", "5361.52", "0.00", "0.00"),
        ("approved", "583.94", "583.94", "0.00"),
    ]
    assert rows[0].applicant == world.north_clerk
    assert Payment.objects.get().amount == Decimal("5361.52")
    assert LedgerEntry.objects.count() == 2
    assert (BudgetEntry.objects.count(), Notice.objects.count()) == (0, 0)
    assert differences() == []


@pytest.mark.parametrize(
    "day",
    ["2026-08-16", "2026/8/16", "2026.8.16", "20260816", "2026年8月16日", 46250, "2026.08.16"],
)
def test_a_day_in_any_notation(load, day):
    load(line(**{"申请日期": day}))

    assert str(Application.objects.get().applied_on) == "2026-08-16"


def test_other_heads_in_another_order_below_a_title(world, tmp_path):
    rows = [
        ["二〇二六年客户关系费用明细表", "", "", "", "", "", ""],
        ["经办人", "支付金额", "申请时间", "用途", "所属单位", "审批状态", "费用科目"],
        ["N-CLERK", "1.5", "2026年10月27日", "年会", "北方公司", "已付款", "客户活动"],
    ]
    path = write_xlsx(tmp_path / "明细.xlsx", {"Sheet1": rows})

    assert counts(import_file("expenses", path)) == (1, 1, 0, 0)

    row = Application.objects.get()
    assert (row.unit, row.amount, row.state) == (world.n1, Decimal("1.50"), "paid")
    assert (row.category.code, row.title) == ("event", "年会")
    before = checksums()
    assert counts(import_file("expenses", path)) == (1, 1, 0, 0)
    assert checksums() == before


def test_a_second_run_changes_nothing(load):
    rows = [line("A"), line("B", 状态="审批中"), line("C", 状态="已驳回")]
    load(*rows)
    before = checksums()

    report = load(*rows)

    assert (counts(report), report["created"]["applications"]) == ((3, 3, 0, 0), 0)
    assert checksums() == before


def test_what_ran_goes_on_to_the_state_of_a_later_file(load):
    load(line("A", 状态="审批中"), line("B", 状态="审批中"))
    report = load(line("A"), line("B", 状态="已驳回"))

    assert report["updated"]["applications"] == 2
    assert {row.number: row.state for row in Application.objects.all()} == {
        "A": "paid",
        "B": "rejected",
    }
    assert LedgerEntry.objects.get().paid == Decimal("5361.52")
    assert differences() == []
    load(line("A", 状态="审批中"))
    assert Application.objects.get(number="A").state == "paid"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"组织编码": "X9"}, "unknown_unit"),
        ({"组织编码": "", "组织名称": ""}, "unit_missing"),
        ({"申请日期": ""}, "applied_on_missing"),
        ({"申请日期": "2026-02-30"}, "date"),
        ({"费用类别": ""}, "category_missing"),
        ({"金额(元)": ""}, "amount_missing"),
        ({"金额(元)": "一千"}, "money"),
        ({"金额(元)": -5}, "amount_negative"),
        ({"状态": ""}, "state_missing"),
        ({"状态": "大概"}, "state"),
    ],
)
def test_a_bad_row_comes_back_with_its_reason(load, more, code):
    report = load(line("A", **more), line("B"))

    assert codes(report) == [(2, code)]
    assert [row.number for row in Application.objects.all()] == ["B"]
    assert ImportRun.objects.get().rejected_name


def test_numbers_that_stand_twice_or_belong_elsewhere_come_back(load):
    report = load(line("A"), line("A"), line("A", **{"金额(元)": 1}))
    assert codes(report) == [(3, "duplicate_row"), (4, "number_twice")]

    assert codes(load(line("A", 组织编码="N1B"))) == [(2, "number_taken")]
    assert codes(load(line("A", **{"金额(元)": 7}))) == [(2, "differs")]
    assert Application.objects.get().amount == Decimal("5361.52")


def test_who_left_and_what_exceeds_every_rule_is_taken(load, world):
    gone = make_user(unit=world.n1a, no="GONE", state="left")
    give_budget(world, "1.00", code="family")

    report = load(line("A", **{"费用类别": "婚庆慰问", "金额(元)": 9999, "申请人工号": "gone"}))

    assert (counts(report), report["warnings"]) == ((1, 1, 0, 0), [])
    assert Application.objects.get().applicant == gone


def test_an_unknown_applicant_is_warned_of_and_an_unknown_category_is_made(load):
    report = load(line("A", **{"申请人工号": "XX", "费用类别": "展会费"}))

    assert codes(report, "warnings") == [(2, "unknown_applicant")]
    assert report["created"]["expense_categories"] == 1
    made = Category.objects.get(name="展会费")
    assert (made.is_offered, Application.objects.get().category) == (False, made)


def test_the_head_of_another_branch_imports_nothing_here(load):
    assert codes(load(line("A"), "--as", "S-HEAD")) == [(2, "unknown_unit")]
    assert not Application.objects.exists()


def test_an_import_is_taken_back_and_only_an_import(load, world):
    load(line("A"), line("B", 状态="审批中"), line("C"))
    run = ImportRun.objects.get()
    touched = Application.objects.get(number="C")
    touched.version += 1
    touched.save()

    assert undo_run(run) == (2, 1)

    assert [row.number for row in Application.objects.all()] == ["C"]
    assert LedgerEntry.objects.get().application == touched
    assert differences() == []
    assert counts(load(line("A"))) == (1, 1, 0, 0)


def test_the_lines_of_an_import_cannot_be_changed(load):
    load(line("A"))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE expenses_ledgerentry SET paid = 1")


# --- the sums of a year ---------------------------------------------------------------------------


def test_the_report_adds_up_a_year_and_a_branch(load, world):
    load(
        line("A"),
        line("FY2025120001", 申请日期="2026-01-01", 组织编码="S1A", 组织名称="南方花园"),
        line("FY2026010001", 申请日期="2025-12-31"),
        line("D", **{"状态": "审批中", "费用类别": "客户活动"}),
    )

    report = expense_report(2026)
    assert (report["rows"], report["paid_total"]) == (3, "10723.04")
    assert report["paid_by_category"] == {"客户礼品": "10723.04"}
    assert report["paid_by_unit"] == {"N1A": "5361.52", "S1A": "5361.52"}
    assert sum(report["by_status"].values()) == 3
    assert expense_report(2026, world.north)["paid_total"] == "5361.52"
    assert expense_report(2025)["rows"] == 1


def test_the_command_prints_one_object_and_refuses_unknown_units(load):
    load(line("A"))
    out = StringIO()
    call_command("expense_report", "--year", "2026", "--unit", "n1", "--json", stdout=out)

    assert json.loads(out.getvalue())["paid_total"] == "5361.52"
    with pytest.raises(CommandError):
        call_command("expense_report", "--year", "2026", "--unit", "X9")
