"""What goes out: texts stay texts, digits stay digits, rejected rows come back as they were."""

import datetime as dt
from decimal import Decimal

import openpyxl
import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.files.headers import data_rows, find_header
from core.files.reader import open_table
from core.files.writer import SheetColumn, SheetWriter, write_rejected
from core.values import BadValue, parse_date, parse_identity, parse_phone, split_owners
from tests.core.files.fields import OWNERS

PAYLOADS = [
    start + rest
    for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "'=", " =", '"=')
    for rest in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(A1:A9)")
] + ["DDE(1)", "http://example.com", "_x000D_", "1.10101E+17", "{=1+1}"]


class TestSheetWriter:
    @pytest.mark.parametrize("kind", ["text", "id"])
    def test_no_text_becomes_a_formula(self, tmp_path, kind):
        path = tmp_path / "out.xlsx"
        with SheetWriter(path) as book:
            book.write_sheet("表", [SheetColumn("值", kind)], ([text] for text in PAYLOADS))

        cells = [row[0] for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2)]
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
        # Line ends inside XML are one character whatever they were.
        expected = [text.replace("\r", "\n") for text in PAYLOADS]
        with open_table(path) as table:
            read = [values[0] for _number, values in table.rows()][1:]
        assert [text.replace("\r", "\n") for text in read] == expected
        for cell, text in zip(cells, PAYLOADS, strict=True):
            assert bool(cell.quotePrefix) is (text[0] in "=+-@\t\r＝＋－＠")
            assert cell.hyperlink is None

    def test_kinds(self, tmp_path):
        path = tmp_path / "out.xlsx"
        columns = [
            SheetColumn("证件", "id"),
            SheetColumn("电话", "id"),
            SheetColumn("日期", "date"),
            SheetColumn("时间", "datetime"),
            SheetColumn("金额", "money"),
            SheetColumn("户数", "integer"),
            SheetColumn("比例", "percent"),
            SheetColumn("是", "bool"),
            SheetColumn("空"),
        ]
        moment = dt.datetime.fromisoformat("2026-06-22T09:10:00")
        row = [
            "310115198808171910",
            13800138000,
            dt.date(2026, 11, 21),
            moment,
            Decimal("1234.50"),
            12,
            0.25,
            True,
            None,
        ]
        with SheetWriter(path) as book:
            assert book.write_sheet("客户", columns, [row]) == 1

        page = openpyxl.load_workbook(path).active
        cells = list(page[2])
        assert [cell.value for cell in cells] == [
            "310115198808171910",
            "13800138000",
            dt.datetime.fromisoformat("2026-11-21"),
            moment,
            1234.5,
            12,
            0.25,
            True,
            None,
        ]
        assert [cell.number_format for cell in cells][:7] == [
            "@",
            "@",
            "yyyy-mm-dd",
            "yyyy-mm-dd hh:mm:ss",
            "#,##0.00",
            "#,##0",
            "0.0%",
        ]
        assert page.freeze_panes == "A2"
        assert page.auto_filter.ref == "A1:I2"
        assert page.title == "客户"

    def test_old_days_are_texts(self, tmp_path):
        with SheetWriter(tmp_path / "out.xlsx") as book:
            book.write_sheet("a", [SheetColumn("b", "date")], [[dt.date(1850, 1, 2)]])
        assert open_table(tmp_path / "out.xlsx").head()[1] == (2, ("1850-01-02",))

    def test_names_of_sheets(self, tmp_path):
        with SheetWriter(tmp_path / "out.xlsx") as book:
            for name in ("a/b:c", "A/b:c", "长" * 40, "长" * 40, ""):
                book.write_sheet(name, [SheetColumn("x")], [])
        assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == [
            "a b c",
            "A b c (2)",
            "长" * 31,
            "长" * 27 + " (2)",
            "1",
        ]

    def test_after_an_error_nothing_is_left(self, tmp_path):
        def rows():
            yield ["a"]
            raise RuntimeError("broken off")

        with pytest.raises(RuntimeError), SheetWriter(tmp_path / "out.xlsx") as book:
            book.write_sheet("a", [SheetColumn("b")], rows())
        assert list(tmp_path.iterdir()) == []

    def test_a_row_of_the_wrong_width_is_a_bug(self, tmp_path):
        with pytest.raises(ValueError, match="longer"), SheetWriter(tmp_path / "o.xlsx") as book:
            book.write_sheet("a", [SheetColumn("b")], [["c", "d"]])

    def test_progress(self, tmp_path):
        seen = []
        with SheetWriter(tmp_path / "out.xlsx") as book:
            rows = ([number] for number in range(2500))
            book.write_sheet("a", [SheetColumn("b", "integer")], rows, progress=seen.append)
        assert seen == [1000, 2000]

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50))
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_text_comes_back(self, tmp_path, text):
        with SheetWriter(tmp_path / "out.xlsx") as book:
            book.write_sheet("a", [SheetColumn("b", "id")], [[text]])
        page = openpyxl.load_workbook(tmp_path / "out.xlsx").active
        assert page["A2"].value == text


