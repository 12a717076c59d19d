"""Sessions in Django's table, stored under a hash of their key (settings.SESSION_ENGINE).

Whoever reads the database or a backup finds no cookie he could use. The same hash names the row of
accounts.models.SignedInDevice, so a person's sessions are found without decoding everybody's.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone


def hashed(key: str | None) -> str:
    """The name under which the session of a cookie is stored: 160 bits in 40 characters.

    The key is random, so a fast hash cannot be turned round by trying.
    """
    return hashlib.blake2b((key or "").encode(), digest_size=20).hexdigest()


class SessionStore(DatabaseStore):
    """Django's store; the key in the database is `hashed`, the key in the cookie is not."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        """Read by hash. The key of a session that is gone is forgotten, never given out again."""
        row = Session.objects.filter(
            session_key=hashed(self.session_key), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(hashed(session_key))

    def create_model_instance(self, data: Any) -> AbstractBaseSession:
        """The row to be saved, under its hash."""
        row = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete this session, or the one with the given cookie key."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(hashed(key))

    def cycle_key(self) -> None:
        """A new key for the same session; the device it belongs to follows.

        Whoever was signed out while his request ran stays out: the session ends instead of going
        on under a key that nobody can end any more.
        """
        from accounts.models import SignedInDevice
        from accounts.sessions import DEVICE

        before = self.session_key
        super().cycle_key()
        rows = SignedInDevice.objects.filter(key=hashed(before), ended_at=None)
        moved = rows.update(key=hashed(self.session_key)) if before else 0
        if not moved and DEVICE in self:
            self.flush()
