"""What a version asks, in the order of its pages, and of whom (SAT-02)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby

from satisfaction.models import Item, QuestionnaireVersion, Section

# What somebody answered so far: item → points of its scale, or positions of the options he chose.
# An item that he left open or has “not used” is absent.
Answers = Mapping[int, Collection[int]]


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page of the form. `section` is None for items that stand in no section, as those that an
    agency's file brought; they make one page."""

    section: Section | None
    items: tuple[Item, ...]


def asked_of(version: QuestionnaireVersion) -> list[Item]:
    """All items in the order of asking, with section, options (`item.options.all()`) and condition.

    Conditions are the items of the list themselves, so `is_asked` asks nothing of the database.
    """
    items = list(
        Item.objects.filter(version=version)
        .select_related("section")
        .prefetch_related("options")
        .order_by("section__position", "position")
    )
    known = {item.pk: item for item in items}
    for item in items:
        if item.condition_id is not None:
            item.condition = known[item.condition_id]
    return items


def form_pages(version: QuestionnaireVersion) -> list[FormPage]:
    """The pages of the form: each section that asks something, in order. Two queries."""
    groups = groupby(asked_of(version), key=lambda item: item.section)
    return [FormPage(section, tuple(items)) for section, items in groups]


def is_asked(item: Item, given: Answers) -> bool:
    """Whether an item is asked of somebody who gave these answers so far.

    An item without condition always is. Another is, when the item it depends on was asked and
    one of its answers is one of `condition_values`. `item` comes from `asked_of` or `form_pages`.
    """
    if item.condition is None:
        return True
    answers = given.get(item.condition.pk, ())
    return is_asked(item.condition, given) and not set(item.condition_values).isdisjoint(answers)
