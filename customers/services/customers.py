"""Entering, changing and handing over customers."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.chinese import pinyin_of
from core.errors import Refused, Stale
from core.locking import lock
from core.notices import Happening, announce
from core.personal_data import blind_index
from customers.models import (
    Customer,
    CustomerClass,
    CustomerKind,
    CustomerMerge,
    CustomerUnit,
    NameReading,
    Scheme,
)
from customers.services.protect import put
from regions.models import OrgUnit

PERSONAL = ("phone", "other_phone", "identity")
CODE_FORMS = {CustomerKind.PERSON: "YZ{:08d}", CustomerKind.ORGANISATION: "DW{:08d}"}
REPEATED = ("name", "pinyin", "initials", "level", "ownership_class")
HAND_OVER_AT_ONCE = 5000


@transaction.atomic
def create_customer(
    *, unit: OrgUnit, by: Any, keeper: Any = None, code: str = "", **values: Any
) -> tuple[Customer, bool]:
    """Enter a customer with his place in a unit: (customer, whether he is new).

    `values` are fields of Customer plus clean phone, other_phone and identity. A person whose
    identity number the archive holds gets a place here and nothing of his is changed, whether or
    not the reader could see him before (CUS-19). Raises Refused for a code that is taken, and
    when the customer already has a place in the unit.
    """
    identity = values.get("identity", "")
    known = _by_identity(identity)
    if known is not None:
        return _add_place(known, unit, by=by, keeper=keeper), False
    if code and _is_taken(code):
        raise Refused(_("The customer code {code} is already taken.").format(code=code))
    personal = {name: values.pop(name, "") for name in PERSONAL}
    customer = Customer(id=_next_id(), entered_by=by, **values)
    customer.code = code or CODE_FORMS[CustomerKind(customer.kind)].format(customer.pk)
    for name, value in personal.items():
        put(customer, "customer", name, value)
    set_reading(customer)
    customer.save(force_insert=True)
    write_readings(customer)
    remember_words(customer)
    place_customer(customer, unit, by=by, keeper=keeper)
    record("customer.created", by=by, subject=customer, code=customer.code)
    announce(happening("customer.created", customer, [unit]))
    return customer, True


def _is_taken(code: str) -> bool:
    """A code that a merged customer had leads to the one he became; nobody else gets it."""
    merged = CustomerMerge.objects.filter(code=code)
    return Customer.objects.filter(code=code).exists() or merged.exists()


def happening(kind: str, customer: Customer, units: Iterable[OrgUnit], **facts: str) -> Happening:
    """What other systems are told: which customer, never who he is."""
    key = f"{customer.pk}:{customer.updated_at.isoformat()}"
    facts = {"code": customer.code, "kind": customer.kind} | facts
    api = f"customers/{customer.pk}/"
    return Happening(kind, key, customer.pk, units, customer.get_absolute_url(), api, facts)


def _by_identity(identity: str) -> Customer | None:
    if not identity:
        return None
    return Customer.objects.filter(identity_index=blind_index("identity", identity)).first()


def _add_place(customer: Customer, unit: OrgUnit, *, by: Any, keeper: Any) -> Customer:
    if CustomerUnit.objects.filter(customer=customer, unit=unit).exists():
        sentence = _("A customer with this identity number already exists in {unit}.")
        raise Refused(sentence.format(unit=unit.name))
    place_customer(customer, unit, by=by, keeper=keeper)
    record("customer.created", by=by, subject=customer, code=customer.code)
    return customer


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('customers_customer', 'id'))")
        return cursor.fetchone()[0]


def set_reading(customer: Customer) -> None:
    """Fill pinyin and initials from the name."""
    reading = pinyin_of(customer.name, organisation=not customer.is_person)
    customer.pinyin, customer.initials = reading.full[:400], reading.initials[:120]


def write_readings(customer: Customer) -> None:
    """Keep the other readings of a person's surname for the search."""
    NameReading.objects.filter(customer=customer).delete()
    if customer.is_person:
        NameReading.objects.bulk_create(
            NameReading(customer=customer, pinyin=full, initials=initials)
            for full, initials in pinyin_of(customer.name).alternatives
        )


def remember_words(customer: Customer) -> None:
    """Make words of classes that are new here choosable in filters."""
    scheme = Scheme.GRADE if customer.is_person else Scheme.IMPORTANCE
    for kind, word in ((scheme, customer.level), (Scheme.OWNERSHIP, customer.ownership_class)):
        if word:
            CustomerClass.objects.get_or_create(scheme=kind, word=word)


def place_customer(
    customer: Customer, unit: OrgUnit, *, by: Any, keeper: Any = None, run: Any = None
) -> CustomerUnit:
    """Give a customer his place in a unit, with copies of what lists read."""
    place = CustomerUnit(
        customer=customer, keeper=keeper, entered_by=by, source=customer.source, import_run=run
    )
    place.place_in(unit)
    for name in REPEATED:
        setattr(place, name, getattr(customer, name))
    place.save()
    return place


@transaction.atomic
def change_customer(
    customer: Customer, *, by: Any, unchanged_since: dt.datetime | None = None, **values: Any
) -> Customer:
    """Change fields of a customer; copies on his places follow.

    `unchanged_since` is `updated_at` as the form showed it: raises Stale when somebody else
    saved in between. Raises Refused for an identity number that another customer has.
    """
    # Whoever came first may just have made the key of his numbers: a second one would lose them.
    customer = lock(Customer.objects.filter(pk=customer.pk)).select_related("subject").get()
    if unchanged_since and customer.updated_at != unchanged_since:
        raise Stale(_("Somebody else has changed this customer. Please look at the new values."))
    personal = {name: values.pop(name) for name in PERSONAL if name in values}
    _refuse_taken_identity(customer, personal.get("identity", ""))
    changed = [name for name, value in values.items() if getattr(customer, name) != value]
    for name in changed:
        setattr(customer, name, values[name])
    changed += [name for name, value in personal.items() if put(customer, "customer", name, value)]
    if not changed:
        return customer
    if "name" in changed:
        set_reading(customer)
        write_readings(customer)
    customer.updated_at = timezone.now()
    customer.save()
    remember_words(customer)
    CustomerUnit.objects.filter(customer=customer).update(
        **{name: getattr(customer, name) for name in REPEATED}
    )
    record(
        "customer.changed",
        by=by,
        subject=customer,
        code=customer.code,
        fields=sorted(changed),
    )
    units = OrgUnit.objects.filter(pk__in=customer.places.values("unit")).order_by("path")
    announce(happening("customer.changed", customer, units, fields=" ".join(sorted(changed))))
    return customer


def _refuse_taken_identity(customer: Customer, identity: str) -> None:
    other = _by_identity(identity)
    if other is not None and other.pk != customer.pk:
        raise Refused(_("Another customer already has this identity number."))
