"""Forms of the organisation."""

from regions.forms.units import (
    CityForm,
    ProjectForm,
    RegionForm,
    UnitChoiceField,
    UnitForm,
)

__all__ = [
    "CityForm",
    "ProjectForm",
    "RegionForm",
    "UnitChoiceField",
    "UnitForm",
]
