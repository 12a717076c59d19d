"""Secrets of webhooks: kept as ciphertext under a key of their own, as personal data is."""

import os

from core.models import SubjectKey, WebhookTarget
from core.personal_data import decrypt, encrypt, new_subject_key, unwrap

SECRET_BYTES = 32
FIELD = "webhook-secret"


def give_secret(target: WebhookTarget) -> str:
    """Put a fresh secret on an unsaved or known target. Returns it, to be shown this once."""
    secret = os.urandom(SECRET_BYTES).hex()
    if target.key_id is None:
        plain, wrapped = new_subject_key()
        target.key = SubjectKey.objects.create(wrapped=wrapped)
    else:
        plain = unwrap(target.key.wrapped)
    target.secret = encrypt(plain, secret, FIELD)
    return secret


def secret_of(target: WebhookTarget) -> bytes:
    """The secret as the receiver keeps it: its hexadecimal text as bytes. Raises Erased."""
    return decrypt(unwrap(target.key.wrapped), target.secret, FIELD).encode()
