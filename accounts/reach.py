"""What apps to the right can say about what a person sees; they register a function each.

    @facts_of_person
    def customers_of(person, reader): return [Fact(_("Customers seen"), "1,000+", "")]

A fact never tells the reader more than he may see himself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Facts = Callable[[Any, Any], list["Fact"]]
REGISTRY: list[Facts] = []


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what is meant, how much, and where its rows are, if the reader may open them."""

    label: str | Promise
    value: str
    url: str = ""
    note: str = ""


def facts_of_person(give: Facts) -> Facts:
    """Register a function of (person, reader) that gives facts."""
    REGISTRY.append(give)
    return give


def facts(person: Any, reader: Any) -> list[Fact]:
    """What all apps say about a person, in the order of the apps."""
    return [fact for give in REGISTRY for fact in give(person, reader)]
