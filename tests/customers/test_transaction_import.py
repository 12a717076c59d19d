"""Purchases: layouts, customers known and made, the same file again, killed halfway, undone."""

import datetime as dt
from decimal import Decimal

import pytest

from core.imports.kinds import kind_named
from core.imports.runs import apply_run, context_of, create_run, undo_run
from core.models import ImportRun
from customers.imports import transactions
from customers.imports.transaction_writer import TransactionWriter
from customers.models import Customer, CustomerUnit, Transaction, TransactionFile
from tests.customers.files import checksums, import_file, table, write_csv, write_xlsx
from tests.factories import make_customer

pytestmark = pytest.mark.django_db
HEADS = "客户编码 客户名称 交易日期 产品 数量 金额(元)".split()


def line(name="江城电器有限公司", **more):
    return {
        "客户名称": name,
        "交易日期": "2026-03-05",
        "产品": "压缩机",
        "数量": 3,
        "金额(元)": "1,200.50",
    } | more


@pytest.fixture
def load(world, tmp_path):
    """Import purchases: `load(row, row, …)`; equal calls give equal bytes."""

    def load(*rows, name="流水.csv"):
        return import_file(
            "transactions", write_csv(tmp_path / name, table(HEADS, rows), "utf-8-sig")
        )

    return load


def test_unknown_customers_are_made_at_the_group(load, world):
    report = load(line(), line("恒信物资"), line())
    assert report["created"] == {"transactions": 3, "customers": 2}
    made = Customer.objects.get(name="江城电器有限公司")
    assert (made.kind, made.level) == ("organisation", "潜在客户")
    assert CustomerUnit.objects.get(customer=made).unit == world.group
    # Equal lines are purchases of their own.
    assert (
        list(made.transactions.values_list("on", "product", "quantity", "amount"))
        == [(dt.date(2026, 3, 5), "压缩机", Decimal(3), Decimal("1200.50"))] * 2
    )


def test_a_customer_is_known_by_code_or_by_name(load, world):
    known = make_customer(unit=world.n1a, kind="organisation", name="江城电器有限公司")
    other = make_customer(unit=world.n1a, kind="organisation", name="恒信物资")
    report = load(line(), line("写错的名字", 客户编码=other.code), line("", 客户编码="NEW-7"))
    assert report["created"] == {"transactions": 3, "customers": 1}
    assert known.transactions.count() == other.transactions.count() == 1
    assert Customer.objects.get(code="NEW-7").name == "NEW-7"


def test_a_name_of_several_customers_wants_a_code(load, world):
    make_customer(unit=world.n1a, kind="organisation", name="江城电器有限公司")
    make_customer(unit=world.s1a, kind="organisation", name="江城电器有限公司")
    report = load(line(), line("恒信物资"))
    assert [(error["row"], error["code"]) for error in report["errors"]] == [
        (2, "customer_ambiguous")
    ]
    assert (report["accepted"], report["rejected"]) == (1, 1)


def test_the_same_file_under_another_name_adds_nothing(load):
    load(line(), line("恒信物资"))
    before = checksums()
    again = load(line(), line("恒信物资"), name="改名.csv")
    assert again["created"] == {"transactions": 0, "customers": 0}
    assert [warning["code"] for warning in again["warnings"]] == ["file_known"]
    assert checksums() == before


def test_the_same_file_asks_nobody_about_its_customers_again(load, world):
    """Its firms may be renamed since, or have a namesake."""
    load(line(), line("恒信物资"))
    Customer.objects.filter(name="江城电器有限公司").update(name="江城集团")
    make_customer(unit=world.n1a, kind="organisation", name="恒信物资")
    before = checksums()

    again = load(line(), line("恒信物资"))

    assert (again["accepted"], again["rejected"]) == (2, 0)
    assert again["created"] == {"transactions": 0, "customers": 0}
    assert checksums() == before


