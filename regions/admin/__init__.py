"""The organisation in the administration."""

from regions.admin.policies import PolicyValueAdmin
from regions.admin.units import (
    WORKING,
    CityAdmin,
    LevelAdmin,
    OrgUnitAdmin,
    ProjectAdmin,
    RegionAdmin,
    RegionFilter,
    UnitAdminBase,
    UnitLevelAdmin,
    UnitVersionAdmin,
)

__all__ = [
    "CityAdmin",
    "LevelAdmin",
    "OrgUnitAdmin",
    "PolicyValueAdmin",
    "ProjectAdmin",
    "RegionAdmin",
    "RegionFilter",
    "UnitAdminBase",
    "UnitLevelAdmin",
    "UnitVersionAdmin",
    "WORKING",
]
