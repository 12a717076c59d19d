"""Search over the archive: customers, contacts and properties in the reader's scope."""

from typing import Any

from django.db.models import Q

from core.bigrams import containing
from core.chinese import has_han
from core.personal_data import blind_index
from core.values.phones import without_extension
from core.values.rooms import parse_room_beginning, parse_room_label
from customers.models import Contact, Customer, CustomerUnit, Property
from customers.selectors.lists import BY_NAME, ListQuery, place_keys, rows_of
from customers.selectors.terms import Term


def find_places(user: Any, term: Term, *, size: int, most: int) -> tuple[list[CustomerUnit], int]:
    """The first places of a search by name, and how many customers it finds, counted up to `most`.
    A term without forms finds nothing."""
    if not term.forms:
        return [], 0
    keys = place_keys(user, ListQuery(term=term, order=BY_NAME), size=most)
    return rows_of(user, keys[:size]), len(keys)


def find_contacts(user: Any, text: str, *, most: int) -> list[Contact]:
    """Contacts by a part of the name, or by the beginning of its reading."""
    compact = text.replace(" ", "")
    if len(compact) < 2:
        return []
    rows: Any = Contact.objects.visible_to(user).select_related("customer")
    if has_han(compact):
        rows = containing(rows, "name", compact)
    elif compact.isascii() and compact.isalpha():
        rows = rows.filter(pinyin__startswith=compact.lower())
    else:
        return []
    return list(rows.order_by("pinyin", "pk")[:most])


def find_properties(user: Any, text: str, *, most: int) -> list[Property]:
    """Flats by their label or its beginning (building, or building and unit), in the project that
    stands before it, if one does."""
    room, how = parse_room_label(text), "label"
    if room is None:
        room, how = parse_room_beginning(text), "label__startswith"
    if room is None:
        return []
    rows = Property.objects.visible_to(user).filter(**{how: room.label}).select_related("unit")
    if room.project:
        rows = rows.filter(unit__name__contains=room.project)
    return list(rows.order_by("unit__path", "label", "pk")[:most])


def namesakes(user: Any, name: str, phones: list[str]) -> list[Customer]:
    """Customers in the user's reach with this name and one of these clean numbers, at most three:
    who enters them once more mostly does not know that they are there (CUS-24)."""
    indexes = [blind_index("phone", without_extension(phone)) for phone in phones if phone]
    if not (name and indexes):
        return []
    same = Q(phone_index__in=indexes) | Q(other_phone_index__in=indexes)
    return list(Customer.objects.visible_to(user).filter(same, name=name).order_by("pk")[:3])
