"""People, roles and the log-in book in the administration."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField, Model, QuerySet
from django.forms import ModelForm, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import services
from accounts.links import address_of_link
from accounts.lockout import needs_unlocking
from accounts.models import Function, LoginRecord, Post, Role, RoleGrant, User
from accounts.visitors import person_of
from core.admin import ALL, ReadOnlyAdmin, ScopedAdmin, ScopedInline
from core.display import when
from core.errors import Refused
from regions.admin import CityAdmin, OrgUnitAdmin, ProjectAdmin, RegionAdmin

# Apps whose rights roles are made of; the rest of Django's table belongs to its machinery.
MANAGED_APPS = (
    "accounts",
    "approvals",
    "audit",
    "complaints",
    "compliance",
    "core",
    "customers",
    "django_celery_beat",
    "expenses",
    "regions",
    "reports",
    "satisfaction",
)


class SpanForm(forms.ModelForm):
    """A grant or a post. Of one that exists only the end can be set: anything else is another."""

    by: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in self.fields.keys() - {"valid_until", "user", "id"}:
                self.fields[name].disabled = True


class GrantForm(SpanForm):
    """A grant; who may give it is the services' rule, told at the form."""

    class Meta:
        model = RoleGrant
        fields = ["role", "unit", "valid_from", "valid_until"]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError with the sentence of the rule that refuses the grant."""
        cleaned = super().clean() or {}
        role, unit = cleaned.get("role"), cleaned.get("unit")
        if self.instance.pk is None and role and unit:
            holder = self.instance.user if self.instance.user_id else None
            try:
                services.check_may_give(self.by, to=holder, role=role, unit=unit)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return cleaned


class SpanFormSet(forms.BaseInlineFormSet):
    """Grants or posts, saved through the services on whichever page they are given."""

    by: User

    def save(self, commit: bool = True) -> list[Any]:
        """Raises Refused for what the services refuse; the page's transaction is taken back."""
        rows = super().save(commit=False)
        for row in self.new_objects:
            _give(row, by=self.by)
        for row, changed in self.changed_objects:
            _change(row, set(changed), by=self.by)
        return rows


class SpanInline(ScopedInline):
    """Rows that hold from a day until a day."""

    form = SpanForm
    formset = SpanFormSet

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        """Let forms and formset know who acts."""
        kwargs["form"] = type(self.form.__name__, (self.form,), {"by": request.user})
        kwargs["formset"] = type("SpanFormSet", (SpanFormSet,), {"by": request.user})
        return super().get_formset(request, obj, **kwargs)


class GrantInline(SpanInline):
    """Roles of a person. A grant that exists is only ever given an end."""

    model = RoleGrant
    fk_name = "user"
    form = GrantForm
    autocomplete_fields = ["unit"]
    verbose_name_plural = gettext_lazy("roles held")


class PostInline(SpanInline):
    """Posts of a person."""

    model = Post
    fields = ["unit", "function", "is_dedicated", "reports_to", "valid_from", "valid_until"]
    autocomplete_fields = ["unit"]


class UnitPostInline(PostInline):
    """Posts in a unit."""

    fields = ["user", "function", "is_dedicated", "reports_to", "valid_from", "valid_until"]
    autocomplete_fields = ["user"]


for unit_admin in (OrgUnitAdmin, RegionAdmin, CityAdmin, ProjectAdmin):
    # regions lies to the left and cannot name posts itself.
    unit_admin.inlines = [*unit_admin.inlines, UnitPostInline]


class PersonForm(forms.ModelForm):
    """What a person's record says; the state has actions, the password a link."""

    class Meta:
        model = User
        fields = [
            "employee_no",
            "name",
            "unit",
            "position",
            "phone",
            "email",
            "hired_on",
            "language",
        ]
        widgets = {"language": forms.Select(choices=[("", "—"), *settings.LANGUAGES])}

    def clean_employee_no(self) -> str:
        """Numbers are capitals, so that nobody exists twice."""
        return self.cleaned_data["employee_no"].strip().upper()


