"""The pages of one version, and the way through them for somebody who gave certain answers."""

from dataclasses import dataclass

from satisfaction.models import Item
from satisfaction.selectors.questionnaires import FormPage, form_pages
from satisfaction.services.answering import Kept, asked_items

_frozen: dict[int, list[FormPage]] = {}
MOST_FROZEN = 64


def pages_of(version: int, *, is_frozen: bool) -> list[FormPage]:
    """The pages of a version, by its key; of a frozen one they are read once a process."""
    if not is_frozen:
        return form_pages(version)
    if version not in _frozen:
        if len(_frozen) >= MOST_FROZEN:
            _frozen.clear()
        _frozen[version] = form_pages(version)
    return _frozen[version]


def items_of(pages: list[FormPage]) -> list[Item]:
    """All items in the order of asking."""
    return [item for page in pages for item in page.items]


@dataclass(frozen=True, slots=True)
class Step:
    """A page on somebody's way: its number in the version, its place on the way, what it asks."""

    number: int
    place: int
    of: int
    page: FormPage
    items: list[Item]


def way_through(pages: list[FormPage], kept: Kept) -> list[Step]:
    """The pages that ask something of whoever gave these answers, in order."""
    asked = {item.pk for item in asked_items(items_of(pages), kept)}
    found = []
    for number, page in enumerate(pages, start=1):
        items = [item for item in page.items if item.pk in asked]
        if items:
            found.append((number, page, items))
    return [
        Step(number, place, len(found), page, items)
        for place, (number, page, items) in enumerate(found, start=1)
    ]


def step_at(way: list[Step], number: int) -> Step:
    """The page of that number, or the next one that asks something, or the last."""
    return next((step for step in way if step.number >= number), way[-1])
