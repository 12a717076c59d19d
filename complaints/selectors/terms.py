"""What somebody typed into the search box of cases: a number, a room, a name, words of the story.

As in the archive (customers.selectors.terms) a text is a list of *forms*, each served by an index
and united, never ORed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import Complainant
from core.bigrams import containing
from core.values.base import BadValue, cell_text
from core.values.phones import parse_phone
from core.values.rooms import parse_room_label
from core.words import containing_all, pieces_of

Form = Callable[[QuerySet], QuerySet]
NUMBER = re.compile(r"TS\d{2,}", re.IGNORECASE)
LAST_FOUR = re.compile(r"\d{4}")
LONG_NUMBER = re.compile(r"\+?[\d\s\-]{7,}")


@dataclass(frozen=True, slots=True)
class CaseTerm:
    """A search text understood; `problem` says what to type instead."""

    text: str = ""
    forms: list[Form] = field(default_factory=list)
    problem: str | Promise = ""


def understand_case(text: str) -> CaseTerm:
    """Read a search text. Never raises."""
    text = " ".join(cell_text(text).split())
    if not text:
        return CaseTerm()
    for reader in (_number, _phone, _room):
        term = reader(text)
        if term is not None:
            return term
    if len(text) < 2:
        return CaseTerm(text, problem=_("Please type at least two characters."))
    pieces = pieces_of(text)
    return CaseTerm(
        text,
        [
            lambda cases: containing(cases, "complainant_name", text),
            lambda cases: containing_all(cases, "content", pieces or [text]),
        ],
    )


def cases_of_numbers(mark: Iterable[tuple[str, str]]) -> CaseTerm:
    """Cases of whoever called from a full number: known customers and callers whom nobody knows.
    `mark` has (kind, hexadecimal blind index) as a term of customers carries them."""
    numbers = [bytes.fromhex(digits) for kind, digits in mark if kind == "phone"]
    callers = Complainant.objects.filter(phone_index__in=numbers).values("case")
    forms: list[Form] = [
        lambda cases: cases.filter(pk__in=callers),
        lambda cases: cases.filter(customer__phone_index__in=numbers),
    ]
    return CaseTerm("", forms if numbers else [])


def _number(text: str) -> CaseTerm | None:
    compact = text.replace(" ", "")
    if not NUMBER.fullmatch(compact):
        return None
    return CaseTerm(text, [lambda cases: cases.filter(number__startswith=compact.upper())])


def _phone(text: str) -> CaseTerm | None:
    if LAST_FOUR.fullmatch(text):
        callers = Complainant.objects.filter(phone_last4=text).values("case")
        return CaseTerm(
            text,
            [
                lambda cases: cases.filter(pk__in=callers),
                lambda cases: cases.filter(customer__phone_last4=text),
                lambda cases: cases.filter(number__endswith=text),
                lambda cases: cases.filter(room=text),
            ],
        )
    if not LONG_NUMBER.fullmatch(text) or parse_room_label(text) is not None:
        return None
    try:
        parse_phone(text)
    except BadValue:
        return None
    # A full number must not stand in an address.
    problem = _("Please search by the last four digits; the intake finds full numbers.")
    return CaseTerm(text, problem=problem)


def _room(text: str) -> CaseTerm | None:
    room = parse_room_label(text)
    if room is None:
        return None

    def of_room(cases: QuerySet) -> QuerySet:
        found = cases.filter(room=room.label)
        return found.filter(unit__name__contains=room.project) if room.project else found

    return CaseTerm(text, [of_room])
