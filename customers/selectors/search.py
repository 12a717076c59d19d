"""Search over the archive: customers, contacts and properties in the reader's scope."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.chinese import has_han
from core.personal_data import blind_index
from core.values.phones import without_extension
from core.values.rooms import parse_room_label
from customers.models import Contact, Customer, CustomerUnit, Property
from customers.selectors.lists import BY_NAME, ListQuery, place_keys, rows_of
from customers.selectors.terms import Term

HITS = 20


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found; `more` says that the customer list holds further hits."""

    customers: list[CustomerUnit] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    more: bool = False

    @property
    def nothing(self) -> bool:
        return not (self.customers or self.contacts or self.properties)


def search_archive(user: Any, term: Term, *, size: int = HITS) -> Hits:
    """The first hits of each kind. A term without forms finds nothing."""
    if not term.forms:
        return Hits()
    query = ListQuery(term=term, order=BY_NAME)
    keys = place_keys(user, query, size=size + 1)
    return Hits(
        customers=rows_of(user, keys[:size]),
        contacts=_contacts(user, term.text, size),
        properties=_properties(user, term.text, size),
        more=len(keys) > size,
    )


def _contacts(user: Any, text: str, size: int) -> list[Contact]:
    if len(text) < 2 or not has_han(text):
        return []
    rows = Contact.objects.visible_to(user).filter(name__contains=text)
    return list(rows.select_related("customer").order_by("pinyin", "pk")[:size])


def _properties(user: Any, text: str, size: int) -> list[Property]:
    room = parse_room_label(text)
    if room is None:
        return []
    rows = Property.objects.visible_to(user).filter(label=room.label).select_related("unit")
    if room.project:
        rows = rows.filter(unit__name__contains=room.project)
    return list(rows.order_by("unit__path", "pk")[:size])


def namesakes(user: Any, name: str, phones: list[str]) -> list[Customer]:
    """Customers in the user's reach with this name and one of these clean numbers, at most three:
    who enters them once more mostly does not know that they are there (CUS-24)."""
    indexes = [blind_index("phone", without_extension(phone)) for phone in phones if phone]
    if not (name and indexes):
        return []
    same = Q(phone_index__in=indexes) | Q(other_phone_index__in=indexes)
    return list(Customer.objects.visible_to(user).filter(same, name=name).order_by("pk")[:3])
