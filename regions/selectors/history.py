"""The tree of any day, for pages and as a relation to join in reports."""

# ruff: noqa: S608  one statement stands in two others; nothing comes from people

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from regions.models import Kind

# The tree of a day, which is given twice.
TREE_ON = """
WITH RECURSIVE v AS (
    SELECT * FROM regions_unitversion
    WHERE valid_from <= %s AND (valid_until IS NULL OR valid_until > %s)
), tree AS (
    SELECT v.*, ARRAY[v.unit_id] AS path FROM v WHERE v.parent_id IS NULL
    UNION ALL
    SELECT v.*, tree.path || v.unit_id FROM v JOIN tree ON v.parent_id = tree.unit_id
)"""

# Every unit that ever was, placed in the tree of a day. A unit merged by that day lies where its
# successor lies; one split off later lies where the unit it came from lies; one that did not exist
# yet lies in the nearest unit above it that did, so that no row is lost from a sum.
PLACES = f"""{TREE_ON}, lead AS (
    SELECT u.id AS unit_id,
           CASE WHEN v.unit_id IS NOT NULL THEN v.merged_into_id
                ELSE COALESCE(u.split_from_id, u.parent_id) END AS next_id,
           u.id AS last_id, 0 AS steps
    FROM regions_orgunit u LEFT JOIN v ON v.unit_id = u.id
    UNION ALL
    SELECT lead.unit_id,
           CASE WHEN v.unit_id IS NOT NULL THEN v.merged_into_id
                ELSE COALESCE(u.split_from_id, u.parent_id) END,
           u.id, lead.steps + 1
    FROM lead JOIN regions_orgunit u ON u.id = lead.next_id
    LEFT JOIN v ON v.unit_id = u.id WHERE lead.steps < 50
), home AS (
    SELECT unit_id, last_id FROM lead WHERE next_id IS NULL
)
SELECT home.unit_id, tree.kind, tree.name, tree.path,
       tree.path[2] AS region_id, tree.path[3] AS city_id, tree.path[4] AS project_id
FROM home JOIN tree ON tree.unit_id = home.last_id
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A SELECT with its arguments, to stand in brackets in a larger statement."""

    sql: str
    params: tuple[Any, ...]


def places_on(day: date) -> Relation:
    """Where the rows of each unit lie in the tree of a day (CHG-03).

    Columns: unit_id, kind, name, path, region_id, city_id, project_id. A report joins its rows by
    `unit_id` and sums by the other columns, so its figures stay what they were when the tree
    changes later.
    """
    return Relation(PLACES, (day, day))


@dataclass(slots=True)
class PastUnit:
    """A unit as it was on a day. `path` holds the keys from the group down to it."""

    pk: int
    kind: str
    code: str
    name: str
    parent_id: int | None
    is_active: bool
    department_name: str
    department_level: str
    stage: str
    merged_into_id: int | None
    path: tuple[int, ...]
    present_code: str
    present_name: str
    is_changed: bool = False

    @property
    def depth(self) -> int:
        """0 for the group."""
        return len(self.path) - 1

    @property
    def kind_word(self) -> str:
        """The level in words."""
        return str(Kind(self.kind).label)


TREE = f"""{TREE_ON}
SELECT t.unit_id, t.kind, t.code, t.name, t.parent_id, t.is_active, t.department_name,
       t.department_level, t.stage, t.merged_into_id, t.path, u.code, u.name,
       (t.kind, t.code, t.name, t.is_active, t.department_name, t.department_level)
         IS DISTINCT FROM
       (u.kind, u.code, u.name, u.is_active, u.department_name, u.department_level)
       OR t.parent_id IS DISTINCT FROM u.parent_id
FROM tree t JOIN regions_orgunit u ON u.id = t.unit_id ORDER BY t.path
"""


def tree_on(day: date) -> list[PastUnit]:
    """All units as they were on a day, parents before children; closed ones are marked.

    `is_changed` says whether the unit is another today. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(TREE, [day, day])
        return [
            PastUnit(*row[:10], tuple(row[10]), *row[11:])  # type: ignore[call-arg]
            for row in cursor.fetchall()
        ]
