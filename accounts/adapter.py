"""Where django-allauth asks the product."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User
from accounts.visitors import address_of


class AccountAdapter(DefaultAccountAdapter):
    """Staff do not sign up, and logging in is no news to the one who does it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are created by administrators and imports alone."""
        return False

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """No "you have signed in" on top of the first page."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address the lock-out counts by."""
        return address_of(request) or ""

    def set_password(self, user: User, password: str) -> None:
        """Store only what changed, so that nothing stale is written back."""
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at"])
