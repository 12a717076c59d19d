"""Forms about people and their own accounts."""

from accounts.forms.people import (
    ChangePasswordForm,
    LanguageForm,
    LoginForm,
    PasswordField,
    PeopleFilter,
    SetPasswordForm,
    UnitChoice,
)

__all__ = [
    "ChangePasswordForm",
    "LanguageForm",
    "LoginForm",
    "PasswordField",
    "PeopleFilter",
    "SetPasswordForm",
    "UnitChoice",
]
