"""Drawing a sample: who is asked, at random, and so that it can be drawn again (SAT-04).

The target are the owners' places in the projects of the wave, by owner stage. Who shall not be
asked is left out with a reason; the first reason that holds is counted. Everybody else gets a lot:
the MD5 hash of the seed and the key of his place. Within a quota the lowest lots are drawn, those
after them are reserves. One statement does it, however many owners there are; the same seed over
the same archive draws the same list.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case as Choose
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from complaints.models import Case, CaseKind
from complaints.states import OPEN
from core.errors import Refused
from core.faults import fault_point
from customers.models import Contact, Customer, CustomerUnit
from regions.models import Kind, OrgUnit
from satisfaction.models import Quota, Response, Sample, SampleState, Wave, WaveState
from satisfaction.services.population import count_owners, with_stage
from satisfaction.services.replacing import drop, replace_dropped
from satisfaction.services.rights import held_wave

__all__ = ["LEFT_OUT", "Drawn", "draw", "drop", "owners_asked_about", "replace_dropped"]

SEEDS = 10**9
# Why somebody is left out, in the order in which reasons are looked for.
LEFT_OUT = {
    "refused": gettext_lazy("refused before"),
    "case_open": gettext_lazy("has a complaint open"),
    "asked": gettext_lazy("was asked not long ago"),
    "unreachable": gettext_lazy("no number and no e-mail"),
    "elsewhere": gettext_lazy("is asked about another flat"),
}


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


def owners_asked_about(wave: Wave, at: datetime) -> QuerySet[CustomerUnit]:
    """The target population, a row a place: `owner_stage`, and `reason` why it is left out ("" for
    those who may be drawn). Who owns in several projects stands here more than once."""
    projects = OrgUnit.objects.below(wave.unit).filter(kind=Kind.PROJECT, merged_into=None)
    places = CustomerUnit.objects.filter(unit__in=projects)
    reasons = [
        When(Exists(condition), then=Value(reason)) for reason, condition in _against(wave, at)
    ]
    reason = Choose(*reasons, When(~_reachable(), then=Value("unreachable")), default=Value(""))
    return with_stage(places, timezone.localdate(at)).annotate(reason=Cast(reason, CharField()))


def _against(wave: Wave, at: datetime) -> list[tuple[str, QuerySet]]:
    """Reasons to leave somebody out, each as what must exist for his place."""
    mine = {"customer": OuterRef("customer")}
    others = Sample.objects.filter(**mine).exclude(wave=wave)
    found: list[tuple[str, QuerySet]] = [
        ("refused", others.filter(state=SampleState.REFUSED)),
    ]
    if wave.excludes_open_cases:
        cases = Case.objects.filter(**mine, kind=CaseKind.COMPLAINT, state__in=sorted(OPEN))
        found.append(("case_open", cases))
    if wave.excluded_days:
        since = at - timedelta(days=wave.excluded_days)
        waiting = [SampleState.DRAWN, SampleState.INVITED, SampleState.OPENED]
        asked = others.exclude(state=SampleState.RESERVE).filter(
            Q(invited_at__gte=since)
            | Q(answered_on__gte=timezone.localdate(since))
            | Q(state__in=waiting, wave__state=WaveState.OPEN, wave__is_standing=False)
        )
        found.append(("asked", asked))
        answered = Response.objects.filter(**mine, answered_at__gte=since).exclude(wave=wave)
        found.append(("asked", answered))
    return found


def _reachable() -> Q:
    """Places of customers with a number, or with a contact who has a number or an e-mail."""
    numbers = Q(phone_cipher__isnull=False) | Q(other_phone_cipher__isnull=False)
    direct = Customer.objects.filter(numbers, pk=OuterRef("customer"))
    ways = Q(phone_cipher__isnull=False) | Q(email_cipher__isnull=False)
    through = Contact.objects.filter(ways, customer=OuterRef("customer"))
    return Q(Exists(direct)) | Q(Exists(through))


# Stage quotas before those of any stage; people with several flats stand at their lowest lot.
_DRAW = """
WITH target AS MATERIALIZED ({target}),
lots AS (
  SELECT t.*, q.id AS quota, q.drawn, q.kept,
         row_number() OVER (PARTITION BY t.customer_id ORDER BY t.lot COLLATE "C", t.id) AS turn
  FROM target t
  JOIN LATERAL (
    SELECT q.id, ceil(q.wanted * 100.0 / %s)::int AS drawn,
           ceil(ceil(q.wanted * 100.0 / %s) * %s / 100.0)::int AS kept
    FROM satisfaction_quota q
    WHERE q.wave_id = %s AND q.unit_id = t.unit_id AND q.wanted > 0
      AND q.stage IN (t.owner_stage, '')
    ORDER BY q.stage DESC LIMIT 1
  ) q ON TRUE
  WHERE t.reason = ''
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
        cursor.execute(
            _DRAW.format(target=sql),
            [
                *(*params, expected, expected, share, wave.pk),
                *(wave.pk, SampleState.DRAWN, SampleState.RESERVE, at),
            ],
        )
        found = {reason: count for reason, count in cursor.fetchall() if count}
    return {reason: found[reason] for reason in LEFT_OUT if reason in found}
