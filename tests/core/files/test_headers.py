"""The header is found and its columns recognised, however a branch office lays its file out."""

import datetime as dt

import pytest
from django.utils import translation

from core.files.headers import (
    Field,
    apply_overrides,
    data_rows,
    find_header,
    normalised,
)
from core.files.problems import FileProblem
from core.files.reader import open_table
from tests.core.files.fields import ORGANISATIONS, OWNERS

AS_SOLD = (
    "区域",
    "城市公司",
    "项目",
    "楼栋",
    "单元",
    "房号",
    "业主姓名",
    "性别",
    "证件类型",
    "证件号码",
    "手机号码",
    "备用电话",
    "签约日期",
    "交付日期",
    "建筑面积(㎡)",
    "合同总价(元)",
    "付款方式",
    "客户等级",
    "备注",
)
OWNER = (
    "华东区域",
    "上海公司",
    "上海翡翠雅苑",
    "17栋",
    "3单元",
    "3204",
    "刘建国",
    "男",
    "身份证",
    "310115198808171910",
    "159-7954-6080",
    None,
    dt.date(2016, 12, 3),
    "2018/11/22",
    177.5,
    2547900.0,
    "一次性",
    "普通",
    None,
)


def numbered(*rows):
    """Return rows as a table gives them, numbered from 1, wholly empty ones left out."""
    width = max(map(len, rows))
    return [
        (number, (*row, *[None] * (width - len(row))))
        for number, row in enumerate(rows, start=1)
        if any(cell is not None for cell in row)
    ]


def refusal(call, *args, **options) -> str:
    with translation.override("en"), pytest.raises(FileProblem) as caught:
        call(*args, **options)
    return str(caught.value)


