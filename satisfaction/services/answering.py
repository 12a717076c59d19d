"""What people answer on a form: read from a post, kept as a draft, checked against the questions.

Everything here is pure: the same rules serve the public form, the device on site and the telephone
desk. Kept answers are JSON, `{item: entry}` with the item's key as text; an entry holds, as far as
they were given, `s` the score, `i` the importance, `e` the expectation, `u` that the thing was not
used, `t` the words, `c` the positions of chosen options.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from satisfaction.models import Item, ItemRole
from satisfaction.scales import IMPORTANCE_SCALE
from satisfaction.selectors.questionnaires import is_asked
from satisfaction.services.answers import Given

LONGEST = 2000  # characters of a remark
NOT_USED = "-"
CHOOSING = (ItemRole.CHOICE, ItemRole.CHOICES)

Entry = dict[str, Any]
Kept = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Read:
    """What a post brought: an entry for every item of the page (empty when nothing was given), and
    one sentence for each item whose answer cannot be taken."""

    entries: dict[str, Entry] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one person answered, ready to be stored. All keys are items'."""

    ratings: Mapping[int, Given] = field(default_factory=dict)
    remarks: Mapping[int, str] = field(default_factory=dict)
    chosen: Mapping[int, Sequence[int]] = field(default_factory=dict)  # keys of options

    def __bool__(self) -> bool:
        return bool(self.ratings or self.remarks or self.chosen)


def read_post(items: Iterable[Item], post: QueryDict) -> Read:
    """Read the fields of these items: s12, i12, e12 (numbers), c12 (positions), t12 (words)."""
    read = Read()
    for item in items:
        entry, problem = _entry(item, post)
        read.entries[str(item.pk)] = entry
        if problem:
            read.problems[item.pk] = problem
    return read


def asked_items(items: Iterable[Item], kept: Kept) -> list[Item]:
    """Those of the items that are asked of somebody who gave these answers."""
    given = {int(key): _values(entry) for key, entry in kept.items()}
    return [item for item in items if is_asked(item, given)]


def missing(items: Iterable[Item], kept: Kept) -> dict[int, str]:
    """A sentence for each asked item that must be answered and was not."""
    return {
        item.pk: _("Please answer this question.")
        for item in asked_items(items, kept)
        if item.is_required and not _is_answered(item, kept.get(str(item.pk), {}))
    }


def answers_of(items: Sequence[Item], kept: Kept) -> Answers:
    """The answers to what is asked. What was kept of items that are asked no more is left out."""
    ratings: dict[int, Given] = {}
    remarks: dict[int, str] = {}
    chosen: dict[int, list[int]] = {}
    for item in asked_items(items, kept):
        entry = kept.get(str(item.pk), {})
        given = Given(entry.get("s"), entry.get("i"), entry.get("e"))
        if given != Given():
            ratings[item.pk] = given
        if entry.get("t"):
            remarks[item.pk] = entry["t"]
        if entry.get("c"):
            options = {option.position: option.pk for option in item.options.all()}
            chosen[item.pk] = [options[place] for place in entry["c"] if place in options]
    return Answers(ratings, remarks, chosen)


def _values(entry: Entry) -> list[int]:
    """What conditions look at: the score, or the positions of what was chosen."""
    if "s" in entry:
        return [entry["s"]]
    return list(entry.get("c", ()))


def _is_answered(item: Item, entry: Entry) -> bool:
    if item.role == ItemRole.REMARK:
        return bool(entry.get("t"))
    return bool(entry.get("c")) if item.role in CHOOSING else "s" in entry or "u" in entry


def _entry(item: Item, post: QueryDict) -> tuple[Entry, str]:
    if item.role == ItemRole.REMARK:
        return _words(post.get(f"t{item.pk}", ""))
    if item.role in CHOOSING:
        return _choice(item, post.getlist(f"c{item.pk}"))
    return _rating(item, post)


def _words(text: str) -> tuple[Entry, str]:
    # PostgreSQL stores no NUL; nobody types one.
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    problem = ""
    if len(text) > LONGEST:
        problem = _("Please write at most {count} characters.").format(count=LONGEST)
    return ({"t": text} if text else {}), problem


def _choice(item: Item, posted: Sequence[str]) -> tuple[Entry, str]:
    offered = {str(option.position): option.position for option in item.options.all()}
    places = sorted({offered[text] for text in posted if text in offered})
    if not all(text in offered for text in posted):
        return ({"c": places} if places else {}), _("Please choose one of the answers offered.")
    if item.role == ItemRole.CHOICE and len(places) > 1:
        return {}, _("Please choose one answer only.")
    return ({"c": places} if places else {}), ""


def _rating(item: Item, post: QueryDict) -> tuple[Entry, str]:
    entry: Entry = {}
    problem = ""
    low, high = item.low or 0, item.high or 0
    columns = [("s", low, high)]
    if item.asks_importance:
        columns.append(("i", *IMPORTANCE_SCALE))
    if item.asks_expectation:
        columns.append(("e", low, high))
    for name, first, last in columns:
        text = post.get(f"{name}{item.pk}", "")
        if name == "s" and text == NOT_USED and item.allows_unused:
            entry["u"] = True
        elif text.isascii() and text.isdecimal() and first <= int(text[:3]) <= last:
            entry[name] = int(text)
        elif text:
            sentence = _("Please choose a number from {low} to {high}.")
            problem = sentence.format(low=first, high=last)
    return entry, problem
