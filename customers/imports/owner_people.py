"""The persons of owner rows: who is who within a chunk, and what a row changes of a known person.

The statements that find them in the archive (MATCHES) stand beside the rule that finds them in
the chunk (`People`), because both must recognise alike: else a second run creates them again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.personal_data import blind_index, encrypt, unwrap
from core.values.phones import without_extension
from core.values.rooms import Room
from customers.models import Customer
from customers.services.protect import last_four

PROFILE = ("birth_year", "occupation", "purpose", "risk")
PLAIN_FIELDS = ("gender", "identity_kind", "level", "source", "remark", *PROFILE)
SECRET_FIELDS = ("identity", "phone", "other_phone")
UPDATED_COLUMNS = [
    *PLAIN_FIELDS,
    "updated_at",
    *(f"{name}_{part}" for name in SECRET_FIELDS for part in ("cipher", "index", "last4")),
]


@dataclass(slots=True)
class Person:
    """Somebody in a chunk: how he is recognised and what the file says of him."""

    number: int
    row_number: int
    name: str
    is_co_owner: bool
    unit_id: int
    room: Room
    gender: str = ""
    identity_kind: str = ""
    identity: str = ""
    phone: str = ""
    other_phone: str = ""
    level: str = ""
    source: str = ""
    remark: str = ""
    identity_index: bytes | None = None
    phone_index: bytes | None = None
    other_phone_index: bytes | None = None
    customer_id: int | None = None
    is_new: bool = False
    birth_year: int | None = None
    occupation: str = ""
    purpose: str = ""
    risk: str = ""


@dataclass(slots=True)
class Owned:
    """One line of a flat: a person owns it, first or with others."""

    row: Any
    person: Person
    is_primary: bool
    keeper_id: int | None = field(default=None)


# How the archive knows the person `s` of a chunk, surest first; of several the oldest, so that
# every run finds the same one. The same phone may serve a family: it needs the name, and no other
# identity number. Name and number that a merged record had lead to the one it became. Somebody
# without numbers is known by the name in his flat, without a flat by
# the name in his project.
MATCHES = (
    """SELECT min(c.id) FROM customers_customer c WHERE c.identity_index = s.identity_index""",
    """SELECT min(c.id) FROM customers_customer c
       WHERE c.phone_index = s.phone_index AND c.name = s.name AND c.kind = 'person'
         AND (c.identity_index IS NULL OR s.identity_index IS NULL)""",
    """SELECT min(m.id) FROM (
         SELECT a.survivor_id AS id FROM customers_customermerge a
         JOIN customers_customer c ON c.id = a.survivor_id
         WHERE a.kind = 'person' AND a.phone_index = s.phone_index AND s.name IN (a.name, c.name)
           AND (c.identity_index IS NULL OR s.identity_index IS NULL)
         UNION ALL
         SELECT a.survivor_id FROM customers_customermerge a
         JOIN customers_customer c ON c.id = a.survivor_id
         WHERE a.kind = 'person' AND a.name = s.name AND c.phone_index = s.phone_index
           AND (c.identity_index IS NULL OR s.identity_index IS NULL)) m""",
    """SELECT min(c.id) FROM customers_property p
       JOIN customers_ownership o ON o.property_id = p.id AND o.valid_until IS NULL
       JOIN customers_customer c ON c.id = o.customer_id
       WHERE s.identity_index IS NULL AND s.phone_index IS NULL AND s.room <> ''
         AND p.unit_id = s.unit_id AND p.building = s.building
         AND p.building_unit = s.building_unit AND p.room = s.room AND c.name = s.name""",
    """SELECT min(c.id) FROM customers_customer c
       JOIN customers_customerunit u ON u.customer_id = c.id
       WHERE s.identity_index IS NULL AND s.phone_index IS NULL AND s.room = ''
         AND u.project_id = s.unit_id AND u.unit_id = s.unit_id AND u.pinyin = s.pinyin
         AND c.name = s.name AND c.kind = 'person'
         AND c.identity_index IS NULL AND c.phone_index IS NULL
         AND NOT EXISTS (SELECT 1 FROM customers_ownership o
                         WHERE o.customer_id = c.id AND o.unit_id = s.unit_id)""",
)


class People:
    """The distinct persons of a chunk, recognised as MATCHES recognises them in the archive."""

    def __init__(self) -> None:
        self.persons: list[Person] = []
        self.known: dict[tuple[Any, ...], Person] = {}

    def add(self, person: Person) -> Person:
        """The person himself, or the earlier one he is, filled with what that one lacked."""
        first = self._find(person)
        if first is None:
            person.number = len(self.persons)
            self.persons.append(person)
            first = person
        else:
            _fill(first, person)
        for key in self._keys(first, person):
            self.known.setdefault(key, first)
        return first

    def _find(self, person: Person) -> Person | None:
        if person.identity_index and (same := self.known.get(("identity", person.identity_index))):
            return same
        if person.phone_index:
            same = self.known.get(("phone", person.phone_index, person.name))
            if same and not (same.identity_index and person.identity_index):
                return same
        if person.identity_index or person.phone_index:
            return None
        if person.room.room:
            return self.known.get(("flat", person.unit_id, person.room, person.name))
        return self.known.get(("unit", person.unit_id, person.name))

    @staticmethod
    def _keys(first: Person, again: Person) -> Iterator[tuple[Any, ...]]:
        """By what the person can be met again: his numbers, and the flat of the present row."""
        if first.identity_index:
            yield "identity", first.identity_index
        if first.phone_index:
            yield "phone", first.phone_index, first.name
        if again.room.room:
            yield "flat", again.unit_id, again.room, first.name
        elif not (first.identity_index or first.phone_index):
            yield "unit", again.unit_id, first.name


def person_of(row: Any, name: str, *, is_co_owner: bool) -> Person:
    """The person of a name in a row; only the first owner has the row's numbers."""
    if is_co_owner:
        return Person(0, row.number, name, True, row.unit_id, row.room, source=row.source)
    return Person(
        0,
        row.number,
        name,
        False,
        row.unit_id,
        row.room,
        row.gender,
        row.identity_kind,
        row.identity,
        row.phone,
        row.other_phone,
        row.level,
        row.source,
        row.remark,
        blind_index("identity", row.identity) if row.identity else None,
        blind_index("phone", without_extension(row.phone)) if row.phone else None,
        blind_index("phone", without_extension(row.other_phone)) if row.other_phone else None,
        **{name: getattr(row, name) for name in PROFILE},
    )


