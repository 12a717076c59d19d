"""A read organisation: its units and people, between the reader and the writer of the file."""

import datetime as dt
from dataclasses import dataclass, field

from regions.models import Kind


@dataclass(frozen=True, slots=True)
class UnitRow:
    number: int
    kind: Kind
    code: str
    name: str
    parent: str
    department_name: str
    department_level: str
    stage: str
    households: int | None
    opened_on: dt.date | None


@dataclass(frozen=True, slots=True)
class PersonRow:
    number: int
    employee_no: str
    name: str
    phone: str
    email: str
    unit: str
    functions: tuple[str, ...]
    dedicated: bool
    reports_to: str
    role: str
    position: str
    hired_on: dt.date | None
    left_on: dt.date | None


@dataclass(slots=True)
class Organisation:
    """The file, read: units by code in file order, people by employee number."""

    units: dict[str, UnitRow] = field(default_factory=dict)
    people: dict[str, PersonRow] = field(default_factory=dict)
