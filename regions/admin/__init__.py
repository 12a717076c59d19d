"""The organisation in the administration."""

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
    UnitParentAdmin,
)

__all__ = [
    "CityAdmin",
    "LevelAdmin",
    "OrgUnitAdmin",
    "ProjectAdmin",
    "RegionAdmin",
    "RegionFilter",
    "UnitAdminBase",
    "UnitLevelAdmin",
    "UnitParentAdmin",
    "WORKING",
]
