"""Writing checked rows of complaints by the thousand: COPY into staging, then set statements.

One chunk is one transaction with its checkpoint, so a killed import has written whole chunks and
goes on behind them. Within a chunk: rows of the same number become one draft, drafts are matched
with cases, flats and customers, new cases are written with their complainants, known ones get what
they lack. Nothing is asked of the database while rows flow into a COPY.
"""

from collections.abc import Sequence
from typing import Any, Self

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.imports import case_match
from complaints.imports.case_changes import CHANGED, Draft, change, fold
from complaints.imports.case_classes import Classes
from complaints.imports.case_rows import PERMISSION, CaseRow
from complaints.models import Case, CaseEntry, Complainant
from complaints.services.numbers import next_numbers
from complaints.states import State
from core.bulk import copy_rows, next_ids
from core.imports.kinds import ImportContext
from core.imports.report import Report
from core.personal_data import blind_index, encrypt, new_subject_key
from core.values.phones import without_extension
from customers.services.protect import last_four, put
from regions.models import OrgUnit

IMPORT_LOCK = 7_231_002
CASE_COLUMNS = (
    "id number kind channel channel_words category_id top_category_id level_id state content "
    "complainant_name room customer_id flat_id handler_id entered_by_id taken_in_at "
    "first_contact_at resolved_at called_back_at closed_at plan resolution cause rating "
    "reject_reason merged_from_state round next_due_kind version import_run_id "
    "created_at updated_at unit_id region_id city_id project_id"
)
PERSON_COLUMNS = (
    "case_id customer_id name room subject_id phone_cipher phone_index phone_last4 is_first "
    "is_spokesperson created_at"
)
ENTRY_COLUMNS = "case_id kind at by_id from_state to_state text facts internal"


