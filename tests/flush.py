"""Bringing the database back to what it was before a test that commits.

Django's way is to empty every table and to seed all anew: with nearly three hundred tables that is
more work than most of these tests do. Here the rows that were there at the beginning are known, so
only the tables that differ are touched. Whoever does this acts as the superuser of the embedded
server, because neither foreign keys nor triggers (append-only history!) may have a say in it. On a
server of somebody else's there is no superuser for us, and Django's way is taken.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, LiteralString

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from psycopg import sql

SUPERUSER = "postgres"
MANY = 1000  # so many dead rows would be in the way of later looks at a table

HAS_ROWS = "SELECT {name} WHERE EXISTS (SELECT FROM {table})"
# The order of rows says nothing: they are sorted as texts.
AMOUNTS_TO = (
    "SELECT {name}, coalesce(md5(string_agg(one::text, '|' ORDER BY one::text)), '')"
    " FROM {table} AS one"
)


class Beginning:
    """The rows of the tables of all models at this moment, and the way back to them.

    Raises psycopg.OperationalError: there is no superuser to be had.
    """

    def __init__(self) -> None:
        self._link: psycopg.Connection[Any] | None = None
        tables = connection.introspection.django_table_names(only_existing=True)
        self._filled = _each(HAS_ROWS, sorted(tables))
        self._rows = {name: self._read(name) for (name,) in self._ask(self._filled)}
        self._marks = _each(AMOUNTS_TO, sorted(self._rows))
        self._before = dict(self._ask(self._marks))

    def restore(self) -> None:
        """Give every table the rows of the beginning; sequences go on where they are."""
        changed = {name for (name,) in self._ask(self._filled)} - self._rows.keys()
        now = dict(self._ask(self._marks))
        changed |= {name for name, mark in self._before.items() if now[name] != mark}
        many = []
        with self._superuser.transaction(), self._superuser.cursor() as cursor:
            for name in sorted(changed):
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                if cursor.rowcount > MANY:
                    many.append(name)
                if name in self._rows:
                    into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                    with cursor.copy(into) as copy:
                        copy.write(self._rows[name])
        for name in many:
            self._superuser.execute(sql.SQL("VACUUM {}").format(sql.Identifier(name)))
        ContentType.objects.clear_cache()

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    @property
    def _superuser(self) -> psycopg.Connection[Any]:
        """A connection that is kept, for which no trigger and no foreign key is asked."""
        if self._link is None or self._link.closed:
            facts = connection.settings_dict
            self._link = psycopg.connect(
                host=facts["HOST"], dbname=facts["NAME"], user=SUPERUSER, autocommit=True
            )
            self._link.execute("SET session_replication_role = replica")
        return self._link

    def _ask(self, question: sql.Composed) -> list[tuple[Any, ...]]:
        with suppress(psycopg.OperationalError):  # of a server that was restarted meanwhile
            return self._superuser.execute(question).fetchall()
        return self._superuser.execute(question).fetchall()

    def _read(self, name: str) -> bytes:
        out = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
        with self._superuser.cursor().copy(out) as copy:
            return b"".join(bytes(block) for block in copy)


def _each(question: LiteralString, tables: Iterable[str]) -> sql.Composed:
    """The same question to many tables at once."""
    return sql.SQL(" UNION ALL ").join(
        sql.SQL(question).format(name=sql.Literal(table), table=sql.Identifier(table))
        for table in tables
    )
