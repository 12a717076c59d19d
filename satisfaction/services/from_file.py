"""Waves and questionnaires that come with an agency's file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.services import record
from satisfaction.models import (
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Wave,
    WaveState,
)

CODE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item as a file asks it."""

    role: ItemRole
    name: str
    low: int | None
    high: int | None
    asks_importance: bool = False
    asks_expectation: bool = False


@transaction.atomic
def wave_from_file(
    code: str, title: str, unit: Any, items: Sequence[PlannedItem], *, by: Any
) -> Wave:
    """Create a wave that asks just these items. A version made for an earlier file that asks the
    same is used again, so that waves can be compared item by item."""
    version = _same_version(items) or _new_version(code, title, items)
    wave = Wave.objects.create(
        code=code,
        title=title,
        unit=unit,
        version=version,
        state=WaveState.OPEN,
        created_by=by,
    )
    record("satisfaction.wave_created", by=by, subject=wave, code=code)
    return wave


def _same_version(items: Sequence[PlannedItem]) -> QuestionnaireVersion | None:
    wanted = {_key(item) for item in items}
    versions = QuestionnaireVersion.objects.filter(
        questionnaire__kind=QuestionnaireKind.OWNERS, frozen_at__isnull=False
    )
    for version in versions.order_by("-pk").prefetch_related("items")[:50]:
        if {_key(item) for item in version.items.all()} == wanted:
            return version
    return None


def _key(item: Item | PlannedItem) -> tuple:
    return (
        *(str(item.role), item.name, item.low, item.high),
        *(item.asks_importance, item.asks_expectation),
    )


def _new_version(code: str, title: str, items: Iterable[PlannedItem]) -> QuestionnaireVersion:
    questionnaire = Questionnaire.objects.create(
        code=_free_code(code), kind=QuestionnaireKind.OWNERS, title=title
    )
    version = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire, number=1, frozen_at=timezone.now()
    )
    Item.objects.bulk_create(
        Item(
            version=version,
            position=place,
            role=item.role,
            name=item.name,
            low=item.low,
            high=item.high,
            asks_importance=item.asks_importance,
            asks_expectation=item.asks_expectation,
        )
        for place, item in enumerate(items, start=1)
    )
    return version


def _free_code(code: str) -> str:
    """The wave's code, numbered where a questionnaire has it already."""
    taken = set(
        Questionnaire.objects.filter(code__startswith=code[:30]).values_list("code", flat=True)
    )
    free, number = code[:CODE_LENGTH], 1
    while free in taken:
        number += 1
        free = f"{code[: CODE_LENGTH - 4]}-{number}"
    return free
