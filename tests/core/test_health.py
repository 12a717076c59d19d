"""Whether the product answers and can work."""

import pytest
from django.test.utils import CaptureQueriesContext


def test_healthz_asks_nobody(client, db):
    from django.db import connection

    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")
    assert len(queries) == 0


def test_readyz_when_all_is_well(client, db):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": True, "migrations": True, "broker": True}


def test_readyz_names_the_broker_that_does_not_answer(client, db, settings, tmp_path):
    settings.BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": True, "migrations": True, "broker": False}


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_schema_that_is_behind(client):
    from django.db import connection

    from tests.conftest import as_owner

    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_migrations SET name = name || '_gone' WHERE app = 'customers'"
        )
    try:
        answer = client.get("/readyz")
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE django_migrations SET name = replace(name, '_gone', '') "
                "WHERE app = 'customers'"
            )
    assert answer.status_code == 503
    assert answer.json()["migrations"] is False
