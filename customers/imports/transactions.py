"""Files of purchases: a customer by code or name, the date, what was bought, how much, for what.

Equal lines in one file are purchases of their own; the same file again is known by its hash and
adds nothing. `transaction_writer` finds the customers and writes.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.services import record
from core.files.headers import Field, Header
from core.files.problems import FileProblem
from core.imports.kinds import ImportContext, ImportKind, Section, SheetSpec, Source, register
from core.imports.report import Report, phase
from core.models import ImportRun
from core.values import (
    BadValue,
    Cell,
    cell_text,
    clean_name,
    is_nothing,
    parse_date,
    parse_money,
    parse_number,
)
from customers.imports.transaction_writer import TransactionRow, TransactionWriter
from customers.services.purchases import undo_purchases

CHUNK = 5000
MOST = Decimal("999999999999999.99")
LONGEST_CODE = 40

FIELDS = (
    Field(
        "code",
        gettext_lazy("Customer code"),
        (
            "客户代码",
            "客户编码",
            "客户编号",
            "客户代号",
            "客户号",
            "单位代码",
            "会员编号",
            "customer_code",
            "code",
        ),
    ),
    Field(
        "name",
        pgettext_lazy("organisation", "Name"),
        (
            *("客户名称", "客户", "单位名称", "公司名称", "企业名称", "客户单位", "客户全称"),
            *("购买方", "购货单位", "买方", "名称", "客户姓名", "客户编码或名称"),
            *("客户代码或名称", "customer", "customer_name", "name"),
        ),
    ),
    Field(
        "on",
        pgettext_lazy("purchase", "Date"),
        (
            *("日期", "交易日期", "购买日期", "销售日期", "成交日期", "订单日期", "交易时间"),
            *("购买时间", "下单日期", "下单时间", "开票日期", "发生日期", "时间", "date"),
        ),
        required=True,
    ),
    Field(
        "product",
        gettext_lazy("Product"),
        (
            *("产品", "产品名称", "商品", "商品名称", "货品", "品名", "物料名称", "服务项目"),
            *("项目", "品类", "产品类别", "product"),
        ),
    ),
    Field(
        "quantity",
        gettext_lazy("Quantity"),
        ("数量", "件数", "购买数量", "销售数量", "订购数量", "台数", "quantity"),
    ),
    Field(
        "amount",
        gettext_lazy("Amount"),
        (
            *("金额", "金额(元)", "金额(万元)", "交易金额", "销售金额", "购买金额", "成交金额"),
            *("订单金额", "销售额", "合计金额", "总金额", "价税合计", "含税金额", "amount"),
        ),
        required=True,
    ),
    Field(
        "cost",
        pgettext_lazy("purchase", "Cost"),
        (
            *("成本", "成本金额", "成本(元)", "成本(万元)", "成本额", "成本合计", "总成本"),
            *("销售成本", "商品成本", "产品成本", "服务成本", "主营业务成本", "cost"),
        ),
    ),
)

MESSAGES: dict[str, Any] = {
    "customer_missing": gettext_lazy(
        "The customer is missing. Please fill in his code or his name."
    ),
    "code_too_long": gettext_lazy(
        "The customer code is longer than 40 characters. Please correct it."
    ),
    "on_missing": gettext_lazy("The date of the purchase is missing."),
    "amount_missing": gettext_lazy("The amount is missing."),
    "amount_too_large": gettext_lazy("The amount is too large. Please check it."),
    "quantity": gettext_lazy("The quantity is not a number; it was left out."),
    "cost": gettext_lazy("The cost is not an amount of money; it was left out."),
}


@register
class TransactionsKind(ImportKind):
    """`transactions`: purchases of customers, for the analysis of customers."""

    name = "transactions"
    title = gettext_lazy("Purchases")
    permission = "customers.import_transaction"
    sheets = (SheetSpec("transactions", FIELDS, ("交易流水", "交易明细", "销售明细", "购买记录")),)
    reasons = {
        "customer_missing": gettext_lazy("Customer missing"),
        "customer_ambiguous": gettext_lazy("Several customers of this name"),
        "code_too_long": gettext_lazy("Customer code too long"),
        "on_missing": gettext_lazy("Date missing"),
        "date": gettext_lazy("Date wrong"),
        "amount_missing": gettext_lazy("Amount missing"),
        "amount_too_large": gettext_lazy("Amount too large"),
        "money": gettext_lazy("Amount wrong"),
    }
    position = 7
    can_undo = True

    def undo(self, run: ImportRun) -> tuple[int, int]:
        return undo_purchases(run)

    def check(self, source: Source, context: ImportContext) -> Report:
        return self._pass(source, context, writer=None)

    def apply(self, source: Source, context: ImportContext) -> Report:
        report = self._pass(source, context, writer=TransactionWriter(context))
        record(
            "import.applied",
            by=context.actor,
            subject=context.run,
            rows=report.accepted,
            kind="transactions",
        )
        return report

    def _pass(
        self, source: Source, context: ImportContext, writer: TransactionWriter | None
    ) -> Report:
        """One pass over the sheet; with a writer, good rows are written chunk by chunk."""
        section = source.sections["transactions"]
        section.header.require()
        _require_customer(section.header)
        _require_whole_group(context)
        report = Report.from_counts(context.counts)
        report.created["transactions"] += 0
        report.created["customers"] += 0
        checker = RowChecker(section, report)
        chunk: list[TransactionRow] = []
        for number, values in section.rows():
            row = checker.check(number, values)
            if row is not None and number > context.applied_through:
                chunk.append(row)
            if writer and len(chunk) >= CHUNK:
                writer.write(chunk, report)
                chunk = []
            if report.rows % 1000 == 0:
                total = section.table.row_count
                context.progress(report.rows, total, phase(writing=bool(writer)))
        if writer and chunk:
            writer.write(chunk, report)
        if writer:
            writer.finish(report)
        context.progress(report.rows, report.rows, phase(writing=bool(writer)))
        return report


def _require_customer(header: Header) -> None:
    """Code or name: one of the two columns must be there."""
    if not {"code", "name"} & set(header.positions):
        sentence = _("The file has no column for the customer: neither a code nor a name.")
        raise FileProblem(sentence)


def _require_whole_group(context: ImportContext) -> None:
    """Purchases belong to customers, who belong to no branch, and unknown ones go to the group."""
    if not context.scope(TransactionsKind.permission).everything:
        sentence = _("Purchases are imported by somebody who reaches the whole group.")
        raise FileProblem(sentence)


class RowChecker:
    """Checks rows of one sheet, each alone."""

    def __init__(self, section: Section, report: Report) -> None:
        self.at = section.header.positions
        self.money_unit = section.header.units.get("amount", "")
        self.cost_unit = section.header.units.get("cost", "")
        self.epoch1904 = section.table.epoch1904
        self.report = report

    def check(self, number: int, values: Sequence[Cell]) -> TransactionRow | None:
        """The row ready to write, or None when it was rejected (see the report)."""
        self.report.rows += 1
        try:
            row = self._read(number, values)
        except BadValue as bad:
            self.report.reject(number, bad.code, bad.message)
            return None
        self.report.accepted += 1
        return row

    def _cell(self, values: Sequence[Cell], name: str) -> Cell:
        return values[self.at[name]] if name in self.at else None

    def _read(self, number: int, values: Sequence[Cell]) -> TransactionRow:
        """Raises BadValue with the first reason that applies."""
        code = cell_text(self._cell(values, "code")).upper()
        code = "" if is_nothing(code) else code
        if len(code) > LONGEST_CODE:
            raise BadValue("code_too_long", MESSAGES["code_too_long"])
        name = clean_name(self._cell(values, "name"), max_length=120)
        if not (code or name):
            raise BadValue("customer_missing", MESSAGES["customer_missing"])
        on = parse_date(self._cell(values, "on"), self.epoch1904)
        if on is None:
            raise BadValue("on_missing", MESSAGES["on_missing"])
        return TransactionRow(
            row=number,
            code=code,
            name=name,
            on=on,
            product=self.report.text(number, self._cell(values, "product"), 120, one_line=True),
            quantity=self._quantity(number, self._cell(values, "quantity")),
            amount=self._amount(self._cell(values, "amount")),
            cost=self._cost(number, self._cell(values, "cost")),
        )

    def _quantity(self, number: int, value: Cell) -> Decimal | None:
        """What a purchase can do without."""
        try:
            return parse_number(value, places=3)
        except BadValue:
            self.report.warn(number, "quantity", MESSAGES["quantity"])
            return None

    def _cost(self, number: int, value: Cell) -> Decimal | None:
        """What the goods cost us, where the file says it; 0 is a cost, nothing is none."""
        try:
            cost = parse_money(value, unit=self.cost_unit)
        except BadValue:
            cost = MOST + 1
        if cost is not None and abs(cost) > MOST:
            self.report.warn(number, "cost", MESSAGES["cost"])
            return None
        return cost

    def _amount(self, value: Cell) -> Decimal:
        amount = parse_money(value, unit=self.money_unit)
        if amount is None:
            raise BadValue("amount_missing", MESSAGES["amount_missing"])
        if abs(amount) > MOST:
            raise BadValue("amount_too_large", MESSAGES["amount_too_large"])
        return amount
