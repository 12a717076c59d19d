"""One good row of the list of business customers, between its checker and its writer."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import User


@dataclass(slots=True)
class OrganisationRow:
    """A good row. `keeper` and `leader` are people who work here, or None."""

    number: int
    code: str
    name: str
    values: dict[str, Any]
    credit_code: str
    contact: dict[str, Any] = field(default_factory=dict)
    keeper: User | None = None
    leader: User | None = None
    first_cooperation_on: dt.date | None = None
    assets: Decimal | None = None
