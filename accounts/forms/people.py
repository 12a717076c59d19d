"""What people type about accounts: log-in, passwords, language, the filter of the people list."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.models import Login
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.lockout import check_password
from accounts.models import User, UserState
from accounts.passwords import LONGEST, PolicyValidator
from accounts.visitors import person_of
from core.widgets import SearchSelect
from regions.models import OrgUnit


class PasswordField(forms.CharField):
    """A password: blanks count, pasting is allowed, and what was typed is never sent back."""

    def __init__(self, *, label: Any, autocomplete: str) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(label=label, strip=False, max_length=LONGEST, widget=widget)


class LoginForm(AllauthLoginForm):
    """Employee number and password; one sentence for everything that can be wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Employee number"),
            max_length=60,
            widget=forms.TextInput(attrs={"autocomplete": "username"}),
        )
        self.fields["password"] = PasswordField(
            label=_("Password"), autocomplete="current-password"
        )

    def _clean_with_password(self, credentials: dict[str, Any]) -> dict[str, Any]:
        """allauth's hook: through the lock-out, which alone may compare passwords."""
        user = check_password(self.request, credentials["username"], credentials["password"])
        if user is None:
            raise forms.ValidationError(
                _("Employee number or password is wrong. Repeated failures lock the account.")
            )
        self.user = user
        self._login = Login(user=user)
        return self.cleaned_data


class SetPasswordForm(forms.Form):
    """A new password, twice."""

    password1 = PasswordField(label=gettext_lazy("New password"), autocomplete="new-password")
    password2 = PasswordField(label=gettext_lazy("New password again"), autocomplete="new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = PolicyValidator().get_help_text()

    def clean_password1(self) -> str:
        """The policy's sentences stand at the field they are about."""
        password = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean_password2(self) -> str:
        """Typing errors show before the policy's sentences are mended."""
        again = self.cleaned_data["password2"]
        if self.data.get(self.add_prefix("password1")) != again:
            raise forms.ValidationError(_("The two passwords differ."))
        return again


class ChangePasswordForm(SetPasswordForm):
    """The same for somebody signed in, who proves that the open browser is his."""

    current = PasswordField(label=gettext_lazy("Current password"), autocomplete="current-password")
    field_order = ["current", "password1", "password2"]

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, user=person_of(request), **kwargs)
        self.request = request

    def clean_current(self) -> str:
        """Counts towards the lock-out: a browser left open is no place to guess either."""
        current = self.cleaned_data["current"]
        if check_password(self.request, self.user.employee_no, current) is None:
            raise forms.ValidationError(
                _("The current password is wrong. Repeated failures lock the account.")
            )
        return current


class LanguageForm(forms.Form):
    """In which language the pages speak to me."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )


class UnitChoice(forms.ModelChoiceField):
    """Units in tree order; the indent shows what lies below what."""

    def label_from_instance(self, unit: OrgUnit) -> str:
        return "\u3000" * unit.depth + unit.name


class PeopleFilter(forms.Form):
    """What the list of people can be narrowed by."""

    q = forms.CharField(
        label=gettext_lazy("Search people"),
        help_text=gettext_lazy("Name or employee number"),
        required=False,
        max_length=80,
    )
    unit = UnitChoice(
        OrgUnit.objects.none(),
        label=gettext_lazy("Unit and units below"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All units"),
        widget=SearchSelect,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All states")), *UserState.choices],
        required=False,
    )

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = OrgUnit.objects.visible_to(reader, "accounts.view_user").in_tree_order()
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
