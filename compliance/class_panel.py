"""The class that counts and flags speak for, on the page of a business customer (CUS-05)."""

from typing import Any

from django.http import HttpRequest

from compliance.selectors.rounds import class_facts, class_of
from customers.models import CLASS_WORDS, Customer
from customers.panels import FilePanel, add_file_panel
from customers.selectors.detail import CustomerFile


def proposed_class(
    request: HttpRequest, customer: Customer, file: CustomerFile
) -> dict[str, Any] | None:
    """A proposal that differs from the stored class, synonyms aside; a person decides.

    A class that somebody gave is not doubted where nothing is known that would speak for any.
    """
    if customer.is_person or file.place is None:
        return None
    found = class_of(customer, file.place.unit)
    words = next(words for words in CLASS_WORDS.values() if found.proposal.level in words)
    if customer.level in words or (customer.level and not found.is_known):
        return None
    return {"proposal": found.proposal, "level": customer.level}


add_file_panel(FilePanel("compliance/_proposed_class.html", proposed_class, class_facts))
