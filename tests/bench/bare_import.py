"""`python -m tests.bench.bare_import FILE`: read a workbook and COPY it, no check, no question.

The floor of an import: calamine's rows go into the tables the product writes, with their indexes
and keys, every row as a new person, nothing encrypted.
"""

import datetime as dt
import itertools
import json
import os
import sys
from typing import Any

import psycopg
from python_calamine import CalamineWorkbook

CHUNK = 5000


def main(path: str) -> None:
    """Import the first sheet and print how many rows it had."""
    rows = iter(CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())
    next(rows)
    count = 0
    with _connect() as connection, connection.cursor() as cursor:
        units = _units(cursor)
        while chunk := list(itertools.islice(rows, CHUNK)):
            _write(cursor, chunk, units)
            connection.commit()
            count += len(chunk)
    sys.stdout.write(json.dumps({"rows": count}))


def _connect() -> psycopg.Connection[Any]:
    """DATABASE_URL as the benchmarks write it: postgres://role@//folder/of/socket/name."""
    user, _at, rest = os.environ["DATABASE_URL"].removeprefix("postgres://").partition("@/")
    folder, _slash, name = rest.rpartition("/")
    return psycopg.connect(host=folder, dbname=name, user=user)


def _units(cursor: psycopg.Cursor[Any]) -> dict[str, tuple[int, int, int]]:
    cursor.execute(
        "SELECT p.name, c.parent_id, c.id, p.id FROM regions_orgunit p"
        " JOIN regions_orgunit c ON c.id = p.parent_id WHERE p.kind = 'project'"
    )
    return {row[0]: row[1:] for row in cursor.fetchall()}


def _ids(cursor: psycopg.Cursor[Any], table: str, count: int) -> list[int]:
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, count],
    )
    return [row[0] for row in cursor.fetchall()]


def _copy(cursor: psycopg.Cursor[Any], table: str, columns: str, rows: Any) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _write(cursor: psycopg.Cursor[Any], chunk: list[Any], units: dict[str, Any]) -> None:
    now, size = dt.datetime.now(dt.UTC), len(chunk)
    subjects = _ids(cursor, "core_subjectkey", size)
    people = _ids(cursor, "customers_customer", size)
    flats = _ids(cursor, "customers_property", size)
    wrapped = bytes(64)
    _copy(cursor, "core_subjectkey", "id wrapped", ((id_, wrapped) for id_ in subjects))
    _copy(
        cursor,
        "customers_customer",
        "id kind code name pinyin initials gender subject_id identity_kind identity_cipher"
        " identity_index identity_last4 phone_cipher phone_index phone_last4 other_phone_last4"
        " ownership_class level industry nature source address postcode scale payment_record"
        " remark created_at updated_at",
        (
            (id_, "person", f"YZ{id_:08}", r[6], "", "", r[7], subject, r[8], wrapped[:47])
            + (id_.to_bytes(16, "big"), r[9][-4:], wrapped[:43], id_.to_bytes(16, "big"))
            + (r[10][-4:], "", "", r[17], "", "", "", "", "", "", "", "", now, now)
            for r, id_, subject in zip(chunk, people, subjects, strict=True)
        ),
    )
    _copy(
        cursor,
        "customers_property",
        "id unit_id region_id city_id project_id building building_unit room label area",
        (
            (id_, units[r[2]][2], *units[r[2]], r[3], r[4], r[5], f"{r[3]}{r[4]}{r[5]}", r[14])
            for r, id_ in zip(chunk, flats, strict=True)
        ),
    )
    _copy(
        cursor,
        "customers_ownership",
        "unit_id region_id city_id project_id customer_id property_id is_primary signed_on"
        " handed_over_on price payment_method valid_from created_at",
        (
            (units[r[2]][2], *units[r[2]], person, flat, True, r[12], r[13], r[15], r[16], r[12])
            + (now,)
            for r, person, flat in zip(chunk, people, flats, strict=True)
        ),
    )
    _copy(
        cursor,
        "customers_customerunit",
        "customer_id unit_id region_id city_id project_id source last_contact_at contacted"
        " signed_on handed_over_on name pinyin initials level ownership_class created_at",
        (
            (person, units[r[2]][2], *units[r[2]], "", now, False, r[12], r[13], r[6], "", "")
            + (r[17], "", now)
            for r, person in zip(chunk, people, strict=True)
        ),
    )


if __name__ == "__main__":
    main(sys.argv[1])