class TestLayouts:
    def test_as_a_sales_system_exports(self):
        header = find_header(numbered(AS_SOLD, OWNER), OWNERS)

        assert header.header_row == 1
        assert header.data_row == 2
        assert list(header.mapping.values()) == [
            "region",
            "city",
            "project",
            "building",
            "unit",
            "room",
            "name",
            "gender",
            "identity_kind",
            "identity",
            "phone",
            "spare_phone",
            "signed_on",
            "handed_over_on",
            "area",
            "price",
            "payment",
            "level",
            "remark",
        ]
        assert {column.how for column in header.columns} == {"same name"}
        assert header.units == {"area": "㎡", "price": "元"}
        assert header.missing == ()

    def test_other_names_other_order_below_titles(self):
        """Blank leading column, header in row 5, names as other offices write them."""
        rows = numbered(
            (None, "远岸地产集团武汉公司业主信息登记表"),
            (),
            (None, "编制单位：客户关系部", None, None, "日期：", dt.date(2026, 1, 5)),
            (None, "说明：本表仅供内部使用"),
            (
                None,
                "序号",
                "联系方式*",
                "客户姓名",
                "身份证号码",
                "所属城市",
                "所属项目",
                "楼 号",
                "单元号",
                "房间号",
                "接房\n时间",
                "合同日期",
                "面积（平方米）",
                "总价(万元)",
                "是否车位",
            ),
            (
                None,
                1.0,
                13800138000.0,
                "张三",
                "310115198808171910",
                "武汉公司",
                "武汉云麓天境",
                "5栋",
                "1单元",
                "1305",
                "2020/2/20",
                43141.0,
                160.38,
                610.89,
                "否",
            ),
        )

        header = find_header(rows, OWNERS)

        assert header.header_row == 5
        assert header.data_row == 6
        assert {column.head: (column.field, column.how) for column in header.columns} == {
            "序号": ("", None),
            "联系方式*": ("phone", "synonym"),
            "客户姓名": ("name", "synonym"),
            "身份证号码": ("identity", "synonym"),
            "所属城市": ("city", "synonym"),
            "所属项目": ("project", "synonym"),
            "楼 号": ("building", "synonym"),
            "单元号": ("unit", "synonym"),
            "房间号": ("room", "synonym"),
            "接房 时间": ("handed_over_on", "synonym"),
            "合同日期": ("signed_on", "synonym"),
            "面积（平方米）": ("area", "synonym"),
            "总价(万元)": ("price", "synonym"),
            "是否车位": ("", None),
        }
        assert header.units == {"area": "平方米", "price": "万元"}
        assert [column.head for column in header.unmatched] == ["序号", "是否车位"]

    def test_guesses_are_called_guesses(self):
        heads = ("城市公司名称(全称)", "楼盘项目名称", "产权业主姓名", "业主手机号码")
        header = find_header(numbered(heads, ("a", "b", "c", "d")), OWNERS)

        assert [(column.field, column.how) for column in header.columns] == [
            ("city", "guess"),
            ("project", "guess"),
            ("name", "guess"),
            ("phone", "guess"),
        ]

    def test_a_field_is_given_once_and_surely_first(self):
        heads = ("城市", "项目", "业主联系电话", "姓名", "手机号码", "备用电话")
        header = find_header(numbered(heads, ("a",) * 6), OWNERS)

        assert header.positions["phone"] == 4
        assert header.positions["spare_phone"] == 5
        assert [column.head for column in header.unmatched] == ["业主联系电话"]

    def test_brackets_tell_two_columns_apart(self):
        heads = ("城市", "项目", "姓名", "电话（备用）", "电话")
        fields = [*OWNERS[:-1], Field("x", "X", ("电话备用",))]
        header = find_header(numbered(heads, ("a",) * 5), fields)

        assert (header.positions["x"], header.positions["phone"]) == (3, 4)

    def test_merged_groups_above_the_heads(self, make_workbook):
        """As the group's form 附表1: a title, groups, heads."""
        path = make_workbook(
            [
                ["附表1 客户名单档案", *[None] * 7],
                [None, None, "单位基本情况", None, "主要联系人", None, "我方对接", None],
                ["序号", "客户代码", "单位名称", "资产状况(万元)", "姓名", "手机", "工号", "手机"],
                [
                    1,
                    "KH2026000",
                    "迪摩传媒有限公司",
                    331191,
                    "林桂荣",
                    "18804943687",
                    "YA1157",
                    "138",
                ],
            ],
            merge=["A1:H1", "A2:B2", "C2:D2", "E2:F2", "G2:H2"],
        )
        with open_table(path) as table:
            header = find_header(table.head(), ORGANISATIONS, merged=table.merged)

        assert header.rows == (2, 3)
        assert header.header_row == 3
        assert header.data_row == 4
        assert {column.head: column.field for column in header.columns} == {
            "序号": "",
            "客户代码": "code",
            "单位基本情况/单位名称": "name",
            "单位基本情况/资产状况(万元)": "capital",
            "主要联系人/姓名": "contact",
            "主要联系人/手机": "phone",
            "我方对接/工号": "keeper",
            "我方对接/手机": "keeper_phone",
        }
        assert header.units == {"capital": "万元"}

    def test_groups_of_a_text_file_reach_to_the_next(self):
        text = ",,主要联系人,,我方对接,\n客户代码,单位名称,姓名,手机,工号,手机\nK1,a,b,c,d,e\n"
        with open_table(text.encode("gb18030"), "a.csv") as table:
            header = find_header(table.head(), ORGANISATIONS)

        assert header.rows == (1, 2)
        assert header.positions == {
            "code": 0,
            "name": 1,
            "contact": 2,
            "phone": 3,
            "keeper": 4,
            "keeper_phone": 5,
        }

    def test_heads_merged_downwards(self, make_workbook):
        path = make_workbook(
            [
                ["客户代码", "单位名称", "主要联系人", None],
                [None, None, "姓名", "手机"],
                ["K1", "甲公司", "张三", "138"],
            ],
            merge=["A1:A2", "B1:B2", "C1:D1"],
        )
        with open_table(path) as table:
            header = find_header(table.head(), ORGANISATIONS, merged=table.merged)

        assert header.rows == (1, 2)
        assert header.positions == {"code": 0, "name": 1, "contact": 2, "phone": 3}

    def test_a_gb18030_text_file(self):
        text = "项目名称;客户姓名;城市;联系电话\n武汉云麓天境;张三;武汉公司;13800138000\n"
        with open_table(text.encode("gb18030"), "业主.csv") as table:
            header = find_header(table.head(), OWNERS)
            [(_number, values)] = data_rows(table.rows(), header)

        assert {field: values[place] for field, place in header.positions.items()} == {
            "project": "武汉云麓天境",
            "name": "张三",
            "city": "武汉公司",
            "phone": "13800138000",
        }

    def test_samples_are_the_first_three_values(self):
        rows = numbered(("姓名", "城市", "项目"), ("a", None), (None, 1), ("b",), ("c",), ("d",))
        assert [column.samples for column in find_header(rows, OWNERS).columns] == [
            ("a", "b", "c"),
            (1,),
            (),
        ]

    def test_data_that_names_a_head_is_no_header(self):
        rows = numbered(("项目", "姓名", "城市"), ("备注", "甲", "乙"), ("姓名", "丙", "丁"))
        assert find_header(rows, OWNERS).header_row == 1

    def test_no_header(self):
        rows = numbered(("a", "b"), (1, 2))
        assert refusal(find_header, rows, OWNERS).startswith(
            "No header row was found. It must name columns such as: 区域, 城市公司, 项目"
        )
        assert refusal(find_header, [], OWNERS).startswith("No header row was found.")

    def test_missing_required_fields(self):
        header = find_header(numbered(("姓名", "手机", "籍贯"), ("a", "b", "c")), OWNERS)

        assert [field.name for field in header.missing] == ["city", "project"]
        assert refusal(header.require) == (
            "The file has no column for: 城市公司, 项目. Its columns are: 姓名, 手机, 籍贯."
        )


