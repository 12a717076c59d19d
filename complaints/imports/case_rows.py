"""Rows of a list of complaints: each is checked alone, a good one becomes a `CaseRow`."""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy

from complaints.imports.words import RATINGS, channel_of, kind_of, plain, state_of
from complaints.models import CaseKind
from complaints.states import State
from core.imports.kinds import ImportContext, Section
from core.imports.report import Report
from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.dates import CHINA, parse_datetime, parse_time
from core.values.names import split_owners
from core.values.numbers import parse_number
from core.values.phones import parse_phones
from core.values.rooms import Room, normalise_room
from customers.imports.directory import ProjectDirectory

PERMISSION = "complaints.import_case"
NO_ROOM = Room("", "", "")
NAME_LENGTH, CONTENT_LENGTH = 60, 20_000
# One cell for both levels of the category: 工程质量/渗漏, 工程质量-渗漏, 工程质量 › 渗漏.
LEVELS_APART = re.compile(r"\s*(?:[/／\\>＞›→]|--?|——|－)\s*")  # noqa: RUF001
STARS = re.compile(r"[★☆⭐]")

MESSAGES: dict[str, Any] = {
    "name_missing": gettext_lazy(
        "The complainant is missing: neither a name nor a telephone number. Please fill one in."
    ),
    "taken_in_missing": gettext_lazy(
        "The time of intake is missing. Please fill in when the complaint came in."
    ),
    "state": gettext_lazy(
        "The state “{word}” is unknown; the case was taken as registered. Please correct it."
    ),
    "rating": gettext_lazy("The satisfaction “{word}” is no number from 1 to 5 and was left out."),
    "response_before_intake": gettext_lazy(
        "The first contact is earlier than the intake. Please check both times."
    ),
    "resolution_before_intake": gettext_lazy(
        "The completion is earlier than the intake. Please check both times."
    ),
    "future": gettext_lazy("The intake lies in the future. Please check its time."),
    "unknown_handler": gettext_lazy(
        "There is no person “{word}” in your scope, or more than one; no handler was recorded."
    ),
}


@dataclass(slots=True)
class CaseRow:
    """A good row. Empty texts and None mean that the file does not say it.

    `key` recognises the row within the file: its number, else what was complained of by whom.
    `repeats` says that an earlier row of the file had the same key.
    """

    row: int
    key: tuple[Any, ...]
    repeats: bool
    number: str
    unit_id: int
    kind: CaseKind
    taken_in_at: dt.datetime
    names: tuple[str, ...]
    phone: str
    place: Room
    room: str
    channel_words: str
    top_category: str
    category: str
    level: str
    content: str
    state: State | None
    first_contact_at: dt.datetime | None
    resolved_at: dt.datetime | None
    called_back_at: dt.datetime | None
    closed_at: dt.datetime | None
    rating: int | None
    plan: str
    resolution: str
    handler_id: int | None

    @property
    def name(self) -> str:
        """All names of the cell, as the case shows them."""
        return "、".join(self.names)[:NAME_LENGTH]

    @property
    def channel(self) -> str:
        return channel_of(self.channel_words)


