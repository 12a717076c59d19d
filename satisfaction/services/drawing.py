"""Drawing a sample: who is asked, at random, and so that it can be drawn again (SAT-04).

The target are the owners' places in the projects of the wave, by owner stage. Who shall not be
asked is left out with a reason; the first reason that holds is counted. Everybody else gets a lot:
the MD5 hash of the seed and the key of his place. Within a quota the lowest lots are drawn, those
after them are reserves. One statement does it, however many owners there are; the same seed over
the same archive draws the same list.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from satisfaction.models import Quota, Sample, SampleState, Wave, WaveState
from satisfaction.selectors.target import LEFT_OUT, owners_asked_about
from satisfaction.services.population import count_owners
from satisfaction.services.replacing import drop, replace_dropped
from satisfaction.services.rights import held_wave

__all__ = ["Drawn", "draw", "drop", "replace_dropped"]

SEEDS = 10**9


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw brought: people drawn, reserves, and those left out by reason."""

    seed: int
    drawn: int
    reserves: int
    left_out: dict[str, int]


@transaction.atomic
def draw(wave: Wave, *, by: Any, seed: int | None = None, now: datetime | None = None) -> Drawn:
    """Draw the sample of a planned wave and freeze it: the list and its seed never change again.

    Also counts the owners the wave stands for. Raises Refused out of reach, for a wave that is
    not planned or was drawn, without quotas, and when nobody can be asked.
    """
    held = held_wave(wave, by)
    _refuse_draw(held)
    at = now or timezone.now()
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    count_owners(held, timezone.localdate(at))
    left_out = _write(held, seed, at)
    fault_point("drawing.written")
    states = Sample.objects.filter(wave=held).values_list("state", flat=True)
    drawn = states.filter(state=SampleState.DRAWN).count()
    reserves = states.filter(state=SampleState.RESERVE).count()
    if not drawn:
        raise Refused(_("No owner of this wave can be asked. Please widen its range."))
    held.seed, held.drawn_at, held.left_out = seed, at, left_out
    held.save(update_fields=["seed", "drawn_at", "left_out"])
    record(
        "satisfaction.drawn",
        by=by,
        subject=held,
        code=held.code,
        seed=seed,
        drawn=drawn,
        reserves=reserves,
    )
    wave.seed, wave.drawn_at, wave.left_out = seed, at, left_out
    wave.counted_on = held.counted_on
    return Drawn(seed, drawn, reserves, left_out)


def _refuse_draw(wave: Wave) -> None:
    if wave.drawn_at is not None:
        raise Refused(_("The sample of this wave is drawn already and does not change any more."))
    if wave.state != WaveState.PLANNED or wave.is_standing:
        raise Refused(_("A sample is drawn while the wave is planned."))
    if not Quota.objects.filter(wave=wave, wanted__gt=0).exists():
        raise Refused(_("Please say first how many answers are wanted."))


# A quota is its stage's or the one of all stages, never both (quotas.set_quotas): two joins by
# equality, so that they can be hashed. People with several flats stand at their lowest lot.
_DRAW = """
WITH target AS MATERIALIZED ({target}),
quotas AS MATERIALIZED (
  SELECT id, unit_id, stage, ceil(wanted * 100.0 / %s)::int AS drawn,
         ceil(ceil(wanted * 100.0 / %s) * %s / 100.0)::int AS kept
  FROM satisfaction_quota WHERE wave_id = %s AND wanted > 0
),
lots AS MATERIALIZED (
  SELECT t.*, coalesce(own.id, whole.id) AS quota, coalesce(own.drawn, whole.drawn) AS drawn,
         coalesce(own.kept, whole.kept) AS kept,
         row_number() OVER (PARTITION BY t.customer_id ORDER BY t.lot COLLATE "C", t.id) AS turn
  FROM target t
  LEFT JOIN quotas own ON own.unit_id = t.unit_id AND own.stage = t.owner_stage
  LEFT JOIN quotas whole ON whole.unit_id = t.unit_id AND whole.stage = ''
  WHERE t.reason = '' AND coalesce(own.id, whole.id) IS NOT NULL
),
places AS (
  SELECT *, row_number() OVER (PARTITION BY quota ORDER BY lot COLLATE "C", id) AS place
  FROM lots WHERE turn = 1
),
written AS (
  INSERT INTO satisfaction_sample
    (wave_id, unit_id, region_id, city_id, project_id, customer_id, stage, position, state,
     reminders, created_at)
  SELECT %s, unit_id, region_id, city_id, project_id, customer_id, owner_stage, place,
         CASE WHEN place <= drawn THEN %s ELSE %s END, 0, %s
  FROM places WHERE place <= drawn + kept
  ORDER BY quota, place
)
SELECT reason, count(*) FROM target WHERE reason <> '' GROUP BY reason
UNION ALL
SELECT 'elsewhere', count(*) FROM lots WHERE turn > 1 HAVING count(*) > 0
"""


def _write(wave: Wave, seed: int, at: datetime) -> dict[str, int]:
    """Write the drawn and the reserves; returns how many were left out by reason."""
    lot = MD5(Concat(Value(f"{seed}:"), Cast("pk", CharField())))
    columns = ("id", "unit_id", "region_id", "city_id", "project_id", "customer_id")
    target = owners_asked_about(wave, at).annotate(lot=lot).order_by()
    sql, params = target.values(*columns, "owner_stage", "reason", "lot").query.sql_with_params()
    expected, share = wave.expected_response or 100, wave.reserve_share or 0
    with connection.cursor() as cursor:
        # Nothing is known of quotas written a moment ago: the planner takes them for one row and
        # would walk all of them for each owner (98 s instead of seconds for 200,000).
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            _DRAW.format(target=sql),
            [
                *(*params, expected, expected, share, wave.pk),
                *(wave.pk, SampleState.DRAWN, SampleState.RESERVE, at),
            ],
        )
        found = {reason: count for reason, count in cursor.fetchall() if count}
        cursor.execute("SET LOCAL enable_nestloop = on")
    return {reason: found[reason] for reason in LEFT_OUT if reason in found}
