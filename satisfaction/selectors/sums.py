"""Exact sums of a wave, one pass over its responses and one over its ratings.

Everything summed is a whole number (see `satisfaction.scales`), so PostgreSQL may add in any order
and with any number of helpers. Only voided answers are left out; quality flags exclude nothing.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from satisfaction.figures import ItemSums, PeopleSums, Scale, Sums
from satisfaction.models import Item, ItemRole, Wave
from satisfaction.scales import DETRACTOR, FINE, PROMOTER, top_two
from satisfaction.weighting import Cell

PEOPLE = """
    SELECT unit_id, stage, count(*), count(overall), coalesce(sum(overall), 0),
        coalesce(sum(overall::int * overall), 0),
        count(*) FILTER (WHERE overall >= %(top)s),
        count(recommendation),
        count(*) FILTER (WHERE recommendation >= %(promoter)s),
        count(*) FILTER (WHERE recommendation <= %(detractor)s),
        count(*) FILTER (WHERE both_importance > 0),
        coalesce(sum(both_score * %(fine)s / nullif(both_importance, 0)), 0)
    FROM satisfaction_response
    WHERE wave_id = %(wave)s AND voided_at IS NULL
    GROUP BY unit_id, stage
"""
ITEMS = """
    SELECT r.unit_id, r.stage, a.item_id, count(a.score), coalesce(sum(a.score), 0),
        coalesce(sum(a.score::int * a.score), 0),
        count(*) FILTER (WHERE a.score >= i.high - 1),
        count(a.importance), coalesce(sum(a.importance), 0),
        coalesce(sum(a.importance * r.importances * %(fine)s / nullif(r.importance_sum, 0)), 0),
        count(a.score + a.expectation), coalesce(sum(a.score - a.expectation), 0),
        coalesce(sum((a.score - a.expectation)::int * (a.score - a.expectation)), 0)
    FROM satisfaction_rating a
    JOIN satisfaction_response r ON r.id = a.response_id
    JOIN satisfaction_item i ON i.id = a.item_id AND i.role = 'item'
    WHERE a.wave_id = %(wave)s AND r.wave_id = %(wave)s AND r.voided_at IS NULL
    GROUP BY r.unit_id, r.stage, a.item_id
"""


def sums_of(wave: Wave) -> dict[Cell, Sums]:
    """(unit, owner stage) → sums of the answers that name just this unit."""
    overall = wave.version.items.filter(role=ItemRole.OVERALL).first()
    facts = {
        "wave": wave.pk,
        "fine": FINE,
        "top": top_two(overall.high or 0) if overall else 0,
        "promoter": PROMOTER,
        "detractor": DETRACTOR,
    }
    cells: dict[Cell, Sums] = {}
    for unit, stage, *counts in _rows(PEOPLE, facts):
        cells[unit, stage] = Sums(PeopleSums(*map(int, counts)))
    for unit, stage, item, *counts in _rows(ITEMS, facts):
        cells[unit, stage].items[item] = ItemSums(*map(int, counts))
    return cells


def scales_of(wave: Wave) -> dict[int, Scale]:
    """Scales of the wave's rated single items, by key."""
    items = Item.objects.filter(version=wave.version_id, role=ItemRole.ITEM)
    return {item.pk: Scale(item.low or 0, item.high or 0) for item in items}


def _rows(sql: str, facts: dict[str, Any]) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        yield from cursor.fetchall()
