"""People inside an organisation (CON-01)."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.chinese import pinyin_of
from core.errors import Refused
from customers.models import Contact, Customer
from customers.services.protect import put

PERSONAL = ("phone", "email")


def add_contact(customer: Customer, *, by: Any, **values: Any) -> Contact:
    """A new contact of a customer. Raises Refused when one of that name exists."""
    contact = _fill(Contact(customer=customer), values)
    with transaction.atomic():
        _save(contact)
        record("contact.added", by=by, subject=customer)
    return contact


def change_contact(contact: Contact, *, by: Any, **values: Any) -> Contact:
    """Change a contact. Raises Refused when another of that name exists."""
    with transaction.atomic():
        _save(_fill(contact, values))
        record("contact.changed", by=by, subject=contact.customer)
    return contact


def _fill(contact: Contact, values: dict[str, Any]) -> Contact:
    personal = {name: values.pop(name) for name in PERSONAL if name in values}
    for name, value in values.items():
        setattr(contact, name, value)
    contact.pinyin = pinyin_of(contact.name).full[:200]
    for name, value in personal.items():
        put(contact, "contact", name, value)
    return contact


def _save(contact: Contact) -> None:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        sentence = _("This customer already has a contact named {name}.")
        raise Refused(sentence.format(name=contact.name)) from error
