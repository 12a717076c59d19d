"""Putting personal values on customers and contacts: encrypted, indexed, with their last four."""

from typing import Any

from core.models import SubjectKey
from core.personal_data import Erased, blind_index, decrypt, encrypt, new_subject_key, unwrap
from core.values.phones import without_extension

INDEX_KINDS = {"phone": "phone", "other_phone": "phone", "identity": "identity"}


def last_four(value: str) -> str:
    """The last four characters people search by, without a telephone extension."""
    return value.partition(";")[0][-4:]


def searched(kind: str, value: str) -> str:
    """The part of a value that people search by: a telephone number without its extension."""
    return without_extension(value) if kind == "phone" else value


def subject_key(record: Any) -> bytes:
    """The record's key, made on first use. Raises personal_data.Erased after erasure."""
    if record.subject is None:
        plain, wrapped = new_subject_key()
        record.subject = SubjectKey.objects.create(wrapped=wrapped)
        return plain
    return unwrap(record.subject.wrapped)


def stored(record: Any, table: str, field: str) -> str:
    """A value as it was put, for putting it elsewhere: `clear` writes telephone numbers as people
    read them, and those have another index. "" when empty or erased."""
    cipher = getattr(record, f"{field}_cipher")
    if not cipher or record.subject is None:
        return ""
    try:
        return decrypt(unwrap(record.subject.wrapped), cipher, f"{table}.{field}")
    except Erased:
        return ""


def put(record: Any, table: str, field: str, value: str) -> bool:
    """Set `field` (phone, other_phone, identity, email) of a record to a clean value, or empty it.

    `table` is the prefix that binds the ciphertext ("customer", "contact"). Returns whether the
    value changed; the caller saves.
    """
    kind = INDEX_KINDS.get(field)
    index = blind_index(kind, searched(kind, value)) if kind and value else None
    if kind is None:
        if record.clear(field) == value:
            return False
    elif bytes(getattr(record, f"{field}_index") or b"") == (index or b""):
        return False
    cipher = encrypt(subject_key(record), value, f"{table}.{field}") if value else None
    setattr(record, f"{field}_cipher", cipher)
    if kind:
        setattr(record, f"{field}_index", index)
        setattr(record, f"{field}_last4", last_four(value) if value else "")
    return True
