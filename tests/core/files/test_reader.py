"""What can be read, how it comes out, and what is refused before or while reading."""

import dataclasses
import datetime as dt
import io
import json
import resource
import signal
import struct
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from django.utils import translation

from core.files.delimited import separator_of
from core.files.guard import Refusal, check_workbook
from core.files.limits import DEFAULT_LIMITS, Limits
from core.files.problems import FileProblem
from core.files.reader import open_table
from tests.core.files.conftest import repacked

SHEET = "xl/worksheets/sheet1.xml"
MB = 1024 * 1024
#: Runs a command and tells how it ended and how many kilobytes it held. A small process in between
#: because Linux counts a parent's own memory as its child's until the child has replaced it.
WATCHED = """
import json, resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([status, held]), file=sys.stderr)
"""


def message(source, name="book.xlsx", **options) -> str:
    """Return the English sentence with which a file is refused."""
    with translation.override("en"), pytest.raises(FileProblem) as caught:
        open_table(source, name, **options)
    return str(caught.value)


class TestWorkbooks:
    def test_values_keep_their_kinds(self, make_workbook):
        row = ["张三", 17747625915, 1.5, True, dt.date(2021, 1, 2), dt.time(3, 4), "=1+1", "  "]
        path = make_workbook(
            [["题目"], [], row, [None, dt.datetime.fromisoformat("2021-01-02T03:04")]]
        )

        with open_table(path) as table:
            rows = list(table.rows())

        # A formula without a stored result is empty; the last cell holds only blanks.
        assert rows == [
            (1, ("题目", *[None] * 5)),
            (3, ("张三", 17747625915.0, 1.5, True, dt.date(2021, 1, 2), dt.time(3, 4))),
            (4, (None, dt.datetime.fromisoformat("2021-01-02T03:04"), *[None] * 4)),
        ]
        assert (table.row_count, table.width, table.sheet) == (3, 6, "表1")

    def test_rows_can_be_read_again_and_side_by_side(self, make_workbook):
        path = make_workbook([[str(number)] for number in range(1200)])

        with open_table(path) as table:
            first, second = table.rows(), table.rows()
            assert next(first) == (1, ("0",))
            assert [number for number, _values in second] == list(range(1, 1201))
            assert next(first) == (2, ("1",))
            assert len(table.head(700)) == 700
            assert [len(chunk) for chunk in table.chunks()] == [500, 500, 200]

    def test_sheets(self, make_workbook):
        path = make_workbook([], [["a"]], [["b"]])

        assert open_table(path).sheet == "表2"
        assert open_table(path, sheet="表3").head() == [(1, ("b",))]
        assert open_table(path, sheet=2).sheet == "表3"
        assert open_table(path).sheet_names == ("表1", "表2", "表3")
        assert message(path, sheet="表9") == (
            "There is no sheet “表9”. The workbook has: 表1, 表2, 表3."
        )

    def test_merged_cells_of_the_head(self, make_workbook):
        path = make_workbook([["组", None], ["a", "b"]], merge=["A1:B1"])

        [area] = open_table(path).merged

        assert (area.first_row, area.last_row, area.first_column, area.last_column) == (1, 1, 0, 1)

    def test_epoch_of_1904(self, tmp_path):
        book = openpyxl.Workbook()
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["日期", dt.date(2021, 1, 2)])
        book.save(tmp_path / "mac.xlsx")

        with open_table(tmp_path / "mac.xlsx") as table:
            assert table.epoch1904 is True
            assert table.head() == [(1, ("日期", dt.date(2021, 1, 2)))]

    def test_bytes_need_a_name(self, plain_workbook):
        assert open_table(plain_workbook, "a.xlsx").row_count == 2
        with pytest.raises(TypeError):
            open_table(plain_workbook)

    def test_wide_and_long_sheets(self, make_workbook):
        assert message(make_workbook([["x"] * 201])) == (
            "The sheet has more than 200 columns. Delete those that are not needed."
        )
        path = make_workbook([["x"]] * 12)
        assert message(path, max_rows=11).startswith("The sheet has more than 11 rows.")
        assert open_table(path, max_rows=12).row_count == 12

    def test_formatted_empty_cells_do_not_count(self, tmp_path):
        book = openpyxl.Workbook()
        book.active["A1"] = "姓名"
        book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
        book.save(tmp_path / "formatted.xlsx")

        assert open_table(tmp_path / "formatted.xlsx").head() == [(1, ("姓名",))]


