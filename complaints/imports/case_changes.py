"""What several rows of one number say together, and what a row changes of a case that exists."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from complaints.imports.case_classes import Classes
from complaints.imports.case_rows import CaseRow
from complaints.imports.words import PROGRESS
from complaints.models import Case, Channel
from complaints.states import State
from core.imports.report import Report

# Rows and cases call these by the same name.
PLAIN = (
    *("first_contact_at", "resolved_at", "called_back_at", "closed_at", "rating", "content"),
    *("plan", "resolution", "handler_id", "room"),
)
CHANGED = [
    *(name.removesuffix("_id") for name in PLAIN),
    *("taken_in_at", "complainant_name", "channel", "channel_words", "category", "top_category"),
    *("level", "state", "customer", "flat", "version", "updated_at"),
]


@dataclass(slots=True)
class Draft:
    """A case as the file tells it, with what the archive knows of it."""

    row: CaseRow
    rows: list[CaseRow] = field(default_factory=list)
    n: int = 0
    phone_index: bytes | None = None
    case_id: int | None = None
    flat_id: int | None = None
    customer_id: int | None = None
    made_number: str = ""


def fold(rows: Sequence[CaseRow], report: Report, *, skip: bool) -> list[Draft]:
    """One draft a case. A later row of the same number fills what the first lacks and takes the
    case further; with `skip` it says nothing. In another project it is taken back."""
    drafts: dict[tuple[Any, ...], Draft] = {}
    for row in rows:
        draft = drafts.get(row.key)
        if draft is None:
            drafts[row.key] = Draft(dataclasses.replace(row), [row])
        elif draft.row.unit_id != row.unit_id:
            sentence = _("The case number {number} belongs to a case of another project.")
            report.take_back(row.row, "number_taken", sentence.format(number=row.number))
        else:
            draft.rows.append(row)
            if not skip:
                _fill(draft.row, row)
    for draft in drafts.values():
        _end(draft.row)
    return list(drafts.values())


def _fill(first: CaseRow, later: CaseRow) -> None:
    names = (*PLAIN, "names", "phone", "channel_words", "level")
    for name in names:
        if not getattr(first, name):
            setattr(first, name, getattr(later, name))
    if not first.place.room:
        first.place = later.place
    if not first.top_category:
        first.top_category, first.category = later.top_category, later.category
    if _is_further(later.state, first.state):
        first.state = later.state


def _end(row: CaseRow) -> None:
    """A case that is closed was completed when it was closed, and the other way round, where the
    file tells one of the two."""
    if row.state == State.CLOSED:
        row.closed_at = row.closed_at or row.called_back_at or row.resolved_at
        row.resolved_at = row.resolved_at or row.called_back_at or row.closed_at
    elif row.state == State.REJECTED:
        row.closed_at = row.closed_at or row.resolved_at


def _is_further(state: str | None, than: str | None) -> bool:
    if state is None:
        return False
    return than is None or PROGRESS[State(state)] > PROGRESS[State(than)]


def change(case: Case, draft: Draft, classes: Classes, mode: str) -> bool:
    """Put the file's values on a known case, empty fields only or all given ones. The state only
    goes on. Returns whether anything changed."""
    row = draft.row
    values: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    values["complainant_name"] = row.name
    top, category = classes.category(row)
    values |= {"level_id": classes.level(row), "customer_id": draft.customer_id}
    values["flat_id"] = draft.flat_id
    changed = False
    for name, value in values.items():
        changed |= _put(case, name, value, mode)
    if top is not None and (case.category_id is None or mode == "update"):
        changed |= (case.top_category_id, case.category_id) != (top, category)
        case.top_category_id, case.category_id = top, category
    changed |= _channel(case, row, mode)
    if mode == "update" and case.taken_in_at != row.taken_in_at:
        case.taken_in_at, changed = row.taken_in_at, True
    if row.state is not None and _is_further(row.state, case.state):
        case.state, changed = row.state, True
    return changed


def _put(case: Case, name: str, value: Any, mode: str) -> bool:
    old = getattr(case, name)
    if value in (None, "") or old == value or (old not in (None, "") and mode != "update"):
        return False
    setattr(case, name, value)
    return True


def _channel(case: Case, row: CaseRow, mode: str) -> bool:
    unknown = case.channel == Channel.OTHER and not case.channel_words
    if not row.channel_words or not (unknown or mode == "update"):
        return False
    if case.channel_words == row.channel_words:
        return False
    case.channel, case.channel_words = row.channel, row.channel_words
    return True
