"""What the modules share: rows into tables by COPY, as the imports write theirs; the accounts."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from core.chinese import pinyin_of
from core.personal_data import blind_index, encrypt

KIND = "demo"


def accounts_file() -> Path:
    """The file that tells the operator the accounts of the demonstration."""
    return settings.CRM_HOME / "demo-accounts.txt"


def next_ids(cursor: Any, table: str, count: int) -> list[int]:
    """Fresh keys of a table, in order."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, count],
    )
    return [row[0] for row in cursor.fetchall()]


def copy_rows(cursor: Any, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
    """Copy rows into the columns (names between blanks) of a table; returns how many."""
    count = 0
    with cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


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
