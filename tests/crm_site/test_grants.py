"""What the application's role may do in the database, compared with a list kept in the code.

Every table gets the ordinary rights of rows; what deviates, and every power beyond rows, must be
written down here by somebody who meant it.
"""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not settings.DATABASE_OWNER, reason="one role does both here"),
]

ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE"}

# Tables with fewer rights than rows in general: only ever added to.
FEWER = {
    "audit_entry": {"SELECT", "INSERT"},
    "regions_policyvalue": {"SELECT", "INSERT"},
}


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def test_rights_on_tables():
    rows = ask(
        "SELECT c.relname, array_agg(a.privilege_type::text) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN LATERAL aclexplode(c.relacl) a ON a.grantee = %s::regrole"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') GROUP BY 1",
        settings.DATABASE_APP_ROLE,
    )
    rights = {name: {one for one in found if one} for name, found in rows}

    assert len(rights) > 30
    assert {name: found for name, found in rights.items() if found != ROWS} == FEWER


def test_nothing_in_public_is_the_applications_own_and_nothing_is_everybodys():
    owned = ask(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relowner = %s::regrole",
        settings.DATABASE_APP_ROLE,
    )
    everybodys = ask(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,"
        " aclexplode(c.relacl) a WHERE n.nspname = 'public' AND a.grantee = 0"
    )
    assert (owned, everybodys) == ([], [])


def test_schemas():
    rows = ask(
        "SELECT nspname, has_schema_privilege(%s, oid, 'USAGE'),"
        " has_schema_privilege(%s, oid, 'CREATE') FROM pg_namespace"
        " WHERE nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema' ORDER BY 1",
        *[settings.DATABASE_APP_ROLE] * 2,
    )
    assert rows == [("public", True, False), ("staging", True, True)]


def test_powers_of_the_role():
    powers = ask(
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = %s",
        settings.DATABASE_APP_ROLE,
    )
    member_of = ask(
        "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
        " WHERE m.member = %s::regrole",
        settings.DATABASE_APP_ROLE,
    )
    assert powers == [(False,) * 5]
    assert member_of == []


def test_no_function_of_ours_runs_with_its_owners_power():
    """SECURITY DEFINER would lend the owner's power to whoever can call it."""
    rows = ask(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('public', 'staging') AND p.prosecdef"
    )
    assert rows == []
