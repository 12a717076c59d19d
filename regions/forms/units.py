"""Forms of the organisation, used by the administration and by pages."""

from typing import Any

from django import forms

from regions.models import PARENT_KIND, Kind, OrgUnit


class UnitChoiceField(forms.ModelChoiceField):
    """A unit with what it hangs under, because names repeat (客户关系部, 一期)."""

    def label_from_instance(self, unit: OrgUnit) -> str:
        return f"{'　' * unit.depth}{unit.name} ({unit.code})"


class UnitForm(forms.ModelForm):
    """A unit of any level; the rules of tree and names are the model's (`OrgUnit.clean`)."""

    class Meta:
        model = OrgUnit
        fields = [
            "kind",
            "code",
            "name",
            "parent",
            "is_active",
            "opened_on",
            "closed_on",
            "department_name",
            "department_level",
            "stage",
            "households",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fixed_kind()
        parent = self.fields.get("parent")
        if kind is not None:
            self.instance.kind = kind
        if kind is None or parent is None:
            return
        level = PARENT_KIND[Kind(kind)]
        if level is None:
            del self.fields["parent"]
        else:
            parent.queryset = parent.queryset.filter(kind=level)  # type: ignore[attr-defined]
            parent.required = True

    def fixed_kind(self) -> str | None:
        """The level, where it is not for the form to choose."""
        return self.instance.kind if self.instance.pk else None


class RegionForm(UnitForm):
    """A region, which hangs under the group."""

    def fixed_kind(self) -> str:
        return Kind.REGION


class CityForm(UnitForm):
    """A city, which hangs under a region."""

    def fixed_kind(self) -> str:
        return Kind.CITY


class ProjectForm(UnitForm):
    """A project, which hangs under a city."""

    def fixed_kind(self) -> str:
        return Kind.PROJECT
