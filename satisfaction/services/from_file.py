"""Waves and questionnaires that come with an agency's file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from audit.services import record
from satisfaction.models import (
    Indicator,
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireKind,
    QuestionnaireVersion,
    Wave,
    WaveState,
)
from satisfaction.services.questionnaires import free_code, freeze_version


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
    version = _same_version(items) or _new_version(code, title, items, by)
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


def _new_version(
    code: str, title: str, items: Iterable[PlannedItem], by: Any
) -> QuestionnaireVersion:
    questionnaire = Questionnaire.objects.create(
        code=free_code(code), kind=QuestionnaireKind.OWNERS, title=title
    )
    version = QuestionnaireVersion.objects.create(questionnaire=questionnaire, number=1)
    homes = _indicators()
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
            indicator_id=homes.get(item.name) if item.role == ItemRole.ITEM else None,
        )
        for place, item in enumerate(items, start=1)
    )
    freeze_version(version, by=by)
    return version


def _indicators() -> dict[str, int]:
    """Indicators in use by name: an item that is called like one is weighed under it. Of several
    with one name the deepest, then the first, counts."""
    found = Indicator.objects.filter(is_active=True).order_by("level", "-position", "-pk")
    return dict(found.values_list("name", "pk"))