class CaseWriter:
    """Writes chunks of one import; use it in `with`, it owns a staging table."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.run_id = context.run.pk if context.run else None
        self.by_id = context.actor.pk if context.actor else None
        self.scope = context.scope(PERMISSION)
        self.units = {unit.pk: unit for unit in OrgUnit.objects.all()}
        self.classes = Classes()
        self.table = f'staging."complaints_{self.run_id or "dry"}"'

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DROP TABLE IF EXISTS {self.table}; "
                f"CREATE UNLOGGED TABLE {self.table} ({case_match.COLUMNS})"
            )
        return self

    def __exit__(self, *exc_info: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")

    def write(self, rows: Sequence[CaseRow], report: Report) -> None:
        """Write one chunk and its checkpoint in one transaction; counts go into the report."""
        with self.context.chunk(rows[-1].row, report):
            self._write(rows, report)

    def _write(self, rows: Sequence[CaseRow], report: Report) -> None:
        with connection.cursor() as cursor:
            # Two imports at once would both find a case missing and both write it.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
            drafts = fold(rows, report, skip=self.context.mode == "skip")
            self._match(cursor, drafts)
            self.classes.add(drafts, report)
            known = self._known(drafts, report)
            self._insert(cursor, [draft for draft in drafts if draft.case_id is None], report)
            self._update([draft for draft in drafts if draft.case_id in known], known, report)

    # --- who is who ---------------------------------------------------------------------------

    def _match(self, cursor: Any, drafts: list[Draft]) -> None:
        """Find the cases, flats and customers that the drafts mean."""
        for place, draft in enumerate(drafts):
            draft.n = place
            phone = draft.row.phone
            draft.phone_index = blind_index("phone", without_extension(phone)) if phone else None
        cursor.execute(f"TRUNCATE {self.table}")
        with cursor.copy(f"COPY {self.table} ({case_match.STAGED}) FROM STDIN") as copy:
            for draft in drafts:
                row = draft.row
                flat = row.place
                copy.write_row(
                    (
                        *(draft.n, row.number, row.unit_id, row.taken_in_at, row.room, row.name),
                        *(row.content, list(row.names), draft.phone_index),
                        *(flat.building, flat.unit, flat.room),
                    )
                )
        cursor.execute(f"ANALYZE {self.table}")
        case_match.match(cursor, self.table, self.scope)
        cursor.execute(f"SELECT n, case_id, flat_id, customer_id FROM {self.table}")
        for place, *found in cursor.fetchall():
            drafts[place].case_id, drafts[place].flat_id, drafts[place].customer_id = found

    def _known(self, drafts: list[Draft], report: Report) -> dict[int, Case]:
        """Cases that exist, by key; a draft of a number that belongs elsewhere is taken back."""
        ids = {draft.case_id for draft in drafts if draft.case_id is not None}
        known = Case.objects.in_bulk(list(ids)) if ids else {}
        mine = ids
        if not self.scope.everything:
            mine = set(
                Case.objects.visible_to(self.scope, PERMISSION)
                .filter(pk__in=ids)
                .values_list("pk", flat=True)
            )
        for draft in drafts:
            case = known.get(draft.case_id or 0)
            if case and (case.pk not in mine or case.unit_id != draft.row.unit_id):
                sentence = _("The case number {number} belongs to a case of another project.")
                for row in draft.rows:
                    message = sentence.format(number=draft.row.number)
                    report.take_back(row.row, "number_taken", message)
                known.pop(case.pk)
        return known

    # --- new cases ----------------------------------------------------------------------------

    def _insert(self, cursor: Any, drafts: list[Draft], report: Report) -> None:
        if not drafts:
            return
        nameless = [draft for draft in drafts if not draft.row.number]
        numbers = next_numbers([draft.row.taken_in_at for draft in nameless])
        for draft, number in zip(nameless, numbers, strict=True):
            draft.made_number = number
        for draft, key in zip(
            drafts, next_ids(cursor, "complaints_case", len(drafts)), strict=True
        ):
            draft.case_id = key
        now = timezone.now()
        copy_rows(cursor, "complaints_case", CASE_COLUMNS, [self._case(d, now) for d in drafts])
        subjects, people = self._people(cursor, drafts, now)
        copy_rows(cursor, "core_subjectkey", "id wrapped", subjects)
        copy_rows(cursor, "complaints_complainant", PERSON_COLUMNS, people)
        entries = [self._entry(draft, now) for draft in drafts]
        copy_rows(cursor, "complaints_caseentry", ENTRY_COLUMNS, entries)
        report.created["cases"] += len(drafts)

    def _case(self, draft: Draft, now: Any) -> tuple[Any, ...]:
        row = draft.row
        top, category = self.classes.category(row)
        return (
            *(draft.case_id, row.number or draft.made_number, row.kind, row.channel),
            *(row.channel_words, category, top, self.classes.level(row)),
            *(row.state or State.REGISTERED, row.content, row.name, row.room),
            *(draft.customer_id, draft.flat_id, row.handler_id, self.by_id, row.taken_in_at),
            *(row.first_contact_at, row.resolved_at, row.called_back_at, row.closed_at),
            *(row.plan, row.resolution, "", row.rating, "", "", 1, "", 1, self.run_id, now, now),
            *(row.unit_id, *self.units[row.unit_id].scope_columns()),
        )

    def _people(self, cursor: Any, drafts: list[Draft], now: Any) -> tuple[list, list]:
        """Keys of those with a phone, and a line a name; the first has phone and customer."""
        with_phone = [draft for draft in drafts if draft.row.phone]
        ids = dict(
            zip(
                (draft.n for draft in with_phone),
                next_ids(cursor, "core_subjectkey", len(with_phone)),
                strict=True,
            )
        )
        subjects, people = [], []
        for draft in drafts:
            secret: tuple[Any, ...] = (None, None, None, "")
            if draft.n in ids:
                key, wrapped = new_subject_key()
                subjects.append((ids[draft.n], wrapped))
                cipher = encrypt(key, draft.row.phone, "complainant.phone")
                secret = (ids[draft.n], cipher, draft.phone_index, last_four(draft.row.phone))
            first, *others = draft.row.names or ("",)
            line = (draft.case_id, draft.customer_id, first, draft.row.room)
            people.append((*line, *secret, True, False, now))
            for name in others:
                empty = (draft.case_id, None, name, draft.row.room, None, None, None, "")
                people.append((*empty, False, False, now))
        return subjects, people

    def _entry(self, draft: Draft, now: Any) -> tuple[Any, ...]:
        facts = "{}" if draft.row.number else '{"made": true}'
        return (draft.case_id, "import", now, self.by_id, "", "", "", facts, True)

    # --- known cases --------------------------------------------------------------------------

    def _update(self, drafts: list[Draft], known: dict[int, Case], report: Report) -> None:
        """Give known cases what the file knows beyond them. A case on which people work here is
        theirs: its clocks run by what they do, so the file changes nothing of it."""
        if self.context.mode == "skip" or not drafts:
            return
        worked_on = set(
            CaseEntry.objects.filter(case__in=known)
            .exclude(kind="import")
            .values_list("case_id", flat=True)
        )
        changed: list[Case] = []
        for draft in drafts:
            case = known[draft.case_id or 0]
            mode = "fill" if draft.row.repeats else self.context.mode
            if not change(case, draft, self.classes, mode):
                continue
            if case.pk in worked_on:
                sentence = _("People work on this case here; nothing of it was changed.")
                report.warn(draft.row.row, "kept_here", sentence)
                continue
            case.version += 1
            case.updated_at = timezone.now()
            changed.append(case)
        if changed:
            Case.objects.bulk_update(changed, CHANGED, batch_size=500)
            report.updated["cases"] += len(changed)
        self._fill_people([d for d in drafts if d.case_id not in worked_on])

    def _fill_people(self, drafts: list[Draft]) -> None:
        """The first complainant gets the phone and the customer that he lacked."""
        by_case = {draft.case_id: draft for draft in drafts}
        people = (
            Complainant.objects.filter(case__in=by_case, is_first=True)
            .select_related("subject")
            .filter(customer=None)
        ) | (
            Complainant.objects.filter(case__in=by_case, is_first=True)
            .select_related("subject")
            .filter(phone_index=None)
        )
        for person in people:
            draft = by_case[person.case_id]
            before = person.customer_id
            person.customer_id = person.customer_id or draft.customer_id
            filled = person.phone_index is None and bool(draft.row.phone)
            if filled:
                put(person, "complainant", "phone", draft.row.phone)
            if filled or person.customer_id != before:
                person.save()
