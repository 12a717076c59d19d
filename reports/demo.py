"""The figures of the demonstration: added up when it is loaded, forgotten when it goes."""

from typing import Any

from customers.demo.parts import Gone, Part, Scene, register
from reports.metrics.rollups import nightly, rebuild, reseal
from reports.models import ClosedMonth, Mark, Rollup, RollupState, Seal


def write_figures(_cursor: Any, _scene: Scene) -> dict[str, int]:
    """Add up everything, so that the dashboard is not empty."""
    rebuild()
    nightly()
    return {}


def remove_figures(_cursor: Any, gone: Gone) -> dict[str, int]:
    """Forget the figures of units that go, and that months of nobody else's were closed: what is
    entered into such a month later would else count as having come too late. Marks that the
    removal leaves are used up later."""
    Rollup.objects.filter(unit__in=gone.units).delete()
    reseal()
    Mark.objects.filter(unit_id__in=gone.units).delete()
    frozen = Rollup.objects.filter(frozen=True).values("starts_on")
    ClosedMonth.objects.exclude(month__in=frozen).delete()
    if not Rollup.objects.exists():
        RollupState.objects.all().delete()
        Seal.objects.all().delete()
    return {}


register(Part(write=write_figures, remove=remove_figures, titles={}))
