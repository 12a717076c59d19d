"""Tables of people and their rights."""

from accounts.models.people import (
    Dated,
    DatedQuerySet,
    FormerPassword,
    Function,
    LoginKind,
    LoginRecord,
    PasswordLink,
    Post,
    Reach,
    Role,
    RoleGrant,
    User,
    UserManager,
    UserQuerySet,
    UserState,
)

__all__ = [
    "Dated",
    "DatedQuerySet",
    "FormerPassword",
    "Function",
    "LoginKind",
    "LoginRecord",
    "PasswordLink",
    "Post",
    "Reach",
    "Role",
    "RoleGrant",
    "User",
    "UserManager",
    "UserQuerySet",
    "UserState",
]
