"""What the modules share: personal values of rows, and where the accounts are told."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from core.chinese import pinyin_of
from core.personal_data import blind_index, encrypt

KIND = "demo"


def accounts_file() -> Path:
    """The file that tells the operator the accounts of the demonstration."""
    return settings.CRM_HOME / "demo-accounts.txt"


def protected(
    key: bytes, field: str, value: str, *, index: str = ""
) -> tuple[bytes | None, bytes | None, str]:
    """(ciphertext, blind index, last four) of a personal value for the column `field`.

    `index` names the kind of blind index; empty values stay empty.
    """
    if not value:
        return None, None, ""
    return encrypt(key, value, field), blind_index(index, value), value[-4:]


def readings(customer_id: int, name: str) -> Iterable[tuple[int, str, str]]:
    """The other readings of a person's surname, as rows of customers_namereading."""
    return ((customer_id, *other) for other in pinyin_of(name).alternatives)