def test_a_file_with_one_more_line_is_another_file(load):
    load(line())
    assert load(line(), line())["created"]["transactions"] == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"客户名称": "", "客户编码": ""}, "customer_missing"),
        ({"客户编码": "K" * 41}, "code_too_long"),
        ({"交易日期": ""}, "on_missing"),
        ({"交易日期": "2026-02-30"}, "date"),
        ({"金额(元)": ""}, "amount_missing"),
        ({"金额(元)": "很多"}, "money"),
    ],
)
def test_bad_rows_come_back_with_their_reason(load, change, code):
    report = load(line(**change), line("恒信物资"))
    assert [(error["row"], error["code"]) for error in report["errors"]] == [(2, code)]
    assert report["created"]["transactions"] == 1


def test_zero_returns_and_any_date_are_taken(load):
    load(
        line(**{"金额(元)": 0}),
        line(**{"金额(元)": "-300"}),
        line(**{"交易日期": "1999-12-31"}),
        line(**{"交易日期": "2031-01-01"}),
        line(**{"数量": "几箱"}),
    )
    amounts = sorted(Transaction.objects.values_list("amount", flat=True))
    assert amounts == [Decimal(-300), Decimal(0), *[Decimal("1200.50")] * 3]


def test_other_heads_and_ten_thousands(world, tmp_path):
    rows = [
        ["某公司销售明细"],
        ["客户", "销售日期", "品名", "销售额(万元)"],
        ["甲公司", "2026年3月5日", "泵", 1.25],
    ]
    import_file("transactions", write_xlsx(tmp_path / "销售.xlsx", {"明细": rows}))
    assert Transaction.objects.get().amount == Decimal("12500.00")


def test_the_cost_is_taken_where_the_file_says_it(world, tmp_path):
    """Ten thousands in its own head; nothing is no cost, 0 is one, words are left out."""
    rows = [
        ["客户", "销售日期", "金额(元)", "成本金额(万元)"],
        ["甲公司", "2026-03-05", 100, 0.008],
        ["甲公司", "2026-03-06", 100, 0],
        ["甲公司", "2026-03-07", 100, None],
        ["甲公司", "2026-03-08", 100, "不详"],
    ]
    report = import_file("transactions", write_xlsx(tmp_path / "销售.xlsx", {"明细": rows}))
    found = Transaction.objects.order_by("on").values_list("amount", "cost")
    assert list(found) == [(100, Decimal(80)), (100, 0), (100, None), (100, None)]
    assert [(one["row"], one["code"]) for one in report["warnings"]] == [(5, "cost")]


def test_without_the_column_no_cost_is_known(load):
    load(line())
    assert Transaction.objects.get().cost is None


