"""How passwords are stored, and how many are worked out at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext_lazy as _

from core.errors import Crowded

# One for each process: a thousand log-ins at once must neither take its memory nor its processor.
_room = threading.BoundedSemaphore(settings.CRM_HASHES_AT_ONCE)


@contextmanager
def _in_turn() -> Iterator[None]:
    """Wait for room for one more hash. Raises Crowded when there is none for too long."""
    if not _room.acquire(timeout=settings.CRM_HASH_WAIT):
        raise Crowded(_("Many people are logging in at this moment."))
    try:
        yield
    finally:
        _room.release()


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id in the size OWASP recommends: 19 MiB, two passes, one lane.

    Django's own size (100 MiB, eight lanes) would need two gigabytes for twenty people who log in
    at nine o'clock at once. Hashes of another size or kind are replaced at the next log-in. No more
    than CRM_HASHES_AT_ONCE are worked out at the same moment in a process (reliability 3).
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Raises Crowded when no room comes free in time."""
        with _in_turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Raises Crowded when no room comes free in time."""
        with _in_turn():
            return super().verify(password, encoded)
