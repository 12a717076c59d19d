"""Tables of the organisation."""

from regions.models.policies import PolicyStamp, PolicyValue, PolicyValueQuerySet
from regions.models.units import (
    DEPTH,
    PARENT_KIND,
    TREE_ORDER,
    City,
    DepartmentLevel,
    Kind,
    KindManager,
    OrgUnit,
    OrgUnitQuerySet,
    Project,
    Region,
    UnitLevel,
    UnitParent,
    UnitParentQuerySet,
    next_unit_id,
)

__all__ = [
    "City",
    "DEPTH",
    "DepartmentLevel",
    "Kind",
    "KindManager",
    "OrgUnit",
    "OrgUnitQuerySet",
    "PARENT_KIND",
    "PolicyStamp",
    "PolicyValue",
    "PolicyValueQuerySet",
    "Project",
    "Region",
    "TREE_ORDER",
    "UnitLevel",
    "UnitParent",
    "UnitParentQuerySet",
    "next_unit_id",
]