def _fill(first: Person, again: Person) -> None:
    """Fill what the first row of a person lacks from a later row of his."""
    for name in PLAIN_FIELDS:
        if not getattr(first, name):
            setattr(first, name, getattr(again, name))
    for name in SECRET_FIELDS:
        if not getattr(first, name) and getattr(again, name):
            setattr(first, name, getattr(again, name))
            setattr(first, f"{name}_index", getattr(again, f"{name}_index"))
    first.is_co_owner = first.is_co_owner and again.is_co_owner


def change(customer: Customer, person: Person, mode: str) -> bool:
    """Put the file's values on a known customer: empty fields only, or all given ones."""
    changed = False
    for name in PLAIN_FIELDS:
        value = getattr(person, name)
        if value and (mode == "update" or not getattr(customer, name)):
            changed |= getattr(customer, name) != value
            setattr(customer, name, value)
    for name in SECRET_FIELDS:
        changed |= _change_secret(customer, person, name, mode)
    return changed


def _change_secret(customer: Customer, person: Person, name: str, mode: str) -> bool:
    index, old = getattr(person, f"{name}_index"), getattr(customer, f"{name}_index")
    if not index or customer.subject is None or bytes(old or b"") == index:
        return False
    if old and (mode != "update" or name == "identity"):
        return False
    key = unwrap(customer.subject.wrapped)
    cipher, index, last4 = protected(key, name, getattr(person, name), index)
    setattr(customer, f"{name}_cipher", cipher)
    setattr(customer, f"{name}_index", index)
    setattr(customer, f"{name}_last4", last4)
    return True


def protected(
    key: bytes, name: str, value: str, index: bytes | None
) -> tuple[bytes | None, bytes | None, str]:
    """(ciphertext, blind index, last four) of a personal value; empty values stay empty."""
    if not value:
        return None, None, ""
    return encrypt(key, value, f"customer.{name}"), index, last_four(value)
