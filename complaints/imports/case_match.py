"""Who is who: the case, the flat and the customer that a row of a list means, by joins on staging.

Statements see one chunk in a staging table `s` and fill `case_id`, `flat_id` and `customer_id`.
"""

from typing import Any

from core.scope import Branch, Scope

COLUMNS = (
    "n int, number text, unit_id int, taken_in_at timestamptz, room_label text, name text, "
    "content text, names text[], phone_index bytea, building text, building_unit text, room text, "
    "case_id bigint, flat_id bigint, customer_id bigint"
)
STAGED = (
    "n, number, unit_id, taken_in_at, room_label, name, content, names, phone_index, building, "
    "building_unit, room"
)
# By its number. A row without one is known by what was complained of, when, where and by whom,
# among the cases whose numbers were made when such rows came first.
CASES = (
    """UPDATE {s} s SET case_id = c.id FROM complaints_case c
       WHERE s.number <> '' AND c.number = s.number""",
    """UPDATE {s} s SET case_id =
         (SELECT min(c.id) FROM complaints_case c
          WHERE c.unit_id = s.unit_id AND c.taken_in_at = s.taken_in_at
            AND c.room = s.room_label AND c.complainant_name = s.name AND c.content = s.content
            AND EXISTS (SELECT 1 FROM complaints_caseentry e
                        WHERE e.case_id = c.id AND e.kind = 'import'
                          AND e.facts ->> 'made' = 'true'))
       WHERE s.number = ''""",
)
FLATS = (
    """UPDATE {s} s SET flat_id = p.id FROM customers_property p
       WHERE s.room <> '' AND p.unit_id = s.unit_id AND p.building = s.building
         AND p.building_unit = s.building_unit AND p.room = s.room""",
)
# The phone with the name, else the flat with the name; of several customers the one who has a
# place in the project, then the oldest.
CUSTOMERS = (
    """UPDATE {s} s SET customer_id =
         (SELECT c.id FROM customers_customer c
          WHERE c.phone_index = s.phone_index AND c.name = ANY(s.names) AND {reach}
          ORDER BY {here} DESC, c.id LIMIT 1)
       WHERE s.phone_index IS NOT NULL""",
    """UPDATE {s} s SET customer_id =
         (SELECT c.id FROM customers_customer c
          WHERE c.other_phone_index = s.phone_index AND c.name = ANY(s.names) AND {reach}
          ORDER BY {here} DESC, c.id LIMIT 1)
       WHERE s.phone_index IS NOT NULL AND s.customer_id IS NULL""",
    """UPDATE {s} s SET customer_id =
         (SELECT c.id FROM customers_ownership o JOIN customers_customer c ON c.id = o.customer_id
          WHERE o.property_id = s.flat_id AND c.name = ANY(s.names)
          ORDER BY o.valid_until IS NULL DESC, c.id LIMIT 1)
       WHERE s.flat_id IS NOT NULL AND s.customer_id IS NULL""",
)
HERE = """EXISTS (SELECT 1 FROM customers_customerunit u
                  WHERE u.customer_id = c.id AND u.unit_id = s.unit_id)"""


def match(cursor: Any, table: str, scope: Scope) -> None:
    """Fill case, flat and customer of all rows of a staging table.

    A customer is recognised by his phone only within the importer's reach.
    """
    names = {"s": table, "reach": _reach(scope), "here": HERE}
    for statement in (*CASES, *FLATS, *CUSTOMERS):
        cursor.execute(statement.format(**names))


def _reach(scope: Scope) -> str:
    """A condition on the customer `c`: that he has a place which the scope reaches."""
    if scope.everything:
        return "TRUE"
    parts = [_branch(branch) for branch in sorted(scope.branches, key=repr)]
    if scope.user_id is not None:
        mine = f"(u.keeper_id = {scope.user_id:d} OR u.entered_by_id = {scope.user_id:d})"
        parts += [f"{_branch(branch)} AND {mine}" for branch in sorted(scope.own, key=repr)]
    places = " OR ".join(f"({part})" for part in parts) or "FALSE"
    return f"""EXISTS (SELECT 1 FROM customers_customerunit u
                       WHERE u.customer_id = c.id AND ({places}))"""


def _branch(branch: Branch) -> str:
    return "TRUE" if branch.column is None else f"u.{branch.column} = {branch.unit_id:d}"