class TestText:
    LINES = "姓名,手机\n张三,13800138000\n"
    ROWS = ((1, ("姓名", "手机")), (2, ("张三", "13800138000")))

    @pytest.mark.parametrize(
        ("encoding", "known_as"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8-sig"),
            ("gb18030", "gb18030"),
            ("gbk", "gb18030"),
            ("utf-16", "utf-16"),
        ],
    )
    def test_encodings(self, encoding, known_as):
        with open_table(self.LINES.encode(encoding), "a.csv") as table:
            assert tuple(table.rows()) == self.ROWS
            assert table.encoding == known_as

    def test_rare_characters_survive(self):
        names = "㛃𠮷·龴ḿ"
        assert open_table(f"a,{names}".encode("gb18030"), "a.csv").head() == [(1, ("a", names))]
        # Where GB 18030-2022 left the private use area, so do we.
        assert open_table(b"a,\xfe\x59", "a.csv").head() == [(1, ("a", "\u9fb4"))]

    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_separators(self, separator):
        text = self.LINES.replace(",", separator)
        assert tuple(open_table(text.encode(), "a.csv").rows()) == self.ROWS

    def test_separator_below_a_title_with_commas(self):
        text = "华东区域,上海公司,业主\n\n姓名;手机;备注\n张三;138;甲,乙\n李四;139;丙\n"
        assert separator_of(text) == ";"

    def test_separator_named_in_the_first_line(self):
        assert open_table(b"sep=;\na;b,c\n", "a.csv").head() == [(2, ("a", "b,c"))]

    def test_line_breaks_in_cells_and_blank_rows_keep_the_numbering(self):
        text = 'a,b\r\n"x\r\ny",1\r\n\r\n,\r\nz,2\r\n'
        assert open_table(text.encode(), "a.csv").head() == [
            (1, ("a", "b")),
            (2, ("x\r\ny", "1")),
            (5, ("z", "2")),
        ]

    def test_numbers_stay_texts(self):
        text = "310115198808171910,013800138000,1.0,1E5\n"
        assert open_table(text.encode(), "a.csv").head() == [
            (1, ("310115198808171910", "013800138000", "1.0", "1E5"))
        ]

    @pytest.mark.parametrize(
        ("data", "begins"),
        [
            (b"", "The file is empty."),
            (b"\n , \n", "The file is empty."),
            (b"a,\x80\xff", "The text of the file can be read neither"),
            (b"a\x00b,c", "The file contains bytes that no text has."),
            ('a,"' + "x" * 200_000, "A row of the file cannot be read"),
        ],
    )
    def test_refused(self, data, begins):
        data = data.encode() if isinstance(data, str) else data
        assert message(data, "a.csv").startswith(begins)


class TestKinds:
    @pytest.mark.parametrize(
        ("name", "begins"),
        [
            ("a.xls", "This is an old .xls workbook"),
            ("a.xlsm", "The workbook contains macros."),
            ("a.pdf", "Only .xlsx and .csv files can be read."),
            ("a", "Only .xlsx and .csv files can be read."),
        ],
    )
    def test_by_name(self, name, begins):
        assert message(b"x", name).startswith(begins)

    def test_by_content(self, plain_workbook):
        assert message(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).startswith(
            "This is an old"
        )
        assert message(b"a,b\n").startswith("This is not an .xlsx workbook.")
        assert message(plain_workbook[:-200]).startswith("The workbook is damaged.")
        assert message(repacked(plain_workbook, leave_out=["xl/workbook.xml"])).startswith(
            "This is not an .xlsx workbook."
        )
        assert message(repacked(plain_workbook, change={SHEET: b"<worksheet><sheetData><row"}))

    def test_too_large(self, plain_workbook):
        limits = Limits(file_bytes=1000)
        assert message(plain_workbook, limits=limits).startswith("The file is larger than 0 MB.")

    def test_missing(self, tmp_path):
        assert message(tmp_path / "none.xlsx", None) == (
            "There is no file “none.xlsx”, or it must not be read."
        )


