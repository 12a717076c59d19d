"""A tree with history, filled before organisation changes existed, keeps it to the day."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

SCRATCH = "test_crm_history"
UNITS = (
    # id, kind, code, parent, parent_kind, path, is_active, opened_on, closed_on
    (1, "group", "G", None, None, "/1/", True, None, None),
    (2, "region", "N", 1, "group", "/1/2/", True, None, None),
    (3, "region", "S", 1, "group", "/1/3/", True, None, None),
    (4, "city", "C1", 3, "region", "/1/3/4/", True, "2021-05-01", None),
    (5, "city", "C2", 2, "region", "/1/2/5/", False, "2020-01-01", "2024-07-01"),
    (6, "city", "C3", 2, "region", "/1/2/6/", True, "2023-03-03", None),
)
PARENTS = (
    # unit, parent, from, until
    (1, None, "2020-01-01", None),
    (2, 1, "2020-01-01", None),
    (3, 1, "2020-01-01", None),
    (4, 2, "2021-05-01", "2022-09-01"),
    (4, 3, "2022-09-01", "2022-09-01"),  # moved twice on one day: was never in force
    (4, 3, "2022-09-01", None),
    (5, 3, "2020-01-01", "2021-01-01"),
    (5, 2, "2021-01-01", None),
    # nobody wrote down where unit 6 hung
)
VERSIONS = [
    (1, "2020-01-01", None, None, True),
    (2, "2020-01-01", None, 1, True),
    (3, "2020-01-01", None, 1, True),
    (4, "2021-05-01", "2022-09-01", 2, True),
    (4, "2022-09-01", None, 3, True),
    (5, "2020-01-01", "2021-01-01", 3, True),
    (5, "2021-01-01", "2024-07-01", 2, True),
    (5, "2024-07-01", None, 2, False),
    (6, "2023-03-03", None, 2, True),
]


def _run(sql: str, rows: tuple = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(sql, rows)
            return []
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def empty_database() -> Iterator[None]:
    """An empty database of its own, in which the connection is the owner."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["USER"] = settings.DATABASE_OWNER.get("USER", before["USER"])
    _run(f"DROP DATABASE IF EXISTS {SCRATCH}")
    _run(f"CREATE DATABASE {SCRATCH} TEMPLATE template0")
    connection.close()
    connection.settings_dict["NAME"] = SCRATCH
    yield
    connection.close()
    connection.settings_dict["NAME"] = before["NAME"]
    _run(f"DROP DATABASE {SCRATCH}")
    connection.close()
    connection.settings_dict["USER"] = before["USER"]


def _migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("regions", name)])


def test_parents_become_versions(empty_database: None) -> None:
    _migrate("0002_level_of_parent")
    _run(
        """INSERT INTO regions_orgunit (id, kind, code, name, parent_id, parent_kind, path,
               is_active, opened_on, closed_on, department_name, department_level, stage)
           VALUES (%s, %s, %s, '单位', %s, %s, %s, %s, %s, %s, '客户关系部', 'first', '在售')""",
        UNITS,
    )
    _run(
        """INSERT INTO regions_unitparent (unit_id, parent_id, valid_from, valid_until)
           VALUES (%s, %s, %s, %s)""",
        PARENTS,
    )

    _migrate("0005_changes")

    found = _run(
        """SELECT unit_id, valid_from::text, valid_until::text, parent_id, is_active
           FROM regions_unitversion ORDER BY unit_id, valid_from"""
    )
    assert found == VERSIONS
    values = _run(
        """SELECT DISTINCT name, department_name, department_level, stage, merged_into_id
           FROM regions_unitversion"""
    )
    assert values == [("单位", "客户关系部", "first", "在售", None)]
    (hanging,) = _run("SELECT to_regclass('regions_unitparent') IS NULL")
    assert hanging == (True,)
