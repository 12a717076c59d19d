"""Who may run a wave: whoever holds the right to change waves in its unit."""

from typing import Any

from django.utils.translation import gettext as _

from core.errors import Refused
from regions.models import OrgUnit
from satisfaction.models import Wave

CHANGE = "satisfaction.change_wave"


def may_run(unit: OrgUnit, by: Any, permission: str = CHANGE) -> bool:
    """Whether somebody runs the surveys of a unit; the operator at the command line does."""
    if by is None:
        return True
    return OrgUnit.objects.visible_to(by, permission).filter(pk=unit.pk).exists()


def held_wave(wave: Wave, by: Any) -> Wave:
    """The wave as it stands, locked until the transaction ends. Raises Refused out of reach."""
    rows = Wave.objects.select_for_update(of=("self",)).select_related("unit", "version")
    held = rows.get(pk=wave.pk)
    if not may_run(held.unit, by):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=held.unit.name))
    return held
