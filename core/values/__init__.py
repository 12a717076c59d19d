"""Values as people write them, and what they mean.

One module per kind. Forms, the API and imports call the same functions, so that one text gets
one verdict wherever it comes in. Each takes a cell (text, number, date or None) and returns a clean
value or raises :class:`BadValue`. An empty cell is never an error here: kinds stored as text
give ``""``, others None; whoever needs a value says so himself.
"""

from core.values.base import BadValue, Cell, cell_text, is_nothing
from core.values.capitals import capital_sum, parse_capital_sum
from core.values.dates import parse_date, parse_datetime
from core.values.identity import (
    IdentityKind,
    birth_date_of,
    identity_kind,
    parse_credit_code,
    parse_identity,
)
from core.values.money import parse_money
from core.values.names import clean_name, split_owners
from core.values.numbers import parse_integer, parse_number
from core.values.phones import national_format, parse_phone, parse_phones, without_extension
from core.values.rooms import Room, normalise_room, parse_room_label
from core.values.text import parse_text

__all__ = [
    "BadValue",
    "Cell",
    "IdentityKind",
    "Room",
    "birth_date_of",
    "capital_sum",
    "cell_text",
    "clean_name",
    "identity_kind",
    "is_nothing",
    "national_format",
    "normalise_room",
    "parse_capital_sum",
    "parse_credit_code",
    "parse_date",
    "parse_datetime",
    "parse_identity",
    "parse_integer",
    "parse_money",
    "parse_number",
    "parse_phone",
    "parse_phones",
    "parse_room_label",
    "parse_text",
    "split_owners",
    "without_extension",
]
