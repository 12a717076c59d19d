"""One ledger as several offices lay it out: the sums of the year are the same to the cent.

The truth is added up beside the rows, from the plain values, before any of them is written the way
an office writes it.
"""

import csv
import datetime as dt
import json
import random
from collections import Counter, defaultdict
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from expenses.models import Application
from tests.customers.files import import_file

pytestmark = pytest.mark.django_db
ROWS = 80
UNITS = (("N1A", "北方花园"), ("N1", "北方公司"), ("S1A", "南方花园"), ("N", "北方区域"))
CATEGORIES = ("客户礼品", "客户活动", "投诉赔付", "婚庆慰问")
STATES = {"paid": "已支付", "in_approval": "审批中", "rejected": "已驳回"}
EPOCH = dt.date(1899, 12, 30)
WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
HEADS = "单据编号 申请日期 组织编码 组织名称 费用类别 金额(元) 申请人工号 事由 状态".split()


def papers() -> list[dict[str, Any]]:
    """Papers with plain values; one of the last year, whatever its number says."""
    dice = random.Random(20261123)
    found = []
    for number in range(ROWS):
        unit, name = dice.choice(UNITS)
        day = dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(320))
        found.append(
            {
                "单据编号": f"FY2026{number:06d}",
                "申请日期": dt.date(2025, 12, 31) if number == 7 else day,
                "组织编码": unit,
                "组织名称": name,
                "费用类别": dice.choice(CATEGORIES),
                "金额(元)": Decimal(dice.randrange(1, 3_000_000)) / 100,
                "申请人工号": "N-CLERK",
                "事由": f"第{number}笔",
                "状态": dice.choice(sorted(STATES)),
            }
        )
    return found


def truth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the report of 2026 must say."""
    year = [row for row in rows if row["申请日期"].year == 2026]
    by_category: dict[str, Decimal] = defaultdict(Decimal)
    by_unit: dict[str, Decimal] = defaultdict(Decimal)
    for row in year:
        if row["状态"] == "paid":
            by_category[row["费用类别"]] += row["金额(元)"]
            by_unit[row["组织编码"]] += row["金额(元)"]
    return {
        "rows": len(year),
        "paid_total": f"{sum(by_category.values()):.2f}",
        "paid_by_category": {name: f"{amount:.2f}" for name, amount in by_category.items()},
        "paid_by_unit": {code: f"{amount:.2f}" for code, amount in by_unit.items()},
        "by_status": dict(Counter(STATES[row["状态"]] for row in year)),
    }


def day_of(day: dt.date, way: int) -> Any:
    """A day in one of the notations of offices."""
    serial = (day - EPOCH).days
    return (
        day.isoformat(), f"{day:%Y/}{day.month}/{day.day}", f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日", dt.datetime.combine(day, dt.time()),
        serial, float(serial), f"{day.year}.{day.month}.{day.day}",
    )[way % 8]  # fmt: skip


def amount_of(amount: Decimal, way: int) -> Any:
    """A sum as number or as one of the texts that offices write."""
    return (
        float(amount), f"¥{amount:,.2f}", f"￥{amount:,.2f}", f"{amount:,.2f}元",
        f"{amount:.2f}".translate(WIDE), f"￥{amount:,.2f}".translate(WIDE), f" {amount} ",
    )[way % 7]  # fmt: skip


def as_sent(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The plain layout: one line of heads."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "客户关系费用台账"
    sheet.append(HEADS)
    for place, row in enumerate(rows):
        said = row | {
            "申请日期": day_of(row["申请日期"], place),
            "金额(元)": amount_of(row["金额(元)"], place % 2),
            "状态": STATES[row["状态"]],
        }
        sheet.append([said[head] for head in HEADS])
    book.save(path / "台账.xlsx")
    return path / "台账.xlsx"


def below_a_title(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Other names in another order, below a merged title and merged groups of heads, with blank
    rows between and a sum at the end; the unit stands with its name alone."""
    words = {"paid": "已付款", "in_approval": "流转中", "rejected": "不同意"}
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["2026年客户关系费用明细（全年）"])
    sheet.append(["单据信息", "", "", "费用信息", "", "", "", ""])
    sheet.append("单据状态 支出金额 申请单号 费用科目 报销人 填单日期 费用归属单位 用途".split())
    sheet.merge_cells("A1:H1")
    sheet.merge_cells("A2:C2")
    sheet.merge_cells("D2:H2")
    for place, row in enumerate(rows):
        if place % 9 == 4:
            sheet.append([])
        sheet.append(
            [
                words[row["状态"]], amount_of(row["金额(元)"], place), row["单据编号"],
                row["费用类别"], row["申请人工号"], day_of(row["申请日期"], place),
                row["组织名称"], row["事由"],
            ]
        )  # fmt: skip
    book.save(path / "明细.xlsx")
    return path / "明细.xlsx"


def of_another_program(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A CSV in GBK with texts alone and blank lines."""
    words = {"paid": "已报销", "in_approval": "待审核", "rejected": "审批不通过"}
    with (path / "导出.csv").open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            "成本中心,费用单号,提交时间,费用类型,报销金额,经办人工号,摘要,流程状态".split(",")
        )
        for place, row in enumerate(rows):
            if place % 11 == 3:
                writer.writerow([""] * 8)
            text = (0, 1, 2, 3, 7)[place % 5]
            writer.writerow(
                [
                    row["组织编码"].lower(), row["单据编号"], day_of(row["申请日期"], text),
                    row["费用类别"], amount_of(row["金额(元)"], 1 + place % 6),
                    row["申请人工号"], row["事由"], words[row["状态"]],
                ]
            )  # fmt: skip
    return path / "导出.csv"


def printed(*command: str) -> Any:
    out = StringIO()
    call_command(*command, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("layout", [as_sent, below_a_title, of_another_program])
def test_a_ledger_adds_up_in_every_layout(world, tmp_path, layout):
    rows = papers()

    report = import_file("expenses", layout(tmp_path, rows))

    assert (report["accepted"], report["rejected"]) == (ROWS, 0)
    assert Application.objects.filter(applicant=world.north_clerk).count() == ROWS
    expected = truth(rows)
    found = printed("expense_report", "--year", "2026")
    assert {name: found[name] for name in expected} == expected
    assert printed("ledger_check") == {"differences": []}
    part = printed("expense_report", "--year", "2026", "--unit", "N1A")
    assert part["paid_total"] == expected["paid_by_unit"]["N1A"]
    assert printed("expense_report", "--year", "2025")["rows"] == 1


def test_the_same_ledger_in_another_layout_brings_nothing_twice(world, tmp_path):
    rows = papers()
    import_file("expenses", as_sent(tmp_path, rows))
    before = printed("expense_report", "--year", "2026")

    import_file("expenses", of_another_program(tmp_path, rows))
    import_file("expenses", below_a_title(tmp_path, rows))

    assert Application.objects.count() == ROWS
    assert printed("expense_report", "--year", "2026") == before
    assert printed("ledger_check") == {"differences": []}
