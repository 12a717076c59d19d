"""The organisation in the administration: one list in tree order, and one of each level."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, ForeignKey, Q, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin import ALL, ReadOnlyAdmin, ScopedAdmin, narrow_choices
from regions.forms import CityForm, ProjectForm, RegionForm, UnitChoiceField, UnitForm
from regions.models import (
    TREE_ORDER,
    ChangeKind,
    City,
    Kind,
    OrgUnit,
    Project,
    Region,
    UnitLevel,
    UnitVersion,
)
from regions.services import change_unit, create_unit, draft_change

# The state of people who work here (accounts.UserState), an app to the right of this one.
WORKING = "active"
# What an organisation change decides, and an edit here only drafts.
BY_CHANGE = ("parent", "is_active")


class RegionFilter(admin.SimpleListFilter):
    """One region with everything below it."""

    title = _("region")
    parameter_name = "branch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The regions in reach."""
        regions = Region.objects.get_queryset().visible_to(request.user).in_tree_order()
        return [(region.code, region.name) for region in regions]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[OrgUnit]:
        """The branch of the region chosen; one out of reach reads like one that does not exist."""
        if not self.value():
            return queryset
        regions = Region.objects.get_queryset().visible_to(request.user)
        region = regions.filter(code=self.value()).first()
        return queryset.below(region) if region else queryset.none()


class UnitAdminBase(ScopedAdmin):
    """What all lists of units share. `accounts.admin` adds the posts, which lie to its right."""

    inlines: ClassVar[list[type]] = []
    list_filter = ["is_active", RegionFilter]
    search_fields = ["name", "code"]
    search_help_text = _("Name or code")
    list_select_related = ["parent"]
    list_per_page = 200
    ordering = [TREE_ORDER]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of people who work in the unit itself."""
        working = Count("people", filter=Q(people__state=WORKING), distinct=True)
        return super().get_queryset(request).annotate(people_count=working)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Parents in tree order, the indent showing what lies below what."""
        if db_field.name == "parent":
            kwargs["form_class"] = UnitChoiceField
            narrow_choices(self, db_field, request, kwargs)
            kwargs["queryset"] = kwargs["queryset"].exclude(kind=Kind.PROJECT).in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: OrgUnit, form: ModelForm, change: bool) -> None:
        """Through the services: parent history, scope columns and audit belong to a change."""
        if change:
            unit = OrgUnit.objects.get(pk=obj.pk)
            for name in form.changed_data:
                if name not in BY_CHANGE:
                    setattr(unit, name, form.cleaned_data[name])
            change_unit(unit, by=request.user)
            self._draft_changes(request, unit, form)
        else:
            fields = {name: form.cleaned_data[name] for name in form.cleaned_data}
            unit = create_unit(by=request.user, **{"kind": obj.kind} | fields)
        obj.pk, obj.path, obj.parent_kind = unit.pk, unit.path, unit.parent_kind
        obj._state.adding = False

    def _draft_changes(self, request: HttpRequest, unit: OrgUnit, form: ModelForm) -> None:
        """Another parent, closing and opening concern other people: they begin as drafts of
        organisation changes, with preview and approval."""
        kinds = []
        if "parent" in form.changed_data:
            kinds.append((ChangeKind.MOVE, form.cleaned_data["parent"]))
        if "is_active" in form.changed_data:
            opens = form.cleaned_data["is_active"]
            kinds.append((ChangeKind.REOPEN if opens else ChangeKind.CLOSE, None))
        for kind, target in kinds:
            draft = draft_change(
                by=request.user,
                kind=kind,
                unit=unit,
                target=target,
                effective_on=timezone.localdate(),
                reason=gettext("Entered in the administration."),
            )
            sentence = gettext("This begins as a draft of an organisation change: {link}")
            link = format_html('<a href="{}">{}</a>', draft.get_absolute_url(), draft)
            messages.info(request, format_html(sentence, link=link))

    @admin.display(description=_("people"), ordering="people_count")
    def people(self, unit: OrgUnit) -> int:
        """People who work in the unit itself."""
        return unit.people_count  # type: ignore[attr-defined]


@admin.register(OrgUnit)
class OrgUnitAdmin(UnitAdminBase):
    """The whole tree as one list."""

    form = UnitForm
    list_display = ["name_in_tree", "kind", "code", "department_name", "people", "is_active"]
    list_filter = ["kind", "is_active", RegionFilter]
    list_display_links = ["name_in_tree"]

    def get_readonly_fields(self, request: HttpRequest, obj: OrgUnit | None = None) -> list[str]:
        """The level of a unit never changes; another level is another unit."""
        return ["kind"] if obj is not None else []

    @admin.display(description=_("unit"), ordering=TREE_ORDER)
    def name_in_tree(self, unit: OrgUnit) -> str:
        """Indented by the level; a style attribute is forbidden on these pages."""
        return format_html("{}{}", "　" * unit.depth, unit.name)


class LevelAdmin(UnitAdminBase):
    """Units of one level: its number is fixed, its parent of the level above."""

    list_display = ["name", "code", "parent", "department_name", "people", "is_active"]

    def get_exclude(self, request: HttpRequest, obj: OrgUnit | None = None) -> list[str]:
        """The level is given by the list."""
        return ["kind"]


@admin.register(Region)
class RegionAdmin(LevelAdmin):
    """Regions; their department has a level (ORG-04)."""

    form = RegionForm
    list_display = [
        "name",
        "code",
        "department_name",
        "department_level",
        "people",
        "is_active",
    ]
    list_filter = ["is_active", "department_level"]

    def get_exclude(self, request: HttpRequest, obj: OrgUnit | None = None) -> list[str]:
        """Stage and households belong to cities and projects."""
        return ["kind", "stage", "households"]


@admin.register(City)
class CityAdmin(LevelAdmin):
    """Cities; their stage says by when the department must be staffed (ORG-07)."""

    form = CityForm
    list_display = ["name", "code", "parent", "stage", "department_name", "people", "is_active"]

    def get_exclude(self, request: HttpRequest, obj: OrgUnit | None = None) -> list[str]:
        """Only regions have levels of departments, only projects have households."""
        return ["kind", "department_level", "households"]


@admin.register(Project)
class ProjectAdmin(LevelAdmin):
    """Projects with their households."""

    form = ProjectForm
    list_display = ["name", "code", "parent", "stage", "households", "people", "is_active"]

    def get_exclude(self, request: HttpRequest, obj: OrgUnit | None = None) -> list[str]:
        """Only regions have levels of departments."""
        return ["kind", "department_level"]


@admin.register(UnitLevel)
class UnitLevelAdmin(ScopedAdmin):
    """What levels are called, and which department names they allow (ORG-02)."""

    scope_by = ALL
    list_display = ["name", "kind", "department_names", "department_required"]
    readonly_fields = ["kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The levels are fixed: data is scoped by them."""
        return False


@admin.register(UnitVersion)
class UnitVersionAdmin(ReadOnlyAdmin):
    """What a unit was when."""

    scope_by = "unit"
    list_display = ["name", "code", "kind", "parent", "is_active", "valid_from", "valid_until"]
    list_select_related = ["unit", "parent"]
    search_fields = ["unit__name", "unit__code"]