def sheet_xml(cells: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml'
        b'/2006/main"><sheetData>' + cells + b"</sheetData></worksheet>"
    )


class TestHostileWorkbooks:
    """Each refused by the guard, before a parser could be harmed."""

    def code(self, workbook: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
        with pytest.raises(Refusal) as caught:
            check_workbook(io.BytesIO(workbook), limits)
        return caught.value.code

    def test_an_honest_one_passes(self, plain_workbook):
        assert check_workbook(io.BytesIO(plain_workbook), DEFAULT_LIMITS) is False

    @pytest.mark.parametrize(
        "part", ["[Content_Types].xml", "_rels/.rels", SHEET, "xl/sharedStrings.xml"]
    )
    @pytest.mark.parametrize(
        "declaration",
        [
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
            b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>',
            b"<! doctype x>",
        ],
    )
    def test_declarations(self, plain_workbook, part, declaration):
        with zipfile.ZipFile(io.BytesIO(plain_workbook)) as archive:
            names = archive.namelist()
            original = archive.read(part) if part in names else b"<?xml version='1.0'?><sst/>"
        data = original.replace(b"?>", b"?>" + declaration, 1)
        data = data if declaration in data else declaration + data
        if part in names:
            hostile = repacked(plain_workbook, change={part: data})
        else:
            hostile = repacked(plain_workbook, add={part: data})

        assert self.code(hostile) == "entity"
        assert message(hostile).startswith("The workbook contains declarations")

    def test_declaration_across_pieces(self, plain_workbook):
        data = b"<?xml version='1.0'?><!--" + b"x" * (256 * 1024 - 30) + b"--><!DOCTYPE x>"
        assert self.code(repacked(plain_workbook, change={SHEET: data})) == "entity"

    def test_declaration_in_utf_16_or_under_another_name(self, plain_workbook):
        text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>'.encode("utf-16")
        assert self.code(repacked(plain_workbook, change={SHEET: text})) == "entity"
        odd = {"xl/theme.bin": b"\xef\xbb\xbf" + b" " * 300_000 + b"<x/><!DOCTYPE x>"}
        assert self.code(repacked(plain_workbook, add=odd)) == "entity"

    def test_macros(self, plain_workbook):
        assert self.code(repacked(plain_workbook, add={"xl/vbaProject.bin": b"x"})) == "macro"

    def test_bomb_by_ratio(self, plain_workbook):
        bomb = repacked(plain_workbook, add={"xl/media/x.bin": bytes(60 * MB)})
        assert len(bomb) < MB
        assert self.code(bomb) == "ratio"

    def test_bomb_of_many_parts(self, plain_workbook):
        parts = {f"xl/media/{number}.bin": bytes(9 * MB) for number in range(5)}
        limits = Limits(unpacked_bytes=40 * MB)
        assert self.code(repacked(plain_workbook, add=parts), limits) == "unpacked_bytes"

    def test_many_entries(self, plain_workbook):
        parts = {f"xl/media/{number}.bin": b"" for number in range(2000)}
        assert self.code(repacked(plain_workbook, add=parts)) == "entries"

    def test_lying_directory(self, plain_workbook):
        """The directory says that a part of 20 MB has 100 bytes."""
        size = 20 * MB + 1
        bomb = bytearray(repacked(plain_workbook, add={"xl/big.bin": b"ab" * (size // 2) + b"c"}))
        told = struct.pack("<L", size)
        assert bomb.count(told) == 2
        bomb = bomb.replace(told, struct.pack("<L", 100))

        assert self.code(bytes(bomb), Limits(ratio=10**9)) == "broken"
        assert self.code(bytes(bomb), Limits(unpacked_bytes=MB, ratio=10**9)) == "unpacked_bytes"

    def test_two_parts_of_one_name(self, plain_workbook):
        with pytest.warns(UserWarning, match="Duplicate name"):
            double = repacked(plain_workbook, add={SHEET: b"<worksheet/>"})
        assert self.code(double) == "broken"

    def test_password(self, plain_workbook):
        data = bytearray(plain_workbook)
        at = data.index(b"PK\x01\x02")
        data[at + 8] |= 1
        assert self.code(bytes(data)) == "password"

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            (b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>', "columns"),
            (b'<row r="1"><c r="xfd1"><v>1</v></c></row>', "columns"),
            (b"<row r='1'><c s = '1' r = 'A1048576'><v>1</v></c></row>", "rows"),
            (b'<x:row><x:c r="GR190000"><x:v>1</x:v></x:c></x:row>', "cells"),
            (b'<row r="9"><c r="A9999999999999999999"><v>1</v></c></row>', "ok"),
            (b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576" s="1"/></row>', "ok"),
        ],
    )
    def test_far_corners(self, plain_workbook, cells, code):
        hostile = repacked(plain_workbook, change={SHEET: sheet_xml(cells)})
        if code == "ok":
            check_workbook(io.BytesIO(hostile), DEFAULT_LIMITS)
        else:
            assert self.code(hostile) == code

    def test_cells_without_places(self, plain_workbook):
        hostile = repacked(plain_workbook, change={SHEET: sheet_xml(b"<c><v>1</v></c>" * 3000)})
        assert self.code(hostile, Limits(cells=2000)) == "cells"


class TestTheReadingProcess:
    """Bounds that hold even if the guard overlooked something."""

    @pytest.fixture
    def amplifying(self, plain_workbook):
        """One text of a megabyte, used 2,000 times: 2 GB from a file of some kilobytes."""
        text = b"<sst><si><t>" + b"0123456789abcdef" * (MB // 16) + b"</t></si></sst>"
        cells = b"".join(
            b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 2001)
        )
        strings = {"xl/sharedStrings.xml": text}
        workbook = repacked(plain_workbook, change={SHEET: sheet_xml(cells)}, add=strings)
        assert len(workbook) < 100 * 1024
        check_workbook(io.BytesIO(workbook), DEFAULT_LIMITS)
        return workbook

    def end_of(self, workbook: bytes, tmp_path, **bounds: int):
        """Run the process by itself; return its exit status and what it used."""
        limits = dataclasses.asdict(Limits(**bounds))
        order = json.dumps({"kind": "xlsx", "sheet": None, "limits": limits})
        (tmp_path / "in").write_bytes(workbook)
        with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as out:
            watched = subprocess.run(
                [sys.executable, "-c", WATCHED, sys.executable, "-m", "core.files.sandbox", order],
                stdin=source,
                stdout=out,
                stderr=subprocess.PIPE,
                check=True,
            )
        status, kilobytes = json.loads(watched.stderr.splitlines()[-1])
        return status, kilobytes * 1024, (tmp_path / "out").stat().st_size

    def test_memory_is_bounded(self, amplifying, tmp_path):
        _status, memory, _size = self.end_of(amplifying, tmp_path, memory_bytes=300 * MB)
        assert memory < 300 * MB

    def test_time_is_bounded(self, amplifying, tmp_path):
        bounds = {"memory_bytes": 8192 * MB, "spool_bytes": 8192 * MB, "cpu_seconds": 1}
        status, _memory, _size = self.end_of(amplifying, tmp_path, **bounds)
        assert status in (-signal.SIGXCPU, -signal.SIGKILL)

    def test_output_is_bounded(self, amplifying, tmp_path):
        bounds = {"memory_bytes": 8192 * MB, "spool_bytes": 5 * MB}
        _status, _memory, size = self.end_of(amplifying, tmp_path, **bounds)
        assert size <= 5 * MB

    @pytest.mark.parametrize(
        "bounds", [{"memory_bytes": 300 * MB}, {"spool_bytes": 5 * MB}, {"cpu_seconds": 1}]
    )
    def test_every_end_is_one_sentence_and_costs_the_worker_nothing(self, amplifying, bounds):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        assert message(amplifying, limits=Limits(**bounds)) == (
            "The file needs too much memory or time to read. Split it into several files."
        )

        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 50 * 1024

    def test_it_sees_none_of_our_environment(self, plain_workbook, monkeypatch):
        seen = {}
        real = subprocess.run

        def watched(command, **options):
            seen.update(options["env"])
            return real(command, **options)

        monkeypatch.setattr(subprocess, "run", watched)
        open_table(plain_workbook, "a.xlsx")

        assert sorted(seen) == ["LC_ALL", "PYTHONPATH"]
