"""Where django-allauth asks the product."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.visitors import address_of
from core.personal_data import unwrap, wrap


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

    def get_login_stages(self) -> list[str]:
        """Between password and session stands one stage: the second factor, on our page."""
        return ["accounts.stages.SecondFactorStage"]

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Notices about the account are the product's (accounts.notices)."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are stored under the master key, their names are ours."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This did not work. Please try again."),
    }

    def encrypt(self, text: str) -> str:
        """Wrapped by the current master key, so that the database alone reveals no secret.

        A secret is a key, so it is wrapped as the keys of subjects are.
        """
        return base64.b64encode(wrap(text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises core.personal_data.Erased when no master key fits any more."""
        return unwrap(base64.b64decode(encrypted_text)).decode()

    def get_totp_issuer(self) -> str:
        """The name the authenticator app shows."""
        return _("Customer relationship system")

    def get_totp_label(self, user: Any) -> str:
        """The employee number; never the e-mail."""
        return user.employee_no

    def _get_user_identifier(self, user: Any) -> str:
        return user.employee_no

    def _get_site_name(self) -> str:
        return _("Customer relationship system")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host name it was made under."""
        host = context.request.get_host().rpartition(":")[0] or context.request.get_host()
        return {"id": host.strip("[]"), "name": _("Customer relationship system")}
