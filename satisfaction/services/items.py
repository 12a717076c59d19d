"""Sections, items and options of an open version: added, changed, moved, deleted (SAT-02).

Items are numbered through the version in the order of asking, so that "earlier" means the same
everywhere. Whatever is done, the conditions of all items are looked at again before it counts.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused, Stale
from satisfaction.models import Item, Option, QuestionnaireVersion, Section
from satisfaction.selectors.questionnaires import asked_of
from satisfaction.services.item_rules import CHOOSING, Texts, check_conditions, check_item
from satisfaction.services.questionnaires import note_change, open_version

STRIPPED = ("name", "name_en", "text", "text_en")


@transaction.atomic
def save_section(
    version: QuestionnaireVersion,
    section: Section | None = None,
    *,
    title: str,
    title_en: str = "",
    by: Any,
) -> Section:
    """Add a section behind the others, or change the titles of one."""
    held = open_version(version, by)
    sections = list(Section.objects.filter(version=held))
    position = max((one.position for one in sections), default=0) + 1
    row = _one(sections, section) if section else Section(version=held, position=position)
    row.title, row.title_en = title.strip(), title_en.strip()
    if not row.title:
        raise Refused(_("Please give the section a title."))
    if any(one.title == row.title and one.pk != row.pk for one in sections):
        raise Refused(_("There is a section of this title already."))
    row.save()
    note_change(held, by)
    return row


@transaction.atomic
def move_section(section: Section, *, position: int, by: Any) -> None:
    """Put a section with its items at a place among the sections, counted from 1."""
    held = open_version(section.version, by)
    sections = list(Section.objects.filter(version=held))
    row = _one(sections, section)
    sections.remove(row)
    sections.insert(max(position - 1, 0), row)
    for place, one in enumerate(sections, start=1):
        one.position = place
    Section.objects.bulk_update(sections, ["position"])
    _settle(asked_of(held))
    note_change(held, by)


@transaction.atomic
def delete_section(section: Section, *, by: Any) -> None:
    """Delete a section with its items. Raises Refused while other items depend on one of them."""
    held = open_version(section.version, by)
    items = asked_of(held)
    _check_nobody_depends(items, [one for one in items if one.section_id == section.pk])
    row = _one(list(Section.objects.filter(version=held)), section)
    row.delete()
    _settle(asked_of(held))
    note_change(held, by)


@transaction.atomic
def save_item(
    version: QuestionnaireVersion,
    item: Item | None = None,
    *,
    section: Section,
    options: Texts = (),
    by: Any,
    **values: Any,
) -> Item:
    """Add an item at the end of a section, or change one; in another section it goes to the end.

    `values` are fields of Item, `options` the answers of a choice in Chinese and English. Raises
    Refused by the rules of `item_rules`.
    """
    held = open_version(version, by)
    items = asked_of(held)
    row = _one(items, item) if item else Item(version=held)
    if row.section_id != section.pk:
        row.section = _one(list(Section.objects.filter(version=held)), section)
        row.position = max((one.position for one in items), default=0) + 1
    for name, value in values.items():
        setattr(row, name, value.strip() if name in STRIPPED else value)
    if row.condition is None:
        row.condition_values = []
    others = [one for one in items if one.pk != row.pk]
    check_item(row, options, others, held.questionnaire.kind)
    row.save()
    _write_options(row, options, others)
    _settle(asked_of(held))
    note_change(held, by)
    return row


@transaction.atomic
def move_item(item: Item, *, section: Section, position: int, by: Any) -> None:
    """Put an item at a place in a section of its version, counted from 1."""
    held = open_version(item.version, by)
    items = asked_of(held)
    row = _one(items, item)
    sections = list(Section.objects.filter(version=held))
    target = _one(sections, section)
    pages: dict[int | None, list[Item]] = {one.pk: [] for one in sections}
    for one in items:
        if one is not row:
            pages.setdefault(one.section_id, []).append(one)
    row.section = target
    pages[target.pk].insert(max(position - 1, 0), row)
    row.save(update_fields=["section"])
    _settle([one for page in pages.values() for one in page])
    note_change(held, by)


@transaction.atomic
def step_item(item: Item, *, step: int, by: Any) -> None:
    """Move an item one place down (1) or up (−1); over the edge of its section into the next."""
    pages = [
        (section, [one.pk for one in section.items.all()])
        for section in item.version.sections.prefetch_related("items")
    ]
    place = next((n for n, (_s, keys) in enumerate(pages) if item.pk in keys), None)
    if place is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    section, keys = pages[place]
    target = keys.index(item.pk) + 1 + step
    if 1 <= target <= len(keys):
        move_item(item, section=section, position=target, by=by)
    elif 0 <= place + step < len(pages):
        neighbour, others = pages[place + step]
        move_item(item, section=neighbour, position=1 if step > 0 else len(others) + 1, by=by)


@transaction.atomic
def delete_item(item: Item, *, by: Any) -> None:
    """Delete an item. Raises Refused while another depends on its answers."""
    held = open_version(item.version, by)
    items = asked_of(held)
    row = _one(items, item)
    _check_nobody_depends(items, [row])
    row.delete()
    _settle(asked_of(held))
    note_change(held, by)


def _one(rows: Sequence[Any], wanted: Any) -> Any:
    """The row of the list with the key of the one wanted. Raises Stale when it is gone."""
    found = next((row for row in rows if row.pk == wanted.pk), None)
    if found is None:
        raise Stale(_("Somebody has deleted this meanwhile."))
    return found


def _check_nobody_depends(items: Iterable[Item], leaving: Sequence[Item]) -> None:
    gone = {one.pk for one in leaving}
    for one in items:
        if one.pk not in gone and one.condition and one.condition_id in gone:
            sentence = _(
                "“{item}” is asked only after certain answers to “{name}”. Change it first."
            )
            raise Refused(sentence.format(item=one.name, name=one.condition.name))


def _settle(items: Sequence[Item]) -> None:
    """Check the conditions of all items in their order, and number them through."""
    check_conditions(items, {item.pk: list(item.options.all()) for item in items})
    moved = [item for place, item in enumerate(items, start=1) if item.position != place]
    for place, item in enumerate(items, start=1):
        item.position = place
    Item.objects.bulk_update(moved, ["position"])


def _write_options(item: Item, texts: Texts, others: Iterable[Item]) -> None:
    """Replace the options of an item. Conditions on them go on to mean the same answers."""
    former = {option.position: option.text for option in Option.objects.filter(item=item)}
    Option.objects.filter(item=item).delete()
    Option.objects.bulk_create(
        Option(item=item, position=place, text=chinese, text_en=english)
        for place, (chinese, english) in enumerate(texts, start=1)
    )
    if item.role not in CHOOSING or not former:
        return
    place_of = {chinese: place for place, (chinese, _english) in enumerate(texts, start=1)}
    for one in others:
        if one.condition_id == item.pk:
            values = [_followed(former[v], v, place_of, former) for v in one.condition_values]
            one.condition_values = sorted(set(values))
            one.save(update_fields=["condition_values"])


def _followed(text: str, place: int, place_of: dict[str, int], former: dict[int, str]) -> int:
    """Where an answer stands now: by its words, else at its place when only they were changed.

    Raises Refused for an answer that is gone.
    """
    if text in place_of:
        return place_of[text]
    renamed = next((new for new, at in place_of.items() if at == place), None)
    if renamed is not None and renamed not in former.values():
        return place
    sentence = _("Another item is asked after the answer “{text}”. Please change it first.")
    raise Refused(sentence.format(text=text))