class RowChecker:
    """Checks rows of one sheet in order; it remembers the rows it has seen."""

    def __init__(
        self, section: Section, context: ImportContext, report: Report, tops: set[str]
    ) -> None:
        self.at = section.header.positions
        self.epoch1904 = section.table.epoch1904
        self.directory = ProjectDirectory(context.scope(PERMISSION))
        self.people = _people(context)
        self.report = report
        self.tops = tops
        self.seen: set[bytes] = set()
        self.keys: set[tuple[Any, ...]] = set()
        self.now = timezone.now()

    def check(self, number: int, values: Sequence[Cell]) -> CaseRow | None:
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
        row.repeats = row.key in self.keys
        self.keys.add(row.key)
        report.accepted += 1
        return row

    def _read(self, row: int, values: Sequence[Cell]) -> CaseRow:
        """Raises BadValue with the first reason that applies."""
        at = self.at

        def cell(name: str) -> Cell:
            return values[at[name]] if name in at else None

        names, phone = self._names(row, cell("name")), self._phone(row, cell("phone"))
        if not names and not phone:
            raise BadValue("name_missing", MESSAGES["name_missing"])
        unit_id = self.directory.key_of(cell("region"), cell("city"), cell("project"))
        taken_in = self._taken_in(cell("taken_in"), cell("taken_on"))
        times = {
            name: self._moment(cell(name), taken_in)
            for name in ("first_contact", "resolved", "called_back", "closed")
        }
        self._warn_of_times(row, taken_in, times)
        place, room = self._room(row, cell("building"), cell("building_unit"), cell("room"))
        text = partial(self.report.text, row)
        top, category = self._category(text(cell("top_category"), 120), text(cell("category"), 60))
        number = text(cell("number"), 40, one_line=True)
        content = text(cell("content"), CONTENT_LENGTH)
        return CaseRow(
            row=row,
            key=(number,) if number else (unit_id, taken_in, room, names, content),
            repeats=False,
            number=number,
            unit_id=unit_id,
            kind=kind_of(cell_text(cell("kind"))),
            taken_in_at=taken_in,
            names=names,
            phone=phone,
            place=place,
            room=room,
            channel_words=text(cell("channel"), 40),
            top_category=top,
            category=category,
            level=text(cell("level"), 40),
            content=content,
            state=self._state(row, cell("state"), times),
            first_contact_at=times["first_contact"],
            resolved_at=times["resolved"],
            called_back_at=times["called_back"],
            closed_at=times["closed"],
            rating=self._rating(row, cell("rating")),
            plan=text(cell("plan"), 2000),
            resolution=text(cell("resolution"), 2000),
            handler_id=self._handler(row, cell("handler")),
        )

    # --- who and where ------------------------------------------------------------------------

    def _names(self, row: int, value: Cell) -> tuple[str, ...]:
        try:
            names = split_owners(value, max_length=NAME_LENGTH)
        except BadValue as bad:
            self.report.warn(row, bad.code, bad.message)
            return ()
        return tuple(dict.fromkeys(names))

    def _phone(self, row: int, value: Cell) -> str:
        """The first number of the cell; a wrong one is left out, the case is worth keeping."""
        try:
            return (parse_phones(value) or [""])[0]
        except BadValue as bad:
            self.report.warn(row, bad.code, bad.message)
            return ""

    def _room(self, row: int, building: Cell, unit: Cell, room: Cell) -> tuple[Room, str]:
        """The flat, where the text names one, and the words that the case shows."""
        words = "".join(
            self.report.text(row, one, 60, one_line=True) for one in (building, unit, room)
        )
        if is_nothing(words):
            return NO_ROOM, ""
        try:
            place = normalise_room(building, unit, room)
        except BadValue:
            return NO_ROOM, words[:60]
        return (place, place.label) if place.room else (NO_ROOM, words[:60])

    def _handler(self, row: int, value: Cell) -> int | None:
        word = cell_text(value)
        if is_nothing(word):
            return None
        found = self.people.get(word.upper())
        if found is None:
            message = str(MESSAGES["unknown_handler"]).format(word=word[:30])
            self.report.warn(row, "unknown_handler", message)
        return found

    # --- when ---------------------------------------------------------------------------------

    def _taken_in(self, value: Cell, day: Cell) -> dt.datetime:
        """The instant of the intake; a time of day stands beside the day in a column of its own."""
        on = parse_datetime(day, self.epoch1904)
        try:
            moment = parse_datetime(value, self.epoch1904)
        except BadValue:
            if on is None:
                raise
            moment = dt.datetime.combine(on.date(), parse_time(value) or dt.time())
        if moment is None:
            moment = on
        if moment is None:
            raise BadValue("taken_in_missing", MESSAGES["taken_in_missing"])
        return moment.replace(tzinfo=CHINA)

    def _moment(self, value: Cell, taken_in: dt.datetime) -> dt.datetime | None:
        moment = parse_datetime(value, self.epoch1904)
        return moment.replace(tzinfo=CHINA) if moment else None

    def _warn_of_times(self, row: int, taken_in: dt.datetime, times: dict[str, Any]) -> None:
        if taken_in > self.now:
            self.report.warn(row, "future", MESSAGES["future"])
        for name, code in (
            ("first_contact", "response_before_intake"),
            ("resolved", "resolution_before_intake"),
        ):
            if _is_before(times[name], taken_in):
                self.report.warn(row, code, MESSAGES[code])

    # --- what ---------------------------------------------------------------------------------

    def _category(self, top: str, category: str) -> tuple[str, str]:
        """The two levels; one cell may hold both, when its first part is a known first level."""
        if top and not category:
            first, *rest = LEVELS_APART.split(top, maxsplit=1)
            if rest and rest[0] and first in self.tops:
                return first, rest[0][:60]
        return (top[:60], category) if top else (category, "")

    def _state(self, row: int, value: Cell, times: dict[str, Any]) -> State | None:
        """The state by the file's word; without a word by the times that the row gives."""
        word = cell_text(value)
        if not is_nothing(word):
            state = state_of(word)
            if state is None:
                self.report.warn(row, "state", str(MESSAGES["state"]).format(word=word[:30]))
                return State.REGISTERED
            return state
        for name, state in (
            ("closed", State.CLOSED),
            ("called_back", State.CALLED_BACK),
            ("resolved", State.RESOLVED),
            ("first_contact", State.IN_PROGRESS),
        ):
            if times[name]:
                return state
        return None

    def _rating(self, row: int, value: Cell) -> int | None:
        text = cell_text(value)
        if is_nothing(text):
            return None
        if rating := RATINGS.get(plain(text)):
            return rating
        try:
            stars = len(STARS.findall(text))
            found = stars or parse_number(text.rstrip("分星") if isinstance(value, str) else value)
        except BadValue:
            found = None
        if found is None or found != int(found) or not 1 <= found <= 5:
            self.report.warn(row, "rating", str(MESSAGES["rating"]).format(word=text[:20]))
            return None
        return int(found)


def _is_before(moment: dt.datetime | None, taken_in: dt.datetime) -> bool:
    """Whether something came before the intake; of a mere date the day alone is compared."""
    if moment is None:
        return False
    if moment.time() == dt.time():
        return moment.date() < taken_in.date()
    return moment < taken_in


def _people(context: ImportContext) -> dict[str, int]:
    """Key by employee number, and by name where only one active person has it."""
    people = get_user_model().objects.all()
    if context.actor is not None:
        people = people.visible_to(context.actor, PERMISSION)
    found: dict[str, int] = {}
    names: dict[str, list[int]] = {}
    for key, number, name, state in people.values_list("pk", "employee_no", "name", "state"):
        found[number] = key
        if state == "active":
            names.setdefault(name.upper(), []).append(key)
    return {name: keys[0] for name, keys in names.items() if len(keys) == 1} | found
