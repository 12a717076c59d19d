"""Forms of the organisation."""

from regions.forms.changes import (
    ApprovalForm,
    ChangeFilter,
    ChangeForm,
    ReasonForm,
    TreeFilter,
    initial_of,
)
from regions.forms.sections import CompanyForm, SectionForm, SectionUnitForm
from regions.forms.units import (
    CityForm,
    ProjectForm,
    RegionForm,
    UnitChoiceField,
    UnitForm,
)

__all__ = [
    "ApprovalForm",
    "ChangeFilter",
    "ChangeForm",
    "CityForm",
    "CompanyForm",
    "ProjectForm",
    "ReasonForm",
    "RegionForm",
    "SectionForm",
    "SectionUnitForm",
    "TreeFilter",
    "UnitChoiceField",
    "UnitForm",
    "initial_of",
]