def test_a_merged_two_level_head_and_dates_as_excel_has_them(world, tmp_path):
    known = make_customer(unit=world.n1a, kind="organisation", name="甲公司", code="JIA-1")
    rows = [
        ["2026年销售明细", None, None, None, None],
        ["客户", None, "交易", None, None],
        ["客户编码", "客户名称", "交易日期", "数量", "金额"],
        ["jia-1", "写错的名字", 46086, 1, "¥1,000.00"],
        ["", "甲公司", dt.datetime(2026, 3, 6, 15, 30), 2, 0],  # noqa: DTZ001  cells know no zone
        ["", "甲公司", dt.date(2026, 3, 7), 3, "(50)"],
        ["", "甲公司", "2026/3/8", 4, "-25.5"],
    ]
    path = write_xlsx(tmp_path / "销售.xlsx", {"明细": rows}, ["A1:E1", "A2:B2", "C2:E2"])
    report = import_file("transactions", path)
    assert report["created"] == {"transactions": 4, "customers": 0}
    assert list(known.transactions.order_by("on").values_list("on", "amount")) == [
        (dt.date(2026, 3, 5), Decimal(1000)), (dt.date(2026, 3, 6), Decimal(0)),
        (dt.date(2026, 3, 7), Decimal(-50)), (dt.date(2026, 3, 8), Decimal("-25.5")),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-16"])
def test_whatever_the_encoding_names_are_read(world, tmp_path, encoding):
    path = write_csv(tmp_path / "流水.csv", table(HEADS, [line("鑫隆机电")]), encoding)
    assert import_file("transactions", path)["created"] == {"transactions": 1, "customers": 1}
    assert Customer.objects.filter(name="鑫隆机电").count() == 1


def test_one_column_may_hold_names_and_codes(world, tmp_path):
    """A name comes before a code of the same letters."""
    coded = make_customer(unit=world.n1a, kind="organisation", name="甲公司", code="KH-7")
    other = make_customer(unit=world.n1a, kind="organisation", name="乙公司", code="KH-8")
    named = make_customer(unit=world.n1a, kind="organisation", name="KH-8")
    rows = [["客户", "日期", "金额"], *([word, "2026-03-05", 1] for word in ("kh-7", "KH-8", "丙"))]
    report = import_file("transactions", write_csv(tmp_path / "a.csv", rows, "utf-8"))
    assert report["created"] == {"transactions": 3, "customers": 1}
    found = [one.transactions.count() for one in (coded, other, named)]
    assert found == [1, 0, 1]


def test_an_unknown_code_in_one_column_becomes_the_code(world, tmp_path):
    words = ("C-1001", "c-1001", "3M", "10023", "丙")
    rows = [["客户代码或名称", "日期", "金额"], *([word, "2026-03-05", 1] for word in words)]
    report = import_file("transactions", write_csv(tmp_path / "a.csv", rows, "utf-8"))
    assert report["created"] == {"transactions": 5, "customers": 4}
    assert Customer.objects.get(code="C-1001").transactions.count() == 2
    assert Customer.objects.get(code="10023").name == "10023"
    assert not Customer.objects.filter(code="3M").exists()


def test_heads_of_programs_are_read(world, tmp_path):
    rows = [["customer_code", "customer", "date", "product", "quantity", "amount"],
            ["P-1", "甲公司", "20260305", "泵", "2", "10"]]  # fmt: skip
    report = import_file("transactions", write_csv(tmp_path / "a.csv", rows, "utf-8"))
    assert report["created"] == {"transactions": 1, "customers": 1}
    assert Customer.objects.get(code="P-1").name == "甲公司"


def test_a_killed_import_goes_on_where_it_stopped(world, tmp_path, monkeypatch):
    monkeypatch.setattr(transactions, "CHUNK", 2)
    path = write_csv(
        tmp_path / "流水.csv", table(HEADS, [line(f"公司{n}") for n in range(5)]), "gbk"
    )
    kind = kind_named("transactions")
    with path.open("rb") as stream:
        run = create_run(kind, stream, path.name, by=None, look=False)
    write = TransactionWriter.write

    def dies_at_the_second(self, rows, report):
        if Transaction.objects.exists():
            raise KeyboardInterrupt
        write(self, rows, report)

    monkeypatch.setattr(TransactionWriter, "write", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        apply_run(run, context_of(run))
    assert Transaction.objects.count() == 2
    monkeypatch.undo()
    run.refresh_from_db()
    report = apply_run(run, context_of(run))
    assert Transaction.objects.count() == 5
    assert [warning.code for warning in report.warnings] == []
    assert report.created["transactions"] == 5


def test_taken_back_the_file_may_come_again(load):
    load(line(), line("恒信物资"))
    run = ImportRun.objects.latest("pk")
    assert undo_run(run) == (2, 0)
    assert not Transaction.objects.exists()
    assert not TransactionFile.objects.exists()
    assert load(line(), line("恒信物资"))["created"] == {"transactions": 2, "customers": 0}


def test_purchases_are_seen_by_those_who_see_the_customer(load, world):
    make_customer(unit=world.n1a, kind="organisation", name="江城电器有限公司")
    load(line(), line("恒信物资"))
    seen = Transaction.objects.visible_to(world.north_head)
    assert {row.customer.name for row in seen} == {"江城电器有限公司"}
    assert not Transaction.objects.visible_to(world.south_head).exists()
