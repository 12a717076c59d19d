"""Personal data at rest: one key a subject, wrapped by the master key; blind indexes for search.

A subject (a customer, a contact) has a random 256-bit key of its own. Its telephone and identity
numbers are AES-256-GCM ciphertext under that key; the key itself is stored wrapped by the master
key, with the master key's id, so that rotation re-wraps keys and leaves the data alone.
Destroying the subject's key erases the data in every copy. Exact search goes through a keyed
hash (HMAC-SHA-256 with a key of its own, cut to 128 bits), because a plain hash of eleven digits
can be tried out in minutes.

The master key file lies outside the database (settings.MASTER_KEY_FILE): lose it and the personal
data is gone, so keep a copy of it apart from the backups of the database.

Byte layouts: wrapped key = 0x01 | length of id | key id | nonce(12) | ciphertext;
value = 0x01 | nonce(12) | ciphertext. The leading byte names the algorithm.
"""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

AES_256_GCM = b"\x01"
NONCE_BYTES = 12
INDEX_BYTES = 16
WRAP_CONTEXT = b"subject-key"


class Erased(Exception):
    """The subject's key was destroyed or does not fit: the value cannot be read any more."""


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The keys of this installation. `keys` maps key ids to ciphers; `current` wraps new keys."""

    current: str
    keys: dict[str, AESGCM]
    index_key: bytes


@lru_cache(maxsize=4)
def _load(path: Path, changed: float) -> MasterKeys:
    document = json.loads(path.read_text(encoding="utf-8"))
    return MasterKeys(
        current=document["current"],
        keys={name: AESGCM(base64.b64decode(key)) for name, key in document["keys"].items()},
        index_key=base64.b64decode(document["index_key"]),
    )


def master_keys() -> MasterKeys:
    """The master keys, read again when the file changes.

    Raises ImproperlyConfigured when the file is missing: data must not be written unprotected.
    """
    path = Path(settings.MASTER_KEY_FILE)
    try:
        return _load(path, path.stat().st_mtime)
    except FileNotFoundError as error:
        raise ImproperlyConfigured(
            "The master key file is missing. Start the product with `make run`, or set "
            "CRM_MASTER_KEY_FILE to the file you kept."
        ) from error


def new_subject_key() -> tuple[bytes, bytes]:
    """A fresh key: (plain key to use now, wrapped key to store)."""
    plain = AESGCM.generate_key(bit_length=256)
    return plain, wrap(plain)


def wrap(plain: bytes) -> bytes:
    """Wrap a subject key with the current master key."""
    keys = master_keys()
    name = keys.current.encode()
    nonce = os.urandom(NONCE_BYTES)
    sealed = keys.keys[keys.current].encrypt(nonce, plain, WRAP_CONTEXT)
    return AES_256_GCM + bytes([len(name)]) + name + nonce + sealed


def unwrap(wrapped: bytes | memoryview | None) -> bytes:
    """The plain subject key. Raises Erased when it was destroyed."""
    raw = bytes(wrapped or b"")
    if raw[:1] != AES_256_GCM:
        raise Erased("no key")
    size = raw[1]
    name, rest = raw[2 : 2 + size].decode(), raw[2 + size :]
    try:
        return (
            master_keys().keys[name].decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], WRAP_CONTEXT)
        )
    except (KeyError, InvalidTag) as error:
        raise Erased("key does not fit") from error


def encrypt(key: bytes, text: str, field: str) -> bytes:
    """Encrypt one value of a subject; `field` binds it to its column, so it cannot be moved."""
    nonce = os.urandom(NONCE_BYTES)
    return AES_256_GCM + nonce + AESGCM(key).encrypt(nonce, text.encode(), field.encode())


def decrypt(key: bytes, value: bytes | memoryview | None, field: str) -> str:
    """The clear text, or an empty text for an empty column. Raises Erased."""
    raw = bytes(value or b"")
    if not raw:
        return ""
    try:
        body = raw[1 + NONCE_BYTES :]
        return AESGCM(key).decrypt(raw[1 : 1 + NONCE_BYTES], body, field.encode()).decode()
    except InvalidTag as error:
        raise Erased("value does not fit") from error


def blind_index(kind: str, value: str) -> bytes:
    """The search key of a normalised value: 16 bytes that only this installation can compute.

    `kind` ("phone", "identity") keeps equal texts of different kinds apart.
    """
    message = f"{kind}:{value}".encode()
    return hmac.digest(master_keys().index_key, message, hashlib.sha256)[:INDEX_BYTES]


def mask(text: str) -> str:
    """`138****5507`, `420***********123X`: first three and last four. Of shorter values at most the
    last third, of values under eight characters nothing."""
    if len(text) < 8:
        return "*" * len(text)
    if len(text) < 11:
        shown = len(text) // 3
        return "*" * (len(text) - shown) + text[-shown:]
    return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
