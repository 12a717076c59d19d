"""Writing checked purchases: customers found by code, else by name, else made; lines once each."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.imports.kinds import ImportContext
from core.imports.report import Report
from core.models import ImportRun
from customers.models import (
    POTENTIAL,
    Customer,
    CustomerKind,
    CustomerMerge,
    Transaction,
    TransactionFile,
)
from customers.services.customers import create_customer
from customers.services.turns import take_turn
from regions.models import Kind, OrgUnit

INSERT = """
    INSERT INTO customers_transaction
      (customer_id, "on", product, quantity, amount, cost, file_id, row)
    SELECT given.customer, given.on_day, given.product, given.quantity, given.amount, given.cost,
           %s, given.row
    FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[],
                %s::int[])
      AS given (customer, on_day, product, quantity, amount, cost, row)
    ON CONFLICT (file_id, row) DO NOTHING"""
# What stands in a column of names and is no name: letters without a space and a number.
LIKE_CODE = re.compile(r"[A-Za-z]{0,10}[-_]?\d[\d_-]*\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A good row; `code` or `name` may be empty, not both. Amounts are yuan,
    `cost` is None where the file does not say it."""

    row: int
    code: str
    name: str
    on: dt.date
    product: str
    quantity: Decimal | None
    amount: Decimal
    cost: Decimal | None


class TransactionWriter:
    """Writes chunks of one file; what stands in the table already is left as it is."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.known: dict[tuple[str, str], int] = {}
        self.ambiguous: set[str] = set()
        self.met = 0

    def write(self, rows: Sequence[TransactionRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        before = report.created.copy()
        try:
            with transaction.atomic():
                self._write(rows, report)
                self.context.checkpoint(rows[-1].row, report)
        except BaseException:
            report.created = before
            self.known.clear()
            raise

    def finish(self, report: Report) -> None:
        """Say that the file was here before, when it was."""
        if self.met:
            sentence = _("This file was imported before; its {count} purchases were left alone.")
            report.warn(0, "file_known", sentence.format(count=self.met))

    def _write(self, rows: Sequence[TransactionRow], report: Report) -> None:
        with connection.cursor() as cursor:
            # Two imports at once would both find a customer missing and both make him.
            take_turn(cursor)
            fresh = self._fresh(rows)
            self._find(fresh)
            lines = []
            for row in fresh:
                customer = self._customer(row, report)
                if customer is not None:
                    goods = (row.product, row.quantity, row.amount, row.cost)
                    lines.append((customer, row.on, *goods, row.row))
            if not lines:
                return
            cursor.execute(INSERT, [self._file().pk, *map(list, zip(*lines, strict=True))])
            report.created["transactions"] += cursor.rowcount
            self.met += len(lines) - cursor.rowcount

    def _fresh(self, rows: Sequence[TransactionRow]) -> list[TransactionRow]:
        """Rows of the file that do not stand in the table. The customers of the others are not
        asked about: they may bear another name by now, and are none to be made anew."""
        within = Transaction.objects.filter(file__digest=self._run().file_hash)
        within = within.filter(row__gte=rows[0].row)
        stored = set(within.filter(row__lte=rows[-1].row).values_list("row", flat=True))
        self.met += len(stored)
        return [row for row in rows if row.row not in stored]

    def _run(self) -> ImportRun:
        if self.context.run is None:
            raise ValueError("Purchases are written for a run, which knows the hash of its file.")
        return self.context.run

    def _file(self) -> TransactionFile:
        run = self._run()
        found, _made = TransactionFile.objects.get_or_create(
            digest=run.file_hash, defaults={"name": run.file_name, "import_run": run}
        )
        return found

    def _find(self, rows: Sequence[TransactionRow]) -> None:
        """Look up the customers of a chunk that are not known yet, in five queries. Codes and
        names of merged records lead to those they became."""
        merged = CustomerMerge.objects.all()
        codes = {row.code for row in rows if row.code and ("code", row.code) not in self.known}
        for code, key in Customer.objects.filter(code__in=codes).values_list("code", "pk"):
            self.known["code", code] = key
        for code, key in merged.filter(code__in=codes).values_list("code", "survivor"):
            self.known["code", code] = key
        names = {row.name for row in rows if not row.code and ("name", row.name) not in self.known}
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, kind, key in Customer.objects.filter(name__in=names).values_list(
            "name", "kind", "pk"
        ):
            found[name].append((kind, key))
        unknown = names - set(found)
        former = merged.filter(name__in=unknown).values_list("name", "kind", "survivor")
        for name, kind, key in former.distinct():
            found[name].append((kind, key))
        for name, candidates in found.items():
            # An organisation is meant where a person happens to have its name.
            firms = [key for kind, key in candidates if kind == CustomerKind.ORGANISATION]
            keys = firms or [key for _kind, key in candidates]
            if len(keys) == 1:
                self.known["name", name] = keys[0]
            else:
                self.ambiguous.add(name)
        self._find_codes_among_names(names - set(found))

    def _find_codes_among_names(self, names: set[str]) -> None:
        """A file with one column for the customer may fill it with codes: where nobody bears the
        name, the customer of this code is meant."""
        codes = {name.upper() for name in names}
        keys = dict(Customer.objects.filter(code__in=codes).values_list("code", "pk"))
        merged = CustomerMerge.objects.filter(code__in=codes)
        keys |= dict(merged.values_list("code", "survivor"))
        for name in names:
            if name.upper() in keys:
                self.known["name", name] = keys[name.upper()]

    def _customer(self, row: TransactionRow, report: Report) -> int | None:
        """The key of the row's customer, made when nobody knows him; None when it is not clear."""
        code = row.code or (row.name.upper() if LIKE_CODE.fullmatch(row.name) else "")
        key = ("code", row.code) if row.code else ("name", row.name)
        for known in (key, ("code", code)):
            if known in self.known:
                return self.known[known]
        if key[0] == "name" and row.name in self.ambiguous:
            sentence = _(
                "Several customers are named “{name}”. Please fill in the customer's code."
            )
            report.take_back(row.row, "customer_ambiguous", sentence.format(name=row.name))
            return None
        customer, _new = create_customer(
            unit=OrgUnit.objects.get(kind=Kind.GROUP),
            by=self.context.actor,
            code=code,
            kind=CustomerKind.ORGANISATION,
            name=row.name or row.code,
            level=POTENTIAL,
            import_run=self.context.run,
        )
        report.created["customers"] += 1
        self.known[key] = self.known["code", customer.code] = customer.pk
        return customer.pk
