"""How well a unit keeps the rules, as one number."""

from collections.abc import Iterable

from compliance.checks.registry import Found
from compliance.states import WEIGHTS
from regions.models import OrgUnit


def scores(units: Iterable[OrgUnit], found: Iterable[Found]) -> dict[str, int]:
    """Code of each unit → 100 less the weights of its own breaches, never below 0.

    A unit answers for itself: what is wrong in a project does not count at its city.
    """
    points = {unit.code: 100 for unit in units}
    for one in found:
        code = one.breach.unit.code
        if code in points:
            points[code] = max(0, points[code] - WEIGHTS[one.check.severity])
    return points
