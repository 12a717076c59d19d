"""The list of business customers (附表1 客户名单档案): one row an organisation with its contact.

The customer code is the key and is kept: equal names with different codes are two customers. The
place of a customer is the unit of his keeper (the marketing specialist), else the group.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from audit.services import record
from core.files.headers import Field
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report
from core.values.base import BadValue, Cell, cell_text
from core.values.dates import parse_date
from core.values.identity import parse_credit_code
from core.values.names import clean_name
from core.values.numbers import column_factor, parse_number
from core.values.phones import parse_phone
from core.values.text import parse_text
from customers.imports.organisation_row import OrganisationRow
from customers.imports.organisation_writer import OrganisationWriter
from customers.selectors.keepers import keepers_somewhere

CHUNK = 500
TEN_THOUSAND = 10_000

FIELDS = (
    Field(
        "code",
        gettext_lazy("Customer code"),
        ("客户代码", "客户编码", "客户编号", "客户代号", "单位代码"),
        required=True,
    ),
    Field(
        "name",
        pgettext_lazy("organisation", "Name"),
        ("单位名称", "客户名称", "公司名称", "企业名称", "客户单位", "客户全称", "名称"),
        required=True,
    ),
    Field(
        "ownership_class",
        gettext_lazy("Ownership class"),
        ("客户类别", "客户类型", "类别", "所有制类别", "客户分类"),
    ),
    Field("level", gettext_lazy("Importance class"), ("客户级别", "客户等级", "级别", "重要程度")),
    Field(
        "nature",
        gettext_lazy("Nature of the organisation"),
        ("单位性质", "企业性质", "公司性质", "性质"),
    ),
    Field("industry", gettext_lazy("Industry"), ("行业类别", "行业", "所属行业", "所在行业")),
    Field(
        "address",
        gettext_lazy("Address"),
        ("单位地址", "地址", "公司地址", "通讯地址", "联系地址", "注册地址"),
    ),
    Field("postcode", gettext_lazy("Postcode"), ("邮政编码", "邮编")),
    Field("scale", gettext_lazy("Scale"), ("经营规模", "规模", "企业规模", "公司规模")),
    Field(
        "assets",
        gettext_lazy("Assets (10,000 yuan)"),
        ("资产状况", "资产", "资产总额", "总资产", "注册资本"),
    ),
    Field(
        "credit_code",
        gettext_lazy("Social credit code"),
        ("统一社会信用代码", "信用代码", "税号", "纳税人识别号"),
    ),
    Field(
        "contact",
        gettext_lazy("Contact"),
        ("联系人", "主要联系人", "对接人", "主要联系人/联系人", "联系人姓名", "主要联系人/姓名"),
    ),
    Field("title", gettext_lazy("Job title"), ("职务", "职位", "联系人职务", "主要联系人/职务")),
    Field(
        "phone",
        gettext_lazy("Phone"),
        ("手机", "手机号码", "联系电话", "电话", "联系人电话", "主要联系人/手机", "联系方式"),
        personal=True,
    ),
    Field("fax", gettext_lazy("Fax"), ("传真", "传真号码")),
    Field(
        "email",
        gettext_lazy("E-mail"),
        ("电子邮件", "邮箱", "电子邮箱", "邮件", "E-mail", "Email"),
        personal=True,
    ),
    Field(
        "keeper",
        gettext_lazy("Marketing specialist (employee number)"),
        (
            "营销专员工号",
            "营销专员",
            "客户经理工号",
            "客户经理",
            "保管人",
            "负责人工号",
            "对接人工号",
        ),
    ),
    Field(
        "leader",
        gettext_lazy("Contact leader (employee number)"),
        ("联点领导工号", "联点领导", "分管领导工号", "分管领导"),
    ),
    Field(
        "first_cooperation_on",
        gettext_lazy("First cooperation on"),
        ("首次合作日期", "首次合作时间", "合作日期", "初次合作日期", "开始合作日期"),
    ),
    Field(
        "payment_record",
        gettext_lazy("Performance and payment"),
        ("履约及付款情况", "履约情况", "付款情况", "付款记录", "信用情况"),
    ),
    Field("source", gettext_lazy("Customer source"), ("客户来源", "来源", "信息来源")),
    Field("remark", gettext_lazy("Remark"), ("备注", "说明")),
    Field("risk", gettext_lazy("Risk condition"), ("风险状况", "风险等级", "客户风险")),
)

MESSAGES: dict[str, Any] = {
    "duplicate_code": gettext_lazy(
        "The customer code {code} stands in an earlier row with other values. Please keep one."
    ),
    "code_missing": gettext_lazy("The customer code is missing. Please fill it in."),
    "name_missing": gettext_lazy("The customer's name is missing. Please fill it in."),
    "unknown_keeper": gettext_lazy("There is no employee {no}; the customer has no keeper."),
    "departed_keeper": gettext_lazy("{name} ({no}) has left; the customer has no keeper."),
    "unknown_leader": gettext_lazy("There is no employee {no}; the contact leader stays empty."),
}


TEXTS = {
    "ownership_class": 20,
    "level": 20,
    "nature": 40,
    "industry": 40,
    "address": 200,
    "postcode": 12,
    "scale": 40,
    "payment_record": 200,
    "source": 40,
    "remark": 2000,
    "risk": 20,
}


class RowChecker:
    """Checks rows in order; knows the staff and remembers codes it has seen."""

    def __init__(self, section: Section, report: Report) -> None:
        self.at = section.header.positions
        self.assets_factor = column_factor(section.header.units.get("assets", "")) or 1
        self.epoch1904 = section.table.epoch1904
        self.report = report
        self.staff = {user.employee_no: user for user in User.objects.select_related("unit")}
        self.seen: dict[str, tuple[Cell, ...]] = {}

    def check(self, number: int, values: Sequence[Cell]) -> OrganisationRow | None:
        """The row ready to write, or None when it was rejected or skipped (see the report)."""
        self.report.rows += 1
        code = cell_text(self._cell(values, "code")).upper()
        if code in self.seen:
            if self.seen[code] == tuple(values):
                self.report.skip_repeated(number)
            else:
                sentence = str(MESSAGES["duplicate_code"]).format(code=code)
                self.report.reject(number, "duplicate_code", sentence)
            return None
        try:
            row = self._read(number, code, values)
        except BadValue as bad:
            self.report.reject(number, bad.code, bad.message)
            return None
        self.seen[code] = tuple(values)
        self.report.accepted += 1
        return row

    def _cell(self, values: Sequence[Cell], name: str) -> Cell:
        return values[self.at[name]] if name in self.at else None

    def _read(self, number: int, code: str, values: Sequence[Cell]) -> OrganisationRow:
        if not code:
            raise BadValue("code_missing", MESSAGES["code_missing"])
        name = clean_name(self._cell(values, "name"), max_length=120)
        if not name:
            raise BadValue("name_missing", MESSAGES["name_missing"])
        texts = {
            field_name: parse_text(self._cell(values, field_name), max_length=limit)
            for field_name, limit in TEXTS.items()
        }
        return OrganisationRow(
            number=number,
            code=code[:40],
            name=name,
            values=texts,
            credit_code=self._soft(
                number, parse_credit_code, self._cell(values, "credit_code"), ""
            ),
            contact=self._contact(number, values),
            keeper=self._keeper(number, values),
            leader=self._leader(number, values),
            first_cooperation_on=self._soft(
                number,
                lambda cell: parse_date(cell, self.epoch1904),
                self._cell(values, "first_cooperation_on"),
                None,
            ),
            assets=self._assets(number, values),
        )

    def _soft(self, number: int, parse: Any, cell: Cell, empty: Any) -> Any:
        """A value that is left out with a warning when it cannot be read."""
        try:
            return parse(cell)
        except BadValue as bad:
            self.report.warn(number, bad.code, bad.message)
            return empty

    def _assets(self, number: int, values: Sequence[Cell]) -> Decimal | None:
        """Assets in 10,000 yuan; the head of the column says its unit, 万元 when it does not."""
        amount = self._soft(number, parse_number, self._cell(values, "assets"), None)
        if amount is None:
            return None
        return amount * self.assets_factor / TEN_THOUSAND if self.assets_factor > 1 else amount

    def _contact(self, number: int, values: Sequence[Cell]) -> dict[str, Any]:
        name = self._soft(number, clean_name, self._cell(values, "contact"), "")
        if not name:
            return {}
        return {
            "name": name[:60],
            "title": parse_text(self._cell(values, "title"), max_length=60),
            "phone": self._soft(number, parse_phone, self._cell(values, "phone"), ""),
            "fax": cell_text(self._cell(values, "fax"))[:30],
            "email": parse_text(self._cell(values, "email"), max_length=254),
        }

    def _keeper(self, number: int, values: Sequence[Cell]) -> User | None:
        no = cell_text(self._cell(values, "keeper")).upper()
        user = self.staff.get(no)
        if user is None:
            if no:
                sentence = str(MESSAGES["unknown_keeper"]).format(no=no)
                self.report.warn(number, "unknown_keeper", sentence)
            return None
        if not user.is_active:
            sentence = str(MESSAGES["departed_keeper"]).format(no=no, name=user.name)
            self.report.warn(number, "departed_keeper", sentence)
            return None
        return user

    def _leader(self, number: int, values: Sequence[Cell]) -> User | None:
        no = cell_text(self._cell(values, "leader")).upper()
        user = self.staff.get(no)
        if no and user is None:
            sentence = str(MESSAGES["unknown_leader"]).format(no=no)
            self.report.warn(number, "unknown_leader", sentence)
        return user


@register
class OrganisationsKind(ImportKind):
    """`organisations`: business customers with their main contact."""

    name = "organisations"
    title = gettext_lazy("Business customers")
    permission = "customers.import_customer"
    sheets = (SheetSpec("organisations", FIELDS),)
    takes_keeper = True
    keeper_choices = "customers:import-keepers"
    reasons = {
        "duplicate_row": gettext_lazy("Repeats an earlier row"),
        "duplicate_code": gettext_lazy("Customer code twice"),
        "code_missing": gettext_lazy("Customer code missing"),
        "code_taken": gettext_lazy("Customer code of another customer"),
        "name_missing": gettext_lazy("Name missing"),
    }
    position = 2

    def keepers(self, user: Any) -> Any:
        """Those who may keep customers in a unit that the importer reaches."""
        return keepers_somewhere(user, self.permission)

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, OrganisationWriter(context))
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="organisations",
        )
        return report

    def _pass(
        self, source: Source, context: ImportContext, writer: OrganisationWriter | None
    ) -> Report:
        section = source.sections["organisations"]
        section.header.require()
        report = Report.from_counts(context.counts)
        for name in ("customers", "contacts"):
            report.created[name] += 0
            report.updated[name] += 0
        checker = RowChecker(section, report)
        chunk: list[OrganisationRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                self._write(writer, chunk, context, report)
                chunk = []
                context.progress(report.rows, section.table.row_count, _("Writing"))
        if writer and chunk:
            self._write(writer, chunk, context, report)
        context.progress(report.rows, report.rows, _("Checking") if not writer else _("Writing"))
        return report

    @staticmethod
    def _write(
        writer: OrganisationWriter,
        chunk: list[OrganisationRow],
        context: ImportContext,
        report: Report,
    ) -> None:
        with transaction.atomic():
            writer.write(chunk, report)
            context.checkpoint(chunk[-1].number, report)
