"""The organisation in the administration."""

from regions.admin.calendars import (
    CalendarExceptionAdmin,
    CalendarUseAdmin,
    PublicDayAdmin,
    WorkingCalendarAdmin,
)
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
    "CalendarExceptionAdmin",
    "CalendarUseAdmin",
    "CityAdmin",
    "LevelAdmin",
    "OrgUnitAdmin",
    "PolicyValueAdmin",
    "ProjectAdmin",
    "PublicDayAdmin",
    "RegionAdmin",
    "RegionFilter",
    "UnitAdminBase",
    "UnitLevelAdmin",
    "UnitVersionAdmin",
    "WORKING",
    "WorkingCalendarAdmin",
]
