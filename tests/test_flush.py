"""After a test that commits, the database is what it was: nothing more, nothing less."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from accounts.models import Role, User
from core.models import Notice
from customers.models import Customer
from tests.factories import make_customer, make_world
from tests.flush import MANY, Beginning

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, list[Any]]:
    """Everything in the tables of all models."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT one::text FROM {name} AS one ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


def test_rows_that_came_went_or_changed_are_as_they_were():
    before, beginning = rows(), Beginning()
    world = make_world()
    make_customer(unit=world.n1a, by=world.north_clerk)
    Role.objects.filter(code="staff").update(name="?")
    Customer.objects.update(name="?")
    Permission.objects.all().delete()
    assert User.objects.exists()
    changed = rows()
    assert changed["customers_customerevent"] != before["customers_customerevent"]

    beginning.restore()
    beginning.close()

    assert rows() == before
    connection.check_constraints()
    assert sum(map(len, before.values())) > 1000


def test_many_rows_leave_no_dead_ones():
    beginning = Beginning()
    world = make_world()
    notices = [Notice(user=world.boss, kind="x", key=str(one)) for one in range(MANY + 1)]
    Notice.objects.bulk_create(notices)

    beginning.restore()
    beginning.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('core_notice')")
        assert cursor.fetchone() == (0,)


def test_it_goes_on_with_another_connection():
    beginning = Beginning()
    make_world()
    link = beginning._link
    assert link is not None
    link.close()

    beginning.restore()
    beginning.close()

    assert not User.objects.exists()
