"""One-time links with which people set their password; nobody ever knows another's password."""

import hashlib
import os
import secrets
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.lockout import end_lock
from accounts.models import EndReason, PasswordLink, User
from accounts.sessions import end_sessions
from audit.services import record
from core.errors import Refused
from core.notices import notify

DEFAULT_PORT = 8000
VALID_FOR = timedelta(hours=24)


@transaction.atomic
def issue_link(user: User, *, by: User | None) -> str:
    """The key of a new link of 24 hours; older links of the person stop working.

    Raises Refused for somebody who has been frozen or has left. Only a hash of the key is stored.
    """
    person = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not person.is_active:
        raise Refused(
            _("{name} is frozen or has left. Make the account active first.").format(
                name=person.name
            )
        )
    now = timezone.now()
    PasswordLink.objects.filter(user=person, used_at=None, expires_at__gt=now).update(
        expires_at=now
    )
    key = secrets.token_urlsafe(32)
    PasswordLink.objects.create(user=person, key_hash=_hash(key), expires_at=now + VALID_FOR)
    record("user.link_issued", by=by, subject=person, employee_no=person.employee_no)
    return key


def address_of_link(key: str, *, base: str = "") -> str:
    """The whole address of a link. `base` is scheme, host and port; this machine's by default."""
    here = base or f"http://127.0.0.1:{os.environ.get('PORT', DEFAULT_PORT)}"
    return here.rstrip("/") + reverse("accounts:set-password", args=[key])


def find_link(key: str) -> PasswordLink | None:
    """The link of a key while it works."""
    links = PasswordLink.objects.select_related("user").filter(
        key_hash=_hash(key), used_at=None, expires_at__gt=timezone.now()
    )
    link = links.first()
    return link if link is not None and link.user.is_active else None


@transaction.atomic
def use_link(link: PasswordLink, password: str) -> User:
    """Set the password, use the link up and end a lock. Raises Refused when it no longer works.

    The caller has validated `password` for `link.user`.
    """
    now = timezone.now()
    open_links = PasswordLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=now)
    if not open_links.update(used_at=now):
        raise Refused(_("This link no longer works. Ask your administrator for a new one."))
    user = User.objects.select_for_update(of=("self",)).get(pk=link.user_id)
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at"])
    end_lock(user)
    end_sessions(user, reason=EndReason.PASSWORD)
    record("user.password_set", by=user, subject=user)
    tell_password_changed(user)
    return user


def tell_password_changed(user: User) -> None:
    """Let the person know at once: it may not have been him."""
    now = timezone.now()
    key = f"accounts.password_changed:{user.pk}:{now.isoformat()}"
    notify([user], "accounts.password_changed", key=key, url="/account/security/", at=now)


def _hash(key: str) -> str:
    # 256 random bits cannot be guessed, so a fast hash is enough and can be looked up.
    return hashlib.sha256(key.encode()).hexdigest()
