"""The owners' register as a sales system exports it: one row a flat with its owners.

Each row is checked alone and in the order of the reason codes; a good row becomes an `OwnerRow`,
which `owner_writer` writes by the thousand.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from core.files.headers import Field, Header
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.values.base import BadValue, Cell, cell_text
from core.values.dates import parse_date
from core.values.identity import parse_identity
from core.values.money import parse_money
from core.values.names import split_owners
from core.values.numbers import parse_number
from core.values.phones import parse_phones
from core.values.rooms import Room, normalise_room
from core.values.text import parse_text
from customers.imports.directory import REASONS, ProjectDirectory
from customers.imports.owner_writer import OwnerWriter, kept_by_name
from customers.models import Purpose
from customers.selectors.keepers import keepers_somewhere

CHUNK = 5000
NO_ROOM = Room("", "", "")

FIELDS = (
    Field("region", gettext_lazy("Region"), ("区域", "区域公司", "区域平台", "大区", "所属区域")),
    Field(
        "city",
        gettext_lazy("City"),
        ("城市公司", "城市", "片区", "所属城市", "所属公司", "分公司", "公司", "片区/城市"),
    ),
    Field(
        "project",
        gettext_lazy("Project"),
        (
            "项目",
            "项目名称",
            "所属项目",
            "楼盘",
            "楼盘名称",
            "小区",
            "小区名称",
            "项目编码",
            "管理处",
        ),
        required=True,
    ),
    Field(
        "building",
        gettext_lazy("Building"),
        ("楼栋", "楼号", "栋", "栋号", "楼栋号", "幢号", "幢", "楼宇", "座号"),
    ),
    Field("building_unit", gettext_lazy("Building unit"), ("单元", "单元号", "梯号", "门栋")),
    Field(
        "room",
        gettext_lazy("Room"),
        (
            "房号",
            "房间号",
            "室号",
            "房间",
            "房屋地址",
            "房屋",
            "户号",
            "门牌号",
            "房产",
            "物业地址",
            "房源",
        ),
    ),
    Field(
        "name",
        gettext_lazy("Owner"),
        (
            "业主姓名",
            "姓名",
            "业主",
            "客户姓名",
            "客户名称",
            "业主名称",
            "产权人",
            "购房人",
            "买受人",
            "权利人",
        ),
        required=True,
        personal=False,
    ),
    Field("gender", gettext_lazy("Gender"), ("性别",)),
    Field("identity_kind", gettext_lazy("Kind of document"), ("证件类型", "证件种类", "证件名称")),
    Field(
        "identity",
        gettext_lazy("Identity number"),
        ("证件号码", "身份证号", "身份证号码", "身份证", "证件号", "证件编号", "公民身份号码"),
        personal=True,
    ),
    Field(
        "phone",
        gettext_lazy("Phone"),
        (
            "手机号码",
            "手机",
            "手机号",
            "联系电话",
            "联系方式",
            "电话",
            "移动电话",
            "电话号码",
            "联系号码",
        ),
        personal=True,
    ),
    Field(
        "other_phone",
        gettext_lazy("Other phone"),
        (
            "备用电话",
            "其他电话",
            "备用联系方式",
            "备用手机",
            "家庭电话",
            "固定电话",
            "第二联系电话",
            "联系电话2",
        ),
        personal=True,
    ),
    Field(
        "signed_on",
        gettext_lazy("Signed on"),
        (
            "签约日期",
            "签约时间",
            "认购日期",
            "合同日期",
            "合同签订日期",
            "网签日期",
            "购房日期",
            "签订日期",
        ),
    ),
    Field(
        "handed_over_on",
        gettext_lazy("Handed over on"),
        (
            "交付日期",
            "交付时间",
            "接房时间",
            "接房日期",
            "交房日期",
            "交房时间",
            "收楼日期",
            "收房时间",
            "入伙日期",
        ),
    ),
    Field(
        "area",
        gettext_lazy("Floor area (m²)"),
        ("建筑面积", "面积", "建面", "房屋面积", "产权面积", "建筑面积(㎡)"),
    ),
    Field(
        "price",
        gettext_lazy("Contract price (yuan)"),
        ("合同总价", "总价", "合同金额", "成交总价", "房款", "成交价", "合同价", "房屋总价"),
    ),
    Field(
        "payment_method",
        gettext_lazy("Way of payment"),
        ("付款方式", "付款类型", "支付方式", "按揭方式"),
    ),
    Field(
        "level",
        gettext_lazy("Customer grade"),
        ("客户等级", "业主等级", "等级", "客户级别", "客户分级", "会员等级"),
    ),
    Field("source", gettext_lazy("Customer source"), ("客户来源", "来源", "获知途径", "来访途径")),
    Field("remark", gettext_lazy("Remark"), ("备注", "说明", "备注信息", "备注说明")),
    Field(
        "birth_year",
        gettext_lazy("Year of birth"),
        ("出生年份", "年龄", "出生年", "出生日期", "周岁"),
    ),
    Field("occupation", gettext_lazy("Occupation"), ("职业", "从事职业", "工作职业")),
    Field(
        "purpose",
        gettext_lazy("Purpose of the purchase"),
        ("购房用途", "购房目的", "置业目的", "置业用途", "购买用途"),
    ),
    Field("risk", gettext_lazy("Risk condition"), ("风险状况", "风险等级", "客户风险")),
)

GENDERS = {"male": "男", "m": "男", "先生": "男", "female": "女", "f": "女", "女士": "女"}

# What people write for the purposes of a purchase; other words are left out with a warning.
PURPOSES = {
    Purpose.OWN_USE: ("自住", "自用", "自主购买", "刚需", "改善", "居住"),
    Purpose.INVESTMENT: ("投资", "出租", "收租"),
}
OLDEST = 120

MESSAGES: dict[str, Any] = {
    "purpose": gettext_lazy("“{word}” is neither own use nor an investment; it was left out."),
    "birth_year": gettext_lazy("“{word}” is neither an age nor a year of birth; it was left out."),
    "name_missing": gettext_lazy("The owner's name is missing. Please fill it in."),
    "keeper_elsewhere": gettext_lazy(
        "{person} may not keep customers in this project; its customer officers take them in turn."
    ),
}


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """A good row: the flat, its first owner and the names of co-owners."""

    number: int
    unit_id: int
    room: Room
    names: tuple[str, ...]
    gender: str
    identity_kind: str
    identity: str
    phone: str
    other_phone: str
    signed_on: dt.date | None
    handed_over_on: dt.date | None
    area: Decimal | None
    price: Decimal | None
    payment_method: str
    level: str
    source: str
    remark: str
    birth_year: int | None
    occupation: str
    purpose: str
    risk: str


class RowChecker:
    """Checks rows of one sheet in order; it remembers the rows it has seen."""

    def __init__(self, section: Section, context: ImportContext, report: Report) -> None:
        self.at = _cells(section.header)
        self.units = section.header.units
        self.epoch1904 = section.table.epoch1904
        self.directory = ProjectDirectory(context.scope(OwnersKind.permission))
        self.report = report
        self.seen: set[bytes] = set()
        self.context = context
        self.kept_by_name = kept_by_name(context, self.directory.units)
        self.told: set[int] = set()

    def check(self, number: int, values: Sequence[Cell]) -> OwnerRow | None:
        """The row ready to write, or None when it was rejected or skipped (see the report)."""
        report = self.report
        report.rows += 1
        print_ = hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).digest()
        if print_ in self.seen:
            report.skip_repeated(number)
            return None
        self.seen.add(print_)
        try:
            row = self._read(number, values)
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            return None
        report.accepted += 1
        return row

    def _read(self, number: int, values: Sequence[Cell]) -> OwnerRow:
        """Raises BadValue with the first reason that applies, in the order of the codes."""
        at = self.at

        def cell(name: str) -> Cell:
            return values[at[name]] if name in at else None

        names = self._names(cell("name"))
        unit_id = self.directory.key_of(cell("region"), cell("city"), cell("project"))
        self._say_once_where_the_keeper_may_not_keep(number, unit_id)
        kind = self._text(number, cell("identity_kind"), 30) or "身份证"
        identity = _coded("id_checksum", parse_identity, cell("identity"), kind)
        phone, other = self._phones(cell("phone"), cell("other_phone"))
        signed_on = _coded("date", parse_date, cell("signed_on"), self.epoch1904)
        handed_over_on = _coded("date", parse_date, cell("handed_over_on"), self.epoch1904)
        return OwnerRow(
            number=number,
            unit_id=unit_id,
            room=self._room(number, cell("building"), cell("building_unit"), cell("room")),
            names=names,
            gender=self._gender(number, cell("gender")),
            identity_kind=kind if identity else "",
            identity=identity,
            phone=phone,
            other_phone=other,
            signed_on=signed_on,
            handed_over_on=handed_over_on,
            area=self._figure(number, cell("area"), parse_number),
            price=self._figure(
                number, cell("price"), lambda v: parse_money(v, unit=self.units.get("price", ""))
            ),
            payment_method=self._text(number, cell("payment_method"), 20),
            level=self._text(number, cell("level"), 20),
            source=self._text(number, cell("source"), 40),
            remark=self._text(number, cell("remark"), 2000),
            birth_year=self._birth_year(number, cell("birth_year")),
            occupation=self._text(number, cell("occupation"), 40),
            purpose=self._purpose(number, cell("purpose")),
            risk=self._text(number, cell("risk"), 20),
        )

    def _say_once_where_the_keeper_may_not_keep(self, number: int, unit_id: int) -> None:
        """The first row of each unit in which the named keeper is no choice; the officers of the
        unit take its customers in turn, as without a name."""
        keeper = self.context.keeper
        if keeper is None or unit_id in self.kept_by_name or unit_id in self.told:
            return
        self.told.add(unit_id)
        message = str(MESSAGES["keeper_elsewhere"]).format(person=keeper.name)
        self.report.warn(number, "keeper_elsewhere", message)

    @staticmethod
    def _names(value: Cell) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(_coded("name_missing", split_owners, value)))
        if not names:
            raise BadValue("name_missing", MESSAGES["name_missing"])
        return names

    @staticmethod
    def _phones(first: Cell, second: Cell) -> tuple[str, str]:
        numbers = [
            *_coded("phone", parse_phones, first),
            *_coded("phone", parse_phones, second),
        ]
        numbers = list(dict.fromkeys(numbers))
        return (numbers + ["", ""])[0], (numbers + ["", ""])[1]

    def _room(self, number: int, building: Cell, unit: Cell, room: Cell) -> Room:
        try:
            found = normalise_room(building, unit, room)
        except BadValue as bad:
            self.report.warn(number, bad.code, bad.message)
            return NO_ROOM
        if not found.room:
            self.report.warn(number, "room", _("The room is missing; no property was recorded."))
            return NO_ROOM
        return found

    def _figure(
        self, number: int, value: Cell, parse: Callable[[Cell], Decimal | None]
    ) -> Decimal | None:
        try:
            return parse(value)
        except BadValue as bad:
            self.report.warn(number, bad.code, bad.message)
            return None

    def _gender(self, number: int, value: Cell) -> str:
        word = cell_text(value)
        return GENDERS.get(word.lower()) or self._text(number, word, 4)

    def _purpose(self, number: int, value: Cell) -> str:
        word = cell_text(value)
        for purpose, parts in PURPOSES.items():
            if any(part in word for part in parts):
                return str(purpose)
        if word:
            self.report.warn(number, "purpose", str(MESSAGES["purpose"]).format(word=word[:40]))
        return ""

    def _birth_year(self, number: int, value: Cell) -> int | None:
        """The year of birth of an age, a year, or a day of birth (CUS-27)."""
        word, this_year = cell_text(value), self.context.today.year
        if not word:
            return None
        digits = word.removesuffix("岁").removesuffix("年").removesuffix(".0")
        if digits.isdecimal() and int(digits) <= OLDEST:
            return this_year - int(digits)
        if digits.isdecimal() and this_year - OLDEST <= int(digits) <= this_year:
            return int(digits)
        try:
            day = parse_date(value, self.epoch1904)
        except BadValue:
            day = None
        if day is None or not this_year - OLDEST <= day.year <= this_year:
            message = str(MESSAGES["birth_year"]).format(word=word[:40])
            self.report.warn(number, "birth_year", message)
            return None
        return day.year

    def _text(self, number: int, value: Cell, limit: int) -> str:
        try:
            return parse_text(value, max_length=limit)
        except BadValue as bad:
            self.report.warn(number, bad.code, bad.message)
            return ""


def _cells(header: Header) -> dict[str, int]:
    return header.positions


def _coded(code: str, parse: Callable[..., Any], *args: Any) -> Any:
    """Parse and give every refusal the stable code of its column."""
    try:
        return parse(*args)
    except BadValue as bad:
        raise BadValue(code, bad.message) from bad


@register
class OwnersKind(ImportKind):
    """`owners`: flats with their owners and co-owners."""

    name = "owners"
    title = gettext_lazy("Owners")
    permission = "customers.import_customer"
    sheets = (SheetSpec("owners", FIELDS),)
    takes_keeper = True
    keeper_choices = "customers:import-keepers"
    reasons = {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "name_missing": gettext_lazy("Name missing"),
        **REASONS,
        "id_checksum": gettext_lazy("Identity number wrong"),
        "phone": gettext_lazy("Telephone number wrong"),
        "date": gettext_lazy("Date wrong"),
    }
    position = 1

    def keepers(self, user: Any) -> Any:
        """Those who may keep customers in a unit that the importer reaches."""
        return keepers_somewhere(user, self.permission)

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        with OwnerWriter(context) as writer:
            report = self._pass(source, context, writer)
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="owners",
        )
        return report

    def _pass(self, source: Source, context: ImportContext, writer: OwnerWriter | None) -> Report:
        """One pass over the sheet; with a writer, good rows are written chunk by chunk."""
        section = source.sections["owners"]
        section.header.require()
        report = Report.from_counts(context.counts)
        for name in ("customers", "co_owners", "properties"):
            report.created[name] += 0
        for name in ("customers", "properties"):
            report.updated[name] += 0
        checker = RowChecker(section, context, report)
        total = section.table.row_count
        chunk: list[OwnerRow] = []
        doing = phase(writing=bool(writer))
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            elif row is not None and writer:
                writer.pass_over(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
            if report.rows % 1000 == 0:
                context.progress(report.rows, total, doing)
        if writer and chunk:
            writer.write(chunk, report)
        context.progress(report.rows, report.rows, doing)
        return report
