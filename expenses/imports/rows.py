"""Rows of a ledger of expenses: each is checked alone, a good one becomes an `ExpenseRow`."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy

from core.imports.kinds import ImportContext, Section
from core.imports.report import Report
from core.values import BadValue, Cell, cell_text, is_nothing, parse_date, parse_money
from expenses.imports.units import UnitDirectory
from expenses.imports.words import state_of
from expenses.states import State
from regions.models import OrgUnit

PERMISSION = "expenses.import_application"
MOST = Decimal("999999999999.99")

MESSAGES: dict[str, Any] = {
    "applied_on_missing": gettext_lazy("The date of the application is missing."),
    "category_missing": gettext_lazy("The category of the expense is missing."),
    "amount_missing": gettext_lazy("The amount is missing."),
    "amount_negative": gettext_lazy(
        "The amount is not above zero. Please give sums that came back as refunds in this system."
    ),
    "amount_too_large": gettext_lazy("The amount is too large. Please check it."),
    "state_missing": gettext_lazy("The state is missing. Please fill in how far the paper came."),
    "state": gettext_lazy(
        "The state “{word}” is unknown. Please write in approval, approved, rejected or paid."
    ),
    "unknown_applicant": gettext_lazy(
        "There is no person “{word}” in your scope, or more than one; no applicant was recorded."
    ),
    "paid_on": gettext_lazy("The payment lies before the application. Please check both days."),
}


@dataclass(slots=True)
class ExpenseRow:
    """A good row. `number` is empty where the file has none; `key` then recognises the row."""

    row: int
    number: str
    unit: OrgUnit
    category: str
    applied_on: dt.date
    amount: Decimal
    applicant_id: int | None
    title: str
    state: State
    paid_on: dt.date | None
    event_on: dt.date | None

    @property
    def key(self) -> tuple[Any, ...]:
        """By what a row is known again, in this file and in the next one."""
        if self.number:
            return (self.number,)
        return (self.unit.pk, self.category, self.applied_on, self.amount, self.title)


class RowChecker:
    """Checks rows of one sheet in order; it remembers the rows it has seen."""

    def __init__(self, section: Section, context: ImportContext, report: Report) -> None:
        self.at = section.header.positions
        self.money_unit = section.header.units.get("amount", "")
        self.epoch1904 = section.table.epoch1904
        self.directory = UnitDirectory(context.scope(PERMISSION))
        self.people = _people(context)
        self.report = report
        self.seen: set[bytes] = set()
        self.keys: set[tuple[Any, ...]] = set()

    def check(self, number: int, values: Sequence[Cell]) -> ExpenseRow | None:
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
            if row.key in self.keys:
                raise BadValue("number_twice", MESSAGES_TWICE.format(number=row.number))
        except BadValue as bad:
            report.reject(number, bad.code, bad.message)
            return None
        self.keys.add(row.key)
        report.accepted += 1
        return row

    def _read(self, row: int, values: Sequence[Cell]) -> ExpenseRow:
        """Raises BadValue with the first reason that applies."""

        def cell(name: str) -> Cell:
            return values[self.at[name]] if name in self.at else None

        text = partial(self.report.text, row)
        unit = self.directory.find(cell("unit"), cell("unit_name"))
        applied_on = parse_date(cell("applied_on"), self.epoch1904)
        if applied_on is None:
            raise BadValue("applied_on_missing", MESSAGES["applied_on_missing"])
        category = text(cell("category"), 40, one_line=True)
        if not category:
            raise BadValue("category_missing", MESSAGES["category_missing"])
        return ExpenseRow(
            row=row,
            number=text(cell("number"), 40, one_line=True),
            unit=unit,
            category=category,
            applied_on=applied_on,
            amount=self._amount(cell("amount")),
            applicant_id=self._applicant(row, cell("applicant")),
            title=text(cell("title"), 120, one_line=True),
            state=self._state(cell("state")),
            paid_on=self._paid_on(row, cell("paid_on"), applied_on),
            event_on=self._day(row, cell("event_on")),
        )

    def _amount(self, value: Cell) -> Decimal:
        amount = parse_money(value, unit=self.money_unit)
        if amount is None:
            raise BadValue("amount_missing", MESSAGES["amount_missing"])
        if amount <= 0:
            raise BadValue("amount_negative", MESSAGES["amount_negative"])
        if amount > MOST:
            raise BadValue("amount_too_large", MESSAGES["amount_too_large"])
        return amount

    def _state(self, value: Cell) -> State:
        """Money is never guessed: a row whose state nobody knows comes back."""
        word = cell_text(value)
        if is_nothing(word):
            raise BadValue("state_missing", MESSAGES["state_missing"])
        state = state_of(word)
        if state is None:
            raise BadValue("state", str(MESSAGES["state"]).format(word=word[:30]))
        return state

    def _day(self, row: int, value: Cell) -> dt.date | None:
        """A day that the row can do without."""
        try:
            return parse_date(value, self.epoch1904)
        except BadValue as bad:
            self.report.warn(row, bad.code, bad.message)
            return None

    def _paid_on(self, row: int, value: Cell, applied_on: dt.date) -> dt.date | None:
        day = self._day(row, value)
        if day is not None and day < applied_on:
            self.report.warn(row, "paid_on", MESSAGES["paid_on"])
        return day

    def _applicant(self, row: int, value: Cell) -> int | None:
        word = cell_text(value)
        if is_nothing(word):
            return None
        found = self.people.get(word.upper())
        if found is None:
            message = str(MESSAGES["unknown_applicant"]).format(word=word[:30])
            self.report.warn(row, "unknown_applicant", message)
        return found


MESSAGES_TWICE = gettext_lazy(
    "The number {number} stands on an earlier row with something else. Please correct one of them."
)


def _people(context: ImportContext) -> dict[str, int]:
    """Key by employee number, and by name where only one person has it; those who left too:
    a ledger of former times names them."""
    people = get_user_model().objects.all()
    if context.actor is not None:
        people = people.visible_to(context.actor, PERMISSION)
    found: dict[str, int] = {}
    names: dict[str, list[int]] = {}
    for key, number, name in people.values_list("pk", "employee_no", "name"):
        found[number.upper()] = key
        names.setdefault(name.upper(), []).append(key)
    return {name: keys[0] for name, keys in names.items() if len(keys) == 1} | found
