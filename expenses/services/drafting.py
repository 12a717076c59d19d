"""Writing an application down: what it is for, for whom, how much. Nothing is asked for yet."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.services import hold as hold_approval
from audit.services import record
from core.errors import Refused, Stale
from core.locking import lock
from core.models import SubjectKey
from core.personal_data import encrypt, new_subject_key, unwrap
from expenses.models import (
    Application,
    ApplicationCustomer,
    ApplicationLine,
    Category,
    Gift,
    GiftLine,
)
from expenses.models.common import CENT
from expenses.selectors.checks import Check, Wanted, check
from expenses.services.numbers import next_number
from expenses.states import EDITABLE, State
from regions.models import OrgUnit

KIND = "expenses.application"
MOST = Decimal("999999999.99")


@dataclass(frozen=True, slots=True)
class Line:
    """What for, how many, at which price in yuan."""

    text: str
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Quantity times price to the cent, half up as PostgreSQL rounds."""
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class GiftWish:
    gift: Gift
    quantity: int


@dataclass(frozen=True, slots=True)
class Given:
    """What the form says. `account` and `phone` of the beneficiary are clean values, empty ones
    clear them, None leaves what is there. `customers` are pairs with a contact or None."""

    category: Category
    unit: OrgUnit
    title: str
    reason: str = ""
    event_on: date | None = None
    people: int | None = None
    one_off: bool = True
    lines: Sequence[Line] = ()
    gifts: Sequence[GiftWish] = ()
    customers: Sequence[tuple[Any, Any]] = ()
    case: Any = None
    event: Any = None
    key_date: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    beneficiary_name: str = ""
    beneficiary_bank: str = ""
    account: str | None = None
    phone: str | None = None

    @property
    def amount(self) -> Decimal:
        """The sum of lines and gifts, in yuan."""
        gifts = sum((wish.gift.price * wish.quantity for wish in self.gifts), Decimal(0))
        return (sum((line.amount for line in self.lines), Decimal(0)) + gifts).quantize(CENT)


PLAIN = (
    *("category", "title", "reason", "event_on", "people", "one_off", "case", "event"),
    *("beneficiary_name", "beneficiary_bank"),
)


@transaction.atomic
def save(
    given: Given,
    *,
    by: Any,
    application: Application | None = None,
    version: int | None = None,
) -> Application:
    """Write a draft, or change one; what was sent back may be changed too.

    Raises Stale when somebody changed it since `version`, Refused when it is in approval or ended,
    without a purpose, for an amount that is too large, and for somebody else's paper.
    """
    _refuse_bad(given)
    if application is None:
        row = Application(number="", applicant=by, entered_by=by, state=State.DRAFT)
        row.number = next_number(row.applied_on)
    else:
        hold_approval(application, KIND)
        row = lock(Application.objects.filter(pk=application.pk)).get()
        refuse_stranger(row, by)
        if row.state not in EDITABLE:
            raise Refused(_("This application can no longer be changed."))
        if version is not None and row.version != version:
            raise Stale(_("Somebody changed this application meanwhile. Please look again."))
        row.version += 1
    _fill(row, given)
    _put(row, "account", given.account)
    _put(row, "phone", given.phone)
    row.save()
    _write_parts(row, given)
    record("application.saved", by=by, subject=row, number=row.number, amount=str(row.amount))
    return row


def _fill(row: Application, given: Given) -> None:
    """The columns of a row as the form says them, but for the personal ones."""
    for name in PLAIN:
        setattr(row, name, getattr(given, name))
    if given.key_date is not None:
        row.key_date = given.key_date
    row.values, row.amount = dict(given.values), given.amount
    row.place_in(given.unit)


def wanted_of_given(given: Given, *, by: Any, application: Application | None = None) -> Wanted:
    """A form that is not saved yet, for the check and for the way it would go. `application` is
    the draft it changes, which is left as it is."""
    row = copy(application) if application is not None else Application(applicant=by)
    _fill(row, given)
    return Wanted(
        row,
        list(dict(given.customers)),
        [(wish.gift, wish.quantity) for wish in given.gifts],
        bool(row.account_last4 if given.account is None else given.account),
        bool(row.phone_last4 if given.phone is None else given.phone),
    )


def check_given(given: Given, *, by: Any, application: Application | None = None) -> Check:
    """What would speak against a form that is not saved yet."""
    return check(wanted_of_given(given, by=by, application=application))


def refuse_stranger(application: Application, by: Any) -> None:
    """Only the applicant and who entered it write in an application; None is the operator."""
    if by is not None and by.pk not in (application.applicant_id, application.entered_by_id):
        raise Refused(_("Only the applicant changes this application."))


def _refuse_bad(given: Given) -> None:
    if not given.title.strip():
        raise Refused(_("Please say what the money is for."))
    for line in given.lines:
        if line.quantity <= 0 or line.price < 0:
            raise Refused(_("Please give each line a quantity above zero and a price."))
        if line.quantity != line.quantity.quantize(CENT) or line.price != line.price.quantize(CENT):
            raise Refused(_("Please enter at most two decimals."))
    if any(wish.quantity <= 0 for wish in given.gifts):
        raise Refused(_("Please give each gift a quantity above zero."))
    if given.amount > MOST:
        raise Refused(_("The amount is too large. Please check it."))


def _write_parts(row: Application, given: Given) -> None:
    row.lines.all().delete()
    ApplicationLine.objects.bulk_create(
        ApplicationLine(
            application=row,
            position=place,
            text=line.text.strip(),
            quantity=line.quantity,
            price=line.price,
            amount=line.amount,
        )
        for place, line in enumerate(given.lines)
    )
    row.gift_lines.all().delete()
    GiftLine.objects.bulk_create(
        GiftLine(application=row, gift=wish.gift, quantity=wish.quantity, price=wish.gift.price)
        for wish in given.gifts
    )
    row.customers.all().delete()
    ApplicationCustomer.objects.bulk_create(
        ApplicationCustomer(application=row, customer=customer, contact=contact)
        for customer, contact in dict(given.customers).items()
    )


def _put(row: Application, name: str, value: str | None) -> None:
    """Set account or telephone number of the beneficiary under the key of the paper."""
    if value is None or row.clear(name) == value:
        return
    cipher = encrypt(_key(row), value, f"application.{name}") if value else None
    setattr(row, f"{name}_cipher", cipher)
    setattr(row, f"{name}_last4", value[-4:] if value else "")


def _key(row: Application) -> bytes:
    if row.subject is None:
        plain, wrapped = new_subject_key()
        row.subject = SubjectKey.objects.create(wrapped=wrapped)
        return plain
    return unwrap(row.subject.wrapped)
