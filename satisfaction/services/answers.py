"""What a response says in sum: the columns of `Response` that repeat its ratings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from satisfaction.models import Item, ItemRole, Rating, Response
from satisfaction.scales import FULL

SUMMARY = [
    *("overall", "recommendation", "importances", "importance_sum"),
    *("both_importance", "both_score"),
]


@dataclass(frozen=True, slots=True)
class Given:
    """The numbers that a person gave for one item."""

    score: int | None = None
    importance: int | None = None
    expectation: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """See `Response`: copies of two ratings, and what the dual evaluation needs of a person."""

    overall: int | None = None
    recommendation: int | None = None
    importances: int = 0
    importance_sum: int = 0
    both_importance: int = 0
    both_score: int = 0


def summary_of(items: Mapping[int, Item], given: Mapping[int, Given]) -> Summary:
    """Add up what one person gave; `items` are those of the wave's version, by key."""
    single: dict[str, int | None] = {}
    importances = importance_sum = both_importance = both_score = 0
    for key, numbers in given.items():
        item = items[key]
        if item.role in (ItemRole.OVERALL, ItemRole.RECOMMENDATION):
            single[item.role] = numbers.score
        if item.role != ItemRole.ITEM or numbers.importance is None:
            continue
        importances += 1
        importance_sum += numbers.importance
        if numbers.score is not None:
            both_importance += numbers.importance
            both_score += numbers.importance * steps(item, numbers.score)
    return Summary(
        single.get(ItemRole.OVERALL),
        single.get(ItemRole.RECOMMENDATION),
        importances,
        importance_sum,
        both_importance,
        both_score,
    )


def steps(item: Item, score: int) -> int:
    """How far a rating lies above the lowest point, in steps of scales.FULL."""
    low, high = item.low or 0, item.high or 1
    return (score - low) * FULL // (high - low)


def summarise(responses: Iterable[Response]) -> None:
    """Write the repeating columns of responses anew from their ratings."""
    found = {response.pk: response for response in responses}
    ratings = Rating.objects.filter(response__in=found).select_related("item")
    given: dict[int, dict[int, Given]] = {key: {} for key in found}
    items: dict[int, Item] = {}
    for one in ratings:
        items[one.item_id] = one.item
        given[one.response_id][one.item_id] = Given(one.score, one.importance, one.expectation)
    for key, response in found.items():
        summary = summary_of(items, given[key])
        for name in SUMMARY:
            setattr(response, name, getattr(summary, name))
    Response.objects.bulk_update(found.values(), SUMMARY, batch_size=500)
