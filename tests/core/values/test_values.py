"""One text, one verdict: what the parsers take, what they make of it, and what they refuse."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.values import (
    BadValue,
    IdentityKind,
    Room,
    birth_date_of,
    clean_name,
    identity_kind,
    national_format,
    normalise_room,
    parse_credit_code,
    parse_date,
    parse_datetime,
    parse_identity,
    parse_integer,
    parse_money,
    parse_number,
    parse_phone,
    parse_phones,
    parse_room_label,
    parse_text,
    split_owners,
    without_extension,
)
from core.values.identity import resident_check_digit

EMPTY = [None, "", "  ", "\u3000", "-", "/", "无", "N/A"]


def refusal(parse, value, **options) -> str:
    """Return the code with which a value is refused."""
    with pytest.raises(BadValue) as caught:
        parse(value, **options)
    assert str(caught.value).endswith(".")
    return caught.value.code


class TestNames:
    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("张三", "张三"),
            (" 张三\u3000", "张三"),
            ("张 三", "张三"),
            ("欧阳\u3000娜娜", "欧阳娜娜"),
            ("㛃𠮷", "㛃𠮷"),
            ("𠮷 野", "𠮷野"),
            ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
            ("John   Smith", "John Smith"),
            ("Ｊｏｈｎ", "John"),
            ("Zoe\u0301", "Zoé"),
            ("\ufeff李四\u200b", "李四"),
            ("武汉建工（集团）有限公司", "武汉建工（集团）有限公司"),
            (360.0, "360"),
            *[(value, "") for value in EMPTY],
        ],
    )
    def test_clean_name(self, written, stored):
        assert clean_name(written) == stored

    @pytest.mark.parametrize(
        "written", ["张\x00三", "张\u202e三", "张\u2066三", "张\ufffd", "\u200f李", "王" * 121]
    )
    def test_clean_name_refuses(self, written):
        assert refusal(clean_name, written) == "name"

    @pytest.mark.parametrize(
        ("cell", "owners"),
        [
            ("张三、李四", ["张三", "李四"]),
            (" 马斌、高春梅 ", ["马斌", "高春梅"]),
            ("张三,李四，王五", ["张三", "李四", "王五"]),
            ("张三;李四；王五", ["张三", "李四", "王五"]),
            ("张三/李四／王五", ["张三", "李四", "王五"]),
            ("张三&李四＆王五", ["张三", "李四", "王五"]),
            ("张三\n李四", ["张三", "李四"]),
            ("张三、张三", ["张三"]),
            ("张三、", ["张三"]),
            ("和平", ["和平"]),
            ("张和平", ["张和平"]),
            ("张伟 李娜", ["张伟", "李娜"]),
            ("张 伟", ["张伟"]),
            ("欧阳 娜娜", ["欧阳娜娜"]),
            ("阿依古丽 买买提", ["阿依古丽买买提"]),
            ("John Smith", ["John Smith"]),
            ("", []),
            (None, []),
        ],
    )
    def test_split_owners(self, cell, owners):
        assert split_owners(cell) == owners


class TestPhones:
    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("13800138000", "+8613800138000"),
            (17747625915.0, "+8617747625915"),
            (17747625915, "+8617747625915"),
            ("159-7954-6080", "+8615979546080"),
            ("+86 159 3687 1887", "+8615936871887"),
            ("+8615936871887", "+8615936871887"),
            ("0086-159-3687-1887", "+8615936871887"),
            ("8615936871887", "+8615936871887"),
            ("86 15936871887", "+8615936871887"),
            ("(+86)15936871887", "+8615936871887"),
            ("１３８００１３８０００", "+8613800138000"),
            ("＋86　138 0013 8000", "+8613800138000"),
            ("\u202d13800138000\u202c", "+8613800138000"),
            ("手机：13800138000", "+8613800138000"),
            ("'13800138000", "+8613800138000"),
            ('="13800138000"', "+8613800138000"),
            ("13800138000.", "+8613800138000"),
            ("1.7747625915E10", "+8617747625915"),
            ("1.7747625915e+10", "+8617747625915"),
            ("027-87654321", "+862787654321"),
            ("(027)87654321", "+862787654321"),
            ("02787654321", "+862787654321"),
            ("（０２７）８７６５４３２１", "+862787654321"),
            ("+86 27 8765 4321", "+862787654321"),
            ("0731-84123456", "+8673184123456"),
            ("027-87654321转8001", "+862787654321;ext=8001"),
            ("027-87654321-8001", "+862787654321;ext=8001"),
            ("(027)87654321-8001", "+862787654321;ext=8001"),
            ("400-123-4567", "+864001234567"),
            ("+852 9123 4567", "+85291234567"),
            ("852-91234567", "+85291234567"),
            ("+1 650 253 0000", "+16502530000"),
            *[(value, "") for value in EMPTY],
        ],
    )
    def test_parse_phone(self, written, stored):
        assert parse_phone(written) == stored
        assert parse_phone(stored) == stored

    @pytest.mark.parametrize(
        "written",
        [
            "1771896", "186-446", "+86 177", "1380013800", "138001380001", "12800138000", 1771896.0,
            1.5, -13800138000, True, 1e20, float("inf"), "1.78E+10", "1.78e10", "87654321", "abc",
            "张三", "13800138000/13900139000", "1-800-FLOWERS", "9" * 80, "110101199003070011",
        ],
    )  # fmt: skip
    def test_parse_phone_refuses(self, written):
        assert refusal(parse_phone, written) == "phone"

    def test_rounded_number_has_a_sentence_of_its_own(self):
        with translation.override("en"), pytest.raises(BadValue, match="rounded this number"):
            parse_phone("1.78E+10")

    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("13800138000、027-87654321", ["+8613800138000", "+862787654321"]),
            ("13800138000/13800138000", ["+8613800138000"]),
            (13800138000.0, ["+8613800138000"]),
            (None, []),
        ],
    )
    def test_parse_phones(self, written, stored):
        assert parse_phones(written) == stored

    @pytest.mark.parametrize(
        ("stored", "shown"),
        [
            ("+8613800138000", "13800138000"),
            ("+862787654321", "027-87654321"),
            ("+8673184123456", "0731-84123456"),
            ("+862787654321;ext=8001", "027-87654321-8001"),
            ("+864001234567", "400-123-4567"),
            ("+85291234567", "+852 9123 4567"),
            ("", ""),
        ],
    )
    def test_national_format(self, stored, shown):
        assert national_format(stored) == shown
        assert parse_phone(shown) == stored

    def test_without_extension(self):
        assert without_extension("+862787654321;ext=8001") == "+862787654321"
        assert without_extension("+8613800138000") == "+8613800138000"

    @given(
        st.from_regex(r"\A1[3-9][0-9]{9}\Z"),
        st.sampled_from(["", "+86", "+86 ", "0086", "86", "86-", "(+86) "]),
        st.sampled_from(["", " ", "-", "－", "\u3000", "."]),
        st.booleans(),
    )
    def test_any_notation_of_a_mobile_number(self, digits, prefix, separator, wide):
        text = prefix + separator.join([digits[:3], digits[3:7], digits[7:]])
        if wide:
            text = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)

        assert parse_phone(text) == "+86" + digits
        assert parse_phone(float(digits)) == "+86" + digits


class TestIdentity:
    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("310115198808171910", "310115198808171910"),
            ("44030519920104057x", "44030519920104057X"),
            ("４４０３０５１９９２０１０４０５７Ｘ", "44030519920104057X"),
            (" 440305 19920104 057X ", "44030519920104057X"),
            ("44030519920104057Х", "44030519920104057X"),
            ("'310115198808171910", "310115198808171910"),
            ("310115880817191", "310115198808171910"),
            (310115880817191.0, "310115198808171910"),
            *[(value, "") for value in EMPTY],
        ],
    )
    def test_parse_identity(self, written, stored):
        assert parse_identity(written) == stored

    @pytest.mark.parametrize(
        "written",
        [
            "310115198808171911",  # check digit
            "510107198207093310",
            "31011519880817191",  # 17 characters
            "3101151988081719100",
            "X10115198808171910",
            "00011519880817191" + resident_check_digit("00011519880817191"),  # no province
            "31011519880230191" + resident_check_digit("31011519880230191"),  # 30 February
            "31011529880817191" + resident_check_digit("31011529880817191"),  # not yet born
            "31011517880817191" + resident_check_digit("31011517880817191"),
            "310115881317191",  # 15 digits, month 13
            "王小明",
            True,
            dt.date(2021, 1, 1),
        ],
    )
    def test_parse_identity_refuses(self, written):
        assert refusal(parse_identity, written) == "id_checksum"

    @pytest.mark.parametrize(
        "written", [3.10115198808172e17, 310115198808171910, "3.10115E+17", "1.10101e17"]
    )
    def test_rounded_number_has_a_sentence_of_its_own(self, written):
        with translation.override("en"), pytest.raises(BadValue, match="rounded this number"):
            parse_identity(written)

    @given(
        st.sampled_from(["110105", "310115", "420106", "440305", "510107", "710000", "830000"]),
        st.dates(dt.date(1900, 1, 1), dt.date(2020, 12, 31)),
        st.integers(0, 999),
    )
    def test_check_digit_finds_every_wrong_digit(self, county, born, sequence):
        first = f"{county}{born:%Y%m%d}{sequence:03}"
        number = first + resident_check_digit(first)

        assert parse_identity(number) == number
        assert birth_date_of(number) == born
        for place, digit in enumerate(first):
            wrong = str((int(digit) + 1) % 10)
            assert refusal(parse_identity, number[:place] + wrong + number[place + 1 :])
        swapped = number[:15] + number[16] + number[15] + number[17]
        if swapped != number:
            assert refusal(parse_identity, swapped) == "id_checksum"

    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            ("身份证", IdentityKind.RESIDENT),
            ("居民身份证", IdentityKind.RESIDENT),
            ("", IdentityKind.RESIDENT),
            ("港澳台居民居住证", IdentityKind.RESIDENT),
            ("护照", IdentityKind.PASSPORT),
            ("护照（外籍）", IdentityKind.PASSPORT),
            ("港澳居民来往内地通行证", IdentityKind.HK_MACAO_PERMIT),
            ("台胞证", IdentityKind.TAIWAN_PERMIT),
            ("军官证", IdentityKind.MILITARY),
            ("营业执照", IdentityKind.CREDIT_CODE),
            ("passport", IdentityKind.PASSPORT),
            ("出生证", IdentityKind.OTHER),
        ],
    )
    def test_identity_kind(self, word, kind):
        assert identity_kind(word) is kind

    @pytest.mark.parametrize(
        ("kind", "written", "stored"),
        [
            ("护照", "e12345678", "E12345678"),
            ("港澳居民来往内地通行证", "H12345678", "H12345678"),
            ("台胞证", "12345678", "12345678"),
            ("军官证", "军字第2001988号", "军字第2001988号"),
            ("出生证", "A1234567", "A1234567"),
            ("统一社会信用代码", "91350100M000100Y43", "91350100M000100Y43"),
        ],
    )
    def test_other_documents(self, kind, written, stored):
        assert parse_identity(written, kind) == stored

    @pytest.mark.parametrize(
        ("kind", "written"),
        [
            ("护照", "PASSPORT"),
            ("护照", "E1"),
            ("港澳居民来往内地通行证", "X12345678"),
            ("台胞证", "1234"),
            ("军官证", "军"),
            ("身份证", "H12345678"),
        ],
    )
    def test_other_documents_refuse(self, kind, written):
        assert refusal(parse_identity, written, kind=kind) == "id_checksum"

    def test_credit_code(self):
        # The example of GB 32100-2015.
        assert parse_credit_code("91350100M000100Y43") == "91350100M000100Y43"
        assert parse_credit_code(" 91350100m000100y43") == "91350100M000100Y43"
        assert parse_credit_code("") == ""

    @pytest.mark.parametrize(
        "written", ["91350100M000100Y44", "91350100M000100Y4", "91350100I000100Y43", 9.135e17]
    )
    def test_credit_code_refuses(self, written):
        assert refusal(parse_credit_code, written) == "credit_code"


NUMERALS = "〇一二三四五六七八九"


def chinese_numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (
        ("" if tens == 0 else "十" if tens == 1 else NUMERALS[tens] + "十")
        + (NUMERALS[ones] if ones else "")
    )  # fmt: skip


NOTATIONS = [
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d.year}-{d.month}-{d.day}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d:%Y.%m.%d}",
    lambda d: f"{d:%Y%m%d}",
    lambda d: int(f"{d:%Y%m%d}"),
    lambda d: float(f"{d:%Y%m%d}"),
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d:%Y}年 {d:%m}月 {d:%d}日",
    lambda d: f"{d:%Y-%m-%d} 00:00:00",
    lambda d: f"{d:%Y-%m-%d}T08:30:00+08:00",
    lambda d: f"{d:%Y/%m/%d} 下午 3:05",
    lambda d: f" {d:%Y-%m-%d}\u3000",
    lambda d: f"{d:%Y-%m-%d}".translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789-"}),
    lambda d: (
        "".join(NUMERALS[int(c)] for c in str(d.year))
        + f"年{chinese_numeral(d.month)}月{chinese_numeral(d.day)}日"
    ),
    lambda d: (d - dt.date(1899, 12, 30)).days,
    lambda d: float((d - dt.date(1899, 12, 30)).days),
    lambda d: str((d - dt.date(1899, 12, 30)).days),
    lambda d: d,
    lambda d: dt.datetime.combine(d, dt.time(23, 59)),
]


class TestDates:
    @given(st.dates(dt.date(1927, 6, 1), dt.date(2100, 12, 31)), st.sampled_from(NOTATIONS))
    def test_any_notation_gives_the_same_day(self, day, notation):
        assert parse_date(notation(day)) == day

    @given(st.dates(dt.date(1932, 1, 1), dt.date(2100, 12, 31)))
    def test_serial_numbers_from_1904(self, day):
        assert parse_date((day - dt.date(1904, 1, 1)).days, epoch1904=True) == day

    @pytest.mark.parametrize(
        ("written", "day"),
        [
            (44562, dt.date(2022, 1, 1)),
            ("44562", dt.date(2022, 1, 1)),
            (44562.75, dt.date(2022, 1, 1)),
            ("2021年1月", dt.date(2021, 1, 1)),
            ("2021-03", dt.date(2021, 3, 1)),
            ("二〇二一年一月二日", dt.date(2021, 1, 2)),
            ("二零二一年十二月三十一日", dt.date(2021, 12, 31)),
            ("二○二一年十月廿一日", dt.date(2021, 10, 21)),
            ("2021年1月2日 星期六", dt.date(2021, 1, 2)),
            ("2021年1月2日 10时30分", dt.date(2021, 1, 2)),
            # Midnight in China as programs export it.
            ("2021-01-01T16:00:00.000Z", dt.date(2021, 1, 2)),
            ("1919-05-04", dt.date(1919, 5, 4)),
            ("2024-02-29", dt.date(2024, 2, 29)),
            *[(value, None) for value in EMPTY],
        ],
    )
    def test_parse_date(self, written, day):
        assert parse_date(written) == day

    @pytest.mark.parametrize(
        "written",
        [
            "2021-13-45", "2021-02-30", "2023-02-29", "2021-00-01", "20211345", 20211345, "21-1-2",
            "1/2/2021", "2021", 2021, 2021.0, "2021.1", 2021.1, "202101", 1, 0, -5, 999999, "99999",
            "1899-12-31", "2101-01-01", dt.date(1800, 1, 1), dt.datetime(9999, 12, 31), True,  # noqa: DTZ001
            dt.time(3, 4), float("nan"), float("inf"), "昨天", "2021-01-02x", "2021-1-2-3",
            "二〇二一年十三月一日", "2021-01-02 25:00", "1" * 50, "13800138000",
        ],
    )  # fmt: skip
    def test_parse_date_refuses(self, written):
        assert refusal(parse_date, written) == "date"

    @pytest.mark.parametrize(
        ("written", "moment"),
        [
            ("2026-06-22 09:10", "2026-06-22T09:10:00"),
            ("2026/6/22 9:10:05", "2026-06-22T09:10:05"),
            ("2026-06-22 09:10:05.281", "2026-06-22T09:10:05.281000"),
            ("2026年6月22日 下午3点05分", "2026-06-22T15:05:00"),
            ("20260622 091005", "2026-06-22T09:10:05"),
            ("2026-06-22T01:10:00Z", "2026-06-22T09:10:00"),
            (46195.5, "2026-06-22T12:00:00"),
            (dt.date(2026, 6, 22), "2026-06-22T00:00:00"),
        ],
    )
    def test_parse_datetime(self, written, moment):
        assert parse_datetime(written) == dt.datetime.fromisoformat(moment)


class TestNumbers:
    @pytest.mark.parametrize(
        ("written", "amount"),
        [
            (1234.5, "1234.50"),
            (7441900.000000001, "7441900.00"),
            (0.1 + 0.2, "0.30"),
            (1.005, "1.01"),
            (0, "0.00"),
            ("¥1,234.50", "1234.50"),
            ("￥1，234.50", "1234.50"),
            ("1234.50元", "1234.50"),
            ("人民币1,234.50元整", "1234.50"),
            ("12.3万", "123000.00"),
            ("12.3万元", "123000.00"),
            ("1.2亿", "120000000.00"),
            ("1,2345,6789", "123456789.00"),
            ("-5", "-5.00"),
            ("-¥5", "-5.00"),
            ("(1,234.50)", "-1234.50"),
            ("１２３４．５", "1234.50"),
            (Decimal("7.125"), "7.13"),
        ],
    )
    def test_parse_money(self, written, amount):
        assert str(parse_money(written)) == amount

    def test_unit_of_the_column(self):
        assert parse_money(331191.0, unit="万元") == Decimal("3311910000.00")
        assert parse_money("12.5", unit="元") == Decimal("12.50")

    @pytest.mark.parametrize("value", EMPTY)
    def test_empty_amounts(self, value):
        assert parse_money(value) is None
        assert parse_number(value) is None
        assert parse_integer(value) is None

    @pytest.mark.parametrize(
        "written",
        ["1.2.3", "12,34", "1234,50", "一百", "--5", "¥", "1e99", float("nan"), 1e16, True, "1 2"]
        + ["=1+1", dt.date(2021, 1, 1)],
    )
    def test_parse_money_refuses(self, written):
        assert refusal(parse_money, written) == "money"

    @pytest.mark.parametrize(
        ("written", "number"),
        [(177.5, "177.50"), ("89.5㎡", "89.50"), ("89.5平方米", "89.50"), ("1,200 m2", "1200.00")],
    )
    def test_parse_number(self, written, number):
        assert str(parse_number(written)) == number

    def test_parse_integer(self):
        assert parse_integer("1,200户") == 1200
        assert parse_integer(2737.0) == 2737
        assert refusal(parse_integer, 1.5) == "number"

    @given(st.decimals(-(10**12), 10**12, places=2))
    def test_amounts_round_trip(self, amount):
        assert parse_money(str(amount)) == amount
        assert parse_money(f"¥{amount:,}") == amount
        assert parse_money(float(amount)) == amount


class TestRooms:
    @pytest.mark.parametrize(
        ("cells", "room"),
        [
            (("3栋", "2单元", "1201"), ("3", "2", "1201")),
            (("03栋", "02单元", "1201室"), ("3", "2", "1201")),
            ((3.0, 2.0, 1201.0), ("3", "2", "1201")),
            (("三号楼", "二单元", "0301房"), ("3", "2", "301")),
            (("a座", None, "1201A"), ("A", "", "1201A")),
            (("３#", "２", "１２０１"), ("3", "2", "1201")),
            (("十二幢", "", "101"), ("12", "", "101")),
            (("商业街", "", "12"), ("商业街", "", "12")),
            ((None, None, "3栋2单元1201"), ("3", "2", "1201")),
        ],
    )
    def test_normalise_room(self, cells, room):
        assert normalise_room(*cells)[:3] == room

    def test_label(self):
        assert normalise_room("3栋", "2单元", "1201").label == "3栋2单元1201"
        assert normalise_room("3栋", "", "1201").label == "3栋1201"
        assert Room("", "", "1201").label == "1201"

    def test_parts_that_are_too_long(self):
        assert refusal(lambda text: normalise_room(text, "", ""), "某" * 21) == "room"

    @pytest.mark.parametrize(
        "text",
        [
            "3栋2单元1201",
            "3-2-1201",
            "3#2-1201",
            "3号楼2单元1201室",
            "3幢2单元1201房",
            " 3栋 2单元 1201",
        ]
        + [
            "３栋２单元１２０１",
            "三栋二单元1201",
            "第3栋2单元1201",
            "03栋02单元1201",
            "3#楼2单元1201",
        ],
    )
    def test_one_room_in_many_notations(self, text):
        assert parse_room_label(text) == ("3", "2", "1201", "")

    @pytest.mark.parametrize(
        ("text", "room"),
        [
            ("3栋1201", ("3", "", "1201", "")),
            ("3-1201", ("3", "", "1201", "")),
            ("A座1201", ("A", "", "1201", "")),
            ("上海翡翠雅苑17栋3单元3204", ("17", "3", "3204", "上海翡翠雅苑")),
            ("翡翠一期3栋2单元1201室", ("3", "2", "1201", "翡翠一期")),
        ],
    )
    def test_parse_room_label(self, text, room):
        assert parse_room_label(text) == room

    @pytest.mark.parametrize(
        "text",
        [
            "13800138000", "138-0013-8000", "027-87654321", "027-8765-4321", "010-12-3456",
            "310115198808171910", "2021-01-02", "2021-1-2", "21-1-2", "KH2026000", "HN01P01",
            "TS202606220000", "张三", "zhangsan", "zs", "", "1201", "3栋", "3栋2单元",
            "400-123-4567", "YA1001", "1-2-3",
        ],
    )  # fmt: skip
    def test_not_a_room(self, text):
        assert parse_room_label(text) is None


class TestText:
    def test_parse_text(self):
        assert parse_text(" 重视孩子教育\r\n第二行 ") == "重视孩子教育\n第二行"
        assert parse_text("a\t b\nc", one_line=True) == "a b c"
        assert parse_text(None) == ""
        assert parse_text(5.0) == "5"

    @pytest.mark.parametrize("written", ["a\x07b", "a\u202eb", "a\ufffd", "长" * 2001])
    def test_parse_text_refuses(self, written):
        assert refusal(parse_text, written) == "text"
