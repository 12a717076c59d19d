"""Rights from role grants. Registered as the only authentication backend."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.scopes import permissions_of


class GrantBackend(AuthenticationBackend):
    """Passwords through allauth, rights through grants; object rights belong to `visible_to`."""

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return permissions_of(user_obj) if obj is None else set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(right.startswith(f"{app_label}.") for right in permissions_of(user_obj))
