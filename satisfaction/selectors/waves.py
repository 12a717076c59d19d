"""The list of waves, and one wave in reach."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from core.keyset import Key, Order
from regions.models import OrgUnit
from satisfaction.models import Quota, Response, Sample, SampleState, Wave

NEWEST = Order("-id", "id", descending=True)


@dataclass(frozen=True, slots=True)
class WaveQuery:
    """A filtered list of waves: of a unit and those below it, in a state."""

    unit: OrgUnit | None = None
    state: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True)
class WaveLine:
    """A wave with what its list shows: answers wanted, answers there, people drawn."""

    wave: Wave
    wanted: int
    answers: int
    drawn: int


def waves_in_reach(user: Any, query: WaveQuery) -> QuerySet[Wave]:
    """The list, without its order."""
    waves = Wave.objects.visible_to(user)
    if query.unit is not None:
        waves = waves.filter(unit__in=OrgUnit.objects.below(query.unit))
    if query.state:
        waves = waves.filter(state=query.state)
    if query.q:
        waves = waves.filter(Q(title__icontains=query.q) | Q(code__icontains=query.q))
    return waves


def wave_lines(user: Any, keys: list[Key]) -> list[WaveLine]:
    """The waves of these keys in their order, counted in the units that the reader reaches."""
    pks = [key.pk for key in keys]
    waves = Wave.objects.select_related("unit", "version__questionnaire").in_bulk(pks)
    units = OrgUnit.objects.visible_to(user, Wave.objects.none().view_permission)
    mine = Q(wave__in=pks, unit__in=units)
    quotas = Quota.objects.filter(mine).values_list("wave", "wanted")
    wanted: dict[int, int] = {}
    for wave, number in quotas:
        wanted[wave] = wanted.get(wave, 0) + number
    answers = _counts(Response.objects.counted().filter(mine, is_partial=False))
    drawn = _counts(Sample.objects.filter(mine).exclude(state=SampleState.RESERVE))
    return [
        WaveLine(waves[pk], wanted.get(pk, 0), answers.get(pk, 0), drawn.get(pk, 0)) for pk in pks
    ]


def _counts(rows: QuerySet) -> dict[int, int]:
    return dict(rows.order_by().values_list("wave").annotate(count=Count("pk")))


def wave_in_reach(user: Any, code: str, permission: str | None = None) -> Wave | None:
    """One wave in reach, or None."""
    rows = Wave.objects.select_related("unit", "version__questionnaire", "run", "created_by")
    return rows.visible_to(user, permission).filter(code=code).first()


def wave_to_run(user: Any, code: str) -> Wave | None:
    """A wave whose unit the person runs surveys of, or None."""
    wave = wave_in_reach(user, code)
    units = OrgUnit.objects.visible_to(user, "satisfaction.change_wave")
    return wave if wave is not None and units.filter(pk=wave.unit_id).exists() else None
