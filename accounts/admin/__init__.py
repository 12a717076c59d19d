"""People and their rights in the administration."""

from accounts.admin.people import (
    MANAGED_APPS,
    FunctionAdmin,
    GrantForm,
    GrantInline,
    LoginRecordAdmin,
    PersonForm,
    PostInline,
    RoleAdmin,
    RoleForm,
    SpanForm,
    SpanFormSet,
    SpanInline,
    UnitPostInline,
    UserAdmin,
)

__all__ = [
    "FunctionAdmin",
    "GrantForm",
    "GrantInline",
    "LoginRecordAdmin",
    "MANAGED_APPS",
    "PersonForm",
    "PostInline",
    "RoleAdmin",
    "RoleForm",
    "SpanForm",
    "SpanFormSet",
    "SpanInline",
    "UnitPostInline",
    "UserAdmin",
]