HEADS = ("城市", "项目", "姓名", "证件号码", "手机号码", "签约日期", "备注")
GOOD = ("上海公司", "上海翡翠雅苑", "刘建国", "310115198808171910", 15979546080.0)


class TestRejectedRows:
    @pytest.fixture
    def source(self, make_workbook):
        path = make_workbook(
            [
                ["业主一览", *[None] * 6],
                [],
                HEADS,
                [*GOOD, dt.date(2016, 12, 3), None],
                [*GOOD[:3], "310115198808171911", 15979546080.0, dt.date(2016, 12, 3), "=1+1"],
                [*GOOD, "2021-13-45", 12.5],
                [*GOOD, 44562, True],
            ],
            merge=["A1:G1"],
        )
        # A formula has no stored result when openpyxl wrote it; make it a text as offices have it.
        book = openpyxl.load_workbook(path)
        book.active["G5"].data_type = "s"
        book.save(path)
        return open_table(path)

    def test_the_workbook_is_like_the_input(self, source, tmp_path):
        out = tmp_path / "rejected.xlsx"
        reasons = {5: "校验码不对。", 6: "=没有这一天。"}
        with translation.override("en"):
            assert write_rejected(source, reasons, out, header_row=3) == 2

        with open_table(out) as table:
            rows = list(table.rows())
            assert table.merged == source.merged
        long_number = "15979546080"
        assert rows == [
            (1, ("业主一览", *[None] * 7)),
            (3, (*HEADS, "Reason for rejection")),
            (
                4,
                (
                    *GOOD[:3],
                    "310115198808171911",
                    long_number,
                    dt.date(2016, 12, 3),
                    "=1+1",
                    "校验码不对。",
                ),
            ),
            (5, (*GOOD[:4], long_number, "2021-13-45", 12.5, "=没有这一天。")),
        ]
        page = openpyxl.load_workbook(out).active
        assert page["D4"].number_format == page["E4"].number_format == "@"
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {
            "s",
            "n",
            "d",
            "inlineStr",
        }

    def test_it_can_be_imported_again(self, source, tmp_path):
        first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
        with translation.override("en"):
            write_rejected(source, {5: "a", 6: "b"}, first, header_row=3)
            with open_table(first) as again:
                header = find_header(again.head(), OWNERS, merged=again.merged)
                assert header.header_row == 3
                assert header.unmatched[-1].head == "Reason for rejection"
                assert [number for number, _values in data_rows(again.rows(), header)] == [4, 5]
                write_rejected(again, {5: "c"}, second, header_row=3)

        with open_table(second) as table:
            assert table.width == 8
            assert table.head()[-1][1][-1] == "c"

    def test_a_text_file_comes_back_as_a_workbook(self, tmp_path):
        text = "证件号码,手机号码\n310115198808171911,013800138000\n"
        with open_table(text.encode("gb18030"), "业主.csv") as source:
            write_rejected(source, {2: "x"}, tmp_path / "out.xlsx", header_row=1)
        with open_table(tmp_path / "out.xlsx") as table:
            assert table.sheet == "业主"
            assert table.head()[1] == (2, ("310115198808171911", "013800138000", "x"))


#: (changed cells, the first reason that an import must find); the rest of the row is sound.
VERDICTS = [
    ({}, None),
    ({"姓名": "张伟、朱桂香"}, None),
    ({"手机号码": 15979546080.0}, None),
    ({"手机号码": "+86 159 7954 6080"}, None),
    ({"签约日期": "20160103"}, None),
    ({"签约日期": 44562.0}, None),
    ({"签约日期": "2021年1月2日"}, None),
    ({"证件号码": "44030519920104057x"}, None),
    ({"证件号码": "310115198808171911"}, "id_checksum"),
    ({"手机号码": "1771896"}, "phone"),
    ({"手机号码": "136-855"}, "phone"),
    ({"手机号码": "+86 177"}, "phone"),
    ({"签约日期": "2021-13-45"}, "date"),
    ({"证件号码": "510107198207093310", "签约日期": "2021-13-45"}, "id_checksum"),
]


def test_verdicts_on_a_file_like_the_sales_system_s(make_workbook):
    """From the file to the verdict: reading, recognising, checking."""
    sound = dict(zip(HEADS, [*GOOD, dt.date(2016, 12, 3), None], strict=True))
    rows = [list({**sound, **changed}.values()) for changed, _verdict in VERDICTS]
    found = []
    with open_table(make_workbook([HEADS, *rows])) as table:
        header = find_header(table.head(), OWNERS, merged=table.merged)
        at = header.positions
        for _number, values in data_rows(table.rows(), header):
            try:
                assert split_owners(values[at["name"]])
                parse_identity(values[at["identity"]])
                parse_phone(values[at["phone"]])
                parse_date(values[at["signed_on"]], table.epoch1904)
                found.append(None)
            except BadValue as problem:
                found.append(problem.code)

    assert found == [verdict for _changed, verdict in VERDICTS]
