"""Quotas: how many answers are wanted of each project and owner stage (SAT-04)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from customers.models import OwnerStage
from regions.models import Kind, OrgUnit
from satisfaction.models import Quota, Wave, WaveState
from satisfaction.services.rights import held_wave

Cell = tuple[int, str]  # unit, owner stage ("" for all stages together)
MOST = 1_000_000


def allocate(owners: Mapping[Cell, int], total: int, minimum: int = 0) -> dict[Cell, int]:
    """Share `total` answers out in proportion to owners, whole numbers by largest remainder.

    No cell gets less than `minimum` (or than all its owners), so that small projects can be
    spoken of; what this costs is taken from the others in proportion. The sum is `total`, unless
    all owners are fewer or the minimums alone are more.
    """
    free = {cell: count for cell, count in sorted(owners.items()) if count > 0}
    fixed: dict[Cell, int] = {}
    rest = min(total, sum(free.values()))
    while low := _below_minimum(free, rest, minimum):
        fixed |= low
        rest -= sum(low.values())
        free = {cell: count for cell, count in free.items() if cell not in low}
    return fixed | _largest_remainder(free, rest)


def _below_minimum(free: Mapping[Cell, int], rest: int, minimum: int) -> dict[Cell, int]:
    weight = sum(free.values())
    least = {cell: min(minimum, count) for cell, count in free.items()}
    return {
        cell: least[cell] for cell, count in free.items() if rest * count < least[cell] * weight
    }


def _largest_remainder(free: Mapping[Cell, int], rest: int) -> dict[Cell, int]:
    weight = sum(free.values())
    if not weight:
        return {}
    shares = {cell: divmod(rest * count, weight) for cell, count in free.items()}
    found = {cell: whole for cell, (whole, _part) in shares.items()}
    missing = rest - sum(found.values())
    for cell in sorted(shares, key=lambda one: (-shares[one][1], one))[:missing]:
        found[cell] += 1
    return found


@transaction.atomic
def set_quotas(
    wave: Wave, wanted: Mapping[Cell, int], *, by: Any, within: OrgUnit | None = None
) -> int:
    """Replace the quotas of a planned wave, all of them or those of a branch; zeros are left out.
    Returns the sum wanted.

    Raises Refused out of reach, once the sample is drawn, for units outside the wave, and where
    a project has a quota for all stages beside one for a single stage.
    """
    held = held_wave(wave, by)
    if held.drawn_at is not None or held.state != WaveState.PLANNED:
        raise Refused(_("Quotas cannot change any more once the sample is drawn."))
    rows = {cell: count for cell, count in wanted.items() if count}
    branch = OrgUnit.objects.below(within or held.unit)
    _refuse_cells(held, rows)
    Quota.objects.filter(wave=held, unit__in=branch).delete()
    Quota.objects.bulk_create(
        (
            Quota(wave=held, unit_id=unit, stage=stage, wanted=count)
            for (unit, stage), count in sorted(rows.items())
        ),
        batch_size=2000,
    )
    total = sum(Quota.objects.filter(wave=held).values_list("wanted", flat=True))
    record("satisfaction.quotas_set", by=by, subject=held, code=held.code, wanted=total)
    return total


def _refuse_cells(wave: Wave, rows: Mapping[Cell, int]) -> None:
    projects = set(
        OrgUnit.objects.below(wave.unit).filter(kind=Kind.PROJECT).values_list("pk", flat=True)
    )
    for (unit, stage), count in rows.items():
        if unit not in projects:
            raise Refused(_("A quota names a project that does not belong to this wave."))
        if stage not in ("", *OwnerStage.values) or not 0 < count <= MOST:
            raise Refused(_("Please give whole numbers from 0 to {most}.").format(most=MOST))
        if stage and (unit, "") in rows:
            raise Refused(_("A project has either one quota or one for each stage."))