@admin.register(User)
class UserAdmin(ScopedAdmin):
    """People in reach, with their roles and posts."""

    form = PersonForm
    list_display = ["employee_no", "name", "unit", "position", "state", "last_login"]
    list_filter = ["state"]
    list_select_related = ["unit"]
    search_fields = ["employee_no", "name"]
    search_help_text = gettext_lazy("Name or employee number")
    autocomplete_fields = ["unit"]
    readonly_fields = ["state_shown", "lock_shown", "last_login", "password_age"]
    fields = [*PersonForm.Meta.fields, *readonly_fields]
    inlines = [GrantInline, PostInline]
    actions = ["issue_links", "freeze", "activate", "mark_left", "unlock"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """The number is the name of the account and stays."""
        fixed = ["employee_no"] if obj is not None else []
        return [*fixed, *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        """Through the services, which know the reach and write the audit entry."""
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            if changes:
                services.change_person(obj, by=person_of(request), **changes)
            return
        user = services.create_person(by=person_of(request), **form.cleaned_data)
        obj.pk, obj.password = user.pk, user.password
        obj._state.adding = False

    @admin.display(description=gettext_lazy("state"))
    def state_shown(self, user: User) -> str:
        """The state in words."""
        return user.get_state_display()

    @admin.display(description=gettext_lazy("log-in lock"))
    def lock_shown(self, user: User) -> str:
        """Whether too many failures shut the account on new devices."""
        return _("Locked after too many failures") if needs_unlocking(user) else _("Not locked")

    @admin.display(description=gettext_lazy("password last changed"))
    def password_age(self, user: User) -> str:
        """When; a dash for a person who never set one."""
        return when(user.password_changed_at)

    @admin.action(
        description=gettext_lazy("Issue a link to set a password"), permissions=["change"]
    )
    def issue_links(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Each address is shown once, here."""
        base = f"{request.scheme}://{request.get_host()}"
        for user in chosen:
            try:
                url = address_of_link(services.send_link(user, by=person_of(request)), base=base)
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
                continue
            line = _("Link for {name}, valid for 24 hours, works once: {url}")
            self.message_user(request, line.format(name=user.name, url=url), messages.WARNING)

    @admin.action(description=gettext_lazy("Freeze the account"), permissions=["change"])
    def freeze(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """The people are signed out at once."""
        reason = _("by the administration")
        self._each(
            request,
            chosen,
            lambda user: services.freeze(user, by=person_of(request), reason=reason),
        )

    @admin.action(description=gettext_lazy("Make the account active again"), permissions=["change"])
    def activate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For frozen accounts, and for people who come back."""
        self._each(request, chosen, lambda user: services.activate(user, by=person_of(request)))

    @admin.action(
        description=gettext_lazy("Record that the person has left"), permissions=["change"]
    )
    def mark_left(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Account, roles and posts end today; what the person wrote stays."""
        self._each(request, chosen, lambda user: services.leave(user, by=person_of(request)))

    @admin.action(description=gettext_lazy("End the log-in lock"), permissions=["change"])
    def unlock(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """After too many failures on one account."""
        self._each(request, chosen, lambda user: services.unlock(user, by=person_of(request)))

    def _each(self, request: HttpRequest, chosen: QuerySet[User], act: Any) -> None:
        """Do it to each person alone, so that one refusal stops nobody else's."""
        done = 0
        for user in chosen:
            try:
                act(user)
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                done += 1
        if done:
            sentence = ngettext("Done for %(count)s person.", "Done for %(count)s people.", done)
            self.message_user(request, sentence % {"count": done}, messages.SUCCESS)


def _give(row: RoleGrant | Post, *, by: User) -> None:
    span = {"valid_from": row.valid_from, "valid_until": row.valid_until}
    if isinstance(row, RoleGrant):
        services.give_role(row.user, role=row.role, unit=row.unit, by=by, **span)
        return
    more = {"is_dedicated": row.is_dedicated, "reports_to": row.reports_to, **span}
    services.give_post(row.user, unit=row.unit, function=row.function, by=by, **more)


def _change(row: RoleGrant | Post, changed: set[str], *, by: User) -> None:
    """An end date ends; anything else about a row that exists is another row."""
    if changed == {"valid_until"} and row.valid_until is not None:
        if isinstance(row, RoleGrant):
            services.end_grant(row, by=by, on=row.valid_until)
        else:
            services.end_post(row, by=by, on=row.valid_until)
        return
    raise Refused(_("Only the end of what exists can be set here. End it and add another one."))


class RoleForm(forms.ModelForm):
    """A role; the rights are those of the product's own apps."""

    class Meta:
        model = Role
        fields = ["code", "name", "reach", "description", "permissions"]


@admin.register(Role)
class RoleAdmin(ScopedAdmin):
    """Roles are the group's own definitions."""

    scope_by = ALL
    form = RoleForm
    list_display = ["name", "code", "reach"]
    list_filter = ["reach"]
    search_fields = ["name", "code"]
    filter_horizontal = ["permissions"]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """Rights of the product's apps, each named with its model."""
        if db_field.name == "permissions":
            rights = Permission.objects.filter(content_type__app_label__in=MANAGED_APPS)
            kwargs["queryset"] = rights.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Function)
class FunctionAdmin(ScopedAdmin):
    """Kinds of work that posts carry (ORG-08)."""

    scope_by = ALL
    list_display = ["name", "number", "is_core", "is_head", "is_project_lead", "keeps_customers"]
    search_fields = ["name"]


@admin.register(LoginRecord)
class LoginRecordAdmin(ReadOnlyAdmin):
    """The log-in book: people in reach; attempts on unknown numbers for the whole group only."""

    scope_by = "user"
    list_display = ["at", "employee_no", "user", "kind", "ip", "agent"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["employee_no", "user__name", "ip"]
    fields = ["at", "employee_no", "user", "kind", "ip", "agent"]

    def in_scope(self, rows: QuerySet[Any], request: HttpRequest, act: str) -> QuerySet[Any]:
        """Unknown numbers belong to no unit."""
        if person_of(request).scope(self.right(act)).everything:
            return rows
        return super().in_scope(rows, request, act)
