"""Exact sums of a wave, one pass over its responses and one over its ratings.

Everything summed is a whole number (see `satisfaction.scales`), so PostgreSQL may add in any order
and with any number of helpers. Only voided answers are left out; quality flags exclude nothing.
"""

from typing import Any

import numpy as np
from django.db import connection

from satisfaction.figures import PEOPLE, RATINGS, Asked, Cell, Sums
from satisfaction.indicators import Node, Tree
from satisfaction.models import Indicator, Item, ItemRole, Wave
from satisfaction.scales import DETRACTOR, FINE, FULL, PROMOTER, top_two

PEOPLE_SQL = """
    SELECT unit_id, stage, count(*), count(overall), coalesce(sum(overall), 0),
        coalesce(sum(overall::int * overall), 0),
        count(*) FILTER (WHERE overall >= %(top)s),
        count(recommendation),
        count(*) FILTER (WHERE recommendation >= %(promoter)s),
        count(*) FILTER (WHERE recommendation <= %(detractor)s),
        count(*) FILTER (WHERE both_importance > 0),
        coalesce(sum(both_score * %(fine)s / (nullif(both_importance, 0) * %(full)s::bigint)), 0)
    FROM satisfaction_response
    WHERE wave_id = %(wave)s AND voided_at IS NULL
    GROUP BY unit_id, stage
"""
RATINGS_SQL = """
    SELECT r.unit_id, r.stage, a.item_id, count(a.score), coalesce(sum(a.score), 0),
        coalesce(sum(a.score::int * a.score), 0),
        count(*) FILTER (WHERE a.score >= i.high - 1),
        count(a.importance), coalesce(sum(a.importance), 0),
        coalesce(sum(a.importance * r.importances * %(fine)s / nullif(r.importance_sum, 0)), 0),
        count(a.score + a.expectation), coalesce(sum(a.score - a.expectation), 0),
        coalesce(sum((a.score - a.expectation)::int * (a.score - a.expectation)), 0)
    FROM satisfaction_rating a
    JOIN satisfaction_response r ON r.id = a.response_id
    JOIN unnest(%(items)s::bigint[], %(highs)s::int[]) AS i (id, high) ON i.id = a.item_id
    WHERE a.wave_id = %(wave)s AND r.wave_id = %(wave)s AND r.voided_at IS NULL
    GROUP BY r.unit_id, r.stage, a.item_id
"""


def sums_of(wave: Wave, asked: Asked) -> Sums:
    """The sums of the answers that name just this unit and owner stage, a row a cell."""
    overall = wave.version.items.filter(role=ItemRole.OVERALL).first()
    facts = {
        "wave": wave.pk,
        "items": list(asked.keys),
        "highs": asked.high.tolist(),
        "fine": FINE,
        "full": FULL,
        "top": top_two(overall.high or 0) if overall else 0,
        "promoter": PROMOTER,
        "detractor": DETRACTOR,
    }
    people = _rows(PEOPLE_SQL, facts)
    cells: list[Cell] = [(unit, stage) for unit, stage, *_counts in people]
    places = {cell: place for place, cell in enumerate(cells)}
    items = {key: place for place, key in enumerate(asked.keys)}
    sums = Sums(
        cells,
        np.array([counts[2:] for counts in people], np.int64).reshape(-1, len(PEOPLE)),
        np.zeros((len(cells), len(items), len(RATINGS)), np.int64),
    )
    ratings = _rows(RATINGS_SQL, facts)
    if ratings:
        rows = [places[unit, stage] for unit, stage, *_counts in ratings]
        columns = [items[counts[2]] for counts in ratings]
        sums.ratings[rows, columns] = np.array([counts[3:] for counts in ratings], np.int64)
    return sums


def asked_in(wave: Wave) -> Asked:
    """The wave's rated single items with their scales."""
    items = Item.objects.filter(version=wave.version_id, role=ItemRole.ITEM)
    return Asked.of_scales({item.pk: (item.low or 0, item.high or 0) for item in items})


def tree_of(wave: Wave) -> Tree:
    """The indicator tree over the wave's rated single items, as it is now."""
    items = Item.objects.filter(version=wave.version_id, role=ItemRole.ITEM)
    homes = items.exclude(indicator=None).values_list("pk", "indicator_id")
    nodes = [Node(one.pk, one.parent_id, one.level, one.weight) for one in Indicator.objects.all()]
    return Tree(nodes, dict(homes))


def _rows(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return cursor.fetchall()
