"""Statements that a connection plans once: alike behind a pooler and after a new start."""

import pytest
from django.db import connection

from core.prepared import Prepared

TWICE = Prepared("test_twice", "SELECT %(number)s * 2, %(word)s", number="int", word="text")


def statements(captured) -> list[str]:
    return [query["sql"].split()[0] for query in captured]


@pytest.mark.django_db(transaction=True)
def test_it_is_prepared_once_a_connection(django_assert_num_queries):
    with django_assert_num_queries(3) as queries:
        rows = [TWICE.row(number=number, word="it's 50%") for number in (1, 2)]
    assert rows == [(2, "it's 50%"), (4, "it's 50%")]
    assert statements(queries.captured_queries) == ["PREPARE", "EXECUTE", "EXECUTE"]

    connection.close()
    with django_assert_num_queries(2):
        assert TWICE.row(number=None, word="") == (None, "")


@pytest.mark.django_db
def test_behind_a_pooler_it_is_sent_in_full(django_assert_num_queries, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with django_assert_num_queries(1) as queries:
        assert TWICE.row(number=3, word="x") == (6, "x")
    assert statements(queries.captured_queries) == ["SELECT"]
