"""What people type to prove who they are, and when they set a second factor up."""

import json
import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.factors import check_code, check_passkey
from accounts.forms.people import PasswordField
from accounts.lockout import check_password
from accounts.models import LoginMethod, User

CREDENTIAL_LENGTH = 20_000  # characters; attestations of some keys carry whole certificates


class CodeField(forms.CharField):
    """A code of an authenticator app or a recovery code, however it is spaced."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        widget = forms.TextInput(attrs=attrs)
        super().__init__(**{"max_length": 30, "widget": widget, **options})

    def clean(self, value: Any) -> str:
        """Digits alone: input methods for Chinese type wide ones, apps show them in groups."""
        plain = unicodedata.normalize("NFKC", super().clean(value))
        return re.sub(r"[\s\-–—]", "", plain)


class CredentialField(forms.CharField):
    """The answer of the browser about a passkey, as JSON that our script put there."""

    def __init__(self) -> None:
        super().__init__(max_length=CREDENTIAL_LENGTH, widget=forms.HiddenInput)

    def clean(self, value: Any) -> dict[str, Any]:  # type: ignore[override]
        """Raises ValidationError for what is no JSON object."""
        try:
            answer = json.loads(super().clean(value))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ValidationError(_("The browser gave no answer. Please try again."))
        return answer


class ProofForm(forms.Form):
    """One way to prove who one is; afterwards `method` says which it was."""

    method: LoginMethod

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user = user


class CodeForm(ProofForm):
    """A code of the authenticator app, or a recovery code."""

    code = CodeField(label=gettext_lazy("Verification code"))

    def clean_code(self) -> str:
        """Looks at the code only here, because looking uses it up."""
        code = self.cleaned_data["code"]
        method = check_code(self.request, self.user, code)
        if method is None:
            raise ValidationError(
                _(
                    "This code is not right or was used already. Wait for the next one; after"
                    " several failures the account rests for a while."
                )
            )
        self.method = method
        return code


class PasskeyForm(ProofForm):
    """A passkey of the person."""

    credential = CredentialField()

    def clean_credential(self) -> dict[str, Any]:
        """Raises ValidationError when the answer proves nothing."""
        answer = self.cleaned_data["credential"]
        method = check_passkey(self.request, self.user, answer)
        if method is None:
            raise ValidationError(_("This passkey was not accepted. Please try again."))
        self.method = method
        return answer


class PasswordAgainForm(ProofForm):
    """The password, under the same lock-out as at the front door."""

    password = PasswordField(label=gettext_lazy("Password"), autocomplete="current-password")
    method = LoginMethod.PASSWORD

    def clean_password(self) -> str:
        """Raises ValidationError for a wrong one."""
        password = self.cleaned_data["password"]
        if check_password(self.request, self.user.employee_no, password) is None:
            raise ValidationError(_("The password is wrong. Repeated failures lock the account."))
        return password


class NewCodeForm(forms.Form):
    """The first code of an authenticator app, which shows that it was set up right."""

    code = CodeField(label=gettext_lazy("Code shown by the app"))


class NewPasskeyForm(forms.Form):
    """A new passkey and what its owner calls it."""

    name = forms.CharField(
        label=gettext_lazy("Name of the passkey"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For instance the device it is on."),
    )
    credential = CredentialField()


class ResetFactorsForm(forms.Form):
    """Why somebody's factors are taken away."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Also say how you made sure that it was this person who asked."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