@pytest.mark.parametrize(
    ("head", "compared"),
    [
        (" 手机 号码 ", "手机号码"),
        ("手机\n号码：", "手机号码"),
        ("*业主姓名*", "业主姓名"),
        ("ＥＭａｉｌ", "email"),
        ("【房号】", "房号"),
        ("建筑面积（㎡）", "建筑面积m2"),
    ],
)
def test_normalised(head, compared):
    assert normalised(head) == compared


class TestOverrides:
    @pytest.fixture
    def header(self):
        heads = ("姓名", "城市", "项目", "收房日", "电话", "办公/电话")
        return find_header(numbered(heads, ("a",) * 6), OWNERS)

    def test_a_column_is_given_another_field(self, header):
        corrected = apply_overrides(header, {"收房日": "handed_over_on", "电话": ""})

        assert corrected.positions == {"name": 0, "city": 1, "project": 2, "handed_over_on": 3}
        assert corrected.columns[3].how == "chosen"
        assert corrected.columns[4].how is None

    def test_the_column_that_held_the_field_loses_it(self, header):
        assert header.positions["name"] == 0
        corrected = apply_overrides(header, {"收 房 日": "name"})
        assert corrected.positions["name"] == 3
        assert corrected.columns[0].field == ""

    def test_unknown_head_or_field(self, header):
        assert refusal(apply_overrides, header, {"生日": "name"}) == (
            "The file has no column “生日”. "
            "Its columns are: 姓名, 城市, 项目, 收房日, 电话, 办公/电话."
        )
        assert refusal(apply_overrides, header, {"姓名": "nickname"}).startswith(
            "There is no field “nickname”. The fields are: region, city,"
        )

    def test_a_head_that_occurs_twice(self):
        rows = numbered(("客户代码", "单位名称", "电话", "电话"), ("a", "b", "c", "d"))
        header = find_header(rows, ORGANISATIONS)
        assert [column.head for column in header.columns][2:] == ["电话", "电话 (2)"]
        assert apply_overrides(header, {"电话": "phone"}).positions["phone"] == 2
        assert apply_overrides(header, {"电话 (2)": "phone"}).positions["phone"] == 3

    def test_a_head_that_occurs_in_two_groups(self):
        rows = numbered(
            (None, None, "联系人", "我方"),
            ("客户代码", "单位名称", "电话", "电话"),
            ("a", "b", "c", "d"),
        )
        header = find_header(rows, ORGANISATIONS)

        assert [column.head for column in header.columns][2:] == ["联系人/电话", "我方/电话"]
        corrected = apply_overrides(header, {"我方/电话": "keeper_phone"})
        assert corrected.positions["keeper_phone"] == 3
        assert refusal(apply_overrides, header, {"电话": "phone"}) == (
            "More than one column is called “电话”. Write one of: 联系人/电话, 我方/电话."
        )


class TestDataRows:
    HEADS = ("城市", "项目", "姓名", "金额")

    def rows(self, *rows):
        table = numbered(("业主一览",), self.HEADS, *rows)
        return [number for number, _values in data_rows(table, find_header(table, OWNERS))]

    def test_closing_lines_are_no_data(self):
        assert self.rows(
            ("武汉", "a", "张三", 1.0),
            ("上海", "b", "李四", 2.0),
            ("合 计", None, None, 3.0),
            ("制表人：王五", None, "审核人：赵六", None),
            (),
            ("备注：以上数据截至年底",),
            ("填表日期", dt.date(2026, 1, 1)),
        ) == [3, 4]

    def test_such_lines_between_data_are_data(self):
        assert self.rows(("合计",), ("武汉", "a", "张三", 1.0)) == [3, 4]

    def test_data_that_begins_like_a_closing_line(self):
        assert self.rows(("合计大厦", "项目甲", "张三", 1.0)) == [3]

    def test_a_repeated_header_is_no_data(self):
        assert self.rows(("武汉", "a", "张三", 1.0), self.HEADS, ("武汉", "b", "李四", 1.0)) == [
            3,
            5,
        ]

    def test_titles_are_no_data(self):
        assert self.rows(("武汉", "a", "张三", 1.0)) == [3]
