"""Ready questionnaires and the indicator tree that a group starts with (SAT-08, 10 … 13, 15).

They are data: `satisfaction/library/*.toml`, in Chinese and English. What is made from them belongs
to the group and is changed like any other; the files are never looked at again.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from audit.services import record
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Option,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Section,
)
from satisfaction.models.questionnaires import UNRATED, in_language
from satisfaction.scales import ASKED_SCALES, RECOMMENDATION_SCALE
from satisfaction.services.questionnaires import ADD, check_right, free_code

FOLDER = Path(__file__).resolve().parent.parent / "library"
# In the order in which people choose.
CODES = (
    *("owner-to-be", "settling-in", "stable", "long-standing", "delivered", "business"),
    *("after-case", "partners", "demand", "maturity"),
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A questionnaire of the library as it is offered. `pages` are the titles of its sections with
    the questions of each, in the reader's language."""

    code: str
    kind: str
    title: str
    pages: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def items(self) -> int:
        """How many items it asks."""
        return sum(len(questions) for _title, questions in self.pages)


def ready_ones() -> list[Ready]:
    """All questionnaires of the library, in the order in which people choose."""
    return [ready_one(code) for code in CODES]


def ready_one(code: str) -> Ready:
    """A questionnaire of the library by its code."""
    data, bank = _read(code), _read("items")
    pages = tuple(
        (
            in_language(part["title"], part["title_en"]),
            tuple(in_language(bank[key]["text"], bank[key]["text_en"]) for key in part["items"]),
        )
        for part in data["section"]
    )
    kind = QuestionnaireKind(data["kind"])
    return Ready(code, str(kind.label), in_language(data["title"], data["title_en"]), pages)


@transaction.atomic
def ensure_indicators(*, by: Any = None) -> None:
    """Make the nodes of the ready tree that are missing; those that exist stay as they are."""
    known = {one.code: one for one in Indicator.objects.all()}
    before = len(known)
    for place, field in enumerate(_read("indicators")["field"], start=1):
        top = _node(known, field, None, place)
        for second, point in enumerate(field["point"], start=1):
            middle = _node(known, point, top, second)
            for third, (code, name, name_en, weight) in enumerate(point["indicators"], start=1):
                values = {"code": code, "name": name, "name_en": name_en, "weight": weight}
                _node(known, values, middle, third)
    made = Indicator.objects.count() - before
    if made:
        record("satisfaction.indicators_made", by=by, count=made)


def ready_indicators() -> set[str]:
    """The codes of the ready tree."""
    fields = _read("indicators")["field"]
    points = [point for field in fields for point in field["point"]]
    leaves = {code for point in points for code, *_rest in point["indicators"]}
    return leaves | {node["code"] for node in (*fields, *points)}


@transaction.atomic
def create_from_library(code: str, *, by: Any) -> Questionnaire:
    """A questionnaire of the library as the group's own, with an open version 1.

    Its code is the library's, numbered where one was made before. Items are tied to indicators by
    their codes; a group without any gets the ready tree first. Raises LookupError for an unknown
    code, Refused without the right.
    """
    if code not in CODES:
        raise LookupError(f"the library has no questionnaire {code!r}")
    check_right(by, ADD)
    if not Indicator.objects.exists():
        ensure_indicators(by=by)
    data = _read(code)
    row = Questionnaire.objects.create(
        code=free_code(code), kind=data["kind"], title=data["title"], title_en=data["title_en"]
    )
    texts = {name: data[name] for name in ("intro", "intro_en", "thanks", "thanks_en")}
    version = QuestionnaireVersion.objects.create(
        questionnaire=row, number=1, created_by=by, **texts
    )
    _write_items(version, data)
    record("satisfaction.questionnaire_created", by=by, subject=row, title=row.title)
    return row


@transaction.atomic
def ensure_from_library(code: str, *, by: Any = None) -> QuestionnaireVersion:
    """The newest version of the questionnaire that bears a code of the library; made when absent.

    For what the system asks by itself: ratings after a case, the demonstration.
    """
    row = Questionnaire.objects.filter(code=code).first() or create_from_library(code, by=by)
    return row.versions.latest("number")


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _node(
    known: dict[str, Indicator], values: dict[str, Any], parent: Indicator | None, place: int
) -> Indicator:
    if values["code"] not in known:
        known[values["code"]] = Indicator.objects.create(
            code=values["code"],
            parent=parent,
            level=parent.level + 1 if parent else 1,
            position=place,
            name=values["name"],
            name_en=values["name_en"],
            touch_point=values.get("touch_point", ""),
            weight=values["weight"],
        )
    return known[values["code"]]


def _write_items(version: QuestionnaireVersion, data: dict[str, Any]) -> None:
    bank = _read("items")
    indicators = {one.code: one for one in Indicator.objects.filter(level=Indicator.DEEPEST)}
    made: dict[str, Item] = {}
    for place, part in enumerate(data["section"], start=1):
        section = Section.objects.create(
            version=version, position=place, title=part["title"], title_en=part["title_en"]
        )
        for key in part["items"]:
            item = _item(bank[key], indicators)
            item.version, item.section, item.position = version, section, len(made) + 1
            item.asks_expectation = key in data.get("expectation", ())
            made[key] = item
    Item.objects.bulk_create(made.values())
    for key, after, values in data.get("only", ()):
        made[key].condition, made[key].condition_values = made[after], values
    Item.objects.bulk_update(made.values(), ["condition", "condition_values"])
    Option.objects.bulk_create(
        option for key, item in made.items() for option in _options(item, bank[key])
    )


def _item(asked: dict[str, Any], indicators: dict[str, Indicator]) -> Item:
    role = ItemRole(asked.get("role", "item"))
    low, high = _scale(role)
    return Item(
        role=role,
        name=asked["name"],
        name_en=asked["name_en"],
        text=asked["text"],
        text_en=asked["text_en"],
        indicator=indicators.get(asked.get("indicator", "")),
        is_required=asked.get("required", False),
        allows_unused=asked.get("unused", False),
        asks_importance=asked.get("importance", False),
        low=low,
        high=high,
    )


def _scale(role: ItemRole) -> tuple[int | None, int | None]:
    if role in UNRATED:
        return None, None
    return RECOMMENDATION_SCALE if role == ItemRole.RECOMMENDATION else ASKED_SCALES[0]


def _options(item: Item, asked: dict[str, Any]) -> Iterable[Option]:
    for place, (text, english) in enumerate(asked.get("options", ()), start=1):
        yield Option(item=item, position=place, text=text, text_en=english)
