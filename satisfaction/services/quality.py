"""Marks of careless answers (SAT-04). They exclude nothing: somebody looks, and voids or not.

Straight-lining: the same point on every rated item, of at least `STRAIGHT_ITEMS`; the
recommendation has a scale of its own and does not count.
Speeding: less than `SECONDS_AN_ITEM` an item, or less than a third of the wave's median duration.
Twice the same: one customer twice in a wave, or two answers alike in every number (of at least
`ALIKE_RATINGS`) from the same project, stage and channel in which not all numbers are one.
"""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from satisfaction.models import Flag, Item, ItemRole, Wave
from satisfaction.services.answers import Given

STRAIGHT_ITEMS = 5
SECONDS_AN_ITEM = 1.5
MEDIAN_SHARE = 3  # less than a third of it
MEDIAN_FROM = 20  # answers with a duration, before a median means anything
ALIKE_RATINGS = 8


def flags_of(
    items: Mapping[int, Item], ratings: Mapping[int, Given], seconds: int | None
) -> list[str]:
    """The flags that one set of answers shows by itself, without looking at others."""
    scores = [
        given.score
        for key, given in ratings.items()
        if given.score is not None and items[key].role != ItemRole.RECOMMENDATION
    ]
    flags = []
    if len(scores) >= STRAIGHT_ITEMS and len(set(scores)) == 1:
        flags.append(Flag.STRAIGHT_LINE.value)
    if seconds is not None and ratings and seconds < SECONDS_AN_ITEM * len(ratings):
        flags.append(Flag.SPEEDING.value)
    return flags


# What each answer shows, in the order in which `flags` lists it; one statement a wave.
_FLAG = """
WITH rated AS (
    SELECT r.response_id AS id, count(*) AS ratings,
        count(r.score) FILTER (WHERE i.role <> 'recommendation') AS scores,
        count(DISTINCT r.score) FILTER (WHERE i.role <> 'recommendation') AS different,
        md5(string_agg(concat_ws(':', r.item_id, coalesce(r.score, -1),
            coalesce(r.importance, -1), coalesce(r.expectation, -1)), ',' ORDER BY r.item_id))
            AS said
    FROM satisfaction_rating r JOIN satisfaction_item i ON i.id = r.item_id
    WHERE r.wave_id = %(wave)s GROUP BY r.response_id
), pace AS (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median, count(*) AS n
    FROM satisfaction_response WHERE wave_id = %(wave)s AND seconds IS NOT NULL
), seen AS (
    SELECT p.id, p.flags, straight.yes AS straight,
        p.seconds IS NOT NULL AND a.ratings IS NOT NULL
        AND (p.seconds < %(pace)s * a.ratings
            OR (pace.n >= %(from)s AND p.seconds * %(share)s < pace.median)) AS fast,
        (p.customer_id IS NOT NULL
            AND count(*) OVER (PARTITION BY p.customer_id, p.unit_id) > 1)
        OR (a.ratings >= %(alike)s AND a.different > 1 AND count(*) OVER (
            PARTITION BY a.said, p.unit_id, p.stage, p.asked_by, p.interviewer) > 1) AS twice
    FROM satisfaction_response p CROSS JOIN pace LEFT JOIN rated a ON a.id = p.id
    LEFT JOIN LATERAL (SELECT a.scores >= %(straight)s AND a.different = 1 AS yes) straight ON true
    WHERE p.wave_id = %(wave)s AND p.voided_at IS NULL
), flagged AS (
    SELECT id, flags, array_remove(ARRAY[
        CASE WHEN straight THEN 'straight_line' END,
        CASE WHEN fast THEN 'speeding' END,
        CASE WHEN twice THEN 'duplicate' END]::varchar[], NULL) AS shown
    FROM seen
)
UPDATE satisfaction_response SET flags = f.shown FROM flagged f
WHERE satisfaction_response.id = f.id AND satisfaction_response.flags IS DISTINCT FROM f.shown
"""


@transaction.atomic
def flag_wave(wave: Wave) -> int:
    """Look at all answers of a wave anew; returns how many changed their flags. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FLAG,
            {
                "wave": wave.pk,
                "straight": STRAIGHT_ITEMS,
                "pace": SECONDS_AN_ITEM,
                "share": MEDIAN_SHARE,
                "from": MEDIAN_FROM,
                "alike": ALIKE_RATINGS,
            },
        )
        return cursor.rowcount


def flag_waves(waves: Iterable[Wave]) -> int:
    """The same for several waves, each in a transaction of its own."""
    return sum(flag_wave(wave) for wave in waves)
