"""Writing checked rows of a ledger: applications with their lines in the ledger and payments.

One chunk is one transaction with its checkpoint, so a killed import has written whole chunks and
goes on behind them. A paper that is known is left as it is, but for one thing: what a file brought
as running and a later file knows as decided or paid goes on to that state.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.bulk import copy_rows, next_ids
from core.imports.kinds import ImportContext
from core.imports.report import Report
from expenses.imports.rows import ExpenseRow
from expenses.models import Application, Category, EntryKind, LedgerEntry, PayBy, Payment
from expenses.services.numbers import next_numbers
from expenses.states import GRANTED, State

IMPORT_LOCK = 7_231_005
ZERO = Decimal("0.00")
# How far a paper has come; a later file only ever takes it further.
PROGRESS = {
    State.DRAFT: 0,
    State.SENT_BACK: 1,
    State.IN_APPROVAL: 1,
    State.APPROVED: 2,
    State.PAID: 3,
    State.SETTLED: 4,
    State.REJECTED: 5,
    State.WITHDRAWN: 5,
    State.VOID: 5,
}
APPLICATION_COLUMNS = (
    "id number category_id applicant_id title reason applied_on event_on amount state "
    "one_off over_budget values beneficiary_name beneficiary_bank account_last4 phone_last4 "
    "approved_amount paid_amount import_run_id entered_by_id version created_at updated_at "
    "unit_id region_id city_id project_id"
)
ENTRY_COLUMNS = (
    "id application_id category_id kind booked_on approved paid text by_id at "
    "unit_id region_id city_id project_id"
)
PAYMENT_COLUMNS = "application_id kind amount paid_on method reference note entry_id by_id at"


class ExpenseWriter:
    """Writes chunks of one import."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.run_id = context.run.pk if context.run else None
        self.by_id = context.actor.pk if context.actor else None
        self.categories = _category_words()

    def write(self, rows: Sequence[ExpenseRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        with self.context.chunk(rows[-1].row, report):
            self._write(rows, report)

    def _write(self, rows: Sequence[ExpenseRow], report: Report) -> None:
        with connection.cursor() as cursor:
            # Two imports at once would both find a paper missing and both write it.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
            self._add_categories(rows, report)
            known = self._known(rows)
            fresh = []
            for row in rows:
                found = known.get(row.key)
                if found is None:
                    fresh.append(row)
                else:
                    self._meet(row, found, report)
            self._insert(cursor, fresh, report)

    def _add_categories(self, rows: Sequence[ExpenseRow], report: Report) -> None:
        """Words that nobody knows become categories that are not offered."""
        for word in dict.fromkeys(row.category for row in rows):
            if word not in self.categories:
                category, made = Category.objects.get_or_create(
                    name=word,
                    defaults={"code": _free_code(), "is_offered": False, "position": 900},
                )
                self.categories[word] = category.pk
                report.created["expense_categories"] += made

    # --- known papers -------------------------------------------------------------------------

    def _known(self, rows: Sequence[ExpenseRow]) -> dict[tuple[Any, ...], Application]:
        """Papers that exist, by the key of the row. Rows without a number are known again among
        the papers that came without one: their numbers were made here."""
        numbers = [row.number for row in rows if row.number]
        found: dict[tuple[Any, ...], Application] = {
            (paper.number,): paper for paper in Application.objects.filter(number__in=numbers)
        }
        nameless = [row for row in rows if not row.number]
        if nameless:
            papers = Application.objects.filter(
                values__made=True, applied_on__in={row.applied_on for row in nameless}
            ).select_related("category")
            for paper in papers:
                word = paper.values.get("category", "")
                title = paper.values.get("title", "")
                key = (paper.unit_id, word, paper.applied_on, paper.amount, title)
                found[key] = paper
        return found

    def _meet(self, row: ExpenseRow, paper: Application, report: Report) -> None:
        """A row of a paper that is here: nothing new, a later state, or a contradiction."""
        if paper.unit_id != row.unit.pk or paper.import_run_id is None:
            sentence = _("The number {number} belongs to another paper.")
            report.take_back(row.row, "number_taken", sentence.format(number=row.number))
            return
        state = State(paper.state)
        if paper.amount != row.amount and PROGRESS[row.state] >= PROGRESS[state]:
            sentence = _("The paper {number} was booked with {amount}; it was left as it is.")
            words = sentence.format(number=paper.number, amount=paper.amount)
            report.take_back(row.row, "differs", words)
            return
        if PROGRESS[row.state] <= PROGRESS[state] or state in GRANTED or self._is_running(paper):
            return
        self._move_on(row, paper)
        report.updated["applications"] += 1

    def _is_running(self, paper: Application) -> bool:
        """Whether people work on it here: then it is theirs."""
        return paper.submitted_at is not None

    def _move_on(self, row: ExpenseRow, paper: Application) -> None:
        granted = row.state in GRANTED
        paper.state = row.state
        paper.approved_amount = row.amount if granted else ZERO
        paper.paid_amount = _paid(row)
        paper.version += 1
        paper.save()
        if granted:
            entry = LedgerEntry(
                application=paper,
                category_id=paper.category_id,
                kind=EntryKind.IMPORT,
                booked_on=row.paid_on or row.applied_on,
                approved=row.amount,
                paid=_paid(row),
                by_id=self.by_id,
            )
            entry.place_in(row.unit)
            entry.save()
            if entry.paid:
                Payment.objects.create(
                    application=paper,
                    amount=entry.paid,
                    paid_on=entry.booked_on,
                    method=PayBy.FORMER,
                    entry=entry,
                    by_id=self.by_id,
                )

    # --- new papers ---------------------------------------------------------------------------

    def _insert(self, cursor: Any, rows: list[ExpenseRow], report: Report) -> None:
        if not rows:
            return
        nameless = [row for row in rows if not row.number]
        made = dict(
            zip(
                (row.row for row in nameless),
                next_numbers([row.applied_on for row in nameless]),
                strict=True,
            )
        )
        now = timezone.now()
        keys = next_ids(cursor, "expenses_application", len(rows))
        granted = [(key, row) for key, row in zip(keys, rows, strict=True) if row.state in GRANTED]
        entries = next_ids(cursor, "expenses_ledgerentry", len(granted))
        copy_rows(
            cursor,
            "expenses_application",
            APPLICATION_COLUMNS,
            [
                self._application(key, row, made.get(row.row, ""), now)
                for key, row in zip(keys, rows, strict=True)
            ],
        )
        lines = list(zip(entries, granted, strict=True))
        copy_rows(
            cursor,
            "expenses_ledgerentry",
            ENTRY_COLUMNS,
            [self._entry(entry, key, row, now) for entry, (key, row) in lines],
        )
        copy_rows(
            cursor,
            "expenses_payment",
            PAYMENT_COLUMNS,
            [self._payment(entry, key, row, now) for entry, (key, row) in lines if _paid(row)],
        )
        report.created["applications"] += len(rows)

    def _application(self, key: int, row: ExpenseRow, made: str, now: Any) -> tuple[Any, ...]:
        granted = row.state in GRANTED
        # Such a paper has no number of its own; with the word of its category it is known again.
        values = {}
        if made:
            values = {"made": True, "category": row.category, "title": row.title}
        return (
            *(key, row.number or made, self.categories[row.category], row.applicant_id),
            *(row.title or row.category, "", row.applied_on, row.event_on, row.amount, row.state),
            *(True, False, _json(values), "", "", "", ""),
            *(row.amount if granted else ZERO, _paid(row), self.run_id, self.by_id, 1, now, now),
            *(row.unit.pk, *row.unit.scope_columns()),
        )

    def _entry(self, entry: int, key: int, row: ExpenseRow, now: Any) -> tuple[Any, ...]:
        return (
            *(entry, key, self.categories[row.category], "import", row.paid_on or row.applied_on),
            *(row.amount, _paid(row), "", self.by_id, now),
            *(row.unit.pk, *row.unit.scope_columns()),
        )

    def _payment(self, entry: int, key: int, row: ExpenseRow, now: Any) -> tuple[Any, ...]:
        day = row.paid_on or row.applied_on
        return (key, "pay", _paid(row), day, "former", "", "", entry, self.by_id, now)


def _paid(row: ExpenseRow) -> Decimal:
    """What was paid for a row."""
    return row.amount if row.state in (State.PAID, State.SETTLED) else ZERO


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _category_words() -> dict[str, int]:
    """Names of categories and the other names that files use, each with its key."""
    words: dict[str, int] = {}
    for category in Category.objects.order_by("-position"):
        for word in (*category.words.split(), category.name):
            words[word] = category.pk
    return words


def _free_code() -> str:
    """A code for a category that a file brought."""
    count = Category.objects.filter(code__startswith="file-").count() + 1
    while Category.objects.filter(code=f"file-{count}").exists():
        count += 1
    return f"file-{count}"
