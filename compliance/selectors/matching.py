"""Equal rank, matching region: whether the leaders of both sides fit each other (ACT-05).

Pure: who asks brings titles, units and what the policies say.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from regions.models import Kind, OrgUnit
from regions.policies.types import Row

RANK, REGION = "rank", "region"
MISFITS = {
    RANK: _("The ranks of both sides lie too far apart."),
    REGION: _("Our leader works in another region than the customer's unit."),
}


def rank_of(title: str, table: Iterable[Row]) -> int | None:
    """The rank of a job title by its first word in the table; None for a title it does not know."""
    return next((row["rank"] for row in table if row["word"] in title), None)


def misfits(
    *,
    ours: str,
    theirs: str,
    leader_unit: OrgUnit | None,
    place_unit: OrgUnit,
    table: Iterable[Row],
    gap: int,
) -> list[str]:
    """What does not fit, as keys of MISFITS. An unknown title is no misfit."""
    rows = tuple(table)
    found = []
    left, right = rank_of(ours, rows), rank_of(theirs, rows)
    if left is not None and right is not None and abs(left - right) > gap:
        found.append(RANK)
    if leader_unit is not None and not _same_region(leader_unit, place_unit):
        found.append(REGION)
    return found


def _same_region(leader: OrgUnit, place: OrgUnit) -> bool:
    """People of the group fit everywhere, others within their region."""
    if leader.kind == Kind.GROUP or place.kind == Kind.GROUP:
        return True
    return leader.scope_columns()[0] == place.scope_columns()[0]
